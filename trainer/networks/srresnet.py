"""Enlarges images: SRResNet (Ledig et al. 2017, arXiv 1609.04802), small enough for a page and for a CPU.

Residual blocks without batch norm, whose statistics leave marks (Lim et al. 2017), PixelShuffle, and the input itself,
enlarged, which the network adds detail to. All convolutions: it takes images of any side.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from trainer.networks.architecture import ARCHITECTURES, Architecture
from trainer.networks.translator import PictureCritic, Translator
from trainer.util.errors import UserError
from trainer.util.images import to_float, to_uint8

MIN_GIVEN = 4  # pixels a side
SCALES = (2, 4, 8)


class Residual(nn.Module):
    """Adds what two convolutions make of its input."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(width, width, 3, 1, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """x [N, width, s, s] -> [N, width, s, s]."""
        result: Tensor = x + self.layers(x)
        return result


class SRResNet(Translator):
    """Images `scale` times as large a side, with the detail that such images usually have."""

    def __init__(self, resolution: int, channels: int, scale: int = 4, width: int = 32, blocks: int = 6):
        super().__init__()
        if scale not in SCALES:
            raise UserError(f"srresnet cannot enlarge {scale} times. Choose --scale 2, 4 or 8.", field="scale")
        if resolution % scale or resolution // scale < MIN_GIVEN:
            raise UserError(
                f"srresnet cannot make images of {resolution} x {resolution} by --scale {scale}: choose a --resolution "
                f"that is a multiple of {scale}, from {MIN_GIVEN * scale} on, such as 32 or 64.",
                field="resolution",
            )
        self.resolution, self.given_resolution = resolution, resolution // scale
        self.channels = self.given_channels = channels
        self.first = nn.Sequential(nn.Conv2d(channels, width, 3, 1, 1), nn.LeakyReLU(0.2))
        self.blocks = nn.Sequential(*(Residual(width) for _ in range(blocks)), nn.Conv2d(width, width, 3, 1, 1))
        doubled = scale.bit_length() - 1
        self.up = nn.Sequential(*(layer for _ in range(doubled) for layer in doubling(width)))
        self.to_image = nn.Conv2d(width, channels, 3, 1, 1)
        for parameter in self.to_image.parameters():
            nn.init.zeros_(parameter)  # it begins as the enlarged input

    def translate(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """Images [N, C, h, h] of any side in [-1, 1] -> [N, C, scale * h, scale * h], which may go a little beyond."""
        x = self.first(given)
        detail: Tensor = self.to_image(self.up(x + self.blocks(x)))
        return detail + interpolate(given, scale_factor=float(self.scale), mode="bilinear")

    def given_of(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Images uint8 (N, H, H, C) made smaller, (N, h, h, C)."""
        return to_uint8(reduced(to_float(torch.from_numpy(np.ascontiguousarray(images))), self.scale))


def doubling(width: int) -> list[nn.Module]:
    """Twice the side, by PixelShuffle (Shi et al. 2016)."""
    return [nn.Conv2d(width, 4 * width, 3, 1, 1), nn.PixelShuffle(2), nn.LeakyReLU(0.2)]


def reduced(images: Tensor, scale: int) -> Tensor:
    """Images [N, C, H, H] in [-1, 1] made smaller: means of scale x scale pixels, as the 8 bits of a file hold them."""
    means = nn.functional.avg_pool2d(images, scale)
    return means.mul(127.5).add(127.5).round().div(127.5).sub(1)


ARCHITECTURES["srresnet"] = Architecture(
    "residual network that enlarges images, with a critic of patches (SRGAN, Ledig et al. 2017)",
    SRResNet,
    PictureCritic,
    method="srgan",
)
