"""NVIDIA's StyleGAN2 discriminator written anew from the papers, likewise."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.trainer.checkpoints.importers.nvidia_models import (
    GAIN,
    FullyConnectedLayer,
    MappingNetwork,
    Persistent,
    kernel,
    resampled,
)


class Conv2dLayer(Persistent):
    def __init__(self, c_in, c_out, size, bias=True, down=1, conv_clamp=None):
        super().__init__()
        self.weight, self.bias = (
            nn.Parameter(torch.randn(c_out, c_in, size, size)),
            nn.Parameter(torch.zeros(c_out)) if bias else None,
        )
        self.activation = "lrelu" if bias else "linear"
        self.up, self.down, self.conv_clamp = 1, down, conv_clamp
        self.padding, self.weight_gain = size // 2, 1 / math.sqrt(c_in * size**2)
        self.register_buffer("resample_filter", kernel((1, 3, 3, 1)))

    def forward(self, x, gain=1.0):
        w = self.weight * self.weight_gain
        if self.down == 2:
            x = F.conv2d(resampled(x, self.resample_filter, pad=(self.padding + 1, self.padding + 1)), w, stride=2)
        else:
            x = F.conv2d(x, w, padding=self.padding)
        x = x if self.bias is None else x + self.bias[:, None, None]
        x = F.leaky_relu(x, 0.2) * GAIN * gain if self.activation == "lrelu" else x * gain
        return x if self.conv_clamp is None else x.clamp(-self.conv_clamp * gain, self.conv_clamp * gain)


class DiscriminatorBlock(Persistent):
    def __init__(self, c_in, c_mid, c_out, channels, architecture="resnet", conv_clamp=None):
        super().__init__()
        self.in_channels, self.architecture = c_in, architecture
        self.register_buffer("resample_filter", kernel((1, 3, 3, 1)))
        if c_in == 0 or architecture == "skip":
            self.fromrgb = Conv2dLayer(channels, c_mid, 1, conv_clamp=conv_clamp)
        self.conv0 = Conv2dLayer(c_mid, c_mid, 3, conv_clamp=conv_clamp)
        self.conv1 = Conv2dLayer(c_mid, c_out, 3, down=2, conv_clamp=conv_clamp)
        if architecture == "resnet":
            self.skip = Conv2dLayer(c_mid, c_out, 1, bias=False, down=2)

    def forward(self, x, image):
        if self.in_channels == 0 or self.architecture == "skip":
            seen = self.fromrgb(image)
            x = seen if x is None else x + seen
            image = resampled(image, self.resample_filter, down=2, pad=(1, 1)) if self.architecture == "skip" else None
        if self.architecture == "resnet":
            return self.skip(x, gain=math.sqrt(0.5)) + self.conv1(self.conv0(x), gain=math.sqrt(0.5)), image
        return self.conv1(self.conv0(x)), image


class MinibatchStdLayer(Persistent):
    def __init__(self, group_size, num_channels=1):
        super().__init__()
        self.group_size, self.num_channels = group_size, num_channels

    def forward(self, x):
        n, c, h, w = x.shape
        group = n if self.group_size is None else min(self.group_size, n)
        told = torch.zeros(n, self.num_channels, h, w)
        for first in range(n // group):
            members = list(range(first, n, n // group))
            for part in range(self.num_channels):
                size = c // self.num_channels
                values = x[members, part * size : (part + 1) * size]
                deviation = ((values - values.mean(0)).square().mean(0) + 1e-8).sqrt()
                told[members, part] = deviation.mean()
        return torch.cat([x, told], 1)


class DiscriminatorEpilogue(Persistent):
    def __init__(self, width, cmap_dim, channels, architecture, mbstd, conv_clamp):
        super().__init__()
        self.architecture, self.cmap_dim = architecture, cmap_dim
        mbstd_group_size, mbstd_num_channels = mbstd
        if architecture == "skip":
            self.fromrgb = Conv2dLayer(channels, width, 1)
        self.mbstd = MinibatchStdLayer(mbstd_group_size, mbstd_num_channels) if mbstd_num_channels else None
        self.conv = Conv2dLayer(width + mbstd_num_channels, width, 3, conv_clamp=conv_clamp)
        self.fc, self.out = FullyConnectedLayer(width * 16, width, "lrelu"), FullyConnectedLayer(width, cmap_dim or 1)

    def forward(self, x, image, cmap):
        x = x + self.fromrgb(image) if self.architecture == "skip" else x
        x = x if self.mbstd is None else self.mbstd(x)
        x = self.out(self.fc(self.conv(x).flatten(1)))
        return (x * cmap).sum(1, keepdim=True) / math.sqrt(self.cmap_dim) if self.cmap_dim else x


class Discriminator(Persistent):
    def __init__(self, c_dim, resolution, channels, channel_base, channel_max, **options):
        super().__init__()
        form, clamp = options.get("architecture", "resnet"), options.get("conv_clamp")
        self.c_dim, self.sides = c_dim, [resolution >> k for k in range(resolution.bit_length() - 3)]
        table = {side: min(channel_base // side, channel_max) for side in [*self.sides, 4]}
        cmap_dim = options.get("cmap_dim", table[4]) if c_dim else 0
        for side in self.sides:
            c_in = 0 if side == resolution else table[side]
            setattr(self, f"b{side}", DiscriminatorBlock(c_in, table[side], table[side // 2], channels, form, clamp))
        if c_dim:
            self.mapping = MappingNetwork(0, c_dim, cmap_dim, None, num_layers=options.get("num_layers", 8))
        group, maps = options.get("mbstd_group_size", 4), options.get("mbstd_num_channels", 1)
        self.b4 = DiscriminatorEpilogue(table[4], cmap_dim, channels, form, (group, maps), clamp)

    def forward(self, image, c):
        x = None
        for side in self.sides:
            x, image = getattr(self, f"b{side}")(x, image)
        return self.b4(x, image, self.mapping(None, c) if self.c_dim else None)


@torch.no_grad()
def discriminator(resolution=16, channels=3, c_dim=0, seed=7, **options):
    """A discriminator with random weights in all places, for the generator of the same options."""
    torch.manual_seed(seed)
    table = {"channel_base": 16 * resolution, "channel_max": 24} | options
    made = Discriminator(c_dim, resolution, channels, **table)
    for name, tensor in made.state_dict().items():
        if name.endswith("bias"):
            tensor += 0.3 * torch.randn(tensor.shape)
    return made.eval().requires_grad_(False)
