"""The faults a model can have, each found from the panel and told in a sentence or two with its numbers.

A fault needs evidence that healthy data would hardly ever give. Where a word promises more than 'beyond chance', it
says how much: a class is *missing* when fewer than a quarter as many as in real data are made, a class has *collapsed*
when its pictures differ less than half as much as real ones do, and is *not followed* when fewer than half of those
asked for are read as it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from trainer.diagnosis.classes import Head, Share
from trainer.diagnosis.measurements import Panel
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import EACH, MISSING
from trainer.features.feature_set import Extracted
from trainer.metrics import nulls
from trainer.metrics.distances import close_pairs

SHOWN = 12  # pictures of evidence a finding, at most
NAMED = 4  # classes that a sentence names before it only counts them


class Kind(NamedTuple):
    """A fault: its title, and how bad it is: 0 healthy, 1 imperfect or unknown, 2 collapse or worse."""

    title: str
    grade: int


KINDS = {  # the gravest first: the first that is found is the verdict
    "too-few": Kind("Too few samples to say", 1),
    "total-collapse": Kind("Total collapse", 2),
    "unlike": Kind("Not like the real pictures", 2),
    "dropped": Kind("Modes are missing", 2),
    "within": Kind("Collapse within modes", 2),
    "memorised": Kind("Copies of training pictures", 2),
    "disobedient": Kind("Does not follow the class", 1),
    "imbalance": Kind("Modes out of proportion", 1),
    "quality": Kind("Lower quality than real", 1),
    "healthy": Kind("Healthy", 0),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or that nothing is.

    Attributes:
        kind: a name in KINDS.
        text: sentences with the numbers.
        fakes: rows of generated pictures that show it.
        reals: rows of the reference's real pictures that show it.
        sources: rows of the pictures trained on that `fakes` copy, one each; () for other kinds.
        classes: the classes concerned, as in `7` or, where there are several attributes, `glasses: round`.
    """

    kind: str
    text: str
    fakes: tuple[int, ...] = ()
    reals: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return KINDS[self.kind].title

    @property
    def grade(self) -> int:
        return KINDS[self.kind].grade


def first(rows: np.ndarray) -> tuple[int, ...]:
    """The first few rows, as plain numbers."""
    return tuple(map(int, rows[:SHOWN]))


def examples(pictures: Extracted, classes: list[tuple[int, int]]) -> tuple[int, ...]:
    """Rows of a few pictures of each class, given as (attribute, value)."""
    each = -(-SHOWN // max(1, len(classes)))
    rows = [np.flatnonzero(pictures.labels(i) == j)[:each] for i, j in classes]
    return first(np.concatenate(rows)) if rows else ()


def percent(share: float) -> str:
    """0.0312 -> 3.1 %."""
    return f"{100 * share:.1f} %"


def listed(names: list[str]) -> str:
    """Some names in a sentence: `3, 5 and 7`, or with many `3, 5, 7, 8 and 2 more`."""
    more = [*names[:NAMED], f"{len(names) - NAMED} more"] if len(names) > NAMED + 1 else names
    return more[0] if len(more) == 1 else f"{', '.join(more[:-1])} and {more[-1]}"


def called(panel: Panel, head: Head, share: Share) -> str:
    return share.name if len(panel.heads) == 1 else f"{head.name}: {share.name}"


def total_collapse(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Most pairs are the same picture: no further apart than the closest of many thousand pairs of real ones."""
    if panel.same > 0.5:
        yield Finding(
            "total-collapse",
            f"Whatever the latent, nearly the same picture comes out: {percent(panel.same)} of all pairs of generated "
            f"pictures are as alike as the closest pair in 100,000 of real ones.",
            fakes=first(np.arange(panel.n)),
        )


def unlike(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Fewer than half as many pictures look real as in healthy data: then classes and modes cannot be judged."""
    precise, healthy = float(panel.looks.precise.mean()), expected(reference, panel, "precision")
    if healthy is not None and precise < healthy / 2:
        yield Finding(
            "unlike",
            f"{f'Only {percent(precise)}' if precise else 'Not one'} of the generated pictures look like any real "
            f"one (of real pictures {percent(healthy)} do). Which modes are there cannot be judged: the model has not "
            "learned them, or has lost them all.",
            fakes=first(np.flatnonzero(~panel.looks.precise)),
            reals=first(panel.rows),
        )


def expected(reference: Reference, panel: Panel, key: str) -> float | None:
    """The mean of a figure in healthy data of about this size, None where nothing is kept."""
    size = min(reference.nulls, key=lambda size: abs(size - panel.n), default=None)
    healthy = np.zeros(0) if size is None else reference.nulls[size][key]
    return float(healthy.mean()) if len(healthy) and np.isfinite(healthy).all() else None


def dropped(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Classes of which far fewer than in real data are made."""
    missing = [(i, j, head, s) for i, head in enumerate(panel.heads) for j, s in enumerate(head.shares) if s.dropped]
    if not missing:
        return
    missing.sort(key=lambda found: min(found[3].fake / found[3].real, found[3].good / max(found[3].due, 1e-9)))
    names, rare = [called(panel, head, share) for _, _, head, share in missing], hardly([s for *_, s in missing])
    if len(missing) == 1:
        told = f"{names[0]} is hardly made: {rare}"
    else:
        of = f" of {len(panel.heads[0].shares)}" if len(panel.heads) == 1 else ""
        told = f"{len(missing)}{of} modes are hardly made, {listed(names)}: together {rare}"
    most = [(i, j, h, s) for i, h in enumerate(panel.heads) for j, s in enumerate(h.shares) if s.fake > 2 * s.real]
    most.sort(key=lambda found: -found[3].fake)
    if most:
        told += f" It mostly makes {listed([f'{called(panel, h, s)} ({percent(s.fake)})' for *_, h, s in most])}."
    yield Finding(
        "dropped",
        told,
        fakes=examples(fake, [(i, j) for i, j, *_ in most]),
        reals=examples(reference.real, [(i, j) for i, j, *_ in missing]),
        classes=tuple(names),
    )


def hardly(missing: list[Share]) -> str:
    """How rare missing classes are together: by their labels alone, or by the images that are good ones of them."""
    fake, real, good, due = (sum(getattr(share, name) for share in missing) for name in ("fake", "real", "good", "due"))
    if all(share.fake < MISSING * share.real for share in missing):
        return f"{percent(fake)} of the pictures, against {percent(real)} in real data."
    return (
        f"{percent(fake)} of the pictures are read as such, but only {percent(good)} resemble real ones; if the good "
        f"pictures came in the real proportions, {percent(due)} would."
    )


def imbalance(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Classes made too often or too rarely, apart from those that are missing."""
    found = [
        (i, j, h, s) for i, h in enumerate(panel.heads) for j, s in enumerate(h.shares) if s.abnormal and not s.dropped
    ]
    gone = any(share.dropped for head in panel.heads for share in head.shares)
    wide = [head for head in panel.heads if head.kl > head.kl_bound]
    if (gone and not any(s.fake < s.low for *_, s in found)) or not (found or wide):
        return  # where a class is missing, the others are made more often: that is no second fault
    found.sort(key=lambda f: -abs(np.log(max(f[3].fake, 1e-9) / max(f[3].real, 1e-9))))
    told = [
        f"{called(panel, head, share)} {'too often' if share.fake > share.real else 'too rarely'} "
        f"({percent(share.fake)} against {percent(share.real)})"
        for _, _, head, share in found
    ]
    whole = "Of the modes that are there" if gone else "No mode is missing, but"
    if told:
        text = f"{whole} some are not made as often as in real data: {listed(told)}."
    else:
        head = max(wide, key=lambda head: head.kl / head.kl_bound)
        text = (
            f"{whole} the shares of {head.name} differ together from the real ones, though none by itself: by "
            f"{head.kl:.3g} nats (healthy: up to {head.kl_bound:.3g})."
        )
    rare = [(i, j) for i, j, _, share in found if share.fake < share.real]
    classes = tuple(called(panel, head, share) for _, _, head, share in found)
    yield Finding("imbalance", text, reals=examples(reference.real, rare), classes=classes)


def disobedient(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Classes that are asked of a conditional generator and mostly not made."""
    found = sorted((inside for inside in panel.within if inside.refused), key=lambda inside: inside.obeyed or 0.0)
    if found:
        told = listed([f"{inside.name} ({percent(inside.obeyed or 0.0)})" for inside in found])
        yield Finding(
            "disobedient",
            f"Asked for a class, it mostly makes another: fewer than half come out as asked for {told}.",
            classes=tuple(inside.name for inside in found),
        )


def within(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Variety lost inside the classes that are made: near-duplicates, a class without spread, or holes."""
    told, classes, fakes, reals = [], [], [], []
    duplicates = panel.readings["duplicates"]
    if repeats(panel):
        pairs = close_pairs(fake.pixels[: panel.n].astype(np.float64), panel.near, SHOWN // 2)
        fakes += pairs.ravel().tolist()
        told.append(
            f"{duplicates.value:,.0f} pairs of generated pictures are near-duplicates, where real data give up to "
            f"{duplicates.high:,.0f}: about {panel.different:,.0f} different pictures are made."
        )
    narrow = {j: inside.variety or 0.0 for j, inside in enumerate(panel.within) if inside.narrow}
    if narrow:
        j, ratio = min(narrow.items(), key=lambda found: found[1])
        names = [panel.heads[0].shares[i].name for i in narrow]
        classes = [called(panel, panel.heads[0], panel.heads[0].shares[i]) for i in narrow]
        told.append(
            f"Within {listed(classes)} the pictures differ less than half as much as real ones "
            f"(within {names[list(narrow).index(j)]}: {percent(ratio)})."
        )
        fakes += np.flatnonzero(fake.labels(0) == j)[: SHOWN // 2].tolist()
        reals += np.flatnonzero(reference.real.labels(0) == j)[: SHOWN // 2].tolist()
    # Proportions of another attribute than the first would look like holes, and are told by themselves.
    if as_good(panel, reference) and not any(head.abnormal for head in panel.heads[1:]):
        text, rows, holed = holes(panel, reference, fake)
        told, reals, classes = told + text, reals + rows, classes + [name for name in holed if name not in classes]
    if told:
        yield Finding("within", " ".join(told), tuple(fakes[:SHOWN]), tuple(reals[:SHOWN]), classes=tuple(classes))


def holes(panel: Panel, reference: Reference, fake: Extracted) -> tuple[list[str], list[int], list[str]]:
    """Real pictures without a generated one near, beyond what the shares of their classes explain: in all, and class by
    class. Returns sentences, rows of real pictures, names of classes."""
    empty = panel.rows[~panel.pixels.covered]
    if not panel.heads:
        alone = panel.n * (1 - nulls.coverage_null(n_real=panel.n, n_fake=panel.n).expected)
        if len(empty) <= nulls.most_empty(alone, EACH):
            return [], [], []
        return [hole_text("", len(empty) / panel.n, alone / panel.n)], empty[:SHOWN].tolist(), []
    head, k = panel.heads[0], len(reference.heads[0].values)
    labels = reference.real.labels(0)
    usual = nulls.empty_by_class(real_labels=labels[panel.rows], fake_labels=fake.labels(0)[: panel.n], k_classes=k)
    found, count = np.bincount(labels[empty], minlength=k), np.bincount(labels[panel.rows], minlength=k)
    odd = [j for j in range(k) if found[j] > nulls.most_empty(max(usual[j], 1e-9), EACH / (2 * k))]
    if found.sum() > nulls.most_empty(usual.sum(), EACH / 2):
        text = [hole_text("", found.sum() / panel.n, usual.sum() / panel.n)]
    elif odd:
        worst = max(odd, key=lambda j: found[j] - usual[j])
        name = called(panel, head, head.shares[worst])
        text = [hole_text(f" of {name}", found[worst] / count[worst], usual[worst] / count[worst])]
    else:
        return [], [], []
    shown = empty[np.isin(labels[empty], odd)] if odd else empty
    return text, shown[:SHOWN].tolist(), [called(panel, head, head.shares[j]) for j in odd]


def hole_text(of: str, found: float, usual: float) -> str:
    return (
        f"The pictures are as good as real ones, but {percent(found)} of the real pictures{of} have no generated one "
        f"near, where {percent(usual)} would be expected."
    )


def repeats(panel: Panel) -> bool:
    """Near-duplicates beyond chance, a tenth of them much nearer still: blur brings pairs nearer, but few so near."""
    duplicates = panel.readings["duplicates"]
    return duplicates.abnormal and panel.closer >= duplicates.value / 10


def as_good(panel: Panel, reference: Reference) -> bool:
    """Whether the pictures lie among the real ones as real ones do: in the features, and in pixel space, where blurred
    pictures lie more densely among them and further off by their kernel distance."""
    precision, density, kid, pixel = (panel.readings[key] for key in ("precision", "density", "kid", "pixel_density"))
    if precision.low is None:  # no healthy values for this selection: the mean of those that are known must do
        return panel.looks.precise.mean() >= 0.9 * (expected(reference, panel, "precision") or 1.0)
    smooth = pixel.above and kid.abnormal
    undefined = not np.isfinite([precision.value, density.value, pixel.value]).all()
    return not (undefined or precision.below or density.below or pixel.below or smooth)


def memorised(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Generated pictures nearer to a picture trained on than unseen real ones are."""
    fraction = panel.readings["copy_fraction"]
    if not fraction.abnormal:
        return
    rows = np.flatnonzero(panel.copied)
    rows = rows[np.argsort(panel.distance[rows], kind="stable")][:SHOWN]
    share = reference.seen_share
    part = (
        f" Only {percent(share)} of the training pictures could be compared, so there may be more."
        if share < 0.999
        else ""
    )
    yield Finding(
        "memorised",
        f"{percent(fraction.value)} of the generated pictures are as close to a picture of the training set as the "
        f"closest 1 % of unseen real ones (healthy: up to {percent(fraction.high or 0)}): the model copies.{part}",
        fakes=first(rows),
        sources=tuple(int(panel.source[row]) for row in rows),
    )


def quality(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Pictures off the real data. A kernel distance says so only where no other fault could have raised it."""
    told = []
    precision, density, kid = (panel.readings[key] for key in ("precision", "density", "kid"))
    coverage = panel.readings["pixel_coverage"]
    if precision.below:
        told.append(
            f"{percent(precision.value)} of the generated pictures look like a real one; of real pictures at least "
            f"{percent(precision.low or 0)} would."
        )
    if density.below:
        told.append(f"They lie {density.value:.2f} times as densely among the real ones as real ones do.")
    if not panel.readable:
        told.append("Too many of them cannot be read as any class for sure, so proportions are not judged.")
    proportions = any(head.abnormal for head in panel.heads)
    if not told and not proportions and not repeats(panel) and kid.above:
        told.append(f"Their kernel distance from the real ones is {kid.value:.3g} (healthy: up to {kid.high:.3g}).")
    if not told:
        return
    lost = repeats(panel) or any(share.dropped for head in panel.heads for share in head.shares)
    if coverage.abnormal and not lost:
        told.append(
            f"{percent(1 - coverage.value)} of the real pictures have no generated one near (healthy: up to "
            f"{percent(1 - (coverage.low or 0))}), which lower quality alone can bring about."
        )
    yield Finding("quality", " ".join(told), fakes=first(np.flatnonzero(~panel.looks.precise)))


def uncovered(panel: Panel) -> Iterator[Finding]:
    """Where nothing else explains it: real pictures that no generated one is near."""
    coverage = panel.readings["pixel_coverage"]
    if coverage.abnormal:
        yield Finding(
            "quality",
            f"{percent(1 - coverage.value)} of the real pictures have no generated one near (healthy: up to "
            f"{percent(1 - (coverage.low or 0))}). Whether quality or variety is lost cannot be told.",
            reals=first(panel.rows[~panel.pixels.covered]),
        )


def healthy(panel: Panel, reference: Reference) -> Finding:
    """No fault shows."""
    coverage = panel.readings["pixel_coverage"]
    classes = " All classes are made in their proportions." if panel.heads else ""
    return Finding(
        "healthy",
        f"Nothing tells these {panel.n_fake:,} pictures from real ones.{classes} {percent(coverage.value)} of the real "
        f"pictures have a generated one near (healthy: at least {percent(coverage.low or 0)}).",
        fakes=first(np.arange(panel.n)),
    )


CLASSES = (disobedient, imbalance)  # not looked for where the classes cannot be read
FAULTS = (dropped, *CLASSES, within, memorised, quality)  # looked for where the pictures resemble real ones at all
