"""Data copying: are generated images nearer to training images than held-out ones are, anywhere in the data?"""

import warnings

import numpy as np
from numpy import ndarray
from scipy.stats import rankdata
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from trainer.metrics.base import METRICS, Figure, Measure
from trainer.metrics.checks import features
from trainer.metrics.distances import nearest

LEAST_FAKE = 20  # images of a cell that is counted: the authors' threshold tau, times the number of images


def data_copying(*, real: ndarray, fake: ndarray, held_out: ndarray, cells: int = 5) -> float:
    """C_T: in each cell of the space, whether fakes are nearer to the training images than held-out reals are.

    The cells are k-means clusters of the training images. In each, Mann-Whitney's U of the distances to the cell's
    nearest training image, fakes against held-out, standardised by its mean and deviation in healthy data; then the
    mean over the cells with enough fakes, weighted by the held-out images in them.

    Args: real: features of the images that were trained on, (n, d); fake, held_out: (m, d), (h, d). cells: how many,
        fewer where a cell would hold less than LEAST_FAKE held-out images on average.
    Returns: a standardised difference, about 0 in healthy data, whose deviation is at most 1. Below -3 the fakes hug
        the training images; above 3 they are off the data. NaN where no cell has enough fakes.
    Bias: none: fakes and held-out images of healthy data can be exchanged.
    Fails: blur and noise raise it, which can hide copies; a few copies among many images, which `copies` finds, move it
        little. Copies are seen as far as the features see them.
    Raises: UserError for other shapes, fewer than 2 rows, or numbers that are not finite.
    Source: Meehan et al. 2020, arXiv 2004.05675, without the 1/2 that the authors' code takes off the mean of U.
    """
    real, fake, held_out = features(real=real, fake=fake, held_out=held_out)
    count = max(1, min(cells, len(real), len(held_out) // LEAST_FAKE))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different images than cells
        cut = KMeans(count, n_init=3, random_state=0).fit(real)
    of_real, of_fake, of_held_out = cut.labels_, cut.predict(fake), cut.predict(held_out)
    found = []
    for cell in np.unique(of_real):
        fakes, others = fake[of_fake == cell], held_out[of_held_out == cell]
        if len(fakes) >= LEAST_FAKE and len(others):
            known = real[of_real == cell]
            score = standardised_u(nearest(fakes, known, 1)[:, 0], nearest(others, known, 1)[:, 0])
            found.append((len(others), score))
    weights, scores = np.array(found).reshape(-1, 2).T
    return float(np.average(scores, weights=weights)) if found else float("nan")


def standardised_u(first: ndarray, second: ndarray) -> float:
    """How many pairs (a of the first, b of the second) have a > b, equal ones by half, less the mean of this number
    where both are of one law, over its deviation."""
    n, m = len(first), len(second)
    greater = rankdata(np.concatenate([first, second]))[:n].sum() - n * (n + 1) / 2
    return float((greater - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))


METRICS["data-copying"] = Measure(
    data_copying,
    data_copying=Figure(
        "Data copying (C_T)",
        "standardised difference of distances to training images, generated less held-out ones",
        range=(None, None),
        reading="About 0 for real data. Below -3: images hug the training images; above 3: they are off the data.",
        undefined="no part of the data has 20 generated images",
        panel="context",
    ),
)
