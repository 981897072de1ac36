"""Kernel distance between two sets of features (KID), exact over all pairs."""

import numpy as np
from numpy import ndarray

from trainer.metrics.base import METRICS, Figure, Measure
from trainer.metrics.checks import LARGEST, features
from trainer.metrics.distances import blocks


def kernel_distance(*, real: ndarray, fake: ndarray) -> dict[str, float]:
    """Squared maximum mean discrepancy with the cubic kernel k(a, b) = (a.b / d + 1)^3; unbiased, over all pairs.

    mean of k over pairs of different reals + the same of fakes - 2 mean of k over (real, fake). No subsets are drawn,
    so it has no randomness of its own; packages agree when their subset is the full set.

    Args: real, fake: features of shape (n, d), as they are: the kernel depends on their scale.
    Returns: kid, in kernel units, lower is better, below 0 by chance when the sets are alike; kid_se, its standard
        error by the jackknife: each row left out once, the variances of both sets added.
    Bias: none in kid. kid_se is true for sets that differ; for sets that are alike it is up to sqrt(2) too large,
        because the statistic is degenerate there.
    Fails: it rises on any change of quality and so tells no collapse (two of ten classes lost, not one).
    Raises: UserError for other shapes, fewer than 3 rows, or numbers that are not finite.
    Source: Binkowski et al. 2018, arXiv 1801.01401; Gretton et al. 2012.
    """
    real, fake = features(real=real, fake=fake, minimum=3)
    real, fake = extended(real), extended(fake)
    n, m = len(real), len(fake)
    sums = sums_by_moments if moments_are_cheaper(n, m, real.shape[1]) else sums_by_pairs
    real_real, real_fake, fake_fake, fake_real = sums(real, fake)
    real_real -= own(real)
    fake_fake -= own(fake)
    within_real, within_fake, across = real_real.sum(), fake_fake.sum(), real_fake.sum()

    kid = within_real / (n * (n - 1)) + within_fake / (m * (m - 1)) - 2 * across / (n * m)
    # What kid would be without each row, up to a constant.
    without_real = (within_real - 2 * real_real) / ((n - 1) * (n - 2)) - 2 * (across - real_fake) / ((n - 1) * m)
    without_fake = (within_fake - 2 * fake_fake) / ((m - 1) * (m - 2)) - 2 * (across - fake_real) / (n * (m - 1))
    variance = (n - 1) * without_real.var() + (m - 1) * without_fake.var()
    return {"kid": float(kid), "kid_se": float(np.sqrt(variance))}


def standardised_distance(*, real: ndarray, fake: ndarray) -> dict[str, float]:
    """`kernel_distance` of features less the real mean, over the real deviation: free of the features' scale.

    The deviation is one number, the root mean square of the features' own, so that a feature which hardly varies in
    the real data does not outweigh all others. Values of different extractors are then of one size: 0 for sets that are
    alike, about 1 for sets that have little in common (the kernel of a real row with itself is about 8).

    Args: real, fake: features of shape (n, d).
    Returns: kid_standardised and kid_standardised_se, as `kernel_distance`; NaN if the reals are all the same.
    Bias: as `kernel_distance`; the deviation's own error is of a second order.
    Fails: as `kernel_distance`.
    Raises and source: as `kernel_distance`.
    """
    real, fake = features(real=real, fake=fake, minimum=3)
    mean, deviation = real.mean(0), np.sqrt(real.var(0, ddof=1).mean())
    rounding = 16 * np.finfo(np.float64).eps * abs(mean).max()
    if deviation <= rounding or abs(fake - mean).max() > deviation * LARGEST:
        return dict.fromkeys(("kid_standardised", "kid_standardised_se"), float("nan"))
    found = kernel_distance(real=(real - mean) / deviation, fake=(fake - mean) / deviation)
    return {"kid_standardised": found["kid"], "kid_standardised_se": found["kid_se"]}


def extended(points: ndarray) -> ndarray:
    """(n, d) -> (n, d + 1), whose products to the third power are the kernel: a.b / d + 1 = a'.b'."""
    return np.column_stack([points / np.sqrt(points.shape[1]), np.ones(len(points))])


def own(points: ndarray) -> ndarray:
    """The kernel of each row with itself, (n,)."""
    result: ndarray = np.square(points).sum(1) ** 3
    return result


def moments_are_cheaper(n: int, m: int, width: int) -> bool:
    """Whether third moments take fewer products than all pairs."""
    return 3 * (n + m) * width**2 / 2 < n * n + n * m + m * m


def sums_by_pairs(real: ndarray, fake: ndarray) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """The kernel summed for each real row over reals, over fakes; for each fake row over fakes, over reals."""

    def sums(rows: ndarray, columns: ndarray) -> tuple[ndarray, ndarray]:
        by_row, by_column = np.empty(len(rows)), np.zeros(len(columns))
        for part in blocks(len(rows), len(columns)):
            product = rows[part] @ columns.T
            kernel = np.square(product)
            kernel *= product
            by_row[part] = kernel.sum(1)
            by_column += kernel.sum(0)
        return by_row, by_column

    real_fake, fake_real = sums(real, fake)
    return sums(real, real)[0], real_fake, sums(fake, fake)[0], fake_real


def sums_by_moments(real: ndarray, fake: ndarray) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """The same sums through sum_j (a.b_j)^3 = <a a a, sum_j b_j b_j b_j>: linear in the number of rows."""
    width = real.shape[1]
    first, second = np.triu_indices(width)
    twice = np.where(first == second, 1.0, 2.0)  # each product of two different components stands for both orders

    def third_moment(points: ndarray) -> ndarray:
        moment = np.zeros((len(first), width))
        for part in blocks(len(points), len(first)):
            rows = points[part]
            moment += (rows[:, first] * rows[:, second]).T @ rows
        return moment * twice[:, None]

    moments = np.hstack([third_moment(real), third_moment(fake)])  # [products, 2 width]

    def sums(points: ndarray) -> ndarray:
        out = np.empty((2, len(points)))
        for part in blocks(len(points), len(first)):
            rows = points[part]
            with_both = (rows[:, first] * rows[:, second]) @ moments
            out[:, part] = [(half * rows).sum(1) for half in np.hsplit(with_both, 2)]
        return out

    (real_real, real_fake), (fake_real, fake_fake) = sums(real), sums(fake)
    return real_real, real_fake, fake_fake, fake_real


SAME = "the real rows are all the same"
METRICS["kid"] = Measure(
    kernel_distance,
    kid=Figure(
        "Kernel distance (KID)",
        "distance between both feature sets (cubic kernel, unbiased, all pairs); can be below 0",
        unit="the extractor's own unit",
        better="lower",
        range=(None, None),
        reading="It rises with any difference. Compare only values from the same extractor.",
        panel="verdict",
        card=True,
        table=True,
    ),
    kid_se=Figure("Error of the kernel distance", "standard error of kid (jackknife)"),
)
METRICS["kid-standardised"] = Measure(
    standardised_distance,
    kid_standardised=Figure(
        "Kernel distance, standardised",
        "kid of features divided by their real standard deviation: unitless",
        better="lower",
        range=(None, None),
        undefined=SAME,
        card=True,
    ),
    kid_standardised_se=Figure(
        "Error of the standardised kernel distance", "standard error of kid_standardised", undefined=SAME
    ),
)
