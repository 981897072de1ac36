"""How large images are before anything becomes of them."""

import io
from contextlib import suppress
from pathlib import Path
from statistics import median_low

from trainer.data.array_images import RowDrawer
from trainer.data.arrays import sizes
from trainer.data.base import DATASETS, Request
from trainer.data.decoding import opened
from trainer.data.folder import FileDrawer
from trainer.data.reading import Files

LOOKED_AT = 64  # images whose size is read


def usual_side(name: str, data_dir: Path) -> int | None:
    """The median of the shorter sides of a folder's or zip's images, in pixels, from LOOKED_AT of them.

    None where images are drawn at any size, or are of one size that is known, as those of `mnist`.
    Raises UserError for a folder that cannot be read.
    """
    if name.partition(":")[0] in DATASETS.keys() - {"folder"}:
        return None
    draw = DATASETS["folder"](Request(name.removeprefix("folder:"), data_dir, None)).draw
    if isinstance(draw, RowDrawer):
        return min(sizes(draw.images.array)[:2])
    return median_side(draw.files) if isinstance(draw, FileDrawer) else None


def median_side(files: Files) -> int | None:
    """Of the shorter sides of some files' images, in pixels; None where none of them can be opened."""
    count = len(files.names)
    sides = []
    for i in range(0, count, -(-count // LOOKED_AT)):
        with suppress(Exception):  # a decoder may raise anything at all; packing names the file
            data = files.read(i)
            with opened(io.BytesIO(data), len(data)) as image:
                sides.append(min(image.size))
    return median_low(sides) if sides else None
