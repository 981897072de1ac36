"""Modes out of proportion: classes made too often or too rarely, apart from those that are missing."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, called, examples, listed, percent
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.features.feature_set import FeatureSet


def imbalance(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Classes made too often or too rarely, apart from those that are missing."""
    found = [
        (i, j, h, s)
        for i, h in enumerate(measured.attributes)
        for j, s in enumerate(h.classes)
        if s.abnormal and not s.missing
    ]
    gone = any(share.missing for attribute in measured.attributes for share in attribute.classes)
    wide = [attribute for attribute in measured.attributes if attribute.kl > attribute.kl_bound]
    if (gone and not any(s.fake < s.low for *_, s in found)) or not (found or wide):
        return  # where a class is missing, the others are made more often: that is no second fault
    found.sort(key=lambda f: -abs(np.log(max(f[3].fake, 1e-9) / max(f[3].real, 1e-9))))
    deviations = [
        f"{called(measured, attribute, share)} too {'frequent' if share.fake > share.real else 'rare'} "
        f"({percent(share.fake)}, real {percent(share.real)})"
        for _, _, attribute, share in found
    ]
    whole = "Among the modes that are generated," if gone else "No mode is missing, but"
    if deviations:
        text = f"{whole} some are not as frequent as in the real data: {listed(deviations)}."
    else:
        attribute = max(wide, key=lambda attribute: attribute.kl / attribute.kl_bound)
        text = (
            f"{whole} the distribution of {attribute.name} differs from the real one, though no single class does: KL "
            f"{attribute.kl:.3g} nats (expected: up to {attribute.kl_bound:.3g})."
        )
    rare = [(i, j) for i, j, _, share in found if share.fake < share.real]
    classes = tuple(called(measured, attribute, share) for _, _, attribute, share in found)
    yield Finding("imbalance", text, reals=examples(reference.real, rare), classes=classes, weak=not classes)


FINDINGS["imbalance"] = FindingKind("Mode imbalance", 1, imbalance, reads_classes=True)
