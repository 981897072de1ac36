"""Too few samples to say: so few that a missing class could be chance."""

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import EACH, MIN_GENERATED, MIN_REAL_OF_CLASS, TYPICAL_SHARE
from trainer.metrics import nulls


def too_few(reference: Reference, n: int, label: int | None) -> Finding | None:
    """Whether n generated images, or the real ones of a class, are too few to measure anything; None if they do."""
    if n < (needed := min_needed(reference, label)):
        text = f"{n} samples cannot show whether a mode is missing; at least {needed} are needed."
        return Finding("too-few", text)
    if label is not None and (known := len(reference.rows_of(label))) < MIN_REAL_OF_CLASS.value:
        text = f"The reference has {known} real images of this class; at least {MIN_REAL_OF_CLASS.value} are needed."
        return Finding("too-few", text)
    return None


def min_needed(reference: Reference, label: int | None) -> int:
    """Generated images needed before the class of a typical image could be missed by chance hardly ever."""
    if label is not None:
        return MIN_GENERATED.value
    needed = [
        nulls.images_needed(share=typical_share(counts), k_classes=len(counts), alpha=EACH.value)
        for counts in reference.counts
    ]
    return max(MIN_GENERATED.value, *needed)


def typical_share(counts: np.ndarray) -> float:
    """TYPICAL_SHARE of all images are of a class at least as common as this, 0 to 1."""
    shares = np.sort(counts / counts.sum())[::-1]
    return float(shares[np.searchsorted(np.cumsum(shares), TYPICAL_SHARE.value)])


FINDINGS["too-few"] = FindingKind("Too few samples", 1)
