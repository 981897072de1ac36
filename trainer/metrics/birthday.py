"""Near-duplicates among generated images, and how many different images they suggest."""

import numpy as np
from numpy import ndarray
from scipy.stats import chi2, gamma

from trainer.metrics.base import METRICS, Figure, Measure
from trainer.metrics.checks import features
from trainer.metrics.distances import pair_distances

RATE = 1e-5  # of the real pairs, these closest ones say what a near-duplicate is
MIN_SCALE = 0.05  # blur brings images nearer, but not as near as this: those that are nearer are the same
MEDIAN_ROWS = 2000  # the median distance is taken among at most this many rows, evenly spaced


def birthday(*, real: ndarray, fake: ndarray) -> dict[str, float]:
    """Count pairs of fakes that are near-duplicates, and estimate the size of the support from them.

    A near-duplicate is a pair no further apart than the closest 1e-5 of the real pairs (at least one pair), times the
    ratio of the median distances, so that blurred images, which lie closer together, are not all duplicates; a ratio
    below MIN_SCALE is no blur and counts as 1, so that images which are nearly all the same are duplicates. If c of
    P pairs are, the effective number of different images is P / c; given as P over the median of c's rate, which is
    finite for c = 0 and then is Arora's rule: no duplicate in s images says s^2 / (2 ln 2).

    Args: real, fake: features of shape (n, d) and (m, d).
    Returns: duplicates, the number of such pairs; duplicates_expected, what healthy data would show (bounds:
        `nulls.duplicates_bound`), counted among the reals where their closest pairs are copies; support, number of
        images, higher is better, about 1e5 for healthy data by construction; support_low, its lower bound at 97.5 %.
    Bias: support cannot exceed about m^2 / 1.4, whatever the generator.
    Fails: sees a class lost only when one of ten is left. Duplicates in the real set lower the threshold to 0.
    Raises: UserError for other shapes, fewer than 2 rows, or numbers that are not finite.
    Source: Arora et al. 2018, arXiv 1706.08224, who evaluate duplicates by eye.
    """
    real, fake = features(real=real, fake=fake)
    real_pairs, pairs = pairs_of(real), pairs_of(fake)
    same = near(real)
    closest = closest_pairs(len(real)) if same > 0 else pairs_within(real, 0.0)
    count = pairs_within(fake, same * scale(real=real, fake=fake))
    return {
        "duplicates": float(count),
        "duplicates_expected": closest * pairs / real_pairs,
        "support": float(pairs / gamma.ppf(0.5, count + 1)),
        "support_low": float(pairs / (chi2.ppf(0.975, 2 * count + 2) / 2)),
    }


def near(real: ndarray) -> float:
    """The distance of the closest 1e-5 of the real pairs: what counts as the same image."""
    return smallest_distance(real, closest_pairs(len(real)))


def scale(*, real: ndarray, fake: ndarray) -> float:
    """How much nearer blur has brought the fakes: the ratio of the median distances, fake over real. 1 if the reals are
    all the same, and below MIN_SCALE, which no blur explains."""
    typical = median_distance(real)
    ratio = median_distance(fake) / typical if typical > 0 else 1.0
    return ratio if ratio >= MIN_SCALE else 1.0


def pairs_within(points: ndarray, distance: float) -> int:
    """How many pairs are no further apart."""
    return int(sum(np.count_nonzero(square <= distance**2) for square in pair_distances(points)))


def pairs_of(points: ndarray) -> int:
    """How many pairs n points make: n (n - 1) / 2."""
    return len(points) * (len(points) - 1) // 2


def closest_pairs(n_real: int) -> int:
    """How many of the real pairs count as closest: 1e-5 of them, and at least one."""
    return max(1, round(RATE * n_real * (n_real - 1) / 2))


def smallest_distance(points: ndarray, rank: int) -> float:
    """The rank-th smallest distance (1 = the smallest) of all pairs."""
    smallest = np.empty(0)
    for square in pair_distances(points):
        bound = smallest.max() if len(smallest) == rank else np.inf
        smallest = np.concatenate([smallest, square[square < bound]])
        if len(smallest) > rank:
            smallest = np.partition(smallest, rank - 1)[:rank]
    return float(np.sqrt(smallest.max()))


def median_distance(points: ndarray) -> float:
    """Median distance of the pairs among at most MEDIAN_ROWS rows."""
    step = -(-len(points) // MEDIAN_ROWS)
    return float(np.sqrt(np.median(np.concatenate(list(pair_distances(points[::step]))))))


METRICS["birthday"] = Measure(
    birthday,
    duplicates=Figure(
        "Near-duplicates",
        "pairs of generated images as close as the closest 1e-5 of the real pairs, scaled",
        better="lower",
        reading="Many: few distinct images are generated. The verdict counts them in pixel space.",
        panel="verdict",
    ),
    duplicates_expected=Figure("Near-duplicates expected", "duplicates expected of real data"),
    support=Figure(
        "Different images",
        "number of distinct images estimated from the duplicates (birthday paradox)",
        better="higher",
    ),
    support_low=Figure("Different images, at least", "lower bound of support at 97.5 %", better="higher"),
)
