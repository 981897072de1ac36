"""What a direction does: its effect on every attribute, how pure that is, and how far it leads to real images.

The effect is the re-scoring of HiGAN (Yang et al. 2021, arXiv 1911.09267, equation 2): the mean change of an
attribute's score in samples that were moved, here by a strength of 1 to either side.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from threadpoolctl import threadpool_limits
from torch import Tensor

from explorer.core.directions.attributes import AttributeReader, Trait
from trainer.metrics.distances import kth_radius
from trainer.metrics.prdc import memberships
from trainer.networks import Generator

N_SAMPLES = 1_000  # images drawn of each direction: of 500 samples, one to either side
SEED = 1  # of the samples: others than a method was fitted on
N_TESTED = 128  # images that are moved along a direction until too many leave the real ones
STRIDE, FARTHEST = 0.5, 6.0  # strength
STRENGTHS: list[float] = np.arange(STRIDE, FARTHEST + STRIDE / 2, STRIDE).tolist()
NEIGHBOURS = (
    5  # a real image's neighbourhood reaches to its fifth neighbour, as in precision (Kynkäänniemi et al. 2019)
)
STAY = 0.75  # share of the images that look real at strength 0 that must still do so
SEEN = 0.1  # effect, deviations a unit of strength, from which on an attribute counts as changed
PURE = 0.5  # change of the others by that of the attribute, up to which an axis may be named after it


class Effects(NamedTuple):
    """What has been measured of n directions.

    Attributes:
        traits: names of the attributes, K of them, as `hair=long`.
        gain: float32 (n, K), mean change of each attribute's score at a strength of 1, in its deviations over samples.
        low, high: float32 (n,), the strengths between which images stay as near to real ones as they were.
    """

    traits: tuple[str, ...]
    gain: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, traits: tuple[str, ...], gains: Sequence[np.ndarray], ends: Sequence[Sequence[float]]) -> Self:
        """From a row of gains and a pair of ends for each direction."""
        low, high = np.array(ends, np.float32).T.copy()
        return cls(traits, np.stack(gains), low, high)

    def strongest(self, axis: int, count: int = 3) -> list[tuple[str, float]]:
        """The attributes that an axis changes most, with their gain; only those that it changes visibly."""
        order = np.argsort(-np.abs(self.gain[axis]), kind="stable")[:count]
        return [(self.traits[i], float(self.gain[axis, i])) for i in order if abs(self.gain[axis, i]) >= SEEN]

    def impurity(self, axis: int, trait: str) -> float:
        """Mean change of the other attributes by that of one, each in its deviations; lower is purer, 0 is perfect.

        Values of the same attribute exclude each other and do not count; of another one the value that changes most.
        """
        own = trait.partition("=")[0]
        heads = [name.partition("=")[0] for name in self.traits]
        target = abs(float(self.gain[axis, self.traits.index(trait)]))
        others = [
            max(abs(self.gain[axis, i]) for i, head in enumerate(heads) if head == other)
            for other in dict.fromkeys(heads)
            if other != own
        ]
        return float(np.mean(others)) / target if others and target else 0.0 if target else np.inf

    def named_after(self, axis: int) -> tuple[str, float] | None:
        """The attribute that an axis may be called after, and its gain: the one it changes most, if it is pure."""
        found = self.strongest(axis, 1)
        return found[0] if found and self.impurity(axis, found[0][0]) <= PURE else None


class Measuring:
    """Measures directions of one generator; what all of them share is drawn once."""

    def __init__(self, generator: Generator, reader: AttributeReader, ws: Tensor):
        """Args: ws: samples, [N, num_ws, w_dim], N even and at least 2."""
        self.generator, self.reader, self.ws = generator, reader, ws
        features, scores = reader.of(generator, ws)
        self.spread = np.maximum(scores.std(0), 1e-6)
        self.radii = kth_radius(reader.real, NEIGHBOURS)
        self.tested = ws[:N_TESTED]
        self.start = self.looking_real(features[:N_TESTED])

    def gain(self, step: Tensor) -> np.ndarray:
        """Of what a strength of 1 adds to ws, [num_ws, w_dim]: float32 (K,), see `Effects.gain`."""
        up, down = (self.reader.of(self.generator, self.ws + sign * step)[1] for sign in (1, -1))
        change: np.ndarray = (up - down).mean(0) / 2 / self.spread
        return change.astype(np.float32)

    def end(self, step: Tensor, sign: int) -> float:
        """The strength, with its sign, up to which images look as real as they did; at least STRIDE.

        Found by halving, as images that have left do not come back: of 12 strengths four are looked at.
        """

        def left(strength: float) -> bool:
            features, _ = self.reader.of(self.generator, self.tested + sign * strength * step)
            return self.looking_real(features) < STAY * self.start

        return sign * STRENGTHS[bisect_left(STRENGTHS, True, lo=1, key=left) - 1]

    def looking_real(self, features: np.ndarray) -> float:
        """Share of images within the neighbourhood of a real one (precision), 0 to 1, higher is better."""
        if not np.isfinite(features).all():
            return 0.0
        with threadpool_limits(1, "blas"):
            found = memberships(self.reader.real, features, self.radii, np.zeros(len(features)))
        return float(found.precise.mean())


def names(traits: Sequence[Trait]) -> tuple[str, ...]:
    """Of the columns of the scores."""
    return tuple(trait.name for trait in traits)
