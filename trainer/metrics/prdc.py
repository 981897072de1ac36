"""Precision, recall, density and coverage: do the sets lie within each other's neighbourhoods?"""

from typing import NamedTuple

import numpy as np
from numpy import ndarray

from trainer.metrics.base import METRICS, SHARE, Chart, Figure, Measure
from trainer.metrics.checks import features
from trainer.metrics.distances import kth_radius, nearest, neighbours, squared_distances

UNSURE = 0.05  # of a figure's rows, so many may lie on neighbourhoods without extent before it is undefined


class KnnMembership(NamedTuple):
    """Who lies within whose neighbourhood, the ball to the k-th nearest of one's own set.

    Attributes:
        precise: bool (m,), fakes within some real's ball.
        around: int (m,), how many real balls hold each fake.
        covered: bool (n,), reals with a fake in their ball.
        recalled: bool (n,), reals within some fake's ball.
    """

    precise: ndarray
    around: ndarray
    covered: ndarray
    recalled: ndarray


def knn_membership(*, real: ndarray, fake: ndarray, k: int = 5) -> KnnMembership:
    """The memberships that `prdc` counts; arguments, conventions and errors as there."""
    real, fake = features(real=real, fake=fake, minimum=k + 1)
    return memberships(real, fake, kth_radius(real, k), kth_radius(fake, k))


def memberships(real: ndarray, fake: ndarray, radius_real: ndarray, radius_fake: ndarray) -> KnnMembership:
    """Who lies within whose ball, from the radii (n,) and (m,)."""
    reach_real, reach_fake = radius_real**2, radius_fake**2
    around = np.zeros(len(fake), np.int64)
    covered, recalled = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for rows, square in squared_distances(real, fake, ties=+1):
        in_real = square < reach_real[rows, None]
        around += np.count_nonzero(in_real, axis=0)
        covered[rows] = in_real.any(1)
        recalled[rows] = (square < reach_fake).any(1)
    return KnnMembership(around > 0, around, covered, recalled)


class OwnClass(NamedTuple):
    """Who lies in a real's neighbourhood.

    Attributes:
        fakes: bool (a, m), fakes within the ball of a real of their own class, by each of a attributes.
        covered: bool (n,), reals with a fake, of whatever class, in their ball.
    """

    fakes: ndarray
    covered: ndarray


def in_own_class(
    real: ndarray, fake: ndarray, real_labels: ndarray, fake_labels: ndarray, k: int, others: bool = False
) -> OwnClass:
    """Do fakes lie within the balls of reals that are read as the same class?

    Args: real, fake: features (n, d) and (m, d). real_labels, fake_labels: classes by one attribute or several, int
        (a, n) and (a, m). k: which neighbour, among all reals of whatever class, a ball reaches to. others: the fakes
        are the reals, and none counts as lying in its own ball.
    Raises: UserError as `knn_membership`.
    """
    real, fake = features(real=real, fake=fake, minimum=k + 1)
    reach, own, covered = kth_radius(real, k) ** 2, np.zeros(fake_labels.shape, bool), np.zeros(len(real), bool)
    for rows, square in squared_distances(real, fake, ties=+1):
        inside = square < reach[rows, None]
        if others:
            inside[np.arange(len(inside)), np.arange(len(real))[rows]] = False
        covered[rows] = inside.any(1)
        for of_real, of_fake, found in zip(real_labels, fake_labels, own, strict=True):
            found |= (inside & (of_real[rows, None] == of_fake)).any(0)
    return OwnClass(own, covered)


def prdc_figures(found: KnnMembership, k: int = 5) -> dict[str, float]:
    """The four figures of `prdc` from the memberships."""
    return {
        "precision": float(found.precise.mean()),
        "recall": float(found.recalled.mean()),
        "density": float(found.around.mean() / k),
        "coverage": float(found.covered.mean()),
    }


def prdc(*, real: ndarray, fake: ndarray, k: int = 5) -> dict[str, float]:
    """Precision, recall, density and coverage, from balls around points that reach to their k-th nearest neighbour.

    precision: share of fakes within some real's ball. recall: share of reals within some fake's ball.
    density: mean number of real balls around a fake, divided by k. coverage: share of reals with a fake in their ball.
    Within means strictly closer (`<`), and k = 5 for all four, as in Naeem's package `prdc`; Kynkäänniemi et al. take
    k = 3 and `<=`. Equal distances count as equal although they are computed with rounding.

    Args: real, fake: features of shape (n, d) and (m, d). k: which neighbour.
    Returns: shares from 0 to 1, density from 0 without a limit; higher is better, and for density and coverage the
        value of healthy data is known: 1, and `nulls.coverage_null`.
    Bias: recall and precision rise with n; coverage rises with m / n: keep n = m.
    Fails: precision and density see quality only (density is 22 when modes shrink to points); recall falls on blur as
        on collapse; coverage misses a tenth of the mass on one image. Rows that occur more than k times have balls
        of radius 0, in which nothing lies.
    Raises: UserError for other shapes, fewer than k + 1 rows, or numbers that are not finite.
    Source: Kynkäänniemi et al. 2019, arXiv 1904.06991; Naeem et al. 2020, arXiv 2002.09797.
    """
    return prdc_of(real, fake, k)[0]


def prdc_of(real: ndarray, fake: ndarray, k: int = 5) -> tuple[dict[str, float], KnnMembership]:
    """The figures of `prdc`, NaN where they are undefined, and the memberships that they count."""
    real, fake = features(real=real, fake=fake, minimum=k + 1)
    radius_real, radius_fake = kth_radius(real, k), kth_radius(fake, k)
    found = memberships(real, fake, radius_real, radius_fake)
    flat = radius_real**2 <= resolution(real)
    unsure = {
        "precision": (on_flat(fake, real, flat) & ~found.precise).mean(),
        "recall": (on_flat(real, fake, radius_fake**2 <= resolution(fake)) & ~found.recalled).mean(),
        "density": on_flat(fake, real, flat).mean(),
        "coverage": (touched(real, fake, flat) & ~found.covered).mean(),
    }
    shapeless = flat.mean() > 0.5
    figures = {
        key: float("nan") if unsure[key] > UNSURE or (shapeless and key != "recall") else value
        for key, value in prdc_figures(found, k).items()
    }
    return figures, found


def resolution(points: ndarray) -> ndarray:
    """Squared distances from each row below which `squared_distances` cannot tell it from another row, (n,)."""
    centred = points - points.mean(0)
    result: ndarray = 32 * np.finfo(np.float64).eps * np.sqrt(points.shape[1]) * np.square(centred).sum(1)
    return result


def on_flat(points: ndarray, among: ndarray, flat: ndarray) -> ndarray:
    """Which points lie on a row of `among` whose ball has no extent, bool (n,). flat: bool (m,), which those are."""
    if not flat.any():
        return np.zeros(len(points), bool)
    distance, row = neighbours(points, among[flat], 1)
    result: ndarray = distance[:, 0] ** 2 <= resolution(among)[flat][row[:, 0]]
    return result


def touched(points: ndarray, others: ndarray, flat: ndarray) -> ndarray:
    """Which points have a ball without extent and one of the others on them, bool (n,)."""
    found = np.zeros(len(points), bool)
    if flat.any():
        found[flat] = nearest(points[flat], others, 1)[:, 0] ** 2 <= resolution(points)[flat]
    return found


REPEATED = "rows that occur more than k = 5 times have neighbourhoods of radius 0"
BOTH = Chart("Precision, recall", 50)
METRICS["prdc"] = Measure(
    prdc,
    precision=Figure(
        "Precision",
        "share of generated images within a real neighbourhood (k = 5, features)",
        better="higher",
        range=SHARE,
        reading="Low: low fidelity.",
        undefined=REPEATED,
        panel="verdict",
        chart=BOTH,
        label="precision",
        card=True,
        table=True,
    ),
    recall=Figure(
        "Recall",
        "share of real images within a generated neighbourhood (k = 5, features)",
        better="higher",
        range=SHARE,
        reading="Falls with blur, not only with collapse.",
        undefined=REPEATED,
        panel="context",
        chart=BOTH,
        label="recall",
        card=True,
        table=True,
    ),
    density=Figure(
        "Density",
        "real neighbourhoods around a generated image, over k; 1 for real data (k = 5, features)",
        better="higher",
        reading="Low: low fidelity.",
        undefined=REPEATED,
        panel="verdict",
        table=True,
    ),
    coverage=Figure(
        "Coverage in features",
        "share of real neighbourhoods that contain a generated image (k = 5, features)",
        better="higher",
        range=SHARE,
        undefined=REPEATED,
        panel="context",
        card=True,
    ),
)
