"""Lower quality than real: images off the real data, or real ones that no generated one is near."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, bound, first, percent, repeats
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.features.feature_set import FeatureSet


def quality(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Images off the real data. A kernel distance says so only where no other fault could have raised it."""
    sentences = []
    precision, density, kid = (measured.by_key[key] for key in ("precision", "density", "kid"))
    coverage = measured.by_key["pixel_coverage"]
    if precision.below:
        sentences.append(
            f"{percent(precision.value)} of the generated images resemble a real image (expected: at least "
            f"{percent(bound(precision.low))})."
        )
    if density.below:
        sentences.append(f"Density is {density.value:.2f} (1 for real data).")
    if not measured.readable:
        sentences.append(unread(measured))
    proportions = any(attribute.abnormal for attribute in measured.attributes)
    if not sentences and not proportions and not repeats(measured) and kid.above:
        sentences.append(f"KID to the real images is {kid.value:.3g} (expected: up to {kid.high:.3g}).")
    if not sentences:
        return
    lost = repeats(measured) or any(share.missing for attribute in measured.attributes for share in attribute.classes)
    if coverage.abnormal and not lost:
        sentences.append(
            f"{percent(1 - coverage.value)} of the real images have no generated image nearby (expected: up to "
            f"{percent(1 - bound(coverage.low))}), which lower quality alone can explain."
        )
    yield Finding("quality", " ".join(sentences), fakes=first(np.flatnonzero(~measured.looks.precise)))


def unread(measured: Measurements) -> str:
    """Why class frequencies are not assessed."""
    erring = measured.misread
    if erring is None or erring.believed:
        return "Too many samples cannot be classified with confidence, so class frequencies are not assessed."
    return (
        f"The samples differ from real images by more than class frequencies explain: their mean by "
        f"{erring.moved.squared**0.5:.2f} standard deviations. The extractor, which classifies "
        f"{percent(erring.rightly)} of the real images correctly, could take this for other classes, so class "
        "frequencies are not assessed."
    )


def uncovered(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Where nothing else explains it: real images that no generated one is near."""
    coverage = measured.by_key["pixel_coverage"]
    if coverage.abnormal:
        yield Finding(
            "quality",
            f"{percent(1 - coverage.value)} of the real images have no generated image nearby (expected: up to "
            f"{percent(1 - bound(coverage.low))}). This may be a loss of quality or of diversity.",
            reals=first(measured.rows[~measured.pixels.covered]),
        )


FINDINGS["quality"] = FindingKind("Lower quality than real data", 1, quality, otherwise=uncovered)
