"""The verdict: which faults the panel shows, the gravest first."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from trainer.diagnosis.classes import Head
from trainer.diagnosis.faults import (
    CLASSES,
    FAULTS,
    KINDS,
    Finding,
    healthy,
    total_collapse,
    uncovered,
    unlike,
)
from trainer.diagnosis.measurements import Panel, Reading, measure
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import EACH, K
from trainer.features.feature_set import Extracted
from trainer.metrics import nulls
from trainer.metrics.base import figures


@dataclass(frozen=True)
class Diagnosis:
    """The verdict and all that it rests on.

    Attributes:
        n: generated pictures that were looked at.
        findings: never empty, the gravest first.
        panel: None where there were too few pictures to measure anything.
    """

    n: int
    findings: tuple[Finding, ...]
    panel: Panel | None = field(repr=False)

    @property
    def verdict(self) -> Finding:
        return self.findings[0]

    @property
    def moot(self) -> frozenset[str]:
        """Readings that say nothing: where the images resemble no real one, those that do not look bad do so by
        accident, as a blob of points with the mean and the covariance of a ring has its Frechet distance."""
        if self.panel is None or self.verdict.kind != "unlike":
            return frozenset()
        return frozenset(key for key, reading in self.panel.readings.items() if not looks_bad(reading))

    @property
    def heads(self) -> tuple[Head, ...]:
        """The classes, where they can be judged: not of images that are all one, or resemble no real one."""
        judged = self.panel is not None and self.verdict.kind not in ("unlike", "total-collapse")
        return self.panel.heads if judged and self.panel else ()


def looks_bad(reading: Reading) -> bool:
    """Whether a reading is out of its band, on the side that is bad where there is one."""
    figure = figures().get(reading.key.removeprefix("pixel_"))
    better = figure.better if figure else ""
    return reading.below if better == "higher" else reading.above if better == "lower" else reading.abnormal


def diagnose(
    reference: Reference, fake: Extracted, label: int | None = None, asked: np.ndarray | None = None
) -> Diagnosis:
    """Judge generated pictures against the real data.

    Args: fake: what the reference's own reader and pixel space say of them. label: the class of the first attribute
        that was asked for, where it was the same for all; the real pictures of that class are then the other side.
        asked: int (n,), the class that each was asked for, where the generator takes one.
    Never raises for few pictures: it says that they are too few.
    """
    needed = least_needed(reference, label)
    if len(fake) < needed:
        text = f"{len(fake)} pictures cannot show whether a mode is missing; at least {needed} are needed."
        return Diagnosis(len(fake), (Finding("too-few", text),), None)
    if label is not None and (known := len(reference.rows_of(label))) < 2 * K:
        text = f"The reference holds {known} real pictures of this class; at least {2 * K} are needed."
        return Diagnosis(len(fake), (Finding("too-few", text),), None)
    panel = measure(reference, fake, label, asked)
    findings = sorted(found_in(panel, reference, fake), key=gravity)
    return Diagnosis(len(fake), tuple(findings) or (healthy(panel, reference),), panel)


def gravity(finding: Finding) -> tuple[int, int]:
    """Sorts the gravest first; proportions that are off only together come after whatever has a picture to show."""
    together = finding.kind == "imbalance" and not finding.classes
    return int(together), list(KINDS).index(finding.kind)


def found_in(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Every fault that shows. Where most pictures are one, or resemble no real one, nothing else can be judged."""
    gravest = [*total_collapse(panel, reference, fake), *unlike(panel, reference, fake)]
    if gravest:
        yield from gravest
        return
    faults = [fault for fault in FAULTS if panel.readable or fault not in CLASSES]
    found = [finding for fault in faults for finding in fault(panel, reference, fake)]
    yield from found or uncovered(panel)


def least_needed(reference: Reference, label: int | None) -> int:
    """Generated pictures needed before the class of a typical picture could be missed by chance hardly ever."""
    if label is not None:
        return 10 * K
    needed = [
        nulls.pictures_needed(share=typical_share(counts), k_classes=max(2, len(counts)), alpha=EACH)
        for counts in reference.counts
    ]
    return max(10 * K, *needed)


def typical_share(counts: np.ndarray) -> float:
    """Half of all pictures are of a class at least as common as this, 0 to 1."""
    shares = np.sort(counts / counts.sum())[::-1]
    return float(shares[np.searchsorted(np.cumsum(shares), 0.5)])
