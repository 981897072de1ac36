"""Names that are addresses: hf://user/repo, whose files are brought here from the Hugging Face Hub.

Nothing of them is run or unpickled. huggingface_hub takes a while to import: not before the first address.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ADDRESSES = ("hf://", "https://huggingface.co/", "https://hf.co/")  # a page's address is as good as hf://
Tell = Callable[[int, int], object]  # (bytes that came, bytes in all) -> ignored


@dataclass(frozen=True)
class Limits:
    """What a download may take.

    Attributes:
        size: bytes of all files together.
        seconds: until the last file is here.
        answer: seconds until the Hub's first answer.
    """

    size: int = 4 * 2**30
    seconds: float = 900
    answer: float = 10


def is_address(name: str | Path) -> bool:
    """Whether a name says where on the Hub something lies."""
    return isinstance(name, str) and name.strip().lower().startswith(ADDRESSES)


def fetched(
    name: str | Path, only: Sequence[str] = ("*",), limits: Limits | None = None, tell: Tell | None = None
) -> Path:
    """Where the files of a name lie: a local path as it is, and those of an address once they are here.

    What is here already is not downloaded again; where the Hub cannot be reached, the last that it told is used. The
    files are regular ones, of the user's own, as reading.py wants them.

    Args: only: patterns of the files that are wanted, from the address's path on; none where that is a file. tell:
        called as bytes come, from other threads. Without it, a terminal shows huggingface_hub's own bars.

    Returns the folder of the repository or of the path in it; a file where the path names one.

    Raises UserError, in one sentence, whatever is wrong with the address, the network, the Hub or the disk;
    one of hub_refusals.py for too many bytes, or none of the files that are wanted.
    """
    if not is_address(name):
        return Path(name)
    from trainer.util.hub_download import downloaded

    return downloaded(str(name).strip(), only, limits or Limits(), tell)
