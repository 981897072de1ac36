"""The discriminator of lucidrains' StyleGAN2 written anew: the order of its modules decides the names in its file."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


class Blur(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("f", torch.tensor([1.0, 2.0, 1.0]))

    def forward(self, x):
        taps = torch.outer(self.f, self.f) / 16
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return torch.cat([F.conv2d(padded[:, k : k + 1], taps[None, None]) for k in range(x.shape[1])], 1)


class DiscriminatorBlock(nn.Module):
    def __init__(self, c_in, c_out, downsample=True):
        super().__init__()
        self.conv_res = nn.Conv2d(c_in, c_out, 1, stride=2 if downsample else 1)
        first, second = nn.Conv2d(c_in, c_out, 3, padding=1), nn.Conv2d(c_out, c_out, 3, padding=1)
        self.net = nn.Sequential(first, nn.LeakyReLU(0.2), second, nn.LeakyReLU(0.2))
        strided = nn.Conv2d(c_out, c_out, 3, padding=1, stride=2)
        self.downsample = nn.Sequential(Blur(), strided) if downsample else None

    def forward(self, x):
        y = self.net(x)
        y = y if self.downsample is None else self.downsample(y)
        return (y + self.conv_res(x)) * (1 / math.sqrt(2))


class Discriminator(nn.Module):
    """Of images in [0, 1]; the hinge loss of the package makes its logits low for real ones."""

    def __init__(self, size, channels=3, capacity=16, fmap_max=512):
        super().__init__()
        filters = [channels, *(min(fmap_max, capacity * 4 * 2**k) for k in range(size.bit_length() - 1))]
        pairs = list(pairwise(filters))
        self.blocks = nn.ModuleList(DiscriminatorBlock(a, b, k < len(pairs) - 1) for k, (a, b) in enumerate(pairs))
        self.attn_blocks = nn.ModuleList([None] * len(pairs))
        self.quantize_blocks = nn.ModuleList([None] * len(pairs))
        self.final_conv = nn.Conv2d(filters[-1], filters[-1], 3, padding=1)
        self.to_logit = nn.Linear(filters[-1] * 4, 1)

    def forward(self, images):
        x = images
        for block in self.blocks:
            x = block(x)
        return self.to_logit(self.final_conv(x).flatten(1)).squeeze(1)


@torch.no_grad()
def discriminator(seed=7, **options):
    """With weights that keep the activations' size, as the package begins with, and biases away from zero."""
    torch.manual_seed(seed)
    made = Discriminator(**options)
    for module in made.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, a=0, mode="fan_in", nonlinearity="leaky_relu")
    return made.requires_grad_(False).eval()
