"""Random directions: what any other method has to beat."""

from typing import Self

import numpy as np

from explorer.core.directions.base import DIRECTIONS, N_AXES, Directions, Subject, sample_ws


class RandomDirections(Directions):
    """Random orthogonal directions: the baseline for the other methods.

    Q of the QR decomposition of a seeded normal matrix: uniform over orthonormal frames (Stewart 1980).
    """

    title = "Random"

    def fit(self, subject: Subject) -> Self:
        """At most N_AXES orthonormal axes, the same for every model of this w_dim."""
        generator = subject.generator
        n = min(N_AXES, generator.w_dim)
        axes = np.linalg.qr(np.random.default_rng(0).standard_normal((generator.w_dim, n)))[0].T  # (n, w_dim)
        w = sample_ws(generator, 2_000)[:, 0].numpy()
        return self.learn(axes, w, (w @ axes.T).var(0) / max(w.var(0).sum(), np.finfo(np.float32).tiny))


DIRECTIONS["random"] = RandomDirections
