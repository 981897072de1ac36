"""How alike two images are to the extractor of a checkpoint's reference: the perceptual part of an inversion's loss."""

from typing import Self

import numpy as np
import torch
from torch import Tensor

from trainer.diagnosis import Reference
from trainer.features import Extractor

LEAST_DEVIATION = 1e-3  # of a feature over the real images, as a share of the largest: a dead one would count too much


class Perception:
    """Distances in an extractor's features, each counted in its deviation over real images.

    Args: reader: the extractor; deviations: float32 (d,), of each feature.
    """

    def __init__(self, reader: Extractor, deviations: np.ndarray):
        self.reader = reader
        least = LEAST_DEVIATION * float(deviations.max(initial=0)) or 1.0
        self.deviations = torch.from_numpy(np.maximum(deviations, least).astype(np.float32))

    @classmethod
    def of(cls, reference: Reference) -> Self | None:
        """That of a reference; None where its extractor has no gradients, such as an ONNX graph."""
        reader = reference.reader
        with torch.enable_grad():
            probe = torch.zeros(1, reference.channels, reference.resolution, reference.resolution, requires_grad=True)
            features, _ = reader(probe)
        return cls(reader, reference.real.features.std(0)) if features.requires_grad else None

    def features(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] -> features in their deviations, [N, d]."""
        features, _ = self.reader(images)
        result: Tensor = features / self.deviations
        return result

    def distance(self, images: Tensor, wanted: Tensor) -> Tensor:
        """Images [N, C, H, W] and wanted features [N, d] -> mean squared difference, [N]; about 2 for two strangers."""
        return (self.features(images) - wanted).square().mean(1)
