"""Reads 2-D toy data: the features are their coordinates, the classes the modes, by the nearest centre."""

import numpy as np
import torch
from torch import Tensor

from trainer.data import Attribute
from trainer.data.points import PLANS, Plan
from trainer.features.base import EXTRACTORS, Extractor, ExtractorSpec
from trainer.metrics.plane import DEVIATIONS

WIDTH = 6.0  # deviations of a mode over which its probability falls


class PlaneReader(Extractor):
    """Images [N, 2, 1, 1] -> coordinates [N, 2] and one head, the mode."""

    dim = 2
    version = "1"

    def __init__(self, name: str, plan: Plan):
        super().__init__()
        self.name = name
        self.centres = torch.from_numpy(plan.centres).float()
        self.width = WIDTH * plan.sigma
        self.heads = (Attribute("mode", tuple(str(i) for i in range(len(plan.centres)))),)

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Points [N, 2, 1, 1] -> coordinates [N, 2], and the modes' logits [N, k]: Gaussians of equal width."""
        points = images.flatten(1)
        return points, [-torch.cdist(points, self.centres).square() / (2 * self.width**2)]


def kind_of(name: str, plan: Plan) -> ExtractorSpec:
    """The reader of one 2-D data set, as a row of EXTRACTORS."""
    help = "coordinates and nearest mode of a 2-D point"

    def resembles(features: np.ndarray, modes: np.ndarray) -> np.ndarray:
        """VEEGAN's and PacGAN's rule: a point belongs to the nearest mode if it is within 3 deviations of it."""
        result: np.ndarray = np.linalg.norm(features - plan.centres[modes], axis=1) <= DEVIATIONS * plan.sigma
        return result

    facts = {"centres": plan.centres, "sigma": plan.sigma}
    return ExtractorSpec(
        help, name, lambda *given: PlaneReader(f"plane-{name}", plan).eval(), resembles=resembles, facts=facts
    )


for name, plan in PLANS.items():
    EXTRACTORS[f"plane-{name}"] = kind_of(name, plan)
