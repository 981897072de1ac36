"""Not like the real images: classes and modes cannot be evaluated."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, expected, first, percent
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import UNLIKE_RATIO
from trainer.features.feature_set import FeatureSet


def out_of_distribution(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Fewer than UNLIKE_RATIO as many images look real as in healthy data: then no class can be evaluated."""
    precise, healthy = float(measured.looks.precise.mean()), expected(reference, measured, "precision")
    if healthy is not None and precise < healthy * UNLIKE_RATIO.value:
        yield Finding(
            "out-of-distribution",
            f"{f'Only {percent(precise)}' if precise else '0 %'} of the generated images resemble a real "
            f"image (expected: {percent(healthy)}). Modes cannot be assessed: the model has not "
            "learned them or has lost them all.",
            fakes=first(np.flatnonzero(~measured.looks.precise)),
            reals=first(measured.rows),
        )


FINDINGS["out-of-distribution"] = FindingKind("Out of distribution", 2, out_of_distribution, alone=True)
