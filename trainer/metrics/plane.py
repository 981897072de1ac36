"""2-D toy data: modes that are captured, by the protocol of VEEGAN and PacGAN."""

import math

import numpy as np
from numpy import ndarray

from trainer.metrics.base import METRICS, SHARE, Chart, Figure, Measure
from trainer.metrics.checks import features

DEVIATIONS = 3.0  # from a centre within which a point is of high quality


def plane_modes(*, fake: ndarray, centres: ndarray, sigma: float) -> dict[str, float]:
    """How many modes are captured, and how well.

    Args: fake: generated points (n, d), d = 2; centres (k, d) and sigma, of the modes, in the same units.
    Returns:
        plane_modes: centres with at least one point within 3 sigma; 0 to k, higher is better.
        high_quality: share of the points within 3 sigma of a centre; 0 to 1, higher is better. Real points: 0.989.
        plane_kl: KL(fake || uniform) of the high quality points over the modes, nats; 0 is best, log k one mode alone;
            NaN where no point is near a mode.
    Bias: a mode of share p is missed with probability (1 - p)^n.
    Fails: points anywhere within 3 sigma count alike: a mode that has shrunk to a dot is as good.
    Raises: UserError for other shapes, no point, or numbers that are not finite.
    Source: Srivastava et al. 2017, arXiv 1705.07761, section 4.1; Lin et al. 2018, arXiv 1712.04086, section 4.1.
    """
    fake, centres = features(fake=fake, centres=centres, minimum=1)
    distances = np.linalg.norm(fake[:, None] - centres, axis=2)  # (n, k)
    good = distances.min(1) <= DEVIATIONS * sigma
    counts = np.bincount(distances[good].argmin(1), minlength=len(centres))
    shares = counts[counts > 0] / counts.sum()
    kl = max(0.0, float((shares * np.log(shares * len(centres))).sum())) if len(shares) else math.nan
    return {
        "plane_modes": float((counts > 0).sum()),
        "high_quality": float(good.mean()),
        "plane_kl": kl,
    }


METRICS["plane-modes"] = Measure(
    plane_modes,
    plane_modes=Figure(
        "Modes captured",
        "modes with at least one generated point within 3 deviations of their centre",
        better="higher",
        panel="context",
        card=True,
    ),
    high_quality=Figure(
        "High-quality points",
        "share of generated points within 3 deviations of a mode's centre; 0.989 of real ones",
        better="higher",
        range=SHARE,
        reading="Low: points lie between the modes.",
        panel="context",
        chart=Chart("High-quality points", 65),
        label="within 3 deviations of a mode",
        card=True,
        table=True,
    ),
    plane_kl=Figure(
        "Divergence of the modes",
        "KL divergence of the high-quality points from equal shares of all modes",
        unit="nats",
        better="lower",
        undefined="no generated point lies near a mode",
        panel="context",
        card=True,
    ),
)
