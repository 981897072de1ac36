"""Total collapse: whatever the latent, nearly the same image comes out."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, first, percent
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import SAME_PAIRS
from trainer.features.feature_set import FeatureSet


def total_collapse(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Most pairs are the same image: no further apart than the closest of many thousand pairs of real ones."""
    if measured.same > SAME_PAIRS.value:
        yield Finding(
            "total-collapse",
            f"Nearly every latent gives the same image: {percent(measured.same)} of all pairs of generated "
            f"images are as similar as the closest of 100,000 pairs of real images.",
            fakes=first(np.arange(measured.n)),
        )


FINDINGS["total-collapse"] = FindingKind("Total collapse", 2, total_collapse, alone=True)
