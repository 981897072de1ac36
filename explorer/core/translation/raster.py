"""Strokes to pixels, bit for bit as the page does it: explorer/tabs/translate/raster.js is its twin.

The paper is FINE times finer than the image. A fine pixel belongs to a line where its centre is no farther from the
line than half of its width, so there is no shade between two colours that two programs could round apart. Then each
image's pixel is the mean of its fine ones, as the line art is that a network learned from; in a map of flat colours it
is the one in its middle.
"""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
from scipy.ndimage import label

from explorer.core.translation.strokes import FILL, MASK, SPAN, UNMASK, Point, Stroke
from trainer.util.errors import UserError

FINE, MAX_FINE = 4, 256  # times finer, up to so many pixels a side; larger images are drawn as they are
TOLERANCE = 24  # of a fill: how far a channel may be from where it begins
MAX_WORK = 400_000_000  # fine pixels that are looked at for one drawing: a few seconds
LUMA = np.array([19595, 38470, 7471])  # of 65536, as PIL makes grey of RGB


class Raster:
    """A drawing in the making.

    Attributes:
        fine: uint8 (F, F, 3), what is seen.
        mask: bool (F, F), what is marked.
    """

    def __init__(self, base: np.ndarray, paper: Sequence[int], mask: np.ndarray | None = None):
        """Begin on an image, uint8 (side, side, 3).

        Args: paper: the colour to which the eraser leads, RGB; mask: what is marked at first, uint8 (side, side, 1).
        """
        self.times = FINE if len(base) <= MAX_FINE else 1
        self.fine = base.repeat(self.times, 0).repeat(self.times, 1)
        marked = np.zeros((*base.shape[:2], 1)) if mask is None else mask
        self.mask = marked[..., 0].repeat(self.times, 0).repeat(self.times, 1) > 0
        self.paper = np.array(paper, np.uint8)
        self.step = SPAN / len(self.fine)  # units from one fine pixel to the next
        self.work = 0

    def draw(self, strokes: Sequence[Stroke]) -> "Raster":
        """Draw them, one over the other. Raises UserError for what would take too long."""
        for stroke in strokes:
            if stroke.tool == FILL:
                self.fill(stroke)
                continue
            for start, end in zip(stroke.points[:1] + stroke.points, stroke.points, strict=False):
                self.segment(stroke, start, end)
        return self

    def segment(self, stroke: Stroke, start: Point, end: Point) -> None:
        """A line between two points, with round ends."""
        radius, count = stroke.width / 2, len(self.fine)
        first = [max(0, floor((min(a, b) - radius) / self.step)) for a, b in zip(start, end, strict=True)]
        last = [min(count, ceil((max(a, b) + radius) / self.step)) for a, b in zip(start, end, strict=True)]
        columns, rows = (slice(a, b) for a, b in zip(first, last, strict=True))
        self.spend((last[0] - first[0]) * (last[1] - first[1]))
        x = (np.arange(first[0], last[0]) + 0.5) * self.step - start[0]
        y = ((np.arange(first[1], last[1]) + 0.5) * self.step - start[1])[:, None]
        dx, dy = end[0] - start[0], end[1] - start[1]
        length, along, squared = dx * dx + dy * dy, x * dx + y * dy, radius * radius
        across = x * dy - y * dx
        near_start, near_end = x * x + y * y <= squared, (x - dx) * (x - dx) + (y - dy) * (y - dy) <= squared
        beside = across * across <= squared * length
        touched = np.where(along <= 0, near_start, np.where(along >= length, near_end, beside))
        if stroke.tool in (MASK, UNMASK):
            self.mask[rows, columns][touched] = stroke.tool == MASK
        else:
            self.fine[rows, columns][touched] = stroke.colour if stroke.tool == 0 else self.paper

    def fill(self, stroke: Stroke) -> None:
        """Colour what hangs together, by its sides, with the point where it begins."""
        self.spend(self.fine[..., 0].size)
        x, y = (min(len(self.fine) - 1, floor(value / self.step)) for value in stroke.points[0])
        apart = np.abs(self.fine.astype(np.int16) - self.fine[y, x].astype(np.int16)).max(-1)
        regions, _ = label(apart <= TOLERANCE)
        self.fine[regions == regions[y, x]] = stroke.colour

    def spend(self, work: int) -> None:
        """Count fine pixels that are looked at. Raises UserError where it is too many."""
        self.work += max(0, work)
        if self.work > MAX_WORK:
            raise UserError("The drawing takes too long to draw. Use fewer strokes, or a smaller pen.")

    def image(self, flat: bool) -> np.ndarray:
        """The drawing, uint8 (side, side, 3). flat: of each pixel the middle's colour instead of the mean."""
        side, times = len(self.fine) // self.times, self.times
        if flat:
            return self.fine[times // 2 :: times, times // 2 :: times]
        sums = self.fine.reshape(side, times, side, times, 3).sum((1, 3), dtype=np.int32)
        result: np.ndarray = ((sums + times * times // 2) // (times * times)).astype(np.uint8)
        return result

    def marked(self) -> np.ndarray:
        """The mask, uint8 (side, side, 1): 255 where the middle of a pixel is marked, else 0."""
        times = self.times
        return (self.mask[times // 2 :: times, times // 2 :: times, None] * 255).astype(np.uint8)


def in_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """uint8 (..., 3), or (..., 1) -> (..., channels), grey where it is 1."""
    if image.shape[-1] == channels:
        return image
    if channels == 3:
        return image.repeat(3, -1)
    grey: np.ndarray = (image.astype(np.int64) @ LUMA + 0x8000 >> 16).astype(np.uint8)[..., None]
    return grey
