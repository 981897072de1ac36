"""Does not follow the class: a conditional generator mostly makes another one than it is asked for."""

from collections.abc import Iterator

from trainer.diagnosis.classes import IntraClassStats
from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, listed, percent
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.features.feature_set import FeatureSet


def label_ignored(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Classes that are asked of a conditional generator and mostly not made."""
    found = sorted(
        (inside for inside in measured.intra_class if inside.label_ignored),
        key=lambda inside: inside.label_accuracy or 0.0,
    )
    if found:
        names = listed([told(inside) for inside in found])
        exact = all(inside.real_accuracy == 1 for inside in found)
        how = "fewer than half match" if exact else "less than half as many as of the real images match"
        yield Finding(
            "label-ignored",
            f"Most samples of some labels show another class: {how} the label for {names}.",
            classes=tuple(inside.name for inside in found),
        )


def told(inside: IntraClassStats) -> str:
    """A class with the share that matches its label; that of real images where it is less than all."""
    real = f", real images {percent(inside.real_accuracy)}" if inside.real_accuracy < 1 else ""
    return f"{inside.name} ({percent(inside.label_accuracy or 0.0)}{real})"


FINDINGS["label-ignored"] = FindingKind("Label ignored", 1, label_ignored, reads_classes=True)
