"""Modes out of proportion: classes made too often or too rarely, apart from those that are missing."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, called, examples, listed, percent
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.features.feature_set import FeatureSet


def imbalance(panel: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Classes made too often or too rarely, apart from those that are missing."""
    found = [
        (i, j, h, s) for i, h in enumerate(panel.heads) for j, s in enumerate(h.shares) if s.abnormal and not s.dropped
    ]
    gone = any(share.dropped for head in panel.heads for share in head.shares)
    wide = [head for head in panel.heads if head.kl > head.kl_bound]
    if (gone and not any(s.fake < s.low for *_, s in found)) or not (found or wide):
        return  # where a class is missing, the others are made more often: that is no second fault
    found.sort(key=lambda f: -abs(np.log(max(f[3].fake, 1e-9) / max(f[3].real, 1e-9))))
    deviations = [
        f"{called(panel, head, share)} too {'frequent' if share.fake > share.real else 'rare'} "
        f"({percent(share.fake)}, real {percent(share.real)})"
        for _, _, head, share in found
    ]
    whole = "Among the modes that are generated," if gone else "No mode is missing, but"
    if deviations:
        text = f"{whole} some are not as frequent as in the real data: {listed(deviations)}."
    else:
        head = max(wide, key=lambda head: head.kl / head.kl_bound)
        text = (
            f"{whole} the distribution of {head.name} differs from the real one, though no single class does: KL "
            f"{head.kl:.3g} nats (expected: up to {head.kl_bound:.3g})."
        )
    rare = [(i, j) for i, j, _, share in found if share.fake < share.real]
    classes = tuple(called(panel, head, share) for _, _, head, share in found)
    yield Finding("imbalance", text, reals=examples(reference.real, rare), classes=classes, weak=not classes)


FINDINGS["imbalance"] = FindingKind("Mode imbalance", 1, imbalance, reads_classes=True)
