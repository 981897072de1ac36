"""How large images are before anything becomes of them."""

import io
from pathlib import Path
from statistics import median_low

from trainer.data.base import DATASETS, Request
from trainer.data.decoding import opened
from trainer.data.folder import FileDrawer

LOOKED_AT = 64  # images whose size is read


def usual_side(name: str, data_dir: Path) -> int | None:
    """The median of the shorter sides of a folder's or zip's images, in pixels, from LOOKED_AT of them.

    None where images are drawn at any size, or are of one size that is known, as those of `mnist`.
    Raises UserError for a folder that cannot be read.
    """
    if name.partition(":")[0] in DATASETS.keys() - {"folder"}:
        return None
    source = DATASETS["folder"](Request(name.removeprefix("folder:"), data_dir, None))
    draw = source.draw
    if not isinstance(draw, FileDrawer):
        return None
    count = len(draw.files.names)
    sides = []
    for i in range(0, count, -(-count // LOOKED_AT)):
        try:
            data = draw.files.read(i)
            with opened(io.BytesIO(data), len(data)) as image:
                sides.append(min(image.size))
        except Exception:  # a decoder may raise anything at all; packing names the file
            continue
    return median_low(sides) if sides else None
