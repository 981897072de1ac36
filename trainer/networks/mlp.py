"""The original GAN: fully connected networks (Goodfellow et al. 2014, arXiv 1406.2661), for images and for points.

2-D points are images of one pixel with two channels, their coordinates.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from trainer.networks.architecture import ARCHITECTURES, Architecture
from trainer.networks.base import DirectGenerator, Discriminator, apply_spectral_norm
from trainer.util.errors import UserError

HIDDEN = 3  # layers
POINTS_GAIN = 5.0  # modes of points are a hundredth of the plane wide: D has to be steep there
MAX_SIDE = 64  # pixels a side: a fully connected layer has a weight for each


def check_size(resolution: int) -> None:
    """Raise UserError for a side that would give the network too many weights."""
    if resolution > MAX_SIDE:
        raise UserError(
            f"mlp has weights for every pixel: {resolution} x {resolution} images would need too many. "
            f"Choose --resolution 1 (points) to {MAX_SIDE}, such as 28 or 32.",
            field="resolution",
        )


def stack(dims: Sequence[int], activation: nn.Module, norm: bool = False) -> list[nn.Module]:
    """Linear layers from each width to the next, batch norm if wanted and an activation after each."""
    normed = [[nn.Linear(a, b), *([nn.BatchNorm1d(b)] if norm else []), activation] for a, b in pairwise(dims)]
    return [layer for layers in normed for layer in layers]


class MlpGenerator(DirectGenerator):
    """z is w: linear layers with ReLU; for images batch norm between them and tanh, for points neither.

    The paper has no batch norm, and dropout in D. Against such a G, D won for good in each of ten runs on digits (both
    losses, one to three steps of D, with and without dropout); with batch norm G learns, but for the minimax loss where
    D takes three steps.
    """

    pass_size = 1  # a matrix product rounds its rows differently

    def __init__(
        self,
        resolution: int,
        channels: int,
        z_dim: int = 64,
        width: int = 256,
        num_classes: int = 0,
        prior: str = "normal",
        codes: Sequence[int] = (0, 0),
    ):
        super().__init__(resolution, channels, z_dim, num_classes, prior, codes)
        check_size(resolution)
        points = resolution == 1
        last: nn.Module = nn.Identity() if points else nn.Tanh()
        hidden = stack([self.w_dim, *[width] * HIDDEN], nn.ReLU(), norm=not points)
        self.layers = nn.Sequential(*hidden, nn.Linear(width, channels * resolution**2), last)

    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """ws [N, 1, w_dim] -> images [N, C, H, W] in [-1, 1]; there are no noise inputs."""
        result: Tensor = self.layers(ws[:, 0]).unflatten(1, (self.channels, self.resolution, self.resolution))
        return result

    def style_matrices(self) -> list[Tensor]:
        """The first layer's weights, [width, w_dim]: what SeFa factorises."""
        return [self.layers[0].weight]  # type: ignore[list-item] # [width, w_dim]

    def early_features(self, ws: Tensor) -> Tensor:
        """ws [N, 1, w_dim] -> activations of the first hidden layer, [N, width]."""
        first = next(i for i, layer in enumerate(self.layers) if isinstance(layer, nn.ReLU))
        result: Tensor = self.layers[: first + 1](ws[:, 0])
        return result


class MlpDiscriminator(Discriminator):
    """Linear layers with LeakyReLU 0.2."""

    def __init__(
        self,
        resolution: int,
        channels: int,
        width: int = 256,
        num_classes: int = 0,
        spectral_norm: bool = False,
        minibatch_stddev: bool = False,
        pac_size: int = 1,
        codes: Sequence[int] = (0, 0),
    ):
        check_size(resolution)
        options: Any = {"pac_size": pac_size, "minibatch_stddev": minibatch_stddev, "codes": tuple(codes)}
        super().__init__(width, num_classes, nn.Linear(width, 1), **options)
        inputs = pac_size * channels * resolution**2
        self.gain = POINTS_GAIN if resolution == 1 else 1.0
        self.layers = nn.Sequential(nn.Flatten(), *stack([inputs, *[width] * HIDDEN], nn.LeakyReLU(0.2)))
        if spectral_norm:
            apply_spectral_norm(self)

    def features(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] -> [N, width], what the head reads."""
        result: Tensor = self.layers(images * self.gain)  # [N, width]
        return result


ARCHITECTURES["mlp"] = Architecture(
    "fully connected, up to 64 pixels, and 2-D points (Goodfellow et al. 2014)", MlpGenerator, MlpDiscriminator
)
