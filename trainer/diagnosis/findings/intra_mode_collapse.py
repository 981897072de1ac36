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
from trainer.diagnosis.thresholds import AS_GOOD_RATIO, EACH
from trainer.features.feature_set import FeatureSet
from trainer.metrics import nulls
from trainer.metrics.distances import close_pairs


def intra_mode_collapse(panel: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Variety lost inside the classes that are made: near-duplicates, a class without spread, or holes."""
    sentences, classes, fakes, reals = [], [], [], []
    duplicates = panel.readings["duplicates"]
    if repeats(panel):
        pairs = close_pairs(fake.pixels[: panel.n].astype(np.float64), panel.near, SHOWN // 2)
        fakes += pairs.ravel().tolist()
        sentences.append(
            f"{duplicates.value:,.0f} pairs of generated images are near-duplicates (expected: up to "
            f"{duplicates.high:,.0f}): about {panel.different:,.0f} different images are generated."
        )
    narrow = {j: inside.variety or 0.0 for j, inside in enumerate(panel.within) if inside.narrow}
    if narrow:
        j, ratio = min(narrow.items(), key=lambda found: found[1])
        names = [panel.heads[0].shares[i].name for i in narrow]
        classes = [called(panel, panel.heads[0], panel.heads[0].shares[i]) for i in narrow]
        sentences.append(
            f"Within {listed(classes)}, the samples vary less than half as much as real images "
            f"({names[list(narrow).index(j)]}: {percent(ratio)})."
        )
        fakes += np.flatnonzero(fake.labels(0) == j)[: SHOWN // 2].tolist()
        reals += np.flatnonzero(reference.real.labels(0) == j)[: SHOWN // 2].tolist()
    # Proportions of another attribute than the first would look like holes, and are told by themselves.
    if as_good(panel, reference) and not any(head.abnormal for head in panel.heads[1:]):
        text, rows, uncovered_classes = uncovered(panel, reference, fake)
        sentences, reals, classes = (
            sentences + text,
            reals + rows,
            classes + [name for name in uncovered_classes if name not in classes],
        )
    if sentences:
        yield Finding(
            "intra-mode-collapse",
            " ".join(sentences),
            tuple(fakes[:SHOWN]),
            tuple(reals[:SHOWN]),
            classes=tuple(classes),
        )


def uncovered(panel: Measurements, reference: Reference, fake: FeatureSet) -> tuple[list[str], list[int], list[str]]:
    """Real images without a generated one near, beyond what the shares of their classes explain: in all, and class by
    class. Returns sentences, rows of real images, names of classes."""
    empty = panel.rows[~panel.pixels.covered]
    if not panel.heads:
        alone = panel.n * (1 - nulls.coverage_null(n_real=panel.n, n_fake=panel.n).expected)
        if len(empty) <= nulls.most_empty(alone, EACH.value):
            return [], [], []
        return [uncovered_text("", len(empty) / panel.n, alone / panel.n)], empty[:SHOWN].tolist(), []
    head, k = panel.heads[0], len(reference.heads[0].values)
    labels = reference.real.labels(0)
    usual = nulls.empty_by_class(real_labels=labels[panel.rows], fake_labels=fake.labels(0)[: panel.n], k_classes=k)
    found, count = np.bincount(labels[empty], minlength=k), np.bincount(labels[panel.rows], minlength=k)
    odd = [j for j in range(k) if found[j] > nulls.most_empty(max(usual[j], 1e-9), EACH.value / (2 * k))]
    if found.sum() > nulls.most_empty(usual.sum(), EACH.value / 2):
        text = [uncovered_text("", found.sum() / panel.n, usual.sum() / panel.n)]
    elif odd:
        worst = max(odd, key=lambda j: found[j] - usual[j])
        name = called(panel, head, head.shares[worst])
        text = [uncovered_text(f" of {name}", found[worst] / count[worst], usual[worst] / count[worst])]
    else:
        return [], [], []
    shown = empty[np.isin(labels[empty], odd)] if odd else empty
    return text, shown[:SHOWN].tolist(), [called(panel, head, head.shares[j]) for j in odd]


def uncovered_text(of: str, found: float, usual: float) -> str:
    """The sentence on uncovered real samples. `of`: of which class; found, usual: their shares, 0 to 1."""
    return (
        f"The samples are as good as real images, but {percent(found)} of the real images{of} have no generated image "
        f"nearby (expected: {percent(usual)})."
    )


def as_good(panel: Measurements, reference: Reference) -> bool:
    """Whether the images lie among the real ones as real ones do: in the features, and in pixel space, where blurred
    images lie more densely among them and further off by their kernel distance."""
    precision, density, kid, pixel = (panel.readings[key] for key in ("precision", "density", "kid", "pixel_density"))
    if precision.low is None:  # no healthy values for this selection: the mean of those that are known must do
        minimum = AS_GOOD_RATIO.value * (expected(reference, panel, "precision") or 1.0)
        return bool(panel.looks.precise.mean() >= minimum)
    smooth = pixel.above and kid.abnormal
    undefined = not np.isfinite([precision.value, density.value, pixel.value]).all()
    return not (undefined or precision.below or density.below or pixel.below or smooth)


FINDINGS["intra-mode-collapse"] = FindingKind("Intra-mode collapse", 2, intra_mode_collapse)
