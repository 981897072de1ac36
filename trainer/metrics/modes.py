"""Classes: how many are made, and in which proportions."""

from typing import Any

import numpy as np
from numpy import ndarray
from scipy.stats import norm

from trainer.metrics.base import METRICS, SHARE, Chart, Figure, Measure
from trainer.metrics.checks import counts


def modes_captured(*, fake_labels: ndarray, k_classes: int) -> float:
    """Number of classes that at least one fake belongs to.

    Args: fake_labels: a classifier's labels of the fakes, (n,), 0 to k_classes - 1.
    Returns: 0 to k_classes; higher is better.
    Bias: downwards for small n: a class of share p is missed with probability (1 - p)^n (`nulls.images_needed`).
    Fails: the classifier leaks: with five of ten digits gone four in five draws still show all ten. Use it for stacked
        MNIST's table, not as evidence.
    Raises: UserError for labels out of range.
    Source: Metz et al. 2017, arXiv 1611.02163.
    """
    return float(np.count_nonzero(counts("fake_labels", fake_labels, k_classes)))


def label_kl(*, real_labels: ndarray, fake_labels: ndarray, k_classes: int) -> float:
    """KL(p_fake || p_real) of the two histograms of classes.

    A class without any real image counts as half an image there, so that the sum stays finite.

    Args: real_labels, fake_labels: the same classifier's labels, (n,) and (m,), 0 to k_classes - 1.
    Returns: nats, 0 if the proportions are the same; lower is better.
    Bias: upwards: healthy data give about (K - 1) (1/n + 1/m) / 2 (`nulls.kl_threshold`).
    Fails: blind within a class; a classifier that errs on blurred or noisy images shows as imbalance.
    Raises: UserError for labels out of range.
    Source: Metz et al. 2017, arXiv 1611.02163.
    """
    real = counts("real_labels", real_labels, k_classes)
    fake = counts("fake_labels", fake_labels, k_classes)
    real = np.maximum(real, 0.5) / np.maximum(real, 0.5).sum()
    fake = fake / fake.sum()
    made = fake > 0
    return max(0.0, float((fake[made] * np.log(fake[made] / real[made])).sum()))


def wilson(count: Any, n: Any, level: float = 0.95) -> tuple[ndarray, ndarray]:
    """Lower and upper bound of a share of which `count` of `n` were seen; two-sided at `level`.

    Source: Wilson 1927. It holds its level on average, near 0 and 1 too, and never leaves [0, 1].
    """
    count, n = np.asarray(count, np.float64), np.asarray(n, np.float64)
    z = norm.ppf(0.5 + level / 2)
    middle = (count + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * np.sqrt(count * (n - count) / n + z * z / 4)
    low = np.where(count == 0, 0.0, (middle - half).clip(0))  # both exact at the ends, where rounding blurs them
    return low, np.where(count == n, 1.0, (middle + half).clip(0, 1))


def mode_shares(*, real_labels: ndarray, fake_labels: ndarray, k_classes: int) -> dict[str, Any]:
    """Each class's share of the fakes with its Wilson interval at 95 %, and its share of the reals.

    Args: real_labels, fake_labels: the same classifier's labels, (n,) and (m,), 0 to k_classes - 1.
    Returns: lists of k_classes shares from 0 to 1; best when share_fake equals share_real. The intervals are for each
        class by itself and treat the real shares as known.
    Bias: none, apart from the classifier's errors.
    Fails: blind within a class. With K classes 5 % of the intervals miss by chance.
    Raises: UserError for labels out of range.
    Source: Wilson 1927.
    """
    real = counts("real_labels", real_labels, k_classes)
    fake = counts("fake_labels", fake_labels, k_classes)
    low, high = wilson(fake, fake.sum())
    shares = {"share_real": real / real.sum(), "share_fake": fake / fake.sum(), "share_low": low, "share_high": high}
    return {key: values.tolist() for key, values in shares.items()}


METRICS["modes"] = Measure(
    modes_captured,
    modes=Figure(
        "Modes captured",
        "number of classes that are generated at all",
        better="higher",
        chart=Chart("Modes captured", 60),
        label="of the first attribute",
        card=True,
    ),
)
METRICS["kl"] = Measure(
    label_kl,
    kl=Figure(
        "KL divergence of the classes",
        "KL divergence of the generated from the real class distribution",
        unit="nats",
        better="lower",
        card=True,
    ),
)
METRICS["mode-shares"] = Measure(
    mode_shares,
    share_real=Figure("Real share", "each class's share of the real images", range=SHARE),
    share_fake=Figure("Generated share", "each class's share of the generated images", better="real", range=SHARE),
    share_low=Figure("Generated share, from", "lower end of the 95 % interval of share_fake (Wilson)", range=SHARE),
    share_high=Figure("Generated share, to", "upper end of the 95 % interval of share_fake (Wilson)", range=SHARE),
)
