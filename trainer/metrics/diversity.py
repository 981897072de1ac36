"""How different the images of one batch are from each other: in features, and to the eye."""

import numpy as np
from numpy import ndarray
from scipy.ndimage import correlate1d

from trainer.metrics.base import METRICS, SHARE, Figure, Measure
from trainer.metrics.checks import features, image_batch
from trainer.metrics.distances import blocks, pair_distances

WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])  # of the scales, finest first (Wang et al. 2003)
WINDOW = 11  # pixels, Gaussian with a deviation of 1.5
PAIRS = 500


def feature_distance(*, real: ndarray, fake: ndarray) -> dict[str, float]:
    """Mean Euclidean distance over all pairs of fakes, and the same of the reals.

    Args: real, fake: features of shape (n, d) and (m, d).
    Returns: feature units; best when both are equal. Near 0 for the fakes says total collapse.
    Bias: none.
    Fails: sees collapse only when a few images are left; blur lowers it, noise raises it.
    Raises: UserError for other shapes, fewer than 2 rows, or numbers that are not finite.
    """
    real, fake = features(real=real, fake=fake)
    return {"feature_distance": mean_distance(fake), "feature_distance_real": mean_distance(real)}


def mean_distance(points: ndarray) -> float:
    """Mean Euclidean distance over all pairs of points (n, d), n at least 2, in feature units."""
    total = sum(float(np.sqrt(square).sum()) for square in pair_distances(points))
    return total / (len(points) * (len(points) - 1) / 2)


def fake_ms_ssim(*, fake_images: ndarray, seed: int = 0) -> float:
    """Mean MS-SSIM of random pairs of fakes; see `mean_ms_ssim`."""
    return mean_ms_ssim("fake_images", fake_images, seed)


def real_ms_ssim(*, real_images: ndarray, seed: int = 0) -> float:
    """Mean MS-SSIM of random pairs of reals; see `mean_ms_ssim`."""
    return mean_ms_ssim("real_images", real_images, seed)


def mean_ms_ssim(name: str, values: ndarray, seed: int) -> float:
    """Mean multi-scale structural similarity of 500 random pairs, no image twice (fewer if there are fewer).

    Args: values: images of shape (n, C, H, W) in [-1, 1]. seed: draws the pairs.
    Returns: 0 to 1; lower is more diverse. Above that of the real images says that diversity was lost.
    Bias: none; a standard error of about 0.01 at 500 pairs.
    Fails: sees collapse only when nine of ten classes are gone; noise looks diverse. Compare within one class where
        there are classes.
    Raises: UserError for another shape or range, fewer than 2 images, or sides under 11 pixels.
    Source: Odena et al. 2017, arXiv 1610.09585 (100 pairs a class there).
    """
    images = image_batch(name, values, minimum=2, side=WINDOW)
    pairs = min(PAIRS, len(images) // 2)
    first, second = np.random.default_rng(seed).permutation(len(images))[: 2 * pairs].reshape(2, pairs)
    parts = blocks(pairs, images[0].size)
    found = [ms_ssim(first=images[first[part]], second=images[second[part]]) for part in parts]
    return float(np.concatenate(found).mean())


def ms_ssim(*, first: ndarray, second: ndarray) -> ndarray:
    """Multi-scale structural similarity of images (n, C, H, W) in [-1, 1], pair by pair -> (n,), 1 = the same.

    Wang's five scales, or as many as leave 11 pixels, with the weights scaled to a sum of 1 (a 64-pixel image has
    three). Gaussian window of 11 pixels, deviation 1.5, no padding; K1 = 0.01, K2 = 0.03 of the range, black being 0;
    halved by means of 2 x 2; negative contrast terms count as 0; channels are averaged.

    Source: Wang et al. 2003, 'Multiscale structural similarity for image quality assessment'.
    """
    first, second = (first.astype(np.float64) + 1) / 2, (second.astype(np.float64) + 1) / 2  # luminance is not below 0
    scales = min(len(WEIGHTS), int(np.log2(min(first.shape[2:]) / WINDOW)) + 1)
    weights = WEIGHTS[:scales] / WEIGHTS[:scales].sum()
    product = np.ones(first.shape[:2])
    for scale, weight in enumerate(weights):
        structure, whole = similarities(first, second)
        product *= (whole if scale == scales - 1 else structure).clip(0) ** weight
        first, second = halved(first), halved(second)
    result: ndarray = product.mean(1)
    return result


def similarities(first: ndarray, second: ndarray) -> tuple[ndarray, ndarray]:
    """Contrast-structure term and whole SSIM, each the mean over positions, (n, C)."""
    c1, c2 = 0.01**2, 0.03**2
    mean1, mean2 = smooth(first), smooth(second)
    variance1 = smooth(first * first) - mean1 * mean1
    variance2 = smooth(second * second) - mean2 * mean2
    covariance = smooth(first * second) - mean1 * mean2
    structure = (2 * covariance + c2) / (variance1 + variance2 + c2)
    luminance = (2 * mean1 * mean2 + c1) / (mean1 * mean1 + mean2 * mean2 + c1)
    return structure.mean((2, 3)), (luminance * structure).mean((2, 3))


def smooth(images: ndarray) -> ndarray:
    """Gaussian window at every position where it fits."""
    offset = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(offset**2) / (2 * 1.5**2))
    edge = slice(WINDOW // 2, -(WINDOW // 2))
    blurred = correlate1d(correlate1d(images, window / window.sum(), axis=2), window / window.sum(), axis=3)
    result: ndarray = blurred[:, :, edge, edge]
    return result


def halved(images: ndarray) -> ndarray:
    """Means of 2 x 2 pixels; an odd last row or column is left out."""
    n, c, h, w = images.shape
    result: ndarray = images[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))
    return result


METRICS["feature-distance"] = Measure(
    feature_distance,
    feature_distance=Figure(
        "Mean distance",
        "mean distance between two generated images",
        unit="feature units",
        better="real",
        reading="Near 0: total collapse.",
        panel="context",
    ),
    feature_distance_real=Figure("Mean distance of real images", "the same of the real images"),
)
METRICS["ms-ssim"] = Measure(
    fake_ms_ssim,
    ms_ssim=Figure("MS-SSIM", "mean MS-SSIM of random pairs of generated images", better="lower", range=SHARE),
)
METRICS["ms-ssim-real"] = Measure(
    real_ms_ssim, ms_ssim_real=Figure("MS-SSIM of real images", "the same of the real images", range=SHARE)
)
