"""Where along a slider an image gets an attribute, as the model's reader sees it.

InterFaceGAN (arXiv 1907.10786) counts strengths from a linear boundary in w. Of 41 of the bundled faces,
put where half of the samples have the attribute, 12 have it in at most a quarter of the images a deviation before them
and in three quarters a deviation behind. Images are read instead.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from explorer.core.directions.attributes import trait
from trainer.util.images import to_float

if TYPE_CHECKING:
    from explorer.core.model import Model


def begins(model: "Model", direction: str, strengths: Sequence[float], images: np.ndarray) -> float | None:
    """The strength from which on an image has the value of an attribute that a direction is named after.

    Args: images: uint8 (N, H, W, C), at rising strengths. None for other directions, and where it does not begin there.
    """
    reader, name = model.reader, direction.partition(":")[2]
    column = None if reader is None else trait(reader.traits, name)
    if reader is None or column is None or reader.traits[column].value < 0:
        return None
    with torch.inference_mode():
        _, scores = reader(to_float(torch.from_numpy(images)))
    return crossing(strengths, scores[:, column].tolist())


def crossing(strengths: Sequence[float], scores: Sequence[float]) -> float | None:
    """Where scores rise above 0, between two strengths in proportion; of several places the nearest to strength 0."""
    places = [
        a + (b - a) * -low / (high - low)
        for a, b, low, high in zip(strengths, strengths[1:], scores, scores[1:], strict=False)
        if low <= 0 < high
    ]
    return min(places, key=abs, default=None)
