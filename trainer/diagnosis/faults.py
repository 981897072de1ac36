"""The faults a model can have, each found from the panel and told in a sentence or two with its numbers.

A fault needs evidence that healthy data would hardly ever give. Where a word promises more than 'beyond chance', it
says how much: a class is *missing* when fewer than a quarter as many as in real data are made, a class has *collapsed*
when its pictures differ less than half as much as real ones do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from trainer.diagnosis.panel import EACH, Head, Panel, Reading, Share
from trainer.diagnosis.reference import Reference
from trainer.features.extract import Extracted
from trainer.metrics import nulls
from trainer.metrics.distances import close_pairs, nearest

SHOWN = 12  # pictures of evidence a finding, at most
NAMED = 4  # classes that a sentence names before it only counts them
LEAST_OF_CLASS = 30  # pictures of a class on each side before its spread is judged


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
    precision = panel.readings["precision"]
    healthy = expected(reference, panel, "precision")
    if healthy is not None and precision.value < healthy / 2:
        yield Finding(
            "unlike",
            f"Only {percent(precision.value)} of the generated pictures look like any real one (of real pictures "
            f"{percent(healthy)} do). Which modes are there cannot be judged: the model has not learned them, or has "
            "lost them all.",
            fakes=first(np.flatnonzero(~panel.looks.precise)),
            reals=first(np.arange(panel.n)),
        )


def expected(reference: Reference, panel: Panel, key: str) -> float | None:
    """The mean of a figure in healthy data, None where it is not known."""
    values = reference.nulls.get(panel.n, {}).get(key) if panel.heads else None
    return None if values is None else float(values.mean())


def dropped(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Classes of which far fewer than in real data are made."""
    missing = [(i, j, head, s) for i, head in enumerate(panel.heads) for j, s in enumerate(head.shares) if s.dropped]
    if not missing:
        return
    missing.sort(key=lambda found: found[3].fake / found[3].real)
    names = [called(panel, head, share) for _, _, head, share in missing]
    made, usual = [share.fake for *_, share in missing], [share.real for *_, share in missing]
    if len(missing) == 1:
        told = (
            f"{names[0]} is hardly made: {percent(made[0])} of the pictures, against {percent(usual[0])} in real data."
        )
    else:
        of = f" of {len(panel.heads[0].shares)}" if len(panel.heads) == 1 else ""
        told = (
            f"{len(missing)}{of} modes are hardly made, {listed(names)}: together {percent(sum(made))} of the "
            f"pictures, against {percent(sum(usual))} in real data."
        )
    rows = [np.flatnonzero(reference.real.labels(i) == j)[: -(-SHOWN // len(missing))] for i, j, *_ in missing]
    most = [(i, j, h, s) for i, h in enumerate(panel.heads) for j, s in enumerate(h.shares) if s.fake > 2 * s.real]
    most.sort(key=lambda found: -found[3].fake)
    if most:
        told += f" It mostly makes {listed([f'{called(panel, h, s)} ({percent(s.fake)})' for *_, h, s in most])}."
    onto = [np.flatnonzero(fake.labels(i) == j)[: -(-SHOWN // len(most))] for i, j, *_ in most]
    yield Finding(
        "dropped",
        told,
        fakes=first(np.concatenate(onto)) if onto else (),
        reals=first(np.concatenate(rows)),
        classes=tuple(names),
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
    rows = [np.flatnonzero(reference.real.labels(i) == j)[: -(-SHOWN // len(rare))] for i, j in rare]
    yield Finding(
        "imbalance", text,
        reals=first(np.concatenate(rows)) if rows else (),
        classes=tuple(called(panel, head, share) for _, _, head, share in found),
    )  # fmt: skip


def within(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Variety lost inside the classes that are made: near-duplicates, a class without spread, or holes."""
    told, classes, fakes, reals = [], [], [], []
    duplicates = panel.readings["duplicates"]
    if duplicates.abnormal:
        pairs = close_pairs(fake.pixels[: panel.n].astype(np.float64), panel.near, SHOWN // 2)
        fakes += pairs.ravel().tolist()
        told.append(
            f"{duplicates.value:,.0f} pairs of generated pictures are near-duplicates, where real data give up to "
            f"{duplicates.high:,.0f}: about {panel.different:,.0f} different pictures are made."
        )
    narrow = narrow_classes(panel, reference, fake)
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
    if as_good(panel):
        empty = np.flatnonzero(~panel.pixels.covered)
        real_labels, fake_labels = reference.real.labels(0)[: panel.n], fake.labels(0)[: panel.n]
        usual = nulls.empty_by_class(
            real_labels=real_labels, fake_labels=fake_labels, k_classes=len(reference.heads[0].values)
        )
        if len(empty) > nulls.most_empty(usual, EACH):
            told.append(
                f"The pictures are as good as real ones, but {percent(len(empty) / panel.n)} of the real pictures have "
                f"no generated one near, where their classes' shares would explain {percent(usual / panel.n)}."
            )
            reals += empty[:SHOWN].tolist()
    if told:
        text = " ".join(told)
        yield Finding("within", text, tuple(fakes[:SHOWN]), tuple(reals[:SHOWN]), classes=tuple(classes))


def narrow_classes(panel: Panel, reference: Reference, fake: Extracted) -> dict[int, float]:
    """Classes of the first attribute whose pictures spread less than half as far as real ones, and how far."""
    if not panel.heads:
        return {}
    real_labels, fake_labels, found = reference.real.labels(0), fake.labels(0), {}
    for j in range(len(reference.heads[0].values)):
        real, made = reference.real.pixels[real_labels == j], fake.pixels[fake_labels == j]
        if min(len(real), len(made)) >= LEAST_OF_CLASS:
            ratio = float(np.sqrt(made.var(0).sum() / max(real.var(0).sum(), 1e-12)))
            if ratio < 0.5:
                found[j] = ratio
    return found


def below(reading: Reading) -> bool:
    return reading.low is not None and reading.value < reading.low


def as_good(panel: Panel) -> bool:
    """Whether the pictures lie among the real ones as real ones do: in the features, and in pixel space, where blurred
    pictures lie more densely among them."""
    looks = any(below(panel.readings[key]) for key in ("precision", "density"))
    return not looks and not panel.readings["pixel_density"].abnormal


def memorised(panel: Panel, reference: Reference, fake: Extracted) -> Iterator[Finding]:
    """Generated pictures nearer to a picture trained on than unseen real ones are."""
    fraction = panel.readings["copy_fraction"]
    if not fraction.abnormal:
        return
    rows = np.flatnonzero(panel.copied)
    distance = nearest(fake.pixels[rows], reference.seen, 1)[:, 0]
    rows = rows[np.argsort(distance, kind="stable")][:SHOWN]
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
    """Pictures off the real data, while nothing says that variety is lost."""
    told = []
    precision, density, kid = (panel.readings[key] for key in ("precision", "density", "kid"))
    if below(precision):
        told.append(
            f"{percent(precision.value)} of the generated pictures look like a real one; of real pictures at least "
            f"{percent(precision.low or 0)} would."
        )
    if below(density):
        told.append(f"They lie {density.value:.2f} times as densely among the real ones as real ones do.")
    if not told and kid.high is not None and kid.value > kid.high:
        told.append(f"Their kernel distance from the real ones is {kid.value:.3g} (healthy: up to {kid.high:.3g}).")
    if not told:
        return
    lost = panel.readings["duplicates"].abnormal or any(share.dropped for head in panel.heads for share in head.shares)
    coverage = panel.readings["pixel_coverage"]
    if coverage.abnormal and not lost:
        told.append(
            f"{percent(1 - coverage.value)} of the real pictures have no generated one near (healthy: up to "
            f"{percent(1 - (coverage.low or 0))}), which lower quality alone can bring about."
        )
    yield Finding("quality", " ".join(told), fakes=first(np.flatnonzero(~panel.looks.precise)))


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


FAULTS = (dropped, within, memorised, imbalance, quality)  # looked for where the pictures resemble real ones at all
