"""w counted in deviations: along the principal axes of the model's own w, around the mean w of a class."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from explorer.core.directions.base import sample_ws
from trainer.networks import Generator

SAMPLES = 8192  # w that the axes are measured on
LEAST_VARIANCE = 1e-4  # of an axis, as a share of the largest: what moves less is left where it is
KEPT_DISTANCES = 512


@dataclass(frozen=True)
class LatentSpace:
    """u, in deviations, to w. What does not vary within a class, such as the vector of the class itself, has no axis.

    Attributes:
        means: [K, w_dim], mean w of each class; K = 1 for a model without.
        axes: [R, w_dim], one deviation along each principal axis of w within a class, the largest first.
        num_ws: how many w the synthesis reads.
        distances: sorted (KEPT_DISTANCES,), the distances from the centre, as `distance`, of the model's own w.
    """

    means: Tensor
    axes: Tensor
    num_ws: int
    distances: np.ndarray

    @classmethod
    @torch.no_grad()
    def fit(cls, generator: Generator, samples: int = SAMPLES) -> Self:
        """Measured on random z, classes in turn. Deterministic."""
        classes = max(generator.num_classes, 1)
        count = max(samples, 4 * classes)
        labels = torch.arange(count) % classes
        w = sample_ws(generator, count)[:, 0].double()  # [count, w_dim]
        means = torch.zeros(classes, w.shape[1], dtype=w.dtype).index_add_(0, labels, w)
        means = means / labels.bincount(minlength=classes)[:, None]
        centred = w - means[labels]
        variances, basis = torch.linalg.eigh(centred.T @ centred / count)  # ascending
        used = (variances > LEAST_VARIANCE * variances[-1]) & (variances > 0)
        axes = (basis * variances.clamp(min=0).sqrt()).T[used].flip(0)
        u = centred @ (axes / axes.square().sum(1, keepdim=True)).T
        distances = u.square().mean(1).sqrt().sort().values.numpy() if len(axes) else np.zeros(1)
        kept = distances[np.linspace(0, len(distances) - 1, KEPT_DISTANCES).round().astype(int)]
        return cls(means.float(), axes.float(), generator.num_ws, kept)

    @property
    def rank(self) -> int:
        """R, the number of axes."""
        return len(self.axes)

    @property
    def shares(self) -> Tensor:
        """[R], the variance of each axis as a share of the largest."""
        variances = self.axes.square().sum(1)
        return variances / variances.max()

    def ws(self, u: Tensor, labels: Tensor) -> Tensor:
        """u [N, 1 or num_ws, R], labels [N] -> ws [N, num_ws, w_dim]; one u is that of all layers."""
        w = self.means[labels][:, None] + u @ self.axes
        return w.expand(-1, self.num_ws, -1)

    def distance(self, u: Tensor) -> Tensor:
        """u [N, *, R] -> [N], how far from the centre: root mean square of all numbers of u, about 1 for own samples.

        The Mahalanobis distance over the root of its degrees of freedom.
        """
        return u.flatten(1).square().mean(1).sqrt()

    def farther_than(self, distance: float) -> float:
        """Share of the model's own w that are nearer to the centre than this, 0 to 1."""
        return float(np.searchsorted(self.distances, distance) / len(self.distances))
