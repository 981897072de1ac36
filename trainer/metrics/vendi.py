"""Vendi score: the effective number of different images."""

import numpy as np
from numpy import ndarray

from trainer.metrics.base import METRICS, Chart, Figure, Measure
from trainer.metrics.checks import features


def vendi_score(*, points: ndarray) -> float:
    """exp of the Shannon entropy (q = 1) of the eigenvalues of K / n, K the cosine similarities of the rows.

    The kernel is the default of the package `vendi-score` for vectors: rows scaled to length 1, not centred, K = X X^T.
    The eigenvalues are taken from X^T X where that is smaller.

    Args: points: features of shape (n, d).
    Returns: from 1 (all the same) to min(n, d); higher is more diverse.
    Bias: upwards with n until n is well above the score.
    Fails: noise looks diverse, a shift of quality moves it, a large common offset of the features hides everything;
        it sees three of ten classes lost, not one. Compare with the real data's own. Rows of zeros have no direction
        and lower it.
    Raises: UserError for another shape or numbers that are not finite.
    Source: Friedman and Dieng 2023, arXiv 2210.02410.
    """
    (points,) = features(points=points, minimum=1)
    length = np.sqrt(np.einsum("nd,nd->n", points, points))[:, None]
    unit = points / np.where(length > 0, length, 1)
    n, d = unit.shape
    share = np.linalg.eigvalsh((unit.T @ unit if d <= n else unit @ unit.T) / n)
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))


def vendi(*, real: ndarray, fake: ndarray) -> dict[str, float]:
    """The Vendi score of both sets; see `vendi_score`."""
    real, fake = features(real=real, fake=fake, minimum=1)
    return {"vendi": vendi_score(points=fake), "vendi_real": vendi_score(points=real)}


METRICS["vendi"] = Measure(
    vendi,
    vendi=Figure(
        "Vendi score",
        "effective number of different generated images (cosine kernel, q = 1)",
        better="real",
        reading="Noise looks diverse.",
        panel="context",
        chart=Chart("Diversity (Vendi score)", 70),
        label="effective number of images",
    ),
    vendi_real=Figure("Vendi score of real images", "the same of the real images"),
)
