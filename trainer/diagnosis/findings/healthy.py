"""Healthy: no fault shows."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, bound, first, percent
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.features.feature_set import FeatureSet


def healthy(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """No fault shows."""
    coverage = measured.by_key["pixel_coverage"]
    classes = " All classes are as frequent as in the real data." if measured.attributes else ""
    yield Finding(
        "healthy",
        f"Nothing tells these {measured.n_fake:,} samples from real data.{classes} {percent(coverage.value)} of the "
        f"real images have a generated image nearby (expected: at least {percent(bound(coverage.low))}).",
        fakes=first(np.arange(measured.n)),
    )


FINDINGS["healthy"] = FindingKind("Healthy", 0, otherwise=healthy)
