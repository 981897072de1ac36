"""Checkpoints from elsewhere in the library, then explored as any other: of the Hugging Face Hub, or in a folder."""

from pathlib import Path

from explorer.core.library import Library
from explorer.core.limits import Gate
from trainer.util.hub import Tell, is_address

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


def named(library: Library, given: str) -> str:
    """The name of a checkpoint in the library, where a person gives that, its folder or its address.

    What is none of these comes back as it is. Raises UserError as `fetch` does.
    """
    name, folder = given, Path(given)
    if is_address(given):
        name = fetch(library, given)
    elif given not in library.every() and folder.is_dir():
        name = folder.resolve().name
        library.extra[name] = folder
    return name
