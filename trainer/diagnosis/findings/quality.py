"""Lower quality than real: images off the real data, or real ones that no generated one is near."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, bound, first, percent, repeats
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.features.feature_set import FeatureSet


def quality(panel: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Images off the real data. A kernel distance says so only where no other fault could have raised it."""
    told = []
    precision, density, kid = (panel.readings[key] for key in ("precision", "density", "kid"))
    coverage = panel.readings["pixel_coverage"]
    if precision.below:
        told.append(
            f"{percent(precision.value)} of the generated images resemble a real image (expected: at least "
            f"{percent(bound(precision.low))})."
        )
    if density.below:
        told.append(f"Density is {density.value:.2f} (1 for real data).")
    if not panel.readable:
        told.append("Too many samples cannot be classified with confidence, so class frequencies are not assessed.")
    proportions = any(head.abnormal for head in panel.heads)
    if not told and not proportions and not repeats(panel) and kid.above:
        told.append(f"KID to the real images is {kid.value:.3g} (expected: up to {kid.high:.3g}).")
    if not told:
        return
    lost = repeats(panel) or any(share.dropped for head in panel.heads for share in head.shares)
    if coverage.abnormal and not lost:
        told.append(
            f"{percent(1 - coverage.value)} of the real images have no generated image nearby (expected: up to "
            f"{percent(1 - bound(coverage.low))}), which lower quality alone can explain."
        )
    yield Finding("quality", " ".join(told), fakes=first(np.flatnonzero(~panel.looks.precise)))


def uncovered(panel: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Where nothing else explains it: real images that no generated one is near."""
    coverage = panel.readings["pixel_coverage"]
    if coverage.abnormal:
        yield Finding(
            "quality",
            f"{percent(1 - coverage.value)} of the real images have no generated image nearby (expected: up to "
            f"{percent(1 - bound(coverage.low))}). This may be a loss of quality or of diversity.",
            reals=first(panel.rows[~panel.pixels.covered]),
        )


FINDINGS["quality"] = FindingKind("Lower quality than real data", 1, quality, otherwise=uncovered)
