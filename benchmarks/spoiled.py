"""Data sets spoiled on purpose, for generators that are then really trained on them, with what a right diagnosis says.

An imperfect generator hides what is missing: its bad samples are read as some class, too. So each fault is learned, at
two stages of training, and stands beside healthy generators at the same stages.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from trainer.data import Dataset

Spoil = Callable[[Dataset], Dataset]


@dataclass(frozen=True)
class Lesson:
    """What one generator learns from.

    Attributes:
        fault: a group of the table. spoil: what is done to the data set. seed: of the training.
        classes: those that the diagnosis has to name, as a finding names them.
        shows, also: findings that show the fault; other grave findings that are true of it.
        conditional: whether it is asked for classes.
    """

    fault: str
    spoil: Spoil
    seed: int
    classes: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    conditional: bool = False

    @property
    def key(self) -> str:
        """A name for the files of its samples."""
        return "-".join([*self.fault.replace(",", "").split(), *self.classes, str(self.seed)]).replace(": ", "-")


def whole(dataset: Dataset) -> Dataset:
    return dataset


def rows_kept(dataset: Dataset, rows: np.ndarray) -> Dataset:
    return replace(dataset, images=dataset.images[rows], labels=dataset.labels[rows])


def thinned(share: float, *values: int, attribute: int = 0) -> Spoil:
    """Only a share of the images with one of these values is left; 0 for none."""

    def spoil(dataset: Dataset) -> Dataset:
        of = np.isin(dataset.labels[:, attribute], values)
        return rows_kept(dataset, np.flatnonzero(~of | (np.random.default_rng(0).random(len(of)) < share)))

    return spoil


def repeated(value: int, count: int) -> Spoil:
    """The class keeps its share, but all its images are one of `count`."""

    def spoil(dataset: Dataset) -> Dataset:
        rows, of = np.arange(len(dataset)), np.flatnonzero(dataset.labels[:, 0] == value)
        rows[of] = np.resize(of[:count], len(of))
        return rows_kept(dataset, rows)

    return spoil


def mislabelled(value: int) -> Spoil:
    """What is labelled as the class is a random image, so that a conditional generator cannot learn it."""

    def spoil(dataset: Dataset) -> Dataset:
        rng, labels = np.random.default_rng(0), dataset.labels.copy()
        of = np.flatnonzero(labels[:, 0] == value)
        others = rng.choice(len(labels), len(of), replace=False)
        labels[of, 0], labels[others, 0] = labels[others, 0], value
        return replace(dataset, labels=labels)

    return spoil


def digits() -> list[Lesson]:
    """27 trainings on MNIST."""
    dropped = ("mode-dropping",)
    few = ("intra-mode-collapse", "memorised", "mode-dropping")  # a dozen images are learned by heart, or not at all
    lessons = [Lesson("healthy", whole, seed) for seed in range(5)]
    lessons += [Lesson("one digit left out", thinned(0, d), d, (str(d),), dropped) for d in range(10)]
    lessons += [Lesson("one digit at a tenth", thinned(0.1, d), d, (str(d),), dropped) for d in (1, 4, 8)]
    pairs = ((0, 7), (3, 5), (4, 9))
    lessons += [Lesson("two digits left out", thinned(0, a, b), a, (str(a), str(b)), dropped) for a, b in pairs]
    lessons += [Lesson("one digit from a dozen images", repeated(d, 12), d, (str(d),), few) for d in (2, 6, 9)]
    ignored = ("label-ignored",)  # and what is not made when it is asked for may be made too rarely at all
    lessons += [
        Lesson(
            "conditional, ignores a label", mislabelled(d), d, (str(d),), ignored, ("mode-dropping",), conditional=True
        )
        for d in (0, 5)
    ]
    return [*lessons, Lesson("conditional, healthy", whole, 0, conditional=True)]


def faces(dataset: Dataset) -> list[Lesson]:
    """Six trainings on avatars: values of two attributes left out."""
    lessons = [Lesson("healthy", whole, seed) for seed in range(2)]
    for attribute, name in enumerate(a.name for a in dataset.attributes):
        values = dataset.attributes[attribute].values
        for value in {"hair": ("bob", "afro"), "glasses": ("round", "sunglasses")}.get(name, ()):
            spoil = thinned(0, values.index(value), attribute=attribute)
            lessons.append(
                Lesson("one value left out", spoil, values.index(value), (f"{name}: {value}",), ("mode-dropping",))
            )
    return lessons
