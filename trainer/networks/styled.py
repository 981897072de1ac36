"""StyleGAN's building blocks: the mapping network, styled convolutions and to RGB (Karras et al. 2019, 2020)."""

import math
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.networks.layers import (
    LRELU_GAIN,
    EqualLinear,
    ModulatedConv,
    binomial_filter,
    lrelu,
    up_conv,
)


class Mapping(nn.Module):
    """z -> w: normalise, then fully connected layers that learn at a hundredth of the rate."""

    def __init__(self, z_dim: int, w_dim: int, num_classes: int, depth: int):
        super().__init__()
        self.embed = nn.Embedding(num_classes, w_dim) if num_classes else None
        d_in = z_dim + (w_dim if num_classes else 0)
        dims = [d_in] + [w_dim] * depth
        self.layers = nn.ModuleList(EqualLinear(a, b, lr_multiplier=0.01, gain=LRELU_GAIN) for a, b in pairwise(dims))

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:
        """z [N, z_dim], labels [N] or None -> w [N, w_dim]."""
        x = pixel_norm(z)
        if self.embed is not None:
            x = torch.cat([x, pixel_norm(self.embed(label))], dim=1)
        for layer in self.layers:
            x = lrelu(layer(x))
        return x  # [N, w_dim]


def pixel_norm(x: Tensor) -> Tensor:
    """Rows [N, F] scaled to a mean square of 1 (Karras et al. 2018, section 4.2)."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


class StyledConv(nn.Module):
    """Modulated convolution, noise, bias, LeakyReLU (StyleGAN2); with `adain` a plain one, restyled after them
    (StyleGAN, Karras et al. 2019, equation 1)."""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        w_dim: int,
        *,
        up: bool = False,
        adain: bool = False,
        conv_clamp: int = 0,
        noise: bool = True,
    ):
        super().__init__()
        self.limit = conv_clamp  # of what leaves, its gain included; 0 for none
        self.conv: Any = UpConv(c_in, c_out, up=up) if adain else ModulatedConv(c_in, c_out, w_dim, up=up)
        self.adain: Any = AdaIN(c_out, w_dim) if adain else None
        self.noise_strength = nn.Parameter(torch.zeros([])) if noise else None
        self.bias = nn.Parameter(torch.zeros(c_out))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """x [N, c_in, H, W], w [N, w_dim], noise [N, 1, H, W] or None -> [N, c_out, H, W], doubled where `up`."""
        x = self.conv(x, w)  # [N, c_out, H, W]
        if noise is not None and self.noise_strength is not None:
            x = x + noise * (self.noise_strength * LRELU_GAIN)
        x = clamped(lrelu(x + (self.bias * LRELU_GAIN)[:, None, None]), self.limit)
        return x if self.adain is None else self.adain(x, w)

    @property
    def affine(self) -> EqualLinear:
        """What turns w into this layer's style."""
        result: EqualLinear = self.conv.affine if self.adain is None else self.adain.affine
        return result


class UpConv(nn.Module):
    """ModulatedConv's convolution without a style."""

    taps: Tensor

    def __init__(self, c_in: int, c_out: int, *, up: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(c_out, c_in, 3, 3))
        self.gain, self.up = LRELU_GAIN / math.sqrt(c_in * 9), up
        self.register_buffer("taps", binomial_filter(c_out if up else 0), persistent=False)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x [N, c_in, H, W] -> [N, c_out, H, W], doubled where `up`; w is not used, `AdaIN` takes it."""
        weight = self.weight * self.gain
        return up_conv(x, weight, self.taps) if self.up else F.conv2d(x, weight, padding=1)


class AdaIN(nn.Module):
    """Each channel of each image gets the mean and deviation that w asks for (Huang and Belongie 2017)."""

    def __init__(self, channels: int, w_dim: int):
        super().__init__()
        self.affine = EqualLinear(w_dim, 2 * channels)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x [N, C, H, W], w [N, w_dim] -> the same shape, each channel's mean and deviation set by w."""
        scale, shift = self.affine(w)[:, :, None, None].chunk(2, dim=1)  # [N, C, 1, 1] each
        result: Tensor = F.instance_norm(x, eps=1e-5) * (1 + scale) + shift
        return result


class ToRgb(nn.Module):
    """1 x 1 modulated convolution to the image's channels, not demodulated."""

    def __init__(self, c_in: int, channels: int, w_dim: int, conv_clamp: int = 0):
        super().__init__()
        self.limit = conv_clamp
        self.conv = ModulatedConv(c_in, channels, w_dim, kernel=1, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x [N, c_in, H, W], w [N, w_dim] -> [N, channels, H, W], modulated but not demodulated."""
        return clamped(self.conv(x, w) + self.bias[:, None, None], self.limit)


class Palette(nn.Module):
    """Scores -> images: w chooses some colours, and each pixel mixes them by the softmax of its scores."""

    def __init__(self, w_dim: int, colours: int, channels: int):
        super().__init__()
        self.colours = colours
        self.affine = EqualLinear(w_dim, colours * channels)
        nn.init.uniform_(self.affine.bias, -1, 1)

    def forward(self, scores: Tensor, w: Tensor) -> Tensor:
        """scores [N, colours, H, W], w [N, w_dim] -> [N, channels, H, W]."""
        colours = self.affine(w).unflatten(1, (self.colours, -1))  # [N, colours, channels]
        return torch.einsum("nkhw,nkc->nchw", scores.softmax(1), colours)


def clamped(x: Tensor, limit: float) -> Tensor:
    """x within -limit and limit, as NVIDIA keeps 16-bit numbers finite; as it is where the limit is 0."""
    return x.clamp(-limit, limit) if limit else x
