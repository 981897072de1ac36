"""Figures of two sets that no verdict rests on: what their true classes add, and data copying."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from trainer.data import Attribute
from trainer.diagnosis import Diagnosis, Measurement, Reference
from trainer.diagnosis.thresholds import EACH, MIN_GENERATED
from trainer.features.feature_set import FeatureSet
from trainer.metrics import METRICS

MIN_LABELLED = 50  # images a side


class Labelled(NamedTuple):
    """Features (n, d) and the labels that came with the images, int64 (n, attributes), -1 where one is not known."""

    features: np.ndarray
    labels: np.ndarray
    attributes: tuple[Attribute, ...]


def figures_of_labels(real: Labelled, fake: Labelled) -> dict[str, float]:
    """GAN-train and GAN-test by the first attribute, of as many generated images as there are in a half of the reals.

    Empty where a side has no labels, where the generated classes are not the real ones by name, or with few images.
    """
    if not real.attributes or not fake.attributes:
        return {}
    asked = renumbered(fake.labels[:, 0], fake.attributes[0], real.attributes[0])
    if asked is None:
        return {}
    rows, fakes = (np.flatnonzero(side.labels[:, 0] >= 0) for side in (real, fake))
    count = min(len(fakes), len(rows) // 2)
    if count < MIN_LABELLED:
        return {}
    rows, fakes = np.random.default_rng(0).permutation(rows)[: 2 * count], fakes[:count]
    with threadpool_limits(1, "blas"):
        found = METRICS["gan-train-test"](
            real=real.features[rows], real_true=real.labels[rows, 0], fake=fake.features[fakes], fake_asked=asked[fakes]
        )
    return {key: float(value) for key, value in found.items() if not isinstance(value, list)}


def renumbered(labels: np.ndarray, attribute: Attribute, wanted: Attribute) -> np.ndarray | None:
    """Labels of an attribute, int64 (n,), as those of another whose classes have the same names; -1 stays.

    None unless all of its classes are among these.
    """
    known = {name: i for i, name in enumerate(wanted.values)}
    if not known.keys() >= set(attribute.values):
        return None
    found: np.ndarray = np.array([*(known[name] for name in attribute.values), -1], np.int64)[labels]
    return found


def copying(reference: Reference, fake: FeatureSet) -> dict[str, float]:
    """Data copying in pixel space, where copies show; empty with too few generated images for any measure."""
    if len(fake) < MIN_GENERATED.value:
        return {}
    with threadpool_limits(1, "blas"):
        found = METRICS["data-copying"](real=reference.seen, fake=fake.pixels, held_out=reference.real.pixels)
    return {key: float(value) for key, value in found.items() if not isinstance(value, list)}


def with_figures(made: Diagnosis, beside: Mapping[str, float]) -> Diagnosis:
    """A diagnosis with these figures among its measurements."""
    if made.measurements:
        made.measurements.by_key.update({key: Measurement(key, value, *band(key)) for key, value in beside.items()})
    return made


def band(key: str) -> tuple[float | None, float | None]:
    """Where healthy data lie: of a standardised difference within so many deviations; of accuracies not known."""
    end = float(norm.ppf(1 - EACH.value / 2))
    return (-end, end) if key == "data_copying" else (None, None)
