"""A look at all images of a folder before the first is drawn: how much work they are, and which values they hold."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from trainer.data.base import Show, Source, Unreadable
from trainer.data.decoding import depth, opened, reason, values
from trainer.data.drawing import drawn_images
from trainer.data.ranges import Extremes, Range, extremes_of, ranges_of
from trainer.data.reading import Files
from trainer.util.errors import UserError

PIXELS, PIXELS_A_BYTE = 3e8, 500  # a set may decode to so many pixels, and so many more for each byte on the disk


class Head(NamedTuple):
    """What an image's head tells."""

    pixels: int
    kind: str  # of values beyond 8 bits, see `decoding.depth`


@dataclass(frozen=True)
class HeadReader:
    """Reads heads, as a source draws images."""

    files: Files

    def __call__(self, index: int, resolution: int) -> Head:
        try:
            file, size = self.files.open(index)
            with file, opened(file, size) as image:
                return Head(image.width * image.height, depth(image))
        except Exception as error:  # a decoder may raise anything at all on a broken file
            raise Unreadable(self.files.names[index], reason(error)) from error


@dataclass(frozen=True)
class ExtremesReader:
    """Decodes images of more than 8 bits and keeps their extremes."""

    files: Files
    kinds: tuple[str, ...]

    def __call__(self, index: int, resolution: int) -> Extremes:
        try:
            data = self.files.read(index)
            with opened(io.BytesIO(data), len(data)) as image:
                return extremes_of(values(image, data), self.kinds[index])
        except Exception as error:
            raise Unreadable(self.files.names[index], reason(error)) from error


def survey(
    source: Source, files: Files, disk: int, given: Range | None, show: Show
) -> tuple[dict[str, Range], tuple[str, ...]]:
    """({kind of values beyond 8 bits: its range}, notes) of all the files of `source`.

    Args:
        disk: bytes that the set takes there.
        given: the range that was asked for; None = found in the images.
        show: shows the progress.

    Raises: UserError if all images together are a decompression bomb.
    """
    heads = [one if isinstance(one, Head) else Head(0, "") for one in _read(source, HeadReader(files), files, show)]
    pixels, maximum = sum(head.pixels for head in heads), PIXELS + PIXELS_A_BYTE * disk
    if pixels > maximum:
        raise UserError(
            f"The {len(heads)} images of {source.name} decode to {pixels / 1e6:.0f} million pixels from "
            f"{disk / 1e6:.2f} MB, a decompression bomb. Downscale them to a few times the resolution."
        )
    deep = [i for i, head in enumerate(heads) if head.kind]
    some = files.some(deep)
    reader = ExtremesReader(some, tuple(heads[i].kind for i in deep))
    found = [one for one in _read(source, reader, some, show) if isinstance(one, Extremes)]
    return ranges_of(found, given)


def _read(source: Source, reader: Callable[[int, int], Any], files: Files, show: Show) -> Any:
    looked = replace(source, draw=reader, count=len(files.files))
    return show(drawn_images(looked, 0), f"scanning {source.name}", looked.count)
