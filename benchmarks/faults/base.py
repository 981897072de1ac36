"""What every constructed fault is made of, and what a right diagnosis says of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from trainer.features.feature_set import FeatureSet

Made = tuple[FeatureSet, tuple[str, ...]]  # generated images, and the classes that a finding has to name


@dataclass
class Material:
    """What faults are made of.

    Attributes:
        images: float32 (N, S, S), or of colour (N, S, S, 3), from 0 to 1, no training was shown them.
        labels: int (N,), their true classes. known: what is known of them. trained: images trained on, as `images`.
        read: images -> what is known of them. n: images a case has.
    """

    images: np.ndarray
    labels: np.ndarray
    known: FeatureSet
    trained: np.ndarray
    read: Callable[[np.ndarray], FeatureSet]
    n: int
    edited: dict[object, FeatureSet] = field(default_factory=dict)
    parts: dict[int, np.ndarray] = field(default_factory=dict)

    def clusters(self, k: int) -> np.ndarray:
        """int (N,): which of the k styles of its class an image has, by k-means in pixel space."""
        if k not in self.parts:
            self.parts[k] = np.zeros(len(self.labels), int)
            with threadpool_limits(1, "blas"):
                for label in np.unique(self.labels):
                    rows = np.flatnonzero(self.labels == label)
                    self.parts[k][rows] = KMeans(k, n_init=3, random_state=0).fit_predict(self.known.pixels[rows])
        return self.parts[k]


# (material, the pool's rows in random order, randomness, number of the case) -> the case
Make = Callable[[Material, np.ndarray, np.random.Generator, int], Made]


Edit = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Fault:
    """A fault and what a right diagnosis says of it; `right` is `shows` unless it is given."""

    name: str
    make: Make
    shows: tuple[str, ...]
    right: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    known: bool = False

    @property
    def verdicts(self) -> tuple[str, ...]:
        return self.right or self.shows

    @property
    def true(self) -> set[str]:
        return {*self.shows, *self.verdicts, *self.also}


def healthy(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
    return material.known.take(rows[: material.n]), ()


def names(classes: Sequence[int] | np.ndarray) -> tuple[str, ...]:
    return tuple(str(int(label)) for label in classes)


def mixed(material: Material, rows: np.ndarray, made: FeatureSet, rng: np.random.Generator) -> FeatureSet:
    """Images that were made, filled up to n with real ones, shuffled."""
    filled = FeatureSet.joined([made, material.known.take(rows[: material.n - len(made)])])
    return filled.take(rng.permutation(len(filled)))


def noisy(images: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    return (images + deviation * rng.standard_normal(images.shape)).clip(0, 1).astype(np.float32)
