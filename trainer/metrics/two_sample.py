"""1-nearest-neighbour two-sample test, real and fake side apart."""

from numpy import ndarray

from trainer.metrics.base import METRICS, SHARE, Figure, Measure
from trainer.metrics.checks import features
from trainer.metrics.distances import kth_radius, nearest


def one_nearest_neighbour(*, real: ndarray, fake: ndarray) -> dict[str, float]:
    """Share of reals whose nearest neighbour among all other images is real; share of fakes whose is a fake.

    Leave-one-out accuracy of a 1-NN classifier on each side. Equal distances count half.

    Args: real, fake: features of shape (n, d) and (m, d).
    Returns: nn_real, nn_fake, 0 to 1. Both 1/2 for healthy data of n = m; (n - 1) / (n + m - 1) and
        (m - 1) / (n + m - 1) otherwise. nn_fake near 1 with nn_real low says that the fakes are clumped (dropped
        modes); both near 1 that the sets are apart (quality); both near 0 that the fakes copy the reals.
    Bias: none at n = m.
    Fails: fires on quality; the mean of both sides hides collapse (0.52 with sides of 0.04 and 1).
    Raises: UserError for other shapes, fewer than 2 rows, or numbers that are not finite.
    Source: Lopez-Paz and Oquab 2017, arXiv 1610.06545; Xu et al. 2018, arXiv 1806.07755.
    """
    real, fake = features(real=real, fake=fake)
    return {"nn_real": own_share(real, fake), "nn_fake": own_share(fake, real)}


def own_share(points: ndarray, others: ndarray) -> float:
    """Share of points nearer to another of their own set than to any of the others."""
    own, other = kth_radius(points, 1), nearest(points, others, 1).ravel()
    return float((own < other).mean() + (own == other).mean() / 2)


METRICS["1-nn"] = Measure(
    one_nearest_neighbour,
    nn_real=Figure(
        "1-NN, real side",
        "share of real images whose nearest neighbour is real",
        better="half",
        range=SHARE,
        reading="One half for real data.",
        panel="context",
    ),
    nn_fake=Figure(
        "1-NN, generated side",
        "share of generated images whose nearest neighbour is generated",
        better="half",
        range=SHARE,
        reading="One half for real data. Near 1: clumped, or apart from the real ones.",
        panel="context",
    ),
)
