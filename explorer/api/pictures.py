"""Several pictures as one, for whoever can be shown only one."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

GREY = 128  # of what no picture covers


def grid(pictures: Sequence[Image.Image], columns: int) -> Image.Image:
    """Pictures row by row, so many side by side."""
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    return joined([joined(row, down=False) for row in rows], down=True)


def above(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures from top to bottom; all as wide as the widest, enlarged by whole factors as far as these go."""
    widest = max(picture.width for picture in pictures)
    factors = [max(1, widest // picture.width) for picture in pictures]
    sizes = [(one.width * factor, one.height * factor) for one, factor in zip(pictures, factors, strict=True)]
    nearest = Image.Resampling.NEAREST
    return joined([one.resize(size, nearest) for one, size in zip(pictures, sizes, strict=True)], down=True)


def joined(pictures: Sequence[Image.Image], down: bool) -> Image.Image:
    """Pictures in one line, on grey where they are of different sizes."""
    widths, heights = [one.width for one in pictures], [one.height for one in pictures]
    size = (max(widths), sum(heights)) if down else (sum(widths), max(heights))
    whole = Image.new("RGB", size, (GREY,) * 3)
    at = 0
    for picture in pictures:
        whole.paste(picture.convert("RGB"), (0, at) if down else (at, 0))
        at += picture.height if down else picture.width
    return whole


def preview(uri: str, side: int) -> Image.Image:
    """A data URI's image at `side` pixels a side, grey where there is none."""
    if not uri:
        return Image.new("RGB", (side, side), (GREY,) * 3)
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB").resize((side, side))


def mosaic(images: np.ndarray, columns: int = 8) -> Image.Image:
    """uint8 (N, H, W, C) as a sheet of so many columns, or fewer."""
    from trainer.util.images import sheet

    return sheet(images, min(columns, len(images)))
