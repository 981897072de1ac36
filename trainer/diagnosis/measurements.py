"""The numbers that a verdict rests on, each beside what healthy data of the same size would give.

Healthy says: a perfect generator, whose images are further draws from what the real ones were drawn from. Every bound
is a test whose chance of a false alarm on healthy data is known, from an exact null or from disjoint splits of real
data; the chances of all tests together are ALPHA. Nothing is evaluated by an invented constant.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import pearson3
from threadpoolctl import threadpool_limits

from trainer.diagnosis.classes import AttributeStats, IntraClassStats, compare_classes, good_images, within_classes
from trainer.diagnosis.context import compare
from trainer.diagnosis.misread import Misread, misread
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import (
    CLOSER_DISTANCE,
    DUPLICATES_ALPHA,
    EACH,
    NEIGHBOURS,
    QUALITY_FIGURES,
    READ_CERTAINTY,
    UNREADABLE_MORE,
)
from trainer.features import EXTRACTORS
from trainer.features.feature_set import FeatureSet
from trainer.metrics import nulls
from trainer.metrics.birthday import near, pairs_of, pairs_within, scale
from trainer.metrics.distances import neighbours
from trainer.metrics.memorisation import copy_rank
from trainer.metrics.prdc import KnnMembership


class Measurement(NamedTuple):
    """One number and the band in which healthy data of this size lie; None where there is no bound on that side."""

    key: str
    value: float
    low: float | None
    high: float | None

    @property
    def below(self) -> bool:
        """Whether the value is below the band of healthy data."""
        return self.low is not None and self.value < self.low

    @property
    def above(self) -> bool:
        """Whether the value is above the band of healthy data."""
        return self.high is not None and self.value > self.high

    @property
    def abnormal(self) -> bool:
        """Whether the value is outside the band of healthy data."""
        return self.below or self.above


@dataclass(frozen=True)
class Measurements:
    """All that the verdict and the page need to know.

    Attributes:
        n: images on each side in the tests of neighbourhoods; n_fake: generated images in all.
        attributes: empty where the classes could not be compared; so is `intra_class`, one entry a class of the first.
        by_key: what was measured, by the key of its figure.
        looks, pixels: who lies in whose neighbourhood, among the first n of each side.
        same: share of all pairs of generated images that are as close as the closest 1e-5 of the real pairs.
        near: the distance in pixel space up to which two generated images are near-duplicates.
        closer: how many pairs are within CLOSER_DISTANCE of that.
        rows: int (n,), rows of the reference's real images that are compared with.
        copied: bool (n_fake,), nearer to an image trained on than 99 % of the unseen real ones are, blur allowed for.
        source: int (n_fake,), row of the nearest image trained on; distance: float (n_fake,), how far that is.
        readable: whether the classes can be read about as surely as those of real images, and a reader that errs on
            these be believed; misread: what it says, None of a reader that does not err.
    """

    n: int
    n_fake: int
    attributes: tuple[AttributeStats, ...]
    intra_class: tuple[IntraClassStats, ...]
    by_key: dict[str, Measurement]
    looks: KnnMembership
    pixels: KnnMembership
    same: float
    near: float
    closer: int
    rows: np.ndarray
    copied: np.ndarray
    source: np.ndarray
    distance: np.ndarray
    readable: bool
    misread: Misread | None = None

    @property
    def different(self) -> float:
        """How many different images the near-duplicates suggest (birthday paradox)."""
        return self.n * (self.n - 1) / 2 / max(self.by_key["duplicates"].value, 1.0)


def measure(
    reference: Reference, fake: FeatureSet, label: int | None = None, asked: np.ndarray | None = None
) -> Measurements:
    """Compare generated images with the reference.

    Args: fake: what the reference's own reader and pixel space say of them. label: the class of the first attribute
        that all of them should be of; real images of that class are then the other side. asked: int (n,), the class
        that each was asked for, where the generator takes one.
    Raises: UserError if there are too few images on a side for neighbourhoods.
    """
    rows = reference.rows_of(label)
    n = min(len(rows), len(fake))
    n = reference.size_for(n) or n
    real, evaluated = reference.real.take(rows[:n]), fake.take(slice(n))
    with threadpool_limits(1, "blas"):
        figures, looks, pixels = compare(real, evaluated, EXTRACTORS[reference.extractor].facts)
        known = reference.nulls.get(n, {}) if label is None else {}
        by_key = {key: Measurement(key, value, *band(known.get(key))) for key, value in figures.items()}
        by_key["pixel_coverage"] = coverage(pixels)
        nearer = scale(real=real.pixels.astype(np.float64), fake=evaluated.pixels.astype(np.float64))
        by_key["duplicates"], same, near = duplicates(real.pixels, evaluated.pixels, nearer)
        closer = pairs_within(evaluated.pixels.astype(np.float64), near * CLOSER_DISTANCE.value)
        good = good_images(reference, real, evaluated) if label is None else ()
        by_key["copy_fraction"], copied, source, distance = copies(reference, fake.pixels, nearer)
    erring = misread(reference, fake) if label is None else None
    surely = readable(reference, fake) and (erring is None or erring.believed)
    compared = compare_classes(reference, fake, good, surely, erring) if label is None else ()
    inside = within_classes(reference, fake, asked) if label is None else ()
    return Measurements(
        n, len(fake), compared, inside, by_key, looks, pixels, same, near, closer, rows[:n], copied, source, distance,
        surely, erring,
    )  # fmt: skip


def readable(reference: Reference, fake: FeatureSet) -> bool:
    """False if UNREADABLE_MORE of the images than of real ones are read with less than READ_CERTAINTY: blur and
    crossings of classes then count as whatever they resemble least badly."""
    unsure = [float((~side.sure(0, READ_CERTAINTY.value)).mean()) for side in (fake, reference.real)]
    return unsure[0] <= unsure[1] + UNREADABLE_MORE.value


def band(
    healthy: np.ndarray | None, alpha: float = 2 * EACH.value / QUALITY_FIGURES.value
) -> tuple[float | None, float | None]:
    """Where all but `alpha` of healthy values lie: a Pearson III law through the moments of the splits' values.

    It has their skewness, and reaches further out than any empirical quantile of a few hundred splits could.
    """
    if healthy is None or len(healthy) < 3 or not np.isfinite(healthy).all():
        return None, None
    mean, deviation = float(healthy.mean()), float(healthy.std(ddof=1))
    if deviation == 0:
        return mean, mean
    skewness = float((((healthy - mean) / deviation) ** 3).mean())
    law = pearson3(skewness, mean, deviation * np.sqrt(1 + 1 / len(healthy)))
    return float(law.ppf(alpha / 2)), float(law.ppf(1 - alpha / 2))


def coverage(found: KnnMembership) -> Measurement:
    """Share of covered real samples in pixel space, 0 to 1, higher is better; with its lower bound in healthy data."""
    n_real, n_fake = len(found.covered), len(found.precise)
    bound = nulls.coverage_bound(n_real=n_real, n_fake=n_fake, k=NEIGHBOURS.value, alpha=EACH.value)
    return Measurement("pixel_coverage", float(found.covered.mean()), bound, None)


def duplicates(real: np.ndarray, fake: np.ndarray, nearer: float) -> tuple[Measurement, float, float]:
    """The count with its bound; the share of pairs that are the same image to the eye; the scaled distance. nearer: how
    far apart the fakes are, over how far the reals are, as `scale` says."""
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    same_as = near(real)
    count = pairs_within(fake, same_as * nearer)
    bound = nulls.duplicates_bound(n_real=len(real), n_fake=len(fake), alpha=DUPLICATES_ALPHA.value)
    measurement = Measurement("duplicates", float(count), None, float(bound))
    return measurement, pairs_within(fake, same_as) / pairs_of(fake), same_as * nearer


def copies(
    reference: Reference, fake: np.ndarray, nearer: float
) -> tuple[Measurement, np.ndarray, np.ndarray, np.ndarray]:
    """The copy fraction with its bound; which are copies; each one's nearest image trained on: row, distance.

    nearer: as `duplicates` takes it. Below 1, what counts as a copy has to be nearer, too: blurred or pale images lie
    nearer to the mean of all, and so to any image.
    """
    unseen = np.sort(reference.unseen_distances)
    distance, source = (found[:, 0] for found in neighbours(fake, reference.seen, 1))
    copied = distance <= min(1.0, nearer) * unseen[copy_rank(len(unseen)) - 1]
    bound = nulls.copy_fraction_bound(n_fake=len(fake), n_held_out=len(unseen), alpha=EACH.value)
    return Measurement("copy_fraction", float(copied.mean()), None, bound), copied, source, distance
