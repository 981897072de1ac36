"""StyleGAN2 as lucidrains wrote it for PyTorch: imported, explored like any other, and not trained here.

It differs from the paper's: one style a level for both convolutions and the image, bilinear doubling, noise with a
weight and a bias a channel, a mapping that begins with unit vectors, images in [0, 1].
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.networks.architecture import IMPORTED
from trainer.networks.base import LARGE, Generator
from trainer.networks.layers import lrelu
from trainer.networks.stylegan_lite import sizes, widths_at

LR_MULTIPLIER = 0.1  # of the mapping, whose weights are stored before it


class BilinearStyleGan2(Generator):
    """A learned constant, two styled convolutions a level, the image doubled and blurred between the levels."""

    taps: Tensor

    def __init__(self, resolution: int, channels: int, z_dim: int, width: int, min_channels: int, mapping_layers: int):
        super().__init__()
        self.resolution, self.channels, self.z_dim, self.w_dim = resolution, channels, z_dim, z_dim
        self.num_classes = 0
        sides = sizes(resolution)
        widths, self.feature_sides = widths_at(sides, width, min_channels), tuple(sides)
        self.num_ws, self.noise_sizes = len(widths), (resolution,)
        self.pass_size = 1 if resolution >= LARGE else self.pass_size
        self.mapping: Any = nn.ModuleList(nn.Linear(z_dim, z_dim) for _ in range(mapping_layers))
        self.constant = nn.Parameter(torch.randn(1, widths[0], 4, 4))
        self.first = nn.Conv2d(widths[0], widths[0], 3, padding=1)
        self.blocks: Any = nn.ModuleList(Block(a, b, channels, z_dim) for a, b in pairwise([widths[0], *widths]))
        self.register_buffer("w_avg", torch.zeros(z_dim))
        taps = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("taps", (taps[:, None] * taps).repeat(channels, 1, 1, 1), persistent=False)

    def map(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z [N, z_dim] -> ws [N, num_ws, w_dim]; there are no classes."""
        x = F.normalize(z, dim=1)
        for layer in self.mapping:
            x = lrelu(F.linear(x, layer.weight * LR_MULTIPLIER, layer.bias * LR_MULTIPLIER))
        return x[:, None].expand(-1, self.num_ws, -1)

    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """ws [N, num_ws, w_dim], one noise map [N, 1, H, W] -> images [N, C, H, W], about [-1, 1].

        The network reads uniform noise in [0, 1]; without noise, that is its mean.
        """
        return self.features_at(ws, noise, self.resolution)[1]

    def features_at(self, ws: Tensor, noise: Sequence[Tensor] | None, side: int) -> tuple[Tensor, Tensor]:
        """What a level hands to the next and the images, [N, width, side, side] and [N, C, H, W]: see `Generator`."""
        maps = ws.new_full((1, 1, self.resolution, self.resolution), 0.5) if noise is None else uniform(noise[0])
        features = x = self.first(self.constant.expand(ws.shape[0], -1, -1, -1))  # [N, widths[0], 4, 4]
        image = torch.zeros(())
        for level, block in enumerate(self.blocks):
            if level:
                x, image = doubled(x), blurred(doubled(image), self.taps)  # [N, width, 2H, 2W], [N, channels, 2H, 2W]
            x, rgb = block(x, ws[:, level], maps[:, :, : 4 << level, : 4 << level])
            features = x if x.shape[-1] <= side else features
            image = image + rgb
        return features, image * 2 - 1

    def style_matrices(self) -> list[Tensor]:
        """For each level the weights that turn w into styles, [channels, w_dim]."""
        return [torch.cat([style.weight for style in block.styles]) for block in self.blocks]


class Block(nn.Module):
    """Two styled convolutions with noise, and what the level adds to the image."""

    def __init__(self, c_in: int, c_out: int, channels: int, w_dim: int):
        super().__init__()
        self.styles: Any = nn.ModuleList(nn.Linear(w_dim, width) for width in (c_in, c_out, c_out))
        self.noises: Any = nn.ModuleList(nn.Linear(1, c_out) for _ in range(2))
        shapes = [(c_out, c_in, 3, 3), (c_out, c_out, 3, 3), (channels, c_out, 1, 1)]
        self.weights: Any = nn.ParameterList(torch.randn(shape) for shape in shapes)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """x [N, c_in, H, W], w [N, w_dim], noise [N, 1, H, W] -> x [N, c_out, H, W], image [N, channels, H, W]."""
        for style, weight, strength in zip(self.styles, self.weights, self.noises, strict=False):
            x = modulated(x, style(w), weight, demodulate=True)  # [N, c_out, H, W]
            x = lrelu(x + noise * strength.weight[:, :, None] + strength.bias[:, None, None])
        return x, modulated(x, self.styles[2](w), self.weights[2], demodulate=False)


def modulated(x: Tensor, style: Tensor, weight: Tensor, *, demodulate: bool) -> Tensor:
    """A convolution modulated by 1 + style [N, c_in]."""
    scale = style + 1
    x = F.conv2d(x * scale[:, :, None, None], weight, padding=weight.shape[-1] // 2)
    power = scale.square() @ weight.square().sum((2, 3)).T  # [N, c_out]
    return x * (power + 1e-8).rsqrt()[:, :, None, None] if demodulate else x


def uniform(noise: Tensor) -> Tensor:
    """Normal noise [N, 1, H, W] -> uniform in [0, 1], with rows and columns exchanged, as the original reads it."""
    return (torch.erf(noise / math.sqrt(2)) + 1).transpose(2, 3) / 2


def doubled(x: Tensor) -> Tensor:
    """x [N, C, H, W] -> [N, C, 2H, 2W], bilinear."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def blurred(x: Tensor, taps: Tensor) -> Tensor:
    """x [N, C, H, W] through a filter [C, 1, 3, 3], mirrored at the border."""
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), taps, groups=len(taps))


IMPORTED["bilinear-stylegan2"] = BilinearStyleGan2
