"""Fills in what is missing of an image: gated convolutions (Yu et al. 2019, arXiv 1806.03589), small enough for a page.

Each feature is multiplied by a gate of its own that is learned, so that what lies in the hole need not count. The
middle is dilated, to see the whole image. Without norms, as there: their statistics would mix the hole in.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import elu, interpolate

from trainer.networks.architecture import ARCHITECTURES, Architecture
from trainer.networks.masks import draw_masks
from trainer.networks.translator import PictureCritic, Translator
from trainer.util.errors import UserError

MIDDLE = 8  # pixels a side where the network turns round
DILATIONS = (1, 2, 4)  # there


class Gated(nn.Module):
    """ELU(features) * sigmoid(gates), both of one convolution."""

    def __init__(self, c_in: int, c_out: int, kernel: int = 3, stride: int = 1, dilation: int = 1):
        super().__init__()
        padding = dilation * (kernel - 1) // 2
        self.conv = nn.Conv2d(c_in, 2 * c_out, kernel, stride, padding, dilation)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, c_in, s, s] -> [N, c_out, s / stride, s / stride]."""
        features, gates = self.conv(x).chunk(2, dim=1)
        return elu(features) * torch.sigmoid(gates)


class Inpainter(Translator):
    """An image and a mask to the image with its hole filled in; known pixels stay exactly as they are."""

    masked = True

    def __init__(self, resolution: int, channels: int, width: int = 24):
        super().__init__()
        if resolution % MIDDLE or (resolution // MIDDLE).bit_count() != 1 or resolution < 2 * MIDDLE:
            raise UserError(
                f"inpainting cannot fill in images of {resolution} x {resolution}: its levels halve the side down to "
                f"{MIDDLE}. Choose --resolution 16, 32, 64, 128, 256 or 512."
            )
        self.resolution = self.given_resolution = resolution
        self.channels = self.given_channels = channels
        depth = (resolution // MIDDLE).bit_length() - 1
        widths = [width // 2, *(width * min(1 << level, 4) for level in range(depth))]  # from the finest level
        self.first = Gated(channels + 1, widths[0])
        self.down = nn.ModuleList(Gated(widths[level], widths[level + 1], kernel=4, stride=2) for level in range(depth))
        self.middle = nn.ModuleList(Gated(widths[-1], widths[-1], dilation=dilation) for dilation in DILATIONS)
        self.up = nn.ModuleList(
            Gated(widths[level + 1] + widths[level], widths[level]) for level in reversed(range(depth))
        )
        self.to_image = nn.Conv2d(widths[0], channels, 3, 1, 1)

    def forward(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """The whole image as the network paints it, [N, C, R, R] in [-1, 1], before known pixels are put back.

        Args: given [N, C + 1, R, R], the mask last; what lies under the mask is not read.
        """
        mask = given[:, -1:]
        x = torch.cat([given[:, :-1] * (1 - mask), mask], dim=1)
        x, skips = self.first(x), []
        for level in self.down:
            skips.append(x)
            x = level(x)
        for layer in self.middle:
            x = x + layer(x)
        for level in self.up:
            x = level(torch.cat([interpolate(x, scale_factor=2.0), skips.pop()], dim=1))
        return torch.tanh(self.to_image(x))

    def translate(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """Images and masks [N, C + 1, R, R] -> images [N, C, R, R], outside the mask those that were given."""
        return blended(self(given), given)

    def given_of(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Images uint8 (N, R, R, C) with boxes and strokes rubbed out, and these masks: (N, R, R, C + 1)."""
        masks = draw_masks(len(images), self.resolution, rng)[..., None]
        return np.concatenate([np.where(masks, GREY, images), masks], axis=3, dtype=np.uint8)


GREY = 128  # of what is rubbed out, in a picture of it


def blended(painted: Tensor, given: Tensor) -> Tensor:
    """Painted images [N, C, R, R] where the mask of `given` [N, C + 1, R, R] is 1, the given ones where it is 0."""
    return torch.where(given[:, -1:] > 0.5, painted, given[:, :-1])


ARCHITECTURES["inpainting"] = Architecture(
    "gated convolutions that fill in what is missing of an image, with a critic of patches (Yu et al. 2019)",
    Inpainter,
    PictureCritic,
    method="inpainting",
)
