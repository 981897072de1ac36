"""DCGAN as published (Radford et al. 2016, arXiv 1511.06434, section 3)."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from trainer.errors import UserError
from trainer.networks.base import ARCHITECTURES, Architecture, Discriminator, Generator


def base_and_levels(resolution: int) -> tuple[int, int]:
    """How to reach a resolution by doubling: 32 -> (4, 3), 28 -> (7, 2)."""
    for base in (4, 7):
        levels = (resolution // base).bit_length() - 1
        if levels >= 2 and base << levels == resolution <= 128:
            return base, levels
    raise UserError(
        f"dcgan cannot make {resolution} x {resolution} pictures. Choose --resolution 16, 28, 32, 56, 64, 112 or 128."
    )


def init_dcgan(module: nn.Module) -> None:
    """Weights from N(0, 0.02), batch-norm gains from N(1, 0.02), as in the paper's own code."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


class DcganGenerator(Generator):
    """z is w: one linear projection, then fractionally strided convolutions, each with batch norm and ReLU."""

    def __init__(self, resolution: int, channels: int, z_dim: int = 100, width: int = 64, num_classes: int = 0):
        super().__init__()
        base, levels = base_and_levels(resolution)
        self.resolution, self.channels, self.z_dim, self.num_classes = resolution, channels, z_dim, num_classes
        self.embed = nn.Embedding(num_classes, num_classes) if num_classes else None
        self.w_dim, self.num_ws = z_dim + num_classes, 1
        self.register_buffer("w_avg", torch.zeros(self.w_dim))

        widths = [width << k for k in reversed(range(levels))]  # resolution 64: 512, 256, 128, 64
        self.project = nn.ConvTranspose2d(self.w_dim, widths[0], base, bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for c_in, c_out in pairwise(widths):
            layers += [nn.ConvTranspose2d(c_in, c_out, 4, 2, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU()]
        layers += [nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(init_dcgan)

    def map(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        w = z if self.embed is None else torch.cat([z, self.embed(label)], dim=1)
        return w[:, None]  # [N, 1, w_dim]

    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        x = self.project(ws[:, 0, :, None, None])  # [N, widths[0], base, base]
        return self.layers(x)  # [N, channels, resolution, resolution]

    def style_matrices(self) -> list[Tensor]:
        return [self.project.weight.flatten(1).T]  # [widths[0] * base * base, w_dim]

    def early_features(self, ws: Tensor) -> Tensor:
        weight = self.project.weight
        x = (ws[:, 0] @ weight.flatten(1)).unflatten(1, weight.shape[1:])  # `project`, but fast for thousands of ws
        return self.layers[:2](x).flatten(1)  # after the first batch norm and ReLU


class DcganDiscriminator(Discriminator):
    """Strided convolutions with LeakyReLU 0.2; batch norm everywhere but at the input."""

    def __init__(self, resolution: int, channels: int, width: int = 64, num_classes: int = 0):
        base, levels = base_and_levels(resolution)
        widths = [width << k for k in range(levels)]
        super().__init__(widths[-1] * base * base, num_classes, nn.Linear(widths[-1] * base * base, 1))
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for c_in, c_out in pairwise(widths):
            layers += [nn.Conv2d(c_in, c_out, 4, 2, 1, bias=False), nn.BatchNorm2d(c_out), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)
        self.apply(init_dcgan)

    def features(self, images: Tensor) -> Tensor:
        return self.layers(images).flatten(1)  # [N, widths[-1] * base * base]


ARCHITECTURES["dcgan"] = Architecture(
    "strided convolutions with batch norm, 16 to 128 pixels (Radford et al. 2016)", DcganGenerator, DcganDiscriminator
)
