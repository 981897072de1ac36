"""What healthy data would give: expectations, deviations and bounds, without a simulation.

'Healthy' says that reals and fakes are independent draws from one continuous distribution. Each bound is one-sided at
`alpha`, the chance that healthy data lie beyond it. Never bootstrap with replacement instead: duplicates break every
measure that asks for nearest neighbours.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy import ndarray
from scipy.stats import betabinom, chi2, nbinom, norm

from trainer.metrics.birthday import closest_pairs
from trainer.metrics.checks import counts
from trainer.metrics.memorisation import copy_rank
from trainer.util.errors import UserError


class Null(NamedTuple):
    """A measure's expectation and standard deviation in healthy data."""

    expected: float
    deviation: float


def check_alpha(alpha: float) -> None:
    """Raises UserError unless 0 < alpha < 1."""
    if not 0 < alpha < 1:
        raise UserError(f"alpha is {alpha}; it must lie between 0 and 1.")


def check_count(name: str, value: float, minimum: int) -> None:
    """Raises UserError for a value below `minimum`, and for NaN."""
    if not value >= minimum:
        raise UserError(f"{name} is {value}; it must be at least {minimum}.")


def coverage_null(*, n_real: int, n_fake: int, k: int = 5, inflation: float = 1.4) -> Null:
    """Coverage of healthy data.

    Expected 1 - prod_{j=1..k} (N - j) / (N + M - j): a real's ball is empty if its k nearest of all N - 1 + M others
    are all real. Naeem et al. 2020, appendix. Exact in any dimension.

    The deviation is `inflation` times the binomial one, because neighbouring balls share their fakes: 1.0 to 1.6 in
    simulations of 2 to 64 dimensions, 1.8 in one dimension. The distribution is skewed: for a bound use
    `coverage_bound`, not a multiple of the deviation.
    """
    check_count("k", k, 1)
    check_count("n_real", n_real, k + 1)
    check_count("n_fake", n_fake, 1)
    expected = 1 - math.prod((n_real - j) / (n_real + n_fake - j) for j in range(1, k + 1))
    return Null(expected, inflation * math.sqrt(expected * (1 - expected) / n_real))


def coverage_bound(*, n_real: int, n_fake: int, k: int = 5, alpha: float = 0.001, dispersion: float = 2.0) -> float:
    """A coverage below this is found in healthy data with chance `alpha` at most.

    The number of empty balls as a negative binomial of the exact mean and `dispersion` times the variance of a Poisson.
    In simulations (2 to 64 dimensions, clusters, N from M / 2.5 to 2.5 M, 200 to 1,500 draws each) it was crossed in
    at most 1.1 % of draws at alpha = 0.01; a normal bound of the same variance in up to 4.6 % at alpha = 0.001.
    """
    check_alpha(alpha)
    empty = n_real * (1 - coverage_null(n_real=n_real, n_fake=n_fake, k=k).expected)
    return max(0.0, 1 - most_empty(empty, alpha, dispersion) / n_real)


def most_empty(expected: float, alpha: float, dispersion: float = 2.0) -> float:
    """More empty balls than this are found with chance `alpha` at most, where `expected` are; see `coverage_bound`."""
    return float(nbinom.isf(alpha, expected / (dispersion - 1), 1 / dispersion))


def empty_by_class(*, real_labels: ndarray, fake_labels: ndarray, k_classes: int, k: int = 5) -> ndarray:
    """Empty balls to expect in each class, (k_classes,), where fakes are healthy within it, in whatever proportions.

    The exact expectation of `coverage_null` class by class, as neighbours are mostly of one class. A class of k reals
    or fewer counts as covered.
    """
    real, fake = counts("real_labels", real_labels, k_classes), counts("fake_labels", fake_labels, k_classes)
    rows = zip(real, fake, strict=True)
    return np.array([n * math.prod((n - j) / (n + m - j) for j in range(1, k + 1)) if n > k else 0.0 for n, m in rows])


def kl_threshold(*, n_fake: int, k_classes: int, n_real: float = math.inf, alpha: float = 0.001) -> float:
    """The label KL that healthy data exceed with chance `alpha`: chi2_{K-1, 1-alpha} / 2 times (1/n_fake + 1/n_real).

    The G-test's large-sample law: each class should hold 5 images or more. Leave n_real out only if the real shares
    are known, not counted.

    Returns: nats (0.0139 at 1,000 fakes, K = 10, known shares).
    """
    check_alpha(alpha)
    check_count("n_fake", n_fake, 1)
    check_count("n_real", n_real, 1)
    check_count("k_classes", k_classes, 2)
    return float(chi2.ppf(1 - alpha, k_classes - 1) / 2 * (1 / n_fake + 1 / n_real))


def duplicates_bound(*, n_real: int, n_fake: int, alpha: float = 0.001) -> int:
    """More near-duplicate pairs than this are found in healthy data with chance `alpha` at most.

    The threshold is the c-th closest of the real pairs, so that a count of fakes below it is negative binomial: c
    successes at odds of the numbers of pairs. (A Poisson bound takes the threshold for exact and is crossed too often.)
    """
    check_alpha(alpha)
    check_count("n_real", n_real, 2)
    check_count("n_fake", n_fake, 2)
    real_pairs, pairs = n_real * (n_real - 1) / 2, n_fake * (n_fake - 1) / 2
    return int(nbinom.ppf(1 - alpha, closest_pairs(n_real), real_pairs / (real_pairs + pairs)))


def copy_fraction_bound(*, n_fake: int, n_held_out: int, alpha: float = 0.001) -> float:
    """More than this share of copies is found in healthy data with chance `alpha` at most.

    Exact: fakes and held-out reals are exchangeable, so that the number of fakes below the r-th of h held-out distances
    is beta-binomial (n, r, h + 1 - r). About 0.01 + z sqrt(0.01 x 0.99 (1/n + 1/h)), more for its skew.
    """
    check_alpha(alpha)
    check_count("n_fake", n_fake, 1)
    check_count("n_held_out", n_held_out, 1)
    rank = copy_rank(n_held_out)
    return float(betabinom.ppf(1 - alpha, n_fake, rank, n_held_out + 1 - rank) / n_fake)


def images_needed(*, share: float, k_classes: int, alpha: float = 0.001) -> int:
    """Fakes needed before the absence of a class of this share means anything: K (1 - share)^n <= alpha.

    With so many, any one of K such classes is missed by chance with probability `alpha` at most. About
    ln(K / alpha) / share: 66 for 10 equal classes at alpha = 0.01, 11,508 for 1,000.
    """
    check_alpha(alpha)
    check_count("k_classes", k_classes, 1)
    if not 0 < share <= 1:
        raise UserError(f"share is {share}; a class's share lies above 0, up to 1.")
    return math.ceil(math.log(k_classes / alpha) / -math.log1p(-share)) if share < 1 else 1


def z_score(alpha: float) -> float:
    """Deviations that a normal statistic exceeds with chance `alpha`, one-sided: 3.09 at 0.001."""
    check_alpha(alpha)
    return float(norm.ppf(1 - alpha))
