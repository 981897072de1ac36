"""Number of statistically different bins (NDB)."""

import numpy as np
from numpy import ndarray
from scipy.stats import norm
from sklearn.cluster import KMeans

from trainer.metrics.base import METRICS, Figure, Measure
from trainer.metrics.checks import features


def different_bins(
    *, real: ndarray, fake: ndarray, bins: int = 100, level: float = 0.05, seed: int = 0
) -> dict[str, float]:
    """Cluster the reals by k-means; count the clusters whose share of the fakes differs from that of the reals.

    A cluster differs if the two-sided z-test of two proportions (pooled) rejects at `level`. There are `bins` clusters,
    or fewer: one for each 20 reals and each distinct real, and at least 1.

    Args: real, fake: features of shape (n, d) and (m, d). seed: of k-means.
    Returns: ndb, 0 to ndb_bins, lower is better; ndb_bins, the number of clusters. Healthy data give about
        level * ndb_bins.
    Bias: ndb falls with small n, as the tests lose their power: compare at equal n and bins.
    Fails: it rises on a change of quality as on a loss of modes; it depends a little on the order of the reals, through
        the start of k-means.
    Raises: UserError for other shapes, fewer than 2 rows, or numbers that are not finite.
    Source: Richardson and Weiss 2018, arXiv 1805.12462; without their whitening.
    """
    real, fake = features(real=real, fake=fake)
    distinct = len({row.tobytes() for row in real + 0.0})  # + 0.0: -0 and 0 are one number of two spellings
    bins = max(1, min(bins, len(real) // 20, distinct))
    centre = real.mean(0)
    clusters = KMeans(bins, n_init=1, random_state=seed).fit(real - centre)
    in_real = np.bincount(clusters.labels_, minlength=bins) / len(real)
    in_fake = np.bincount(clusters.predict(fake - centre), minlength=bins) / len(fake)
    pooled = (in_real * len(real) + in_fake * len(fake)) / (len(real) + len(fake))
    deviation = np.sqrt(pooled * (1 - pooled) * (1 / len(real) + 1 / len(fake)))
    different = abs(in_real - in_fake) > norm.ppf(1 - level / 2) * deviation
    return {"ndb": float(np.count_nonzero(different)), "ndb_bins": float(bins)}


METRICS["ndb"] = Measure(
    different_bins,
    ndb=Figure(
        "Different bins",
        "k-means bins whose share differs between real and generated (NDB); 5 % of the bins by chance",
        better="lower",
    ),
    ndb_bins=Figure("Bins", "total number of bins of ndb"),
)
