"""GANSpace (Härkönen et al. 2020, arXiv 2004.02546, section 3)."""

from typing import Self

import numpy as np
import torch
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from explorer.core.directions.base import DIRECTIONS, N_AXES, Directions, Subject, sample_ws

N_SAMPLES = 2_500


class PcaDirections(Directions):
    """Principal axes of the early features, largest first.

    Principal axes of the early features, then the directions in w that go with them, by linear regression of w on the
    principal coordinates. Where the features are w itself, the regression returns the principal axes unchanged, so
    both cases of the paper are one.
    """

    title = "PCA (GANSpace)"
    share_of = "of the variance"

    @staticmethod
    def suits(subject: Subject) -> bool:
        """Whether the generator's first layer can be read."""
        return subject.generator.has_first_layer()

    @torch.inference_mode()
    def fit(self, subject: Subject) -> Self:
        """At most N_AXES axes, from N_SAMPLES samples; shares are of the variance of the features. Deterministic."""
        generator = subject.generator
        ws = sample_ws(generator, N_SAMPLES)
        features = generator.early_features(ws).numpy()  # (N, F), F up to thousands
        pca = PCA(min(N_AXES, generator.w_dim, features.shape[1]), random_state=0)
        w = ws[:, 0].numpy()
        # One thread: small products gain nothing from more, and wait long for one that a training keeps busy.
        with threadpool_limits(1, "blas"), np.errstate(invalid="ignore"):  # a collapsed model's shares are 0 / 0
            x = pca.fit_transform(features).astype(np.float64)  # (N, n); a randomised solver where F is wide
            axes = np.linalg.lstsq(x, w - w.mean(0), rcond=None)[0]
        return self.learn(axes, w, pca.explained_variance_ratio_)


DIRECTIONS["pca"] = PcaDirections
