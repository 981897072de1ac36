"""Directions between the classes of a conditional generator: each towards the mean w of one class."""

from typing import Self

import numpy as np
import torch

from explorer.core.directions.base import DIRECTIONS, Directions, Subject

N_SAMPLES = 256  # of each class
FULL = 3.0  # strength, the sliders' end, at which the mean w of all classes has become that of one
MOST = 1_000  # classes


class ClassDirections(Directions):
    """Towards each class of a conditional generator: from the mean w of all classes to its own at a strength of 3."""

    title = "Classes"
    share_of = "of the spread between classes"

    @staticmethod
    def suits(subject: Subject) -> bool:
        """Whether the generator has classes, and not too many for a list."""
        return 1 < subject.generator.num_classes <= MOST

    @torch.inference_mode()
    def fit(self, subject: Subject) -> Self:
        """The same z for every class. Deterministic."""
        generator = subject.generator
        z = torch.randn(N_SAMPLES, generator.z_dim, generator=torch.Generator().manual_seed(0))
        labels = range(generator.num_classes)
        means = torch.stack([generator.map(z, torch.full((N_SAMPLES,), k))[:, 0].mean(0) for k in labels])
        towards = (means - means.mean(0)).numpy().astype(np.float64)
        length = np.linalg.norm(towards, axis=1)
        self.axes_ = (towards / np.maximum(length, np.finfo(np.float32).tiny)[:, None]).astype(np.float32)
        self.scale_ = (length / FULL).astype(np.float32)
        self.share_ = (length**2 / max((length**2).sum(), np.finfo(np.float32).tiny)).astype(np.float32)
        return self.named()


DIRECTIONS["classes"] = ClassDirections
