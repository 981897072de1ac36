"""What the Hub and the network may refuse, each in one sentence."""

import httpx2
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from trainer.util.errors import UserError
from trainer.util.reading import reason

UNREACHABLE = (httpx2.TransportError, OfflineModeIsEnabled)
LOGIN = "`hf auth login` or the variable HF_TOKEN says who you are"
KNOWN = {  # what is wrong -> its sentence, the first that fits
    GatedRepoError: f"{{}} is gated: accept its terms on its page on the Hub first; {LOGIN}.",
    RepositoryNotFoundError: f"The Hub has no {{}}, or it is private. Check the name; {LOGIN}.",
    RevisionNotFoundError: "{} names a revision that its repository does not have. Leave @ out for the newest.",
    EntryNotFoundError: "{} names a file that its repository does not have.",
    HFValidationError: "{} cannot be the name of a repository: {reason}.",
    OfflineModeIsEnabled: "{} was not looked for: HF_HUB_OFFLINE is set, and it is not in the cache.",
    httpx2.TimeoutException: "The Hub did not answer in time about {}. Try again later.",
    httpx2.TransportError: "The Hub cannot be reached for {} ({reason}). Check the network, or HF_ENDPOINT.",
}
STATUSES = {
    401: f"The Hub does not know you, and needs to for {{}}: {LOGIN}.",
    403: "Your token does not allow this with {}. Make one that may at huggingface.co/settings/tokens.",
    404: f"The Hub has no {{}}, or it is private. Check the name; {LOGIN}.",
    409: "{} was changed by somebody else just now, or exists already. Try again.",
    413: "The Hub refuses {}: it is too large.",
    429: "The Hub has had too many requests from here about {}. Try again in a few minutes.",
}


def refused(error: BaseException, name: str) -> UserError:
    """What huggingface_hub raised about a repository, as a sentence."""
    while isinstance(error, (LocalEntryNotFoundError, RuntimeError)) and error.__cause__:
        error = error.__cause__
    for kind, sentence in KNOWN.items():
        if isinstance(error, kind):
            return UserError(sentence.format(name, reason=reason(error).rstrip(".")))
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return UserError(
            STATUSES.get(status, f"The Hub failed at {{}} (status {status}). Try again later.").format(name)
        )
    if isinstance(error, OSError) and error.strerror:
        return UserError(
            f"{name} cannot be stored ({error.strerror}). Free some space, or name another folder in HF_HOME."
        )
    return UserError(f"{name} cannot be had from the Hub ({type(error).__name__}: {reason(error)}).")
