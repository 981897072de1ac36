"""The verdict: which findings there are, the gravest first."""

from dataclasses import dataclass, field

import numpy as np

from trainer.diagnosis.classes import AttributeStats
from trainer.diagnosis.findings import FINDINGS, Finding
from trainer.diagnosis.findings.too_few import too_few
from trainer.diagnosis.measurements import Measurement, Measurements, measure
from trainer.diagnosis.reference import Reference
from trainer.features.feature_set import FeatureSet
from trainer.metrics import all_figures


@dataclass(frozen=True)
class Diagnosis:
    """The verdict and all that it rests on.

    Attributes:
        n: generated images that were looked at.
        findings: never empty, the gravest first.
        measurements: None where there were too few images to measure anything.
    """

    n: int
    findings: tuple[Finding, ...]
    measurements: Measurements | None = field(repr=False)

    @property
    def verdict(self) -> Finding:
        """The gravest finding."""
        return self.findings[0]

    @property
    def moot(self) -> frozenset[str]:
        """Keys of measurements that say nothing: where the images resemble no real one, those that do not look bad do
        so by accident, as a blob of points with the mean and the covariance of a ring has its Frechet distance."""
        if self.measurements is None or self.verdict.kind != "out-of-distribution":
            return frozenset()
        return frozenset(key for key, measurement in self.measurements.by_key.items() if not looks_bad(measurement))

    @property
    def attributes(self) -> tuple[AttributeStats, ...]:
        """The classes, where they can be evaluated: not of images that are all one, or resemble no real one."""
        evaluated = self.measurements is not None and self.verdict.kind not in ("out-of-distribution", "total-collapse")
        return self.measurements.attributes if evaluated and self.measurements else ()


def looks_bad(measurement: Measurement) -> bool:
    """Whether a measurement is out of its band, on the side that is bad where there is one."""
    figure = all_figures().get(measurement.key)
    better = figure.better if figure else ""
    return measurement.below if better == "higher" else measurement.above if better == "lower" else measurement.abnormal


def diagnose(
    reference: Reference, fake: FeatureSet, label: int | None = None, asked: np.ndarray | None = None
) -> Diagnosis:
    """Evaluate generated images against the real data.

    Args: fake: what the reference's own reader and pixel space say of them. label: the class of the first attribute
        that was asked for, where it was the same for all; the real images of that class are then the other side.
        asked: int (n,), the class that each was asked for, where the generator takes one.
    Never raises for few images: it says that they are too few.
    """
    if few := too_few(reference, len(fake), label):
        return Diagnosis(len(fake), (few,), None)
    measured = measure(reference, fake, label, None if reference.grouped else asked)
    return Diagnosis(len(fake), tuple(found_in(measured, reference, fake)), measured)


def found_in(measured: Measurements, reference: Reference, fake: FeatureSet) -> list[Finding]:
    """All findings, the gravest first. Where most images are one, or resemble no real one, nothing else counts."""
    stages = (
        [kind.find for kind in FINDINGS.values() if kind.alone],
        [k.find for k in FINDINGS.values() if not k.alone and (measured.readable or not k.reads_classes)],
        *([kind.otherwise] for kind in FINDINGS.values()),
    )
    for stage in stages:
        if found := [finding for find in stage for finding in find(measured, reference, fake)]:
            return sorted(found, key=gravity)
    raise AssertionError("healthy is found where nothing else is")


def gravity(finding: Finding) -> tuple[bool, int]:
    """Sorts the gravest first; proportions that are off only together come after whatever has an image to show."""
    return finding.weak, list(FINDINGS).index(finding.kind)
