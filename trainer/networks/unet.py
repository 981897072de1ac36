"""The U-Net of pix2pix (Isola et al. 2017, arXiv 1611.07004) and, with a style code, of BicycleGAN (Zhu et al. 2017).

Small enough for a page and for a CPU. Instance norm stands where the paper has batch norm and dropout, so that an image
comes out the same in training, in a checkpoint and in its export. Each skip connection carries a level of the input to
its output, and the last one the input itself.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from trainer.networks.architecture import ARCHITECTURES, Architecture
from trainer.networks.translator import PatchCritic, Translator

BOTTLENECK = 4  # pixels a side where the network turns round, or a little more
MAX_WIDTH = 4  # times the first level's channels


class Level(nn.Module):
    """Convolution, instance norm, style, activation: halves or doubles the side."""

    def __init__(self, conv: nn.Module, channels: int, z_dim: int, slope: float):
        super().__init__()
        self.conv = conv
        self.norm = nn.InstanceNorm2d(channels, affine=True)
        self.style = nn.Linear(z_dim, channels) if z_dim else None
        self.activation = nn.LeakyReLU(slope)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """x [N, c, s, s], z [N, z_dim] -> [N, channels, s / 2 or 2 s, ...]."""
        x = self.norm(self.conv(x))
        if self.style is not None:  # after the norm, which would take a constant away again
            x = x + self.style(z)[:, :, None, None]
        result: Tensor = self.activation(x)
        return result


class Base(Translator):
    """Image to image of one size; its style code, where it has one, is read at every level."""

    def __init__(self, resolution: int, channels: int, given_channels: int, width: int, z_dim: int):
        super().__init__()
        self.resolution = self.given_resolution = resolution
        self.channels, self.given_channels, self.z_dim = channels, given_channels, z_dim
        depth = 0
        while resolution >> (depth + 1) >= BOTTLENECK and resolution % (2 << depth) == 0:
            depth += 1
        widths = [width * min(1 << level, MAX_WIDTH) for level in range(depth)]
        self.down = nn.ModuleList(
            Level(nn.Conv2d(c_in, c_out, 4, 2, 1), c_out, z_dim, 0.2)
            for c_in, c_out in pairwise([given_channels, *widths])
        )
        outs = [width, *widths][:-1]  # of the ways up, from the finest level
        ins = [2 * w for w in widths[:-1]] + widths[-1:]
        self.up = nn.ModuleList(
            Level(nn.ConvTranspose2d(ins[level], outs[level], 4, 2, 1), outs[level], z_dim, 0.0)
            for level in reversed(range(depth))
        )
        self.to_image = nn.Conv2d(width + given_channels, channels, 3, 1, 1)

    def translate(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """Images given [N, given_channels, R, R], style codes [N, z_dim] or None -> images [N, C, R, R] in [-1, 1]."""
        z, skips = self.style(given, z), [given]
        for level in self.down:
            skips.append(level(skips[-1], z))
        x = skips.pop()
        for level in self.up:
            x = torch.cat([level(x, z), skips.pop()], dim=1)
        return torch.tanh(self.to_image(x))


class UNet(Base):
    """One output an input."""

    def __init__(self, resolution: int, channels: int, given_channels: int, width: int = 24):
        super().__init__(resolution, channels, given_channels, width, z_dim=0)


class StyleEncoder(nn.Module):
    """Images [N, C, H, H] -> mean and logarithm of the variance of their style code, each [N, z_dim].

    Without normalisation, which would take away the very colours that it has to tell.
    """

    def __init__(self, channels: int, z_dim: int, width: int):
        super().__init__()
        widths = [channels, width, 2 * width, 4 * width, 4 * width]
        layers: list[nn.Module] = []
        for c_in, c_out in pairwise(widths):
            layers += [nn.Conv2d(c_in, c_out, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(4 * widths[-1], 2 * z_dim)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images [N, C, H, H] -> mean and log variance, each [N, z_dim]."""
        mean, log_variance = self.head(self.layers(images)).chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 12)


class StyledUNet(Base):
    """Many outputs an input, one a style code; its encoder reads the code off an image."""

    encodes = True

    def __init__(self, resolution: int, channels: int, given_channels: int, width: int = 24, z_dim: int = 8):
        super().__init__(resolution, channels, given_channels, width, z_dim)
        self.encoder = StyleEncoder(channels, z_dim, width)

    def style_of(self, images: Tensor) -> Tensor:
        """Images [N, C, R, R] -> their most likely style codes, [N, z_dim]."""
        mean: Tensor = self.encoder(images)[0]
        return mean


ARCHITECTURES["unet"] = Architecture(
    "U-Net that turns one image into another, with a critic of patches (Isola et al. 2017)",
    UNet,
    PatchCritic,
    method="pix2pix",
)
ARCHITECTURES["styled-unet"] = Architecture(
    "U-Net with a style code, many outputs an input, and an encoder that reads it (Zhu et al. 2017)",
    StyledUNet,
    PatchCritic,
    method="bicycle",
)
