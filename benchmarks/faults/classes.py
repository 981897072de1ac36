"""Faults of the classes: which are made, and how often."""

from collections.abc import Callable

import numpy as np

from benchmarks.faults.base import Made, Make, Material, names


def lost(count: int) -> Make:
    """Some classes are not made at all; with one, each class in its turn. Few classes leave fewer images."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        gone = [case % 10] if count == 1 else rng.permutation(10)[:count]
        return material.known.take(rows[~np.isin(material.labels[rows], gone)][: material.n]), names(gone)

    return make


def weighted(weights: Callable[[np.random.Generator, int], np.ndarray], named: bool = False) -> Make:
    """Classes in other proportions: each one's share is multiplied by its weight. named: those under 1/4 are gone."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        factors = weights(rng, case)
        labels = material.labels[rows]
        have = np.bincount(labels, minlength=10)
        total = (have * factors).sum()
        n = min(material.n, int(total / factors.max()))  # more than that there is not of the commonest
        wanted = np.minimum(rng.multinomial(n, have * factors / total), have)
        kept = np.concatenate([rows[labels == label][:number] for label, number in enumerate(wanted)])
        return material.known.take(rng.permutation(kept)), names(np.flatnonzero(factors < 0.25)) if named else ()

    return make


def one(factor: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    """One class in its turn is made `factor` times as often."""
    return lambda rng, case: np.where(np.arange(10) == case % 10, factor, 1.0)


def some(count: int, factor: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda rng, case: np.where(rng.permutation(10) < count, factor, 1.0)


def zipf(power: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda rng, case: (1.0 + rng.permutation(10)) ** -power


def styles(k: int, every: bool) -> Make:
    """One of the k styles of a class, or of every class, is never made; each class keeps its share.

    It is one that is no more than half of the class, so that enough images are left.
    """

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        labels, style = material.labels[rows], material.clusters(k)[rows]
        sizes = np.array([np.bincount(style[labels == label], minlength=k) for label in range(10)])
        gone = np.array([rng.choice(np.flatnonzero(of <= of.sum() / 2)) for of in sizes])
        hit = (style == gone[labels]) & (every | (labels == case % 10))
        return material.known.take(keeping_shares(labels, ~hit, rows, material.n)), ()

    return make


def keeping_shares(labels: np.ndarray, kept: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Up to n rows of those kept, each class as often as among all."""
    share = np.bincount(labels, minlength=10) / len(labels)
    n = min(n, int((np.bincount(labels[kept], minlength=10) / share).min()))
    number = np.diff(np.round(np.cumsum(share) * n).astype(int), prepend=0)
    chosen = np.concatenate([rows[kept & (labels == label)][: number[label]] for label in range(10)])
    return np.random.default_rng(len(chosen)).permutation(chosen)
