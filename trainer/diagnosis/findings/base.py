"""What every finding has in common: its title, how grave it is, and the words that several of them use.

A finding needs evidence that healthy data would hardly ever give. Where its title promises more than 'beyond chance',
`trainer.diagnosis.thresholds` says how much.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from trainer.diagnosis.classes import AttributeStats, ClassShare
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import CLOSER_ONE_IN
from trainer.features.feature_set import FeatureSet
from trainer.util.registry import Registry

SHOWN = 12  # images of evidence a finding, at most
NAMED = 4  # classes that a sentence names before it only counts them


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or that nothing is.

    Attributes:
        kind: a name in FINDINGS.
        text: sentences with the numbers.
        fakes: rows of generated images that show it.
        reals: rows of the reference's real images that show it.
        sources: rows of the images trained on that `fakes` copy, one each; () for other kinds.
        classes: the classes concerned, as in `7` or, where there are several attributes, `glasses: round`.
        weak: whether it comes after whatever has an image to show.
    """

    kind: str
    text: str
    fakes: tuple[int, ...] = ()
    reals: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    weak: bool = False

    @property
    def title(self) -> str:
        """The title of its kind, as the page shows it."""
        return FINDINGS[self.kind].title

    @property
    def grade(self) -> int:
        """0 healthy, 1 imperfect or unknown, 2 collapse or worse."""
        return FINDINGS[self.kind].grade


Find = Callable[[Measurements, Reference, FeatureSet], Iterator[Finding]]


def nothing(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Find nothing, whatever is measured."""
    yield from ()


class FindingKind(NamedTuple):
    """A row of FINDINGS.

    Attributes:
        title: what the page shows.
        grade: 0 healthy, 1 imperfect or unknown, 2 collapse or worse.
        find: looks for it in what was measured of the generated images.
        otherwise: the same, where no kind has found anything.
        alone: whether nothing else can be evaluated beside it.
        reads_classes: whether it is looked for only where the classes can be read.
    """

    title: str
    grade: int
    find: Find = nothing
    otherwise: Find = nothing
    alone: bool = False
    reads_classes: bool = False


FINDINGS: Registry[FindingKind] = Registry("finding")  # the gravest first: the first that is found is the verdict


def first(rows: np.ndarray) -> tuple[int, ...]:
    """The first few rows, as plain numbers."""
    return tuple(map(int, rows[:SHOWN]))


def examples(images: FeatureSet, classes: list[tuple[int, int]]) -> tuple[int, ...]:
    """Rows of a few images of each class, given as (attribute, value)."""
    each = -(-SHOWN // max(1, len(classes)))
    rows = [np.flatnonzero(images.labels(i) == j)[:each] for i, j in classes]
    return first(np.concatenate(rows)) if rows else ()


def percent(share: float) -> str:
    """0.0312 -> 3.1 %."""
    return f"{100 * share:.1f} %"


def bound(value: float | None) -> float:
    """The bound of a measurement that always has it, or that lies beyond it."""
    assert value is not None
    return value


def listed(names: list[str]) -> str:
    """Some names in a sentence: `3, 5 and 7`, or with many `3, 5, 7, 8 and 2 more`."""
    more = [*names[:NAMED], f"{len(names) - NAMED} more"] if len(names) > NAMED + 1 else names
    return more[0] if len(more) == 1 else f"{', '.join(more[:-1])} and {more[-1]}"


def called(measured: Measurements, attribute: AttributeStats, share: ClassShare) -> str:
    """A class in a sentence: with its attribute's name where there are several attributes."""
    return share.name if len(measured.attributes) == 1 else f"{attribute.name}: {share.name}"


def expected(reference: Reference, measured: Measurements, key: str) -> float | None:
    """The mean of a figure in healthy data of about this size, None where nothing is kept."""
    size = min(reference.nulls, key=lambda size: abs(size - measured.n), default=None)
    healthy = np.zeros(0) if size is None else reference.nulls[size][key]
    return float(healthy.mean()) if len(healthy) and np.isfinite(healthy).all() else None


def repeats(measured: Measurements) -> bool:
    """Near-duplicates beyond chance, one in CLOSER_ONE_IN much nearer still: blur brings pairs nearer, few so near."""
    duplicates = measured.by_key["duplicates"]
    return duplicates.abnormal and measured.closer >= duplicates.value / CLOSER_ONE_IN.value
