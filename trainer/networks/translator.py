"""The contract of networks that make an image of an image.

    translate(given, z)   given [N, given_channels, h, h] in [-1, 1], z [N, z_dim] or None -> images [N, C, H, H]

What one can do is asked of its capabilities (`z_dim`, `two_way`, `masked`, `scale`), never of its name.
"""

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor, nn

from trainer.util.errors import UserError


class Translator(nn.Module):
    """Base of every translator. A subclass sets the capabilities below and writes `translate`.

    Attributes:
        resolution, channels: of the images that it makes.
        given_resolution, given_channels: of the images that it is given, a mask not counted.
        z_dim: of its style code, drawn from the standard normal law; 0 for one output an input.
        two_way: whether `back` leads from its images to what they could have been made of.
        masked: whether a last channel is given, 1 where the image is to be filled in and 0 where it is known.
        encodes: whether `style_of` reads the style code off an image.
        pass_size: images a pass at which each comes out bit for bit the same wherever it stands in the pass.
    """

    resolution: int
    channels: int
    given_resolution: int
    given_channels: int
    z_dim: int = 0
    two_way: bool = False
    masked: bool = False
    encodes: bool = False
    pass_size: int = 2

    @property
    def scale(self) -> int:
        """How many times larger a side of its images is than of what it is given."""
        return self.resolution // self.given_resolution

    @property
    def inputs(self) -> int:
        """Channels given, the mask included."""
        return self.given_channels + self.masked

    @abstractmethod
    def translate(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """Images given [N, inputs, h, h] in [-1, 1], a mask 0 or 1, style codes [N, z_dim] -> images [N, C, H, H].

        Without style codes, a network that reads them takes the mean style, 0.
        """

    def back(self, images: Tensor) -> Tensor:
        """Images [N, C, H, H] -> what they could have been made of, [N, given_channels, h, h]; only where `two_way`."""
        raise NotImplementedError

    def style_of(self, images: Tensor) -> Tensor:
        """Images [N, C, H, H] -> the style codes that they were drawn in, [N, z_dim]; only where `encodes`."""
        raise NotImplementedError

    def given_of(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """What this one is given of an image, where that is made of the image itself.

        uint8 (N, H, H, C) -> uint8 (N, h, h, inputs), a mask as 0 or 255.
        """
        raise NotImplementedError

    def forward(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """`translate`, as training calls it."""
        return self.translate(given, z)

    def style(self, given: Tensor, z: Tensor | None) -> Tensor:
        """The style codes to use, [N, z_dim]."""
        return given.new_zeros(len(given), self.z_dim) if z is None else z


class PatchCritic(nn.Module):
    """PatchGAN (Isola et al. 2017, section 3.2.2): a logit for each patch of an image; high: taken for real.

    Two strided levels see patches of 34 x 34 pixels, three of 70 x 70, which at 64 pixels is the whole image. Without
    batch norm, so that what it says of an image depends on no other one.
    """

    def __init__(self, resolution: int, channels: int, given_channels: int = 0, width: int = 32, patch_levels: int = 2):
        super().__init__()
        self.resolution, self.channels, self.given_channels = resolution, channels, given_channels
        widths = [width << min(level, 3) for level in range(patch_levels + 1)]
        layers: list[nn.Module] = [nn.Conv2d(channels + given_channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        side = resolution // 2
        for level in range(1, patch_levels + 1):
            stride = 2 if level < patch_levels else 1
            side = side // 2 if stride == 2 else side - 1
            norm = nn.InstanceNorm2d(widths[level], affine=True) if side > 1 else nn.Identity()
            layers += [nn.Conv2d(widths[level - 1], widths[level], 4, stride, 1), norm, nn.LeakyReLU(0.2)]
        if side < 2:
            raise UserError(
                f"A critic of patches with {patch_levels} levels needs images of at least {3 << patch_levels} pixels a "
                f"side; these have {resolution}. Choose fewer --patch-levels."
            )
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, 1, 1))

    def forward(self, images: Tensor, given: Tensor | None = None) -> Tensor:
        """Images [N, C, H, H], beside what they were made of [N, given_channels, H, H] -> logits [N, 1, h, h]."""
        logits: Tensor = self.layers(images if given is None else torch.cat([images, given], dim=1))
        return logits

    def activations(self, images: Tensor) -> list[Tensor]:
        """What its hidden levels see of images [N, C, H, H], where it is given nothing beside: [N, c, h, h] each."""
        found, x = [], images
        for layer in list(self.layers)[:-1]:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                found.append(x)
        return found


class PictureCritic(PatchCritic):
    """A critic of patches that sees an image alone, and not what it was made of."""

    def __init__(self, resolution: int, channels: int, width: int = 32, patch_levels: int = 2):
        super().__init__(resolution, channels, 0, width, patch_levels)
