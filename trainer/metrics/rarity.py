"""Rarity score: how sparse the region of the real data is in which a generated image lies."""

import numpy as np
from numpy import ndarray

from trainer.metrics.base import METRICS, Figure, Measure
from trainer.metrics.checks import features
from trainer.metrics.distances import kth_radius, squared_distances


def rarity_scores(*, real: ndarray, fake: ndarray, k: int = 5) -> ndarray:
    """For each fake the smallest radius among the real balls that hold it; NaN where none does.

    The balls are those of precision: to the k-th nearest other real, strictly. Han et al. take k = 3.

    Args: real, fake: features of shape (n, d) and (m, d).
    Returns: radii (m,) in feature units; higher is rarer.
    Raises: UserError for other shapes, too few rows, or numbers that are not finite.
    Source: Han et al. 2022, arXiv 2206.08549.
    """
    (real,) = features(real=real, minimum=k + 1)
    real, fake = features(real=real, fake=fake, minimum=1)
    radius = kth_radius(real, k)
    order = np.argsort(radius)
    scores = np.full(len(fake), np.nan)
    for rows, square in squared_distances(fake, real[order], ties=+1):
        inside = square < radius[order] ** 2
        smallest = inside.argmax(1)  # the first True: the balls stand in order
        found = np.take_along_axis(inside, smallest[:, None], 1)[:, 0]
        scores[rows] = np.where(found, radius[order][smallest], np.nan)
    return scores


def rarity(*, real: ndarray, fake: ndarray) -> float:
    """Mean rarity score of the fakes that lie within the real data's neighbourhoods; NaN if none does.

    Args: real, fake: features of shape (n, d) and (m, d).
    Returns: feature units; higher is rarer. Neither end is good: compare with that of held-out reals.
    Bias: falls as n grows, since the balls shrink.
    Fails: it sees no collapse and ignores fakes outside, however many.
    Raises: as `rarity_scores`. Source: the same.
    """
    scores = rarity_scores(real=real, fake=fake)
    inside = scores[~np.isnan(scores)]
    return float(inside.mean()) if len(inside) else float("nan")


METRICS["rarity"] = Measure(
    rarity,
    rarity=Figure(
        "Rarity",
        "mean radius of the smallest real neighbourhood around a generated image",
        unit="feature units",
        reading="Neither extreme is good.",
        undefined="no generated image lies within a real neighbourhood",
        panel="context",
    ),
)
