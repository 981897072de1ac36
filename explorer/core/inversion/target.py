"""The picture that is looked for, and what of it is seen: all, what was not rubbed out, or a smaller view."""

import math
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_SIDE = 2  # pixels of a smaller view


@dataclass(frozen=True)
class Target:
    """N pictures as they are seen. Immutable.

    Attributes:
        pixels: [N, C, s, s] in [-1, 1], at the size at which they are compared.
        mask: [N, 1, s, s], 1 where a pixel is seen and 0 where it was rubbed out; None where all are.
    """

    pixels: Tensor
    mask: Tensor | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def side(self) -> int:
        """Pixels a side at which images are compared."""
        return int(self.pixels.shape[-1])

    def take(self, rows: Tensor) -> Self:
        """The pictures of these rows; a row may be taken several times."""
        return type(self)(self.pixels[rows], None if self.mask is None else self.mask[rows])

    def viewed(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] as this target sees them, [N, C, s, s]: averaged down where it is smaller."""
        return resized(images, self.side)

    def error(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] -> mean squared difference over the seen pixels, [N]; images run from -1 to 1."""
        squared = (self.viewed(images) - self.pixels).square().mean(1, keepdim=True)
        if self.mask is None:
            return squared.mean((1, 2, 3))
        return (squared * self.mask).sum((1, 2, 3)) / self.mask.sum((1, 2, 3)).clamp(min=1)

    def filled(self, images: Tensor) -> Tensor:
        """The picture, what was rubbed out taken from images [N, C, H, W]: [N, C, s, s]."""
        if self.mask is None:
            return self.pixels
        return torch.lerp(self.viewed(images), self.pixels, self.mask)


def resized(images: Tensor, side: int) -> Tensor:
    """Images [N, C, H, W] at another size, [N, C, side, side]; smaller is an antialiased mean."""
    if images.shape[-2:] == (side, side):
        return images
    return F.interpolate(images, (side, side), mode="bilinear", antialias=True)


def rmse(error: float) -> float:
    """Mean squared difference of numbers from -1 to 1 -> root of it in steps of 8-bit pixels, 0 to 255."""
    return 127.5 * math.sqrt(max(error, 0.0))


def psnr(error: float) -> float:
    """Mean squared difference of numbers from -1 to 1 -> peak signal-to-noise ratio in dB; higher is better."""
    return 10 * math.log10(4 / max(error, 1e-10))
