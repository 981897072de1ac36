"""NVIDIA's StyleGAN2 discriminator written anew from the paper, likewise."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.trainer.checkpoints.importers.nvidia_models import (
    GAIN,
    FullyConnectedLayer,
    Persistent,
    kernel,
    resampled,
)


class Conv2dLayer(Persistent):
    def __init__(self, c_in, c_out, size, bias=True, down=1):
        super().__init__()
        self.weight, self.bias = (
            nn.Parameter(torch.randn(c_out, c_in, size, size)),
            nn.Parameter(torch.zeros(c_out)) if bias else None,
        )
        self.down, self.padding, self.weight_gain = down, size // 2, 1 / math.sqrt(c_in * size**2)
        self.register_buffer("resample_filter", kernel((1, 3, 3, 1)))

    def forward(self, x, gain=1.0):
        w = self.weight * self.weight_gain
        if self.down == 2:
            x = F.conv2d(resampled(x, self.resample_filter, pad=(self.padding + 1, self.padding + 1)), w, stride=2)
        else:
            x = F.conv2d(x, w, padding=self.padding)
        return x * gain if self.bias is None else F.leaky_relu(x + self.bias[:, None, None], 0.2) * GAIN * gain


class DiscriminatorBlock(Persistent):
    def __init__(self, c_in, c_out, channels=0):
        super().__init__()
        self.architecture = "resnet"
        if channels:
            self.fromrgb = Conv2dLayer(channels, c_in, 1)
        self.conv0, self.conv1 = Conv2dLayer(c_in, c_in, 3), Conv2dLayer(c_in, c_out, 3, down=2)
        self.skip = Conv2dLayer(c_in, c_out, 1, bias=False, down=2)

    def forward(self, x):
        x = self.fromrgb(x) if hasattr(self, "fromrgb") else x
        return self.skip(x, gain=math.sqrt(0.5)) + self.conv1(self.conv0(x), gain=math.sqrt(0.5))


class DiscriminatorEpilogue(Persistent):
    def __init__(self, width):
        super().__init__()
        self.architecture = "resnet"
        self.conv = Conv2dLayer(width + 1, width, 3)
        self.fc, self.out = FullyConnectedLayer(width * 16, width, "lrelu"), FullyConnectedLayer(width, 1)

    def forward(self, x):
        spread = (x.var(0, unbiased=False) + 1e-8).sqrt().mean()  # one group: up to four images
        x = self.conv(torch.cat([x, spread.expand(len(x), 1, 4, 4)], 1))
        return self.out(self.fc(x.flatten(1)))


class Discriminator(Persistent):
    def __init__(self, c_dim, resolution, channels, channel_base, channel_max):
        super().__init__()
        self.c_dim, self.sides = c_dim, [resolution >> k for k in range(resolution.bit_length() - 3)]
        table = {side: min(channel_base // side, channel_max) for side in [*self.sides, 4]}
        for side in self.sides:
            block = DiscriminatorBlock(table[side], table[side // 2], channels if side == resolution else 0)
            setattr(self, f"b{side}", block)
        self.b4 = DiscriminatorEpilogue(table[4])

    def forward(self, images):
        x = images
        for side in self.sides:
            x = getattr(self, f"b{side}")(x)
        return self.b4(x)


@torch.no_grad()
def discriminator(resolution=16, channels=3, c_dim=0, channel_base=256, channel_max=24):
    """A discriminator with random weights in all places."""
    torch.manual_seed(7)
    made = Discriminator(c_dim, resolution, channels, channel_base, channel_max)
    for name, tensor in made.state_dict().items():
        if name.endswith("bias"):
            tensor += 0.3 * torch.randn(tensor.shape)
    return made.eval().requires_grad_(False)
