"""What of an image is rubbed out: boxes and brush strokes, as a network that fills in learns them."""

import numpy as np
from PIL import Image, ImageDraw

BOX = (1 / 4, 1 / 2)  # sides of a box, in sides of the image
STROKES = (1, 4)  # strokes a mask
VERTICES = (2, 6)  # of a stroke
LENGTH = (1 / 12, 1 / 3)  # from one vertex to the next, in sides of the image
BRUSH = (1 / 16, 1 / 6)  # its thickness
TURN = np.pi / 3  # at most, from one piece of a stroke to the next


def draw_masks(count: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """Masks uint8 (count, side, side), 255 where something is missing: a box, or free-form strokes (Yu et al. 2019).

    Each has something missing and something left: a box covers at most a quarter, and all in all at most half is drawn.
    """
    return np.stack([draw_mask(side, rng) for _ in range(count)])


def draw_mask(side: int, rng: np.random.Generator) -> np.ndarray:
    """One of `draw_masks`, (side, side): half of them are boxes."""
    if rng.random() < 0.5:
        return box(side, rng)
    mask = strokes(side, rng)
    return mask if 0 < (mask > 0).mean() <= 0.5 else box(side, rng)


def box(side: int, rng: np.random.Generator) -> np.ndarray:
    """A rectangle anywhere inside."""
    height, width = np.maximum(1, rng.uniform(*BOX, size=2) * side).astype(int)
    top, left = rng.integers(side - height + 1), rng.integers(side - width + 1)
    mask = np.zeros((side, side), np.uint8)
    mask[top : top + height, left : left + width] = 255
    return mask


def strokes(side: int, rng: np.random.Generator) -> np.ndarray:
    """Round brushes dragged along bent lines; algorithm 1 of Yu et al. 2019, in sides of the image."""
    canvas = Image.new("L", (side, side))
    pen = ImageDraw.Draw(canvas)
    for _ in range(rng.integers(*STROKES, endpoint=True)):
        place, angle = rng.uniform(0, side, 2), rng.uniform(0, 2 * np.pi)
        brush = max(1, round(rng.uniform(*BRUSH) * side))
        for _ in range(rng.integers(*VERTICES, endpoint=True)):
            angle += rng.uniform(-TURN, TURN)
            step = rng.uniform(*LENGTH) * side * np.array([np.cos(angle), np.sin(angle)])
            after = np.clip(place + step, 0, side - 1)
            pen.line([*place.round(), *after.round()], fill=255, width=brush)
            for x, y in (place.round(), after.round()):
                pen.ellipse([x - brush / 2, y - brush / 2, x + brush / 2, y + brush / 2], fill=255)
            place = after
    return np.asarray(canvas)
