"""rosinality's StyleGAN2 discriminator written anew: the order of its modules decides the names in its state dict."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from tests.trainer.checkpoints.importers.nvidia_models import GAIN, kernel, resampled


class Blur(nn.Module):
    def __init__(self, pad):
        super().__init__()
        self.register_buffer("kernel", kernel((1, 3, 3, 1)))
        self.pad = pad

    def forward(self, x):
        return resampled(x, self.kernel, pad=(self.pad, self.pad))


class EqualConv2d(nn.Module):
    def __init__(self, c_in, c_out, size, stride=1, padding=0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(c_out, c_in, size, size))
        self.scale, self.stride, self.padding = 1 / math.sqrt(c_in * size**2), stride, padding

    def forward(self, x):
        return F.conv2d(x, self.weight * self.scale, stride=self.stride, padding=self.padding)


class FusedLeakyReLU(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(0.3 * torch.randn(channels))

    def forward(self, x):
        return F.leaky_relu(x + self.bias[:, None, None], 0.2) * GAIN


class EqualLinear(nn.Module):
    def __init__(self, n_in, n_out, activation=False):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(n_out, n_in)), nn.Parameter(0.3 * torch.randn(n_out))
        self.activation = activation

    def forward(self, x):
        x = x @ self.weight.T / math.sqrt(x.shape[1]) + self.bias
        return F.leaky_relu(x, 0.2) * GAIN if self.activation else x


def conv_layer(c_in, c_out, size, downsample=False, activate=True):
    blur = [Blur(size // 2 + 1)] if downsample else []
    conv = EqualConv2d(c_in, c_out, size, 2 if downsample else 1, 0 if downsample else size // 2)
    return nn.Sequential(*blur, conv, *([FusedLeakyReLU(c_out)] if activate else []))


class ResBlock(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv1, self.conv2 = conv_layer(c_in, c_in, 3), conv_layer(c_in, c_out, 3, downsample=True)
        self.skip = conv_layer(c_in, c_out, 1, downsample=True, activate=False)

    def forward(self, x):
        return (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)


class Discriminator(nn.Module):
    """`widths`: from 4 pixels up, as the generator's."""

    def __init__(self, widths):
        super().__init__()
        down = widths[::-1]
        blocks = [ResBlock(a, b) for a, b in pairwise(down)]
        self.convs = nn.Sequential(conv_layer(3, down[0], 1), *blocks)
        self.final_conv = conv_layer(down[-1] + 1, down[-1], 3)
        linear = EqualLinear(down[-1] * 16, down[-1], activation=True)
        self.final_linear = nn.Sequential(linear, EqualLinear(down[-1], 1))

    def forward(self, images):
        x = self.convs(images)
        n = len(x)
        group = min(n, 4)
        spread = x.view(group, -1, *x.shape[1:]).var(0, unbiased=False).add(1e-8).sqrt().mean((1, 2, 3))  # [n / group]
        x = torch.cat([x, spread.repeat(group)[:, None, None, None].expand(n, 1, 4, 4)], 1)
        return self.final_linear(self.final_conv(x).flatten(1))


@torch.no_grad()
def discriminator(widths=(12, 8, 4), seed=7):
    torch.manual_seed(seed)
    return Discriminator(widths).requires_grad_(False).eval()
