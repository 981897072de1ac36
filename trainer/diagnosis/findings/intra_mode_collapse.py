"""Collapse within modes: variety lost inside the classes that are made."""

from collections.abc import Iterator

import numpy as np

from trainer.diagnosis.findings.base import (
    FINDINGS,
    SHOWN,
    Finding,
    FindingKind,
    called,
    expected,
    listed,
    percent,
    repeats,
)
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import AS_GOOD_RATIO, EACH, MIN_REAL_OF_CLASS
from trainer.features.feature_set import FeatureSet
from trainer.metrics import nulls
from trainer.metrics.distances import close_pairs


def intra_mode_collapse(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Variety lost inside the classes that are made: near-duplicates, a class without spread, or uncovered samples."""
    sentences, classes, fakes, reals = [], [], [], []
    duplicates = measured.by_key["duplicates"]
    if repeats(measured):
        pairs = close_pairs(fake.pixels[: measured.n].astype(np.float64), measured.near, SHOWN // 2)
        fakes += pairs.ravel().tolist()
        sentences.append(
            f"{duplicates.value:,.0f} pairs of generated images are near-duplicates (expected: up to "
            f"{duplicates.high:,.0f}): about {measured.different:,.0f} different images are generated."
        )
    narrow = {j: inside.variety or 0.0 for j, inside in enumerate(measured.intra_class) if inside.narrow}
    if narrow:
        j, ratio = min(narrow.items(), key=lambda found: found[1])
        attribute = measured.attributes[0]
        classes = [called(measured, attribute, attribute.classes[i]) for i in narrow]
        sentences.append(
            f"Within {listed(classes)}, the samples vary less than half as much as real images "
            f"({attribute.classes[j].name}: {percent(ratio)})."
        )
        fakes += np.flatnonzero(fake.labels(0) == j)[: SHOWN // 2].tolist()
        reals += np.flatnonzero(reference.real.labels(0) == j)[: SHOWN // 2].tolist()
    # Proportions of another attribute than the first would look like uncovered samples, and are told by themselves.
    if as_good(measured, reference) and not any(attribute.abnormal for attribute in measured.attributes[1:]):
        text, rows, uncovered_classes = uncovered(measured, reference, fake)
        sentences += text
        reals += rows
        classes += [name for name in uncovered_classes if name not in classes]
    if sentences:
        yield Finding(
            "intra-mode-collapse",
            " ".join(sentences),
            tuple(fakes[:SHOWN]),
            tuple(reals[:SHOWN]),
            classes=tuple(classes),
        )


def uncovered(measured: Measurements, reference: Reference, fake: FeatureSet) -> tuple[list[str], list[int], list[str]]:
    """Real images without a generated one near, beyond what the shares of their classes explain: in all, and class by
    class. Returns sentences, rows of real images, names of classes."""
    empty = measured.rows[~measured.pixels.covered]
    if not measured.attributes:
        alone = measured.n * (1 - nulls.coverage_null(n_real=measured.n, n_fake=measured.n).expected)
        if len(empty) <= nulls.most_empty(alone, EACH.value):
            return [], [], []
        return [uncovered_text("", len(empty) / measured.n, alone / measured.n)], empty[:SHOWN].tolist(), []
    attribute, k = measured.attributes[0], len(reference.heads[0].values)
    labels = reference.real.labels(0)
    usual = nulls.empty_by_class(
        real_labels=labels[measured.rows], fake_labels=fake.labels(0)[: measured.n], k_classes=k
    )
    found, count = np.bincount(labels[empty], minlength=k), np.bincount(labels[measured.rows], minlength=k)
    odd = [
        j
        for j in np.flatnonzero(count >= MIN_REAL_OF_CLASS.value)
        if found[j] > nulls.most_empty(max(usual[j], 1e-9), EACH.value / (2 * k))
    ]
    if found.sum() > nulls.most_empty(usual.sum(), EACH.value / 2):
        text = [uncovered_text("", found.sum() / measured.n, usual.sum() / measured.n)]
    elif odd:
        worst = max(odd, key=lambda j: found[j] - usual[j])
        name = called(measured, attribute, attribute.classes[worst])
        text = [uncovered_text(f" of {name}", found[worst] / count[worst], usual[worst] / count[worst])]
    else:
        return [], [], []
    shown = empty[np.isin(labels[empty], odd)] if odd else empty
    return text, shown[:SHOWN].tolist(), [called(measured, attribute, attribute.classes[j]) for j in odd]


def uncovered_text(of: str, found: float, usual: float) -> str:
    """The sentence on uncovered real samples. `of`: of which class; found, usual: their shares, 0 to 1."""
    return (
        f"The samples are as good as real images, but {percent(found)} of the real images{of} have no generated image "
        f"nearby (expected: {percent(usual)})."
    )


def as_good(measured: Measurements, reference: Reference) -> bool:
    """Whether the images lie among the real ones as real ones do: in the features, and in pixel space, where blurred
    images lie more densely among them and further off by their kernel distance."""
    precision, density, kid, pixel = (measured.by_key[key] for key in ("precision", "density", "kid", "pixel_density"))
    if precision.low is None:  # no healthy values for this selection: the mean of those that are known must do
        minimum = AS_GOOD_RATIO.value * (expected(reference, measured, "precision") or 1.0)
        return bool(measured.looks.precise.mean() >= minimum)
    smooth = pixel.above and kid.abnormal
    undefined = not np.isfinite([precision.value, density.value, pixel.value]).all()
    return not (undefined or precision.below or density.below or pixel.below or smooth)


FINDINGS["intra-mode-collapse"] = FindingKind("Intra-mode collapse", 2, intra_mode_collapse)
