"""Measurements written by hand, for the findings that rest on them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from trainer.diagnosis import Finding
from trainer.diagnosis.classes import AttributeStats, ClassShare
from trainer.diagnosis.measurements import Measurement, Measurements
from trainer.features.feature_set import FeatureSet
from trainer.metrics.prdc import KnnMembership

HEALTHY = {  # value, low, high
    "precision": (0.9, 0.8, None),
    "density": (1.0, 0.8, 1.2),
    "kid": (0.0, -0.1, 0.1),
    "pixel_density": (1.0, 0.5, 1.5),
    "pixel_coverage": (0.9, 0.8, None),
    "duplicates": (0.0, None, 5.0),
    "copy_fraction": (0.01, None, 0.03),
}
ALL = np.ones(10, bool)


def share(
    name: str, real: float, fake: float, missing: bool = False, good: float = 0.1, due: float = 0.1
) -> ClassShare:
    """A class whose healthy band is 0.05 around its real share."""
    return ClassShare(name, real, fake, real - 0.05, real + 0.05, 0.0, 1.0, good, due, missing)


def attribute(*shares: ClassShare, name: str = "digit", kl: float = 0.0) -> AttributeStats:
    return AttributeStats(name, shares, kl, 0.1)


def measurements(precise: int = 10, values: dict[str, float] | None = None, **changes) -> Measurements:
    """Ten healthy images on each side but for what is named; `precise` of them resemble a real one."""
    by_key = {key: Measurement(key, *band) for key, band in HEALTHY.items()}
    by_key |= {key: by_key[key]._replace(value=value) for key, value in (values or {}).items()}
    looks = KnnMembership(np.arange(10) < precise, np.ones(10, int), ALL, ALL)
    pixels = KnnMembership(ALL, np.ones(10, int), np.arange(10) % 2 > 0, ALL)
    found = Measurements(
        10, 10, (), (), by_key, looks, pixels, 0.0, 1.0, 0, np.arange(10), ~ALL, np.arange(10), np.arange(10.0), True
    )
    return replace(found, **changes)


def labelled(labels: list[int], k: int = 4) -> FeatureSet:
    """Images of which nothing but the class is known."""
    n = len(labels)
    return FeatureSet(
        np.zeros((n, 1), np.float32), (np.eye(k, dtype=np.float32)[labels],), np.zeros((n, 1), np.float32)
    )


REALS = labelled([0, 1, 2, 3] * 8)
REFERENCE = SimpleNamespace(real=REALS, nulls={10: {"precision": np.array([0.7, 0.9])}}, seen_share=1.0)


def found(look, measured: Measurements, reference=REFERENCE, fake: FeatureSet = REALS) -> Finding | None:
    """What one kind finds: nothing, or one finding."""
    (*one,) = look(measured, reference, fake)
    assert len(one) <= 1
    return one[0] if one else None
