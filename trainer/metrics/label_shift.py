"""How often each class is made, told by a reader that errs, and whether class proportions explain how images differ.

Label shift: two sets differ in the proportions of their classes alone, so that within a class they look the same. Then
what a reader says of the second set, and how it errs on the first, give the proportions of the second.
"""

from typing import NamedTuple

import numpy as np
from numpy import ndarray
from scipy.optimize import minimize_scalar
from scipy.stats import chi2, norm

SMALLEST = 1e-8  # probabilities below it are as good as none: those that are kept in 16 bits end about there
COLDEST, HOTTEST = 0.1, 20.0  # temperatures looked at
STEPS, SETTLED = 1000, 1e-7  # of expectation-maximisation: at most so many, until no share changes by more


class Shares(NamedTuple):
    """Shares of k classes, (k,) each: among the reals; among the fakes, with their interval at 95 %."""

    real: ndarray
    fake: ndarray
    low: ndarray
    high: ndarray


class Moved(NamedTuple):
    """How far features lie from where the proportions of the classes would have them.

    Attributes:
        squared: squared Mahalanobis distance of the means, in variances of the reals, less what chance gives; 0 in
            healthy data.
        probable: the same of healthy data, its upper bound.
    """

    squared: float
    probable: float


def fitted_temperature(*, probabilities: ndarray, labels: ndarray) -> float:
    """The temperature at which a reader is as sure as it is right: least negative log-likelihood of the true labels.

    Args: probabilities: (n, k), of images that the reader was not trained on; labels: their true classes, int (n,).
    Returns: above 0; above 1 for a reader that is too sure of itself. Source: Guo et al. 2017, arXiv 1706.04599.
    """
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        true = tempered(probabilities, float(np.exp(log_temperature)))[rows, labels]
        return float(-np.log(true.clip(SMALLEST)).mean())

    found = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(found.x))


def tempered(probabilities: ndarray, temperature: float) -> ndarray:
    """Probabilities (n, k) at another temperature: logits divided by it."""
    logits = np.log(probabilities.astype(np.float64).clip(SMALLEST)) / temperature
    powers = np.exp(logits - logits.max(1, keepdims=True))
    result: ndarray = powers / powers.sum(1, keepdims=True)
    return result


def corrected_shares(*, real: ndarray, fake: ndarray) -> Shares:
    """How often each class is made: the shares under which what is read of the fakes is likeliest.

    Args: real, fake: calibrated probabilities of k classes, (n, k) and (m, k).
    Returns: shares from 0 to 1; those of the reals are the means of their probabilities. The intervals are normal, by
        the observed information, and take the reals' shares as known.
    Fails: where the fakes look different within a class: blur that a reader takes for another class counts as it. See
        `unexplained`.
    Source: Saerens et al. 2002; Alexandari et al. 2020, arXiv 1901.06852, on why probabilities have to be calibrated.
    """
    prior = np.maximum(real.mean(0), SMALLEST)
    likelihood = fake / prior
    shares = likeliest(likelihood, prior)
    ratios = likelihood / (likelihood @ shares)[:, None]
    free = np.linalg.svd(np.ones((1, len(prior))))[2][1:]  # (k - 1, k): shares sum to 1, these directions are left
    covariance = free.T @ np.linalg.pinv(free @ (ratios.T @ ratios) @ free.T, hermitian=True) @ free
    half = norm.ppf(0.975) * np.sqrt(np.diag(covariance).clip(0))
    return Shares(prior, shares, (shares - half).clip(0), (shares + half).clip(0, 1))


def likeliest(likelihood: ndarray, start: ndarray, held: int | None = None) -> ndarray:
    """The shares (k,) that are likeliest, from likelihoods (m, k), by expectation-maximisation; `held`: the class whose
    share stays as it is at the start."""
    shares: ndarray = start / start.sum()
    kept = 0.0 if held is None else shares[held]
    for _ in range(STEPS):
        given = likelihood * shares
        before, shares = shares, (given / given.sum(1, keepdims=True)).mean(0)
        if held is not None:
            shares[held] = 0.0
            shares *= (1 - kept) / shares.sum()
            shares[held] = kept
        if np.abs(shares - before).max() < SETTLED:
            break
    return shares


def chance_of_so_few(*, fake: ndarray, shares: Shares, label: int) -> float:
    """Chance that a class that is made as often as in the reals would seem to be made so much more rarely.

    Args: fake: calibrated probabilities (m, k). shares: what `corrected_shares` found. label: the class.
    Returns: 0 to 1, one-sided, by the likelihood ratio (Wilks); 1 for a class that is not made more rarely.
    """
    if shares.fake[label] >= shares.real[label]:
        return 1.0
    likelihood = fake / shares.real
    usual = likeliest(likelihood, shares.real, held=label)
    ratio = float(np.log((likelihood @ shares.fake) / (likelihood @ usual)).sum())
    return float(norm.sf(np.sqrt(max(0.0, 2 * ratio))))


def unexplained(*, real: ndarray, fake: ndarray, weights: ndarray, alpha: float) -> Moved:
    """How far the fakes' mean lies from that of the reals, once these have the fakes' proportions of classes.

    Args: real, fake: features (n, d) and (m, d). weights: how many times as often each real would be drawn in the
        fakes' proportions, (n,). alpha: chance that healthy data exceed `probable`.
    Fails: sees means alone, and under a tenth of a deviation nothing that m images could not show.
    """
    weights = weights / weights.sum()
    covariance = np.atleast_2d(np.cov(real.astype(np.float64), rowvar=False))
    gap = fake.mean(0, dtype=np.float64) - weights @ real
    chance = 1 / len(fake) + float(np.square(weights).sum())
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    squared = float(gap @ np.linalg.pinv(covariance, hermitian=True) @ gap)
    return Moved(max(0.0, squared - rank * chance), chance * (float(chi2.ppf(1 - alpha, rank)) - rank))
