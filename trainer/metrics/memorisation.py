"""Copies of training images: are generated images nearer to them than unseen real ones are?"""

import numpy as np
from numpy import ndarray

from trainer.metrics.base import METRICS, SHARE, Figure, Measure
from trainer.metrics.checks import features
from trainer.metrics.distances import nearest

QUANTILE = 0.01


def copies(*, real: ndarray, fake: ndarray, held_out: ndarray) -> dict[str, float]:
    """Distances from fakes to their nearest training image, against those from held-out reals to theirs.

    copy_fraction: share of fakes no further than the closest 1 % of the held-out reals (the r-th smallest distance,
    r = copy_rank). nearest_ratio: median distance of the fakes over that of the held-out.

    Args: real: features of the images that were trained on, (n, d); fake, held_out: (m, d), (h, d).
    Returns: copy_fraction, 0 to 1, about 0.01 in healthy data (bound: `nulls.copy_fraction_bound`), lower is better;
        nearest_ratio, 1 in healthy data, below it fakes hug the training set, above it they are off the data.
    Bias: none in copy_fraction if h >= 99; with fewer held-out it is 1 / (h + 1) in healthy data.
    Fails: nearest_ratio rises on blur and noise, which can hide copies; copy_fraction stays silent on both. Mirrored or
        cropped copies are found only as far as the features see through that. Reals that the extractor was trained on
        may lie closer together than held-out ones.
    Raises: UserError for other shapes, or numbers that are not finite.
    Source: the quantile follows Meehan et al. 2020, arXiv 2004.05675.
    """
    real, fake, held_out = features(real=real, fake=fake, held_out=held_out, minimum=1)
    of_fake, of_held_out = (nearest(points, real, 1).ravel() for points in (fake, held_out))
    threshold = np.sort(of_held_out)[copy_rank(len(held_out)) - 1]
    typical = np.median(of_held_out)
    ratio = np.median(of_fake) / typical if typical > 0 else np.nan
    return {"copy_fraction": float((of_fake <= threshold).mean()), "nearest_ratio": float(ratio)}


def copy_rank(n_held_out: int) -> int:
    """Which of the held-out distances, the smallest being 1, is the threshold: a new one is below with about 1 %."""
    return max(1, int(QUANTILE * (n_held_out + 1)))


METRICS["copies"] = Measure(
    copies,
    copy_fraction=Figure(
        "Copies",
        "share of generated images closer to a training image than 99 % of held-out ones",
        better="lower",
        range=SHARE,
        reading="High: the model has memorised training images. The verdict tests this in pixel space.",
        panel="verdict",
        card=True,
    ),
    nearest_ratio=Figure(
        "Distance to training images",
        "median distance to the nearest training image, generated over held-out; 1 is ideal",
        undefined="half of the held-out images are training images themselves",
    ),
)
