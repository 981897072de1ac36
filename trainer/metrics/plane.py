"""Modes of the plane that are captured: the protocol of VEEGAN and PacGAN."""

import math

import numpy as np
from numpy import ndarray

from trainer.util.errors import UserError

DEVIATIONS = 3.0  # from a centre within which a point is of high quality


def plane_modes(*, fake: ndarray, centres: ndarray, sigma: float) -> dict[str, float]:
    """How many modes are captured, and how well.

    Args: fake: generated points (n, 2); centres (k, 2) and sigma, of the modes, in the same units.
    Returns:
        modes: centres with at least one point within 3 sigma; 0 to k, higher is better.
        high_quality: share of the points within 3 sigma of a centre; 0 to 1, higher is better. Real points: 0.989.
        kl: KL(fake || uniform) of the high quality points over the modes, nats; 0 is best, log k one mode alone;
            NaN where no point is near a mode.
    Bias: a mode of share p is missed with probability (1 - p)^n.
    Fails: points anywhere within 3 sigma count alike: a mode that has shrunk to a dot is as good.
    Raises: UserError for points that are not (n, 2) or not finite.
    Source: Srivastava et al. 2017, arXiv 1705.07761, section 4.1; Lin et al. 2018, arXiv 1712.04086, section 4.1.
    """
    fake = np.asarray(fake, np.float64)
    if fake.ndim != 2 or fake.shape[1] != 2 or not len(fake) or not np.isfinite(fake).all():
        raise UserError(f"The generated points have the shape {fake.shape}; expected (n, 2), all finite.")
    distances = np.linalg.norm(fake[:, None] - centres, axis=2)  # (n, k)
    good = distances.min(1) <= DEVIATIONS * sigma
    counts = np.bincount(distances[good].argmin(1), minlength=len(centres))
    shares = counts[counts > 0] / max(1, counts.sum())
    kl = max(0.0, float((shares * np.log(shares * len(centres))).sum())) if len(shares) else math.nan
    return {
        "modes": float((counts > 0).sum()),
        "high_quality": float(good.mean()),
        "kl": kl,
    }
