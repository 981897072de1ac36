"""Many images through an extractor: in batches, with progress, cached where they are a data set's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from trainer.data import Dataset
from trainer.features.base import Extractor, file_part
from trainer.features.pixels import PixelSpace, as_images
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.tensors import read_numpy, save_tensors

BATCH = 128


@dataclass(frozen=True)
class FeatureSet:
    """What is known of n images.

    Attributes:
        features: float32 (n, d), the extractor's.
        probabilities: for each of its heads float32 (n, values).
        pixels: float32 (n, p), coordinates in a PixelSpace; p = 0 where none was asked for.
    """

    features: np.ndarray
    probabilities: tuple[np.ndarray, ...]
    pixels: np.ndarray

    def __len__(self) -> int:
        return len(self.features)

    @classmethod
    def joined(cls, parts: Sequence["FeatureSet"]) -> Self:
        """Several sets as one, in their order; all must have the same heads and widths."""
        probabilities = zip(*(part.probabilities for part in parts), strict=True)
        return cls(
            np.concatenate([part.features for part in parts]),
            tuple(map(np.concatenate, probabilities)),
            np.concatenate([part.pixels for part in parts]),
        )

    def take(self, rows: np.ndarray | slice) -> Self:
        """The set of these rows alone."""
        return type(self)(self.features[rows], tuple(p[rows] for p in self.probabilities), self.pixels[rows])

    def labels(self, head: int) -> np.ndarray:
        """The likeliest class of each image, int64 (n,)."""
        result: np.ndarray = self.probabilities[head].argmax(1)
        return result

    def sure(self, head: int, minimum: float) -> np.ndarray:
        """Whether the probability of that class is at least this, bool (n,)."""
        result: np.ndarray = self.probabilities[head].max(1) >= minimum
        return result


@torch.inference_mode()
def extract(
    extractor: Extractor, images: Tensor, space: PixelSpace | None = None, batch_size: int = BATCH
) -> FeatureSet:
    """Images [N, C, H, W] in [-1, 1] -> what the extractor, and the pixel space if one is given, say of them.

    Raises UserError for images that hold NaN or infinity: features of the rest would mislead.
    """
    bad = ~torch.isfinite(images.flatten(1)).all(1)
    if bad.any():
        raise UserError(
            f"{int(bad.sum())} of {len(images)} images have NaN or infinity, first number {int(bad.int().argmax())}. "
            "The model's weights are broken: its training diverged."
        )
    parts = []
    for batch in images.split(batch_size):
        features, logits = extractor(batch)
        pixels = space(batch) if space else np.empty((len(batch), 0), np.float32)
        parts.append(FeatureSet(features.numpy(), tuple(layer.softmax(1).numpy() for layer in logits), pixels))
    return FeatureSet.joined(parts)


def extract_dataset(extractor: Extractor, dataset: Dataset, data_dir: Path, progress: bool = True) -> FeatureSet:
    """All images of a data set, from the cache if the same extractor has seen them at this resolution."""
    key = f"{dataset.fingerprint}-{len(dataset)}-{file_part(extractor)}-{dataset.resolution}"
    path = data_dir / "features" / f"{key.replace('/', '-')}.safetensors"
    try:
        kept, _ = read_numpy(path)
        probabilities = tuple(kept[f"probabilities.{i}"] for i in range(len(extractor.heads)))
        return FeatureSet(kept["features"], probabilities, np.empty((len(dataset), 0), np.float32))
    except (OSError, ValueError, KeyError):  # not there, or a crash's remains
        pass
    starts = tqdm(range(0, len(dataset), BATCH), desc=f"features of {dataset.name}", unit="batch", disable=not progress)
    parts = [extract(extractor, as_images(dataset.images[start : start + BATCH])) for start in starts]
    found = FeatureSet.joined(parts)
    arrays = {"features": found.features} | {f"probabilities.{i}": p for i, p in enumerate(found.probabilities)}
    write_atomically(path, lambda temporary: save_tensors(temporary, arrays))
    return found
