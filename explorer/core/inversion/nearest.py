"""Is a picture a copy? The training images nearest to it, with the distances between real images as the yardstick."""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits
from torch import Tensor

from trainer.diagnosis import Reference
from trainer.metrics.distances import neighbours
from trainer.metrics.memorisation import copy_rank

SHOWN = 6


@dataclass(frozen=True)
class Nearest:
    """The neighbours of one picture, in pixel space.

    Attributes:
        seen: uint8 (n, s, s, C), the nearest training images, as far as 50 principal components hold them.
        seen_distances: their distances, float (n,), ascending.
        real: rows of the reference's held-out images, int64 (n,), nearest first; real_distances likewise.
        closer: share of held-out real images that are nearer to a training image than this picture is, 0 to 1.
        copied: whether it is as near as only 1 % of held-out real images are.
        typical: median distance of a held-out real image to its nearest training image.
    """

    seen: np.ndarray
    seen_distances: np.ndarray
    real: np.ndarray
    real_distances: np.ndarray
    closer: float
    copied: bool
    typical: float


def nearest_to(reference: Reference, images: Tensor, count: int = SHOWN) -> Nearest:
    """The neighbours of the first of images [N, C, H, W] in [-1, 1]."""
    place = reference.space(images[:1])  # (1, p)
    with threadpool_limits(1, "blas"):
        seen_distances, seen = neighbours(place, reference.seen, min(count, len(reference.seen)))
        real_distances, real = neighbours(place, reference.real.pixels, min(count, len(reference.real)))
    between = np.sort(reference.unseen_distances)
    return Nearest(
        seen=reference.space.images(reference.seen[seen[0]]),
        seen_distances=seen_distances[0],
        real=real[0],
        real_distances=real_distances[0],
        closer=float(np.searchsorted(between, seen_distances[0, 0]) / len(between)),
        copied=bool(seen_distances[0, 0] <= between[copy_rank(len(between)) - 1]),
        typical=float(np.median(between)),
    )


def told(found: Nearest, reference: Reference) -> str:
    """What the distances mean, in a sentence or two."""
    ratio = found.seen_distances[0] / found.typical if found.typical > 0 else float("nan")
    kind = "training image" if reference.unseen else "image of the other half of the data"
    text = (
        f"Its nearest {kind} is {found.seen_distances[0]:.2f} away; for a held-out real image, the median is "
        f"{found.typical:.2f} ({ratio:.2f} times that)."
    )
    if found.copied:
        text += " As close as only 1 % of held-out real images are: it may be a copy."
    else:
        text += f" {100 * found.closer:.0f} % of held-out real images are closer to theirs: no copy."
    if reference.unseen and reference.seen_share < 1:
        text += f" {len(reference.seen):,} of the {reference.dataset_size:,} images trained on were searched."
    return text
