"""How the path of somebody's images is spelled, and how each of its images becomes a square."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageOps

from trainer.data.base import Refused
from trainer.data.ranges import Range, parsed
from trainer.util.registry import Registry

SWAPPED = "ba"  # the word for pairs that are to be learned from B to A
LANCZOS = Image.Resampling.LANCZOS

Fit = Callable[[Image.Image, int], Image.Image]
FITS: Registry[Fit] = Registry("way to make images square")
FITS["crop"] = lambda image, side: ImageOps.fit(image, (side, side), LANCZOS)
FITS["pad"] = lambda image, side: ImageOps.pad(image, (side, side), LANCZOS, color="white")
FITS["stretch"] = lambda image, side: image.resize((side, side), LANCZOS)


class Way(NamedTuple):
    """How a path's images are to be read: what follows it after colons."""

    fit: str = "crop"
    given: Range | None = None  # what is black and white in images of more than 8 bits; None = found in them
    swapped: bool = False  # of pairs: from B to A

    def said(self) -> list[str | float]:
        """What of it determines the pixels, as plain values; [] for the usual way."""
        swapped = [SWAPPED] if self.swapped else []
        return [*([self.fit] if self.fit != "crop" or self.given else []), *(self.given or ()), *swapped]


def path_and_way(argument: str) -> tuple[Path, Way]:
    """`images:pad:range=0-4095` -> (path, way), crop where nothing is said. A path that exists wins.

    Raises UserError for a range that is none.
    """
    name, way = name_and_way(argument, lambda name: exists(_expanded(name)))
    return _expanded(name), way


def name_and_way(argument: str, is_whole: Callable[[str], bool]) -> tuple[str, Way]:
    """The same for any name; `is_whole` says of one that nothing may be taken off it."""
    fit, given, swapped = "", None, False
    while not is_whole(argument):
        name, _, last = argument.rpartition(":")
        if name and last in FITS and not fit:
            fit = last
        elif name and last.startswith("range=") and given is None:
            given = parsed(last)
        elif name and last == SWAPPED and not swapped:
            swapped = True
        else:
            break
        argument = name
    return argument, Way(fit or "crop", given, swapped)


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~nobody
        return Path(text)


def exists(path: Path) -> bool:
    """Whether there is something at `path`; not for a name that no file can have, or where nobody may look."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def squared(image: Image.Image, fit: str, side: int) -> Image.Image:
    """The image as a square of so many pixels a side, antialiased. Raises Refused for one that is too narrow to pad."""
    short, long = sorted(image.size)
    if fit == "pad" and round(short / long * side) < 1:
        raise Refused(f"{image.width} x {image.height} is too narrow to be padded to {side} x {side}")
    return FITS[fit](image, side)


def evenly(count: int, limit: int | None) -> list[int]:
    """`limit` indices spread evenly over `count`, so that every class keeps its share."""
    wanted = min(count, limit or count)
    return [i * count // wanted for i in range(wanted)]
