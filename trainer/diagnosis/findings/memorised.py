"""Copies of training images."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, SHOWN, Finding, FindingKind, bound, first, percent
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import WHOLE_SET
from trainer.features.feature_set import FeatureSet


def memorised(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Generated images nearer to an image trained on than unseen real ones are."""
    fraction = measured.by_key["copy_fraction"]
    if not fraction.abnormal:
        return
    rows = np.flatnonzero(measured.copied)
    rows = rows[np.argsort(measured.distance[rows], kind="stable")][:SHOWN]
    share = reference.seen_share
    part = (
        f" Only {percent(share)} of the training images could be compared, so there may be more copies."
        if share < WHOLE_SET.value
        else ""
    )
    yield Finding(
        "memorised",
        f"{percent(fraction.value)} of the generated images are as close to a training image as the "
        f"closest 1 % of held-out images (expected: up to {percent(bound(fraction.high))}): memorisation.{part}",
        fakes=first(rows),
        sources=tuple(int(measured.source[row]) for row in rows),
    )


FINDINGS["memorised"] = FindingKind("Copies of training images", 2, memorised)
