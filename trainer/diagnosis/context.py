"""The figures without an analytic null: what they are in healthy data is measured, on disjoint splits of real data."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from trainer.features.feature_set import Extracted
from trainer.metrics import METRICS, Value
from trainer.metrics.prdc import Balls, prdc_of

SIZES = (1000, 2000, 5000)  # numbers of pictures on each side for which healthy values are kept
SPLITS = {1000: 1000, 2000: 300, 5000: 100}
MEASURES = ("fid", "kid", "1-nn", "vendi", "feature-distance", "rarity", "inception-score")


class Context(NamedTuple):
    """Figures by key, and who lies in whose neighbourhood: in the extractor's features, and in pixel space."""

    figures: dict[str, float]
    looks: Balls
    pixels: Balls


def compare(real: Extracted, fake: Extracted) -> Context:
    """MEASURES, precision, recall and density in the extractor's features; the last three in pixel space too.

    Both sides are best of one size. Raises UserError where a measure does.
    """
    inputs = {"real": real.features, "fake": fake.features, "fake_probabilities": fake.probabilities[0]}
    found: dict[str, Value] = {}
    for name in MEASURES:
        found |= METRICS[name](**inputs)
    by_looks, looks = prdc_of(real.features, fake.features)
    by_pixels, pixels = prdc_of(real.pixels, fake.pixels)
    found |= by_looks | {f"pixel_{name}": value for name, value in by_pixels.items()}
    return Context({name: float(value) for name, value in found.items() if not isinstance(value, list)}, looks, pixels)


def healthy_splits(real: Extracted, n: int, splits: int, seed: int = 0) -> Iterator[dict[str, float]]:
    """Figures of disjoint random splits of real data, n pictures on each side: what a perfect generator would give."""
    rng = np.random.default_rng([seed, n])
    with threadpool_limits(1, "blas"):
        for _ in range(splits):
            rows = rng.permutation(len(real))[: 2 * n]
            yield compare(real.take(rows[:n]), real.take(rows[n:])).figures
