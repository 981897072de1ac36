"""The figures without an analytic null: what they are in healthy data is measured, on disjoint splits of real data."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from trainer.features.base import NO_FACTS
from trainer.features.feature_set import FeatureSet
from trainer.metrics import METRICS, Value, applicable
from trainer.metrics.prdc import KnnMembership, prdc_of

SIZES = (1000, 2000, 5000)  # numbers of images on each side for which healthy values are kept
SPLITS = {1000: 1000, 2000: 300, 5000: 100}
APART = ("prdc", "birthday")  # of these a verdict needs more than the figures, so they are measured by themselves


class Context(NamedTuple):
    """Figures by key, and who lies in whose neighbourhood: in the extractor's features, and in pixel space."""

    figures: dict[str, float]
    looks: KnnMembership
    pixels: KnnMembership


def compare(real: FeatureSet, fake: FeatureSet, facts: Mapping[str, Any] = NO_FACTS) -> Context:
    """Every measure that the page shows; precision, recall and density in pixel space too.

    Both sides are best of one size. facts: those of the `ExtractorSpec`. Raises UserError where a measure does.
    """
    inputs = {"real": real.features, "fake": fake.features, "fake_probabilities": fake.probabilities[0], **facts}
    found: dict[str, Value] = {}
    for name in applicable(inputs):
        if name not in APART and any(figure.panel or figure.chart for figure in METRICS[name].figures.values()):
            found |= METRICS[name](**inputs)
    by_looks, looks = prdc_of(real.features, fake.features)
    by_pixels, pixels = prdc_of(real.pixels, fake.pixels)
    found |= by_looks | {f"pixel_{name}": value for name, value in by_pixels.items()}
    return Context({name: float(value) for name, value in found.items() if not isinstance(value, list)}, looks, pixels)


def healthy_splits(
    real: FeatureSet, n: int, splits: int, facts: Mapping[str, Any] = NO_FACTS
) -> Iterator[dict[str, float]]:
    """Figures of disjoint random splits of real data, n images on each side: what a perfect generator would give."""
    rng = np.random.default_rng([0, n])
    with threadpool_limits(1, "blas"):
        for _ in range(splits):
            rows = rng.permutation(len(real))[: 2 * n]
            yield compare(real.take(rows[:n]), real.take(rows[n:]), facts).figures
