"""What is to be dragged: handles, their targets, and the region that may change; looked at before any work."""

import math
from dataclasses import dataclass

import numpy as np

from explorer.core.model import Model
from explorer.core.recipe import Recipe
from trainer.util.errors import UserError

MAX_PAIRS = 8
ARRIVED = 1.0  # pixels of a small image within which a handle is at its target
PUBLISHED = 512  # pixels a side of the images for which the published radii are given; the distances grow from 2/512 on


@dataclass(frozen=True)
class Pair:
    """A handle and its target, each (x, y) in pixels from the image's left and top edge; a pixel's centre is at .5."""

    handle: tuple[float, float]
    target: tuple[float, float]


@dataclass(frozen=True)
class Drag:
    """What to drag in the image of a recipe.

    Attributes:
        recipe: the image, edits included.
        pairs: 1 to MAX_PAIRS. One whose target is its handle holds that point where it is.
        mask: bool (H, W) of the image's size, True where it may change; None for everywhere.
    """

    recipe: Recipe
    pairs: tuple[Pair, ...]
    mask: np.ndarray | None = None

    def check(self, model: Model) -> None:
        """Raises UserError for a model without layers of w, and for handles, targets and masks that make no sense."""
        if not model.generator.feature_sides:
            raise UserError(
                f"Dragging points needs a style-based model, whose layers each read a w of their own; {model.name} is "
                "none. Choose another checkpoint."
            )
        if not self.pairs:
            raise UserError("There is no handle to drag. Click a point of the image, then where it is to go.")
        if len(self.pairs) > MAX_PAIRS:
            raise UserError(f"There are {len(self.pairs):,} handles; at most {MAX_PAIRS} can be dragged at once.")
        side, within = model.resolution, arrived(model.resolution)
        for number, pair in enumerate(self.pairs, 1):
            check_point(pair.handle, f"Handle {number}", side)
            check_point(pair.target, f"The target of handle {number}", side)
        if max(math.dist(pair.handle, pair.target) for pair in self.pairs) <= within:
            raise UserError(f"No target is more than {within:g} px from its handle. Move a target farther away.")
        if self.mask is not None:
            self._check_mask(self.mask, side)

    def _check_mask(self, mask: np.ndarray, side: int) -> None:
        if mask.shape != (side, side):
            found = " x ".join(map(str, mask.shape))
            raise UserError(f"The mask has {found} pixels, the image {side} x {side}. Paint the mask anew.")
        for number, pair in enumerate(self.pairs, 1):
            x, y = (min(int(c), side - 1) for c in pair.handle)
            if not mask[y, x]:
                raise UserError(
                    f"Handle {number} lies outside the region that may change. Paint over it, too, or clear the mask."
                )


def check_point(point: tuple[float, float], who: str, side: int) -> None:
    """Raises UserError for a point that is not in an image of so many pixels a side; NaN is nowhere."""
    x, y = point
    if not (0 <= x <= side and 0 <= y <= side):
        raise UserError(f"{who} is at ({x:.6g}, {y:.6g}), outside the image of {side} x {side} pixels. Move it inside.")


def arrived(side: int) -> float:
    """Pixels within which a handle counts as arrived: 1, of a large image 2/512 of its side as published."""
    return max(ARRIVED, 2 * side / PUBLISHED)
