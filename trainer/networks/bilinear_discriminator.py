"""The discriminator of lucidrains' StyleGAN2 for PyTorch: imported to score images, and not trained here.

It differs from the paper's: plain convolutions, a level down to 2 pixels, no minibatch deviation, images in [0, 1].
"""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from trainer.networks.architecture import CRITICS
from trainer.networks.base import Discriminator
from trainer.networks.bilinear_stylegan2 import blurred
from trainer.networks.layers import lrelu
from trainer.networks.stylegan_lite import sizes


class BilinearDiscriminator(Discriminator):
    """Residual blocks whose widths double, a last convolution at 2 pixels, one linear layer; each image by itself.

    The package's hinge loss makes its logits low for real images; they are turned round here, where high means real.
    """

    def __init__(self, resolution: int, channels: int, width: int, max_channels: int):
        widths = [min(width << k, max_channels) for k in range(len(sizes(resolution)) + 1)]
        super().__init__(widths[-1] * 4, 0, nn.Linear(widths[-1] * 4, 1))
        halved = [True] * (len(widths) - 1) + [False]
        pairs = zip(pairwise([channels, *widths]), halved, strict=True)
        self.blocks = nn.Sequential(*(ResidualBlock(a, b, half) for (a, b), half in pairs))
        self.last_conv = nn.Conv2d(widths[-1], widths[-1], 3, padding=1)

    def forward(self, images: Tensor, label: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] -> logits [N]; high: real. There are no classes."""
        return -super().forward(images)

    def features(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] -> [N, 4 widths[-1]], what the head reads."""
        x = self.blocks((images + 1) / 2)  # [N, widths[-1], 2, 2]
        result: Tensor = self.last_conv(x).flatten(1)
        return result


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, with `halved` a blur and a strided third, beside a 1 x 1 skip."""

    taps: Tensor

    def __init__(self, c_in: int, c_out: int, halved: bool):
        super().__init__()
        self.skip = nn.Conv2d(c_in, c_out, 1, stride=2 if halved else 1)
        shapes = (c_in, c_out), (c_out, c_out)
        self.convs: Any = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in shapes)
        self.down = nn.Conv2d(c_out, c_out, 3, stride=2, padding=1) if halved else None
        taps = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("taps", (taps[:, None] * taps).repeat(c_out, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, c_in, H, W] -> [N, c_out, H, W], of half the size where `halved`."""
        y = x
        for conv in self.convs:
            y = lrelu(conv(y))
        if self.down is not None:
            y = self.down(blurred(y, self.taps))
        result: Tensor = (y + self.skip(x)) * math.sqrt(0.5)
        return result


CRITICS["bilinear-stylegan2"] = BilinearDiscriminator
