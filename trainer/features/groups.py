"""Classes for data that have none: groups of alike images, found by k-means in the features."""

import hashlib

import numpy as np
import torch
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits
from torch import Tensor

from trainer.data import Attribute
from trainer.features.base import Extractor

GROUPS = 10
MIN_GROUP = 20  # images a group, on average


class Grouped(Extractor):
    """An extractor whose one head says which group an image is nearest to.

    The probabilities are those of equal round Gaussians around the centres, as wide as the images scatter there.
    """

    def __init__(self, extractor: Extractor, centres: np.ndarray, variance: float):
        """centres: float32 (k, d); variance: mean squared distance to the nearest centre, divided by d."""
        super().__init__()
        self.extractor, self.name, self.dim = extractor, extractor.name, extractor.dim
        self.centres, self.variance = torch.from_numpy(centres), variance
        self.version = f"{extractor.version}-{hashlib.sha256(centres.tobytes()).hexdigest()[:8]}"
        self.heads = (Attribute("group", tuple(str(i + 1) for i in range(len(centres)))),)

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Images [N, C, H, W] in [-1, 1] -> features [N, d], and the groups' logits [N, k]."""
        features, _ = self.extractor(images)
        return features, [-torch.cdist(features, self.centres).square() / (2 * self.variance)]

    def resizing(self, side: int) -> str:
        """That of the extractor."""
        return self.extractor.resizing(side)


def grouped(extractor: Extractor, features: np.ndarray) -> Grouped:
    """Find groups among features (n, d). Deterministic."""
    k = max(2, min(GROUPS, len(features) // MIN_GROUP))
    with threadpool_limits(1, "blas"):
        found = KMeans(k, n_init=3, random_state=0).fit(features)
    variance = max(found.inertia_ / features.size, 1e-12)
    return Grouped(extractor, found.cluster_centers_.astype(np.float32), float(variance))
