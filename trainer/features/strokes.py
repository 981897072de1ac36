"""What can be measured of a drawn stroke without any network: thickness, slant and width, in pixels and degrees.

After Morpho-MNIST (Castro et al. 2019, JMLR 20, arXiv 1809.10780, section 2), from moments and the total variation in
place of a skeleton, so that every measure can be differentiated. All: images [N, C, H, W] in [-1, 1], bright on dark,
-> float [N].
"""

import torch
import torch.nn.functional as F
from torch import Tensor

TINY = 1e-6


def ink(images: Tensor) -> Tensor:
    """How bright each pixel is, 0 to 1: [N, H, W]."""
    return (images.mean(1) + 1) / 2


def thickness(images: Tensor) -> Tensor:
    """Mean thickness of the stroke, in pixels: twice its area by the length of its outline (the total variation)."""
    drawn = F.pad(ink(images), (1, 1, 1, 1))
    across, along = drawn[:, :-1, 1:] - drawn[:, :-1, :-1], drawn[:, 1:, :-1] - drawn[:, :-1, :-1]
    outline = (across.square() + along.square() + TINY**2).sqrt().sum((1, 2))
    return 2 * drawn.sum((1, 2)) / (outline + TINY)


def moments(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Variance across, variance along and covariance of the ink, in pixels squared, [N] each; y grows downwards."""
    drawn = ink(images)
    h, w = drawn.shape[1:]
    mass = drawn.sum((1, 2)) + TINY
    x, y = torch.arange(w, dtype=drawn.dtype), torch.arange(h, dtype=drawn.dtype)[:, None]
    dx = x - ((drawn * x).sum((1, 2)) / mass)[:, None, None]  # [N, 1, W]
    dy = y - ((drawn * y).sum((1, 2)) / mass)[:, None, None]  # [N, H, 1]
    return tuple((drawn * part).sum((1, 2)) / mass for part in (dx * dx, dy * dy, dx * dy))  # type: ignore[return-value]


def slant(images: Tensor) -> Tensor:
    """How far the stroke leans, in degrees from upright: the shear of its moments; positive leans to the right."""
    _, along, both = moments(images)
    return torch.rad2deg(torch.atan(-both / (along + TINY)))


def width(images: Tensor) -> Tensor:
    """How wide the stroke is once it is upright, in pixels: of an even bar that spreads as far."""
    across, along, both = moments(images)
    return (12 * (across - both.square() / (along + TINY)).clamp(min=TINY)).sqrt()
