"""The plain space of pixels, made small by PCA: where near-copies, coverage and memorisation are measured.

A classifier's features forgive what it was trained to forgive, and so hide copies and uncovered samples; pixels forgive
nothing.
"""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits
from torch import Tensor

from trainer.features.base import fitted_images
from trainer.util.images import to_float, to_uint8

COMPONENTS = 50
SIDE = 32  # larger images are averaged down to it
FIT_ROWS = 10_000


@dataclass(frozen=True)
class PixelSpace:
    """mean (D,) and axes (p, D), float32, of images [C, side, side] as rows of D numbers from -1 to 1."""

    side: int
    channels: int
    mean: np.ndarray
    axes: np.ndarray

    def __call__(self, images: Tensor) -> np.ndarray:
        """Images [N, C, H, W] in [-1, 1] -> coordinates (N, p), float32, in the units of pixels."""
        result: np.ndarray = (self.rows(images) - self.mean) @ self.axes.T
        return result

    def rows(self, images: Tensor) -> np.ndarray:
        """Images [N, C, H, W] in [-1, 1] -> their pixels at `side` x `side`, float32 (N, D)."""
        return fitted_images(images, self.side, self.channels).flatten(1).numpy()

    def images(self, coordinates: np.ndarray) -> np.ndarray:
        """The inverse, as far as p numbers hold it: (N, p) -> uint8 (N, side, side, C)."""
        rows = (coordinates @ self.axes + self.mean).reshape(-1, self.channels, self.side, self.side)
        return to_uint8(torch.from_numpy(rows))


def fit_pixels(images: np.ndarray) -> PixelSpace:
    """The space of a data set's images, uint8 (N, H, W, C), at most FIT_ROWS of them evenly spaced. Deterministic."""
    sample = np.ascontiguousarray(images[:: -(-len(images) // FIT_ROWS)])
    side, channels = min(SIDE, images.shape[1]), images.shape[3]
    blank = PixelSpace(side, channels, np.zeros(0), np.zeros(0))
    parts = [blank.rows(as_images(sample[i : i + 500])) for i in range(0, len(sample), 500)]
    rows = np.concatenate(parts)
    with threadpool_limits(1, "blas"):
        pca = PCA(min(COMPONENTS, *rows.shape), svd_solver="randomized", random_state=0).fit(rows)
    mean, axes = (array.astype(np.float16).astype(np.float32) for array in (pca.mean_, pca.components_))  # as stored
    return PixelSpace(side, channels, mean, axes)


def as_images(images: np.ndarray) -> Tensor:
    """uint8 (N, H, W, C) -> images [N, C, H, W] in [-1, 1]; float32 points as they are."""
    return to_float(torch.from_numpy(np.array(images)))
