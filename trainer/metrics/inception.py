"""Inception-type score: confident classes for each image, all classes over the batch."""

import numpy as np
from numpy import ndarray

from trainer.metrics.base import METRICS, Figure, Measure
from trainer.metrics.checks import probabilities


def inception_score(*, fake_probabilities: ndarray, splits: int = 10) -> dict[str, float]:
    """exp of the mean KL(p(y|x) || p(y)), p(y) being the mean over the split; the mean over `splits` splits.

    Args: fake_probabilities: a classifier's probabilities of the fakes, (n, k). They are split in the order given.
    Returns: inception_score, 1 to k, higher is better; inception_score_sd, the deviation over the splits, divided by
        the number of splits (not less one), as in Salimans' and torch-fidelity; torchmetrics divides by one less.
    Bias: downwards for few images a split.
    Fails: blind within a class, and rises when each class has one perfect image; ignores the real data; means
        little where the classifier was trained on other classes than the data's.
    Raises: UserError for another shape, rows that are no distribution, or fewer rows than splits.
    Source: Salimans et al. 2016, arXiv 1606.03498; Barratt and Sharma 2018, arXiv 1801.01973, on its limits.
    """
    p = probabilities("fake_probabilities", fake_probabilities, minimum=splits)
    scores = [split_score(part) for part in np.array_split(p, splits)]
    return {"inception_score": float(np.mean(scores)), "inception_score_sd": float(np.std(scores))}


def split_score(p: ndarray) -> float:
    """exp of the mean KL of the rows (n, k) to their mean; 0 log 0 = 0."""
    mean = p.mean(0)
    ratio = np.where(p > 0, p, 1) / np.where(p > 0, mean, 1)
    return float(np.exp((p * np.log(ratio)).sum(1).mean()))


METRICS["inception-score"] = Measure(
    inception_score,
    inception_score=Figure(
        "Inception-type score",
        "exp of the mean KL of class probabilities, 1 to the number of classes",
        better="higher",
        reading="High: confident and diverse classes, by the data set's own classifier.",
        panel="context",
    ),
    inception_score_sd=Figure(
        "Deviation of the Inception-type score", "standard deviation of inception_score over 10 splits (dividing by 10)"
    ),
)
