"""Inception-v3 as torchvision has it, ImageNet weights: the usual features of published distances."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from trainer.features.base import EXTRACTORS, Extractor, ExtractorSpec, Heads, fitted_images
from trainer.util.errors import UserError

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Inception(Extractor):
    """2,048 features of the last pooling layer. Distances in them are close to, and not the same as, those published:
    these are torchvision's weights, the published ones TensorFlow's of 2015."""

    name, dim = "inception-v3", 2048

    def __init__(self, network: nn.Module, version: str):
        super().__init__()
        self.network, self.version = network, version

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Images [N, C, H, W] in [-1, 1] -> features [N, 2048], no heads. Resized to 299 and normalised as ImageNet."""
        images = (fitted_images(images, 299, 3) + 1) / 2
        mean, deviation = (torch.tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
        return self.network((images - mean) / deviation), []


def open_inception(carried: Mapping[str, Tensor], heads: Heads) -> Extractor:
    """Raises UserError where the weights lie nowhere and cannot be downloaded."""
    from trainer.util import torchvision_fix  # noqa: F401 - must come before torchvision
    from torchvision.models import Inception_V3_Weights, inception_v3  # isort: skip

    weights = Inception_V3_Weights.IMAGENET1K_V1
    file = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    try:
        network = inception_v3(weights=weights, transform_input=False, progress=True)
    except Exception as error:  # torch.load raises anything at all on a damaged file
        reason = " ".join(str(error).split())
        raise UserError(
            f"Inception-v3's weights could not be read from {file}, nor downloaded ({reason}). Put the file from "
            f"{weights.url} there, or leave --extractor out: the data set's own extractor needs no download."
        ) from error
    network.fc = nn.Identity()
    return Inception(network.eval().requires_grad_(False), str(weights)).eval()


EXTRACTORS["inception-v3"] = ExtractorSpec(
    "torchvision's Inception-v3 with ImageNet weights, 2,048 features (a download)", "", open_inception
)
