"""`load`: a checkpoint by name, for a program of one's own."""

from functools import cache
from pathlib import Path

from explorer.api.explorer import Explorer
from explorer.api.translator import Translator
from explorer.core.library import Library
from explorer.core.remote import named

ROOT = Path(__file__).parents[2]


def load(
    name: str | Path, *, checkpoints: str | Path | None = None, runs: str | Path | None = None
) -> Explorer | Translator:
    """Open a checkpoint; a second time it comes from memory. One that makes an image of an image is a `Translator`.

    PyTorch then works with one thread, as in the app: with more, the last bits of an image would be others.

    Args:
        name: as the app shows it, such as "avatars-stylegan" or "run:faces@best"; a checkpoint's folder; or an
            address of the Hugging Face Hub, such as "hf://user/repo".
        checkpoints, runs: the folders to look in; None: those of this project.
    Raises: UserError if there is none of that name, or it is unusable; the sentence says what to do.
    """
    library = opened(Path(checkpoints or ROOT / "checkpoints"), Path(runs or ROOT / "runs"))
    found = named(library, str(name))
    return Translator(library, found) if library.translates(found) else Explorer(library, found)


@cache
def opened(checkpoints: Path, runs: Path) -> Library:
    """The one library of these folders, so that models stay in memory."""
    return Library(checkpoints, runs, ROOT / "recordings")
