"""DCGAN as published (Radford et al. 2016, arXiv 1511.06434, section 3)."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.networks.architecture import ARCHITECTURES, Architecture
from trainer.networks.base import DirectGenerator, Discriminator, apply_spectral_norm, normalisation
from trainer.util.errors import UserError


def base_and_levels(resolution: int) -> tuple[int, int]:
    """How to reach a resolution by doubling: 32 -> (4, 3), 28 -> (7, 2)."""
    for base in (4, 7):
        levels = (resolution // base).bit_length() - 1
        if levels >= 2 and base << levels == resolution <= 128:
            return base, levels
    raise UserError(
        f"dcgan and vae cannot generate {resolution} x {resolution} images. "
        "Choose --resolution 16, 28, 32, 56, 64, 112 or 128.",
        field="resolution",
    )


def init_dcgan(module: nn.Module) -> None:
    """Weights from N(0, 0.02), batch-norm gains from N(1, 0.02), as in the paper's own code."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


class DcganGenerator(DirectGenerator):
    """z is w: one linear projection, then fractionally strided convolutions, each with batch norm and ReLU.

    With `progressive`, `grown` is the depth: how many doublings are in use, the newest by its fraction, alpha. The
    image is enlarged to full size.
    """

    grown: Tensor

    def __init__(
        self,
        resolution: int,
        channels: int,
        z_dim: int = 100,
        width: int = 64,
        num_classes: int = 0,
        prior: str = "normal",
        codes: Sequence[int] = (0, 0),
        progressive: bool = False,
    ):
        super().__init__(resolution, channels, z_dim, num_classes, prior, codes)
        base, levels = base_and_levels(resolution)

        widths = [width << k for k in reversed(range(levels))]  # resolution 64: 512, 256, 128, 64
        self.project = nn.ConvTranspose2d(self.w_dim, widths[0], base, bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for c_in, c_out in pairwise(widths):
            layers += [nn.ConvTranspose2d(c_in, c_out, 4, 2, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU()]
        layers += [nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.levels, self.progressive = levels, progressive
        if progressive:
            self.coarse: Any = nn.ModuleList(nn.Conv2d(c, channels, 1) for c in widths)
            self.register_buffer("grown", torch.zeros(()))
        self.apply(init_dcgan)

    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """ws [N, 1, w_dim] -> images [N, C, H, W] in [-1, 1]; there are no noise inputs."""
        x = self.project(ws[:, 0, :, None, None])  # [N, widths[0], base, base]
        if self.progressive and float(self.grown) < self.levels:
            return self.growing(x, float(self.grown))
        result: Tensor = self.layers(x)  # [N, channels, resolution, resolution]
        return result

    def growing(self, x: Tensor, depth: float) -> Tensor:
        """The image of the doublings in use, the newest faded in, at full size."""
        x = self.layers[:2](x)
        image = self.coarse[0](x).tanh()  # [N, channels, base, base]
        for level in range(1, math.ceil(depth) + 1):
            last = level == self.levels
            x = self.layers[-2:](x) if last else self.layers[3 * level - 1 : 3 * level + 2](x)
            new = x if last else self.coarse[level](x).tanh()
            image = F.interpolate(image, scale_factor=2.0).lerp(new, min(1.0, depth - level + 1))
        return F.interpolate(image, size=self.resolution)

    def style_matrices(self) -> list[Tensor]:
        """The projection's weights, [widths[0] * base * base, w_dim]: what SeFa factorises."""
        return [self.project.weight.flatten(1).T]  # [widths[0] * base * base, w_dim]

    def early_features(self, ws: Tensor) -> Tensor:
        """ws [N, 1, w_dim] -> activations after the first batch norm and ReLU, [N, F]."""
        weight = self.project.weight
        x = (ws[:, 0] @ weight.flatten(1)).unflatten(1, weight.shape[1:])  # `project`, but fast for thousands of ws
        result: Tensor = self.layers[:2](x).flatten(1)  # after the first batch norm and ReLU
        return result


class DcganDiscriminator(Discriminator):
    """Strided convolutions with LeakyReLU 0.2; by default batch norm everywhere but at the input."""

    grown: Tensor

    def __init__(
        self,
        resolution: int,
        channels: int,
        width: int = 64,
        num_classes: int = 0,
        d_norm: str = "",
        spectral_norm: bool = False,
        minibatch_stddev: bool = False,
        pac_size: int = 1,
        codes: Sequence[int] = (0, 0),
        progressive: bool = False,
    ):
        base, levels = base_and_levels(resolution)
        widths = [width << k for k in range(levels)]
        size = widths[-1] * base * base
        options: Any = {"pac_size": pac_size, "minibatch_stddev": minibatch_stddev, "codes": tuple(codes)}
        super().__init__(size, num_classes, nn.Linear(size, 1), **options)
        layers: list[nn.Module] = [nn.Conv2d(channels * pac_size, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for c_in, c_out in pairwise(widths):
            norm = normalisation(d_norm or "batch", c_out)
            layers += [nn.Conv2d(c_in, c_out, 4, 2, 1, bias=False), norm, nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)
        self.levels, self.progressive = levels, progressive
        if progressive:  # for images of each smaller size, to the width of the layer that takes them over
            coarse = (nn.Sequential(nn.Conv2d(channels * pac_size, c, 1), nn.LeakyReLU(0.2)) for c in widths)
            self.coarse: Any = nn.ModuleList(coarse)
            self.register_buffer("grown", torch.zeros(()))
        self.apply(init_dcgan)
        if spectral_norm:
            apply_spectral_norm(self)

    def features(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] -> [N, widths[-1] * base * base], what the head reads."""
        if self.progressive and float(self.grown) < self.levels:
            return self.growing(images, float(self.grown)).flatten(1)
        result: Tensor = self.layers(images).flatten(1)  # [N, widths[-1] * base * base]
        return result

    def growing(self, images: Tensor, depth: float) -> Tensor:
        """Images at the size in use -> features; the newest layer faded in beside a coarser look."""
        skipped = self.levels - math.ceil(depth)  # strided layers that are not in use
        x = F.avg_pool2d(images, 2**skipped)
        if not depth:
            result: Tensor = self.coarse[-1](x)
            return result
        alpha = depth - math.ceil(depth) + 1
        small = self.coarse[skipped](F.avg_pool2d(x, 2))  # what the layers after the newest one read without it
        if skipped:
            x = self.coarse[skipped - 1](x)
            new = self.layers[3 * skipped - 1 : 3 * skipped + 2](x)
        else:
            new = self.layers[:2](x)
        result = self.layers[3 * skipped + 2 :](small.lerp(new, alpha))
        return result


ARCHITECTURES["dcgan"] = Architecture(
    "strided convolutions with batch norm, 16 to 128 pixels (Radford et al. 2016)",
    DcganGenerator,
    DcganDiscriminator,
    d_norm="batch",
)
