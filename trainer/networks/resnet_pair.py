"""The two generators of CycleGAN (Zhu et al. 2017, arXiv 1703.10593, appendix 7.2), small enough for a page and a CPU.

Residual blocks with instance norm and reflected borders. Two things differ from the paper's. Sides are doubled by
repeating pixels before a convolution, as transposed ones leave a checkerboard (Odena et al. 2016). And the last
convolution sees the input again: of 32 pixels a side, two halvings leave 8, in which an eye is lost.
"""

import torch
from torch import Tensor, nn

from trainer.networks.architecture import ARCHITECTURES, Architecture
from trainer.networks.translator import PatchCritic, Translator
from trainer.util.errors import UserError

HALVED = 2  # times a side is halved, and doubled again
EDGE = 7  # pixels of the first and the last convolution


def bordered(c_in: int, c_out: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """A convolution that sees a reflected border, so that none shows in the image."""
    return [nn.ReflectionPad2d(kernel // 2), nn.Conv2d(c_in, c_out, kernel, stride)]


def normed(channels: int) -> list[nn.Module]:
    """Instance norm, then ReLU."""
    return [nn.InstanceNorm2d(channels, affine=True), nn.ReLU()]


class Residual(nn.Module):
    """Adds what two convolutions make of its input."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(
            *bordered(channels, channels, 3),
            *normed(channels),
            *bordered(channels, channels, 3),
            nn.InstanceNorm2d(channels, affine=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """x [N, c, s, s] -> [N, c, s, s]."""
        result: Tensor = x + self.layers(x)
        return result


class ResNet(nn.Module):
    """A generator: halves twice, changes, doubles twice."""

    def __init__(self, c_in: int, c_out: int, width: int, blocks: int):
        super().__init__()
        layers = [*bordered(c_in, width, EDGE), *normed(width)]
        for _ in range(HALVED):
            layers += [*bordered(width, 2 * width, 3, stride=2), *normed(2 * width)]
            width *= 2
        layers += [Residual(width) for _ in range(blocks)]
        for _ in range(HALVED):
            layers += [nn.Upsample(scale_factor=2), *bordered(width, width // 2, 3), *normed(width // 2)]
            width //= 2
        self.layers = nn.Sequential(*layers)
        self.to_image = nn.Sequential(*bordered(width + c_in, c_out, EDGE), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        """x [N, c_in, R, R] -> [N, c_out, R, R] in [-1, 1]."""
        image: Tensor = self.to_image(torch.cat([self.layers(x), x], dim=1))
        return image


class ResNetPair(Translator):
    """A generator from collection A, which is given, to collection B, and one that leads back."""

    two_way = True

    def __init__(self, resolution: int, channels: int, given_channels: int, width: int = 16, blocks: int = 3):
        super().__init__()
        if resolution % (1 << HALVED) or resolution < 2 * EDGE:
            raise UserError(
                f"The resolution is {resolution}; a pair of ResNets needs a multiple of {1 << HALVED} "
                f"from {2 * EDGE + 2}, such as 32, 64 or 256."
            )
        self.resolution = self.given_resolution = resolution
        self.channels, self.given_channels = channels, given_channels
        self.to_b = ResNet(given_channels, channels, width, blocks)
        self.to_a = ResNet(channels, given_channels, width, blocks)

    def translate(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """Images of A [N, given_channels, R, R] -> as of B, [N, C, R, R] in [-1, 1]."""
        images: Tensor = self.to_b(given)
        return images

    def back(self, images: Tensor) -> Tensor:
        """Images of B [N, C, R, R] -> as of A, [N, given_channels, R, R] in [-1, 1]."""
        given: Tensor = self.to_a(images)
        return given


class CollectionCritic(PatchCritic):
    """A critic of patches that sees one image, and not what it was made of; twice as wide as the generators."""

    def __init__(self, resolution: int, channels: int, width: int = 16, patch_levels: int = 1):
        super().__init__(resolution, channels, 0, 2 * width, patch_levels)


ARCHITECTURES["resnet-pair"] = Architecture(
    "two ResNets, from a collection of images to another and back, two critics (Zhu et al. 2017)",
    ResNetPair,
    CollectionCritic,
    method="cyclegan",
)
