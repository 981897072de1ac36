"""Differentiable augmentation: what D sees, real or generated, is changed at random, and G learns through the change.

On few images D otherwise learns them by heart (DiffAugment, Zhao et al. 2020, arXiv 2006.10738).
Every random number is drawn on the CPU, from the generator that is given.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trainer.util.registry import Registry

SHIFT = 1 / 8  # of the side, at most
ADA_IMAGES = 100_000
HOLE = 1 / 2  # side of the square that is cut out, of the image's

Augmentation = Callable[[Tensor, Callable[..., Tensor]], Tensor]
AUGMENTATIONS: Registry[Augmentation] = Registry("augmentation")


def augmentations(policy: str) -> list[Augmentation]:
    """`color,translation` -> functions. Raises UserError for a name that nobody knows."""
    return [AUGMENTATIONS[name.strip()] for name in policy.split(",") if name.strip()]


def augment(
    images: Tensor, policy: str, rng: torch.Generator, mine: slice = slice(None), batch: int = 0, share: float = 1.0
) -> Tensor:
    """Change each image at random: [N, C, H, W] -> the same shape.

    Args: policy: names of AUGMENTATIONS, with commas; "" changes nothing. mine, batch: which N rows of a whole batch
        these images are; all numbers are drawn for the whole one, so that several processes agree. share: how many of
        the images each change is applied to.
    """

    def draw(*shape: int) -> Tensor:
        """Uniform numbers in [0, 1), [N, *shape]."""
        return torch.rand(batch or len(images), *shape, generator=rng)[mine].to(images.device)

    for change in augmentations(policy):
        changed = change(images, draw)
        images = changed if share >= 1 else torch.where(draw(1, 1, 1) < share, changed, images)
    return images


def update_ada_p(p: float, sign: float, target: float, nimg: int) -> float:
    """The next share of augmented images: a little more while D is surer of real images than `target`.

    Args: p: the share now; sign: mean sign of D's logits on real images, -1 to 1 (r_t of ADA, Karras et al. 2020, arXiv
        2006.06676, equation 1); nimg: real images since the last call. It takes ADA_IMAGES to go from 0 to 1.
    """
    step = nimg / ADA_IMAGES
    return min(1.0, max(0.0, p + (step if sign > target else -step)))


@AUGMENTATIONS.add("color")
def color(images: Tensor, draw: Callable[..., Tensor]) -> Tensor:
    """Brightness, saturation and contrast."""
    images = images + (draw(1, 1, 1) - 0.5)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * (draw(1, 1, 1) * 2)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * (draw(1, 1, 1) + 0.5)


@AUGMENTATIONS.add("translation")
def translation(images: Tensor, draw: Callable[..., Tensor]) -> Tensor:
    """A shift by up to an eighth of the side; what comes in is grey."""
    n, _, h, w = images.shape
    maximum = (max(1, round(h * SHIFT)), max(1, round(w * SHIFT)))
    dy, dx = ((draw() * (2 * m + 1)).floor().long().clamp(max=2 * m) for m in maximum)  # [N], 0 .. 2 m
    padded = F.pad(images, (maximum[1], maximum[1], maximum[0], maximum[0]))
    rows = (dy[:, None] + torch.arange(h, device=images.device))[:, :, None]  # [N, H, 1]
    columns = (dx[:, None] + torch.arange(w, device=images.device))[:, None, :]  # [N, 1, W]
    which = torch.arange(n, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[which, rows, columns].permute(0, 3, 1, 2)


@AUGMENTATIONS.add("cutout")
def cutout(images: Tensor, draw: Callable[..., Tensor]) -> Tensor:
    """A square of half the side becomes grey."""
    h, w = images.shape[2:]
    top, left = draw() * h, draw() * w  # [N], of its centre
    far_y = (torch.arange(h, device=images.device) - top[:, None]).abs() > h * HOLE / 2  # [N, H]
    far_x = (torch.arange(w, device=images.device) - left[:, None]).abs() > w * HOLE / 2
    kept: Any = far_y[:, None, :, None] | far_x[:, None, None, :]  # [N, 1, H, W]
    result: Tensor = images * kept
    return result
