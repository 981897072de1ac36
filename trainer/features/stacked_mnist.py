"""Reads stacked digits: the reader of `mnist`, on each colour by itself."""

import torch
from torch import Tensor

from trainer.data import Attribute
from trainer.data.mnist import CHANNELS, DIGITS
from trainer.features.base import EXTRACTORS, Extractor, ExtractorSpec


class StackedReader(Extractor):
    """Images [N, 3 or 1, H, W] -> the three digits' features side by side [N, 192], and a head for each digit."""

    name = "stacked-mnist"
    heads = tuple(Attribute(channel, DIGITS) for channel in CHANNELS)

    def __init__(self, reader: Extractor):
        super().__init__()
        self.reader = reader
        self.version, self.dim = reader.version, 3 * reader.dim

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Images [N, 3 or 1, H, W] in [-1, 1] -> features [N, 192], and the logits [N, 10] of each digit."""
        images = images.expand(-1, 3, -1, -1)  # a grey image is the same digit three times
        read = [self.reader(images[:, i : i + 1]) for i in range(3)]
        return torch.cat([features for features, _ in read], 1), [logits[0] for _, logits in read]


EXTRACTORS["stacked-mnist"] = ExtractorSpec(
    "digit classifier on each colour channel, 192 features (bundled)",
    "stacked-mnist",
    lambda weights, heads: StackedReader(EXTRACTORS["mnist"].open({}, ())).eval(),
)
