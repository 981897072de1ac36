"""What an inversion makes small: difference in pixels, difference to the extractor, and distance from the centre."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from explorer.core.inversion.latent import LatentSpace
from explorer.core.inversion.perception import Perception
from explorer.core.inversion.target import Target

READABLE = 16  # pixels a side of a view that an extractor can still read


@dataclass(frozen=True)
class Weights:
    """Of the parts of the loss.

    Attributes:
        pixels: of the mean squared difference, images running from -1 to 1.
        features: of the perceptual distance.
        centre: the pull to the centre, of the mean square of u.
        layers: the pull of each layer's u to their mean, which keeps an image editable (Tov et al. 2021).
    """

    pixels: float = 10.0
    features: float = 0.3
    centre: float = 0.02
    layers: float = 0.02


WEIGHTS = Weights()
FREE = Weights(features=0.0, centre=0.01)
"""Where most of the picture is not seen, the prior alone decides the rest."""


@dataclass(frozen=True)
class Objective:
    """The loss of a search for one or several pictures.

    Attributes:
        target: the pictures.
        perception: None for pixels alone.
        wanted: the pictures' features, [N, d], in their deviations.
        whole: whether these are of the images as they are, not of what the target sees of them.
    """

    target: Target
    space: LatentSpace
    weights: Weights
    perception: Perception | None = None
    wanted: Tensor | None = None
    whole: bool = False

    @classmethod
    @torch.no_grad()
    def of(cls, target: Target, space: LatentSpace, perception: Perception | None, weights: Weights) -> "Objective":
        """Features count where the whole picture is seen, at a size that the extractor can read."""
        if perception is None or target.mask is not None or target.side < READABLE or not weights.features:
            return cls(target, space, weights)
        return cls(target, space, weights, perception, perception.features(target.pixels))

    def take(self, rows: Tensor) -> "Objective":
        """That of the pictures of these rows."""
        wanted = None if self.wanted is None else self.wanted[rows]
        return replace(self, target=self.target.take(rows), wanted=wanted)

    def feature_distance(self, images: Tensor) -> Tensor | None:
        """Images [N, C, H, W] -> [N]; None where features do not count."""
        if self.perception is None or self.wanted is None:
            return None
        return self.perception.distance(images if self.whole else self.target.viewed(images), self.wanted)

    def residual(self, images: Tensor) -> Tensor:
        """How much the images [N, C, H, W] miss the pictures, [N]: the loss without its pulls; 0 is perfect."""
        loss = self.weights.pixels * self.target.error(images)
        features = self.feature_distance(images)
        return loss if features is None else loss + self.weights.features * features

    def __call__(self, images: Tensor, u: Tensor) -> Tensor:
        """Images [N, C, H, W] and their u [N, L, R] -> loss [N]."""
        loss = self.residual(images) + self.weights.centre * u.square().mean((1, 2))
        return loss + self.weights.layers * (u - u.mean(1, keepdim=True)).square().mean((1, 2))
