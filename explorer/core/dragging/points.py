"""Features at points of the image, and where a feature has gone."""

import torch
import torch.nn.functional as F
from torch import Tensor

FAR = 0.05  # how much worse, as a share, a place counts for each pixel that it is away


def features_of(features: Tensor, points: Tensor, side: int) -> Tensor:
    """Features [1, C, s, s] at points (x, y) [..., 2] of an image of `side` pixels, bilinear: [..., C].

    As if the features had been resized to the image; beyond its edge those of the edge.
    """
    grid = points.reshape(1, 1, -1, 2) * (2 / side) - 1  # of grid_sample: -1 and 1 are the image's edges
    found = F.grid_sample(features, grid, padding_mode="border", align_corners=False)  # [1, C, 1, N]
    return found[0, :, 0].T.reshape(*points.shape[:-1], -1)


def disc(radius: float, spacing: float = 1.0) -> Tensor:
    """Offsets (x, y) of a grid within a circle, the centre first among them in no order: [N, 2]."""
    offsets = square(radius, spacing)
    return offsets[offsets.norm(dim=1) <= radius + 1e-6]


def square(radius: float, spacing: float = 1.0) -> Tensor:
    """Offsets (x, y) of a grid within a square, its centre one of them: [N, 2]."""
    reach = int(radius / spacing + 1e-6)
    line = torch.arange(-reach, reach + 1) * spacing
    return torch.cartesian_prod(line, line)


def tracked(features: Tensor, points: Tensor, wanted: Tensor, disc: Tensor, offsets: Tensor, side: int) -> Tensor:
    """Where each handle is now: of all places around it, the one whose disc of features is most like the first.

    One feature alone is the same all along an outline; a disc of them is less so. Of equal places the nearest counts.

    Args: features [1, C, s, s]; points [K, 2]: where they were last; wanted [K, D, C]: the features of their discs at
        the very beginning; disc [D, 2]; offsets [N, 2]: the places around each.
    Returns: [K, 2], within the image.
    """
    places = (points[:, None] + offsets).clamp(0, side)  # [K, N, 2]
    found = features_of(features, places[:, :, None] + disc, side)  # [K, N, D, C]
    gaps = (found - wanted[:, None]).norm(dim=3).mean(2)  # [K, N]
    gaps = gaps * (1 + FAR * offsets.norm(dim=1))
    return places[torch.arange(len(points)), gaps.argmin(1)]
