"""Checkpoints of the Hugging Face Hub in the library: downloaded once, then explored as any other."""

from explorer.core.library import Library
from explorer.core.limits import Gate
from trainer.util.hub import Tell

PREFIX = "hf://"
DOWNLOADS = Gate("downloads", at_once=2, waiting=4)


def short_name(address: str) -> str:
    """What a recipe and the chooser call the checkpoint at an address: user/repo[@revision][/path].

    No folder's name has a slash, so it is nobody else's. Raises UserError for what is no address of a model.
    """
    from trainer.util.hub_download import parsed

    return parsed(address).to_uri().removeprefix(PREFIX).removeprefix("models/")


@DOWNLOADS
def fetch(library: Library, address: str, tell: Tell | None = None) -> str:
    """Put the checkpoint at hf://user/repo into the library, downloaded if need be. Returns its name there.

    Args: tell: as `trainer.util.hub.fetched` takes it. Raises UserError as that does, and for what is no checkpoint.
    """
    from trainer.checkpoints.hub import fetched_checkpoint

    name = short_name(address)
    folder = fetched_checkpoint(address, tell)
    library.extra = library.extra | {name: folder}  # only now: another download may have ended meanwhile
    return name
