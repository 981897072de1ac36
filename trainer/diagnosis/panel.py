"""The numbers that a verdict rests on, each beside what healthy data of the same size would give.

Healthy says: a perfect generator, whose pictures are further draws from what the real ones were drawn from. Every alarm
is a test whose chance to go off on healthy data is known, from an exact null or from disjoint splits of real data; the
chances of all tests together are ALPHA. Nothing is judged by an invented constant.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import betabinom, pearson3
from threadpoolctl import threadpool_limits

from trainer.data import Attribute
from trainer.diagnosis.context import compare
from trainer.diagnosis.reference import Reference
from trainer.features.extract import Extracted
from trainer.metrics import nulls
from trainer.metrics.birthday import near, pairs_of, pairs_within, scale
from trainer.metrics.distances import neighbours
from trainer.metrics.manifold import Balls
from trainer.metrics.memorisation import copy_rank
from trainer.metrics.modes import label_kl, wilson

ALPHA = 0.005  # chance that healthy data raise any alarm
TESTS = 6  # that share it: classes together, each class, coverage, duplicates, copies, quality
EACH = ALPHA / TESTS
DUPLICATES = EACH / 1000  # stricter: blur brings a few duplicates of its own, a collapse hundreds
QUALITY = 3  # figures that share one test: precision, density, kernel distance
K = 5  # neighbours
LEAST_OF_CLASS = 30  # pictures of a class on each side before it is judged by itself


class Share(NamedTuple):
    """One class of one attribute.

    Attributes:
        real, fake: its share of the real and of the generated pictures, 0 to 1.
        low, high: where the generated share lies in healthy data.
        least, most: 95 % interval of the generated share (Wilson).
    """

    name: str
    real: float
    fake: float
    low: float
    high: float
    least: float
    most: float

    @property
    def dropped(self) -> bool:
        """Too rare to be chance, and fewer than a quarter as many as in real data."""
        return self.fake < self.low and self.fake < self.real / 4

    @property
    def abnormal(self) -> bool:
        return not self.low <= self.fake <= self.high


class Head(NamedTuple):
    """One attribute: its classes, and the divergence of their histogram in nats with its bound in healthy data."""

    name: str
    shares: tuple[Share, ...]
    kl: float
    kl_bound: float

    @property
    def abnormal(self) -> bool:
        return self.kl > self.kl_bound or any(share.abnormal for share in self.shares)


class Within(NamedTuple):
    """What is made inside one class of the first attribute.

    Attributes:
        fake: how many generated pictures are read as it.
        variety: how far these lie from their mean in pixel space, over how far real ones of the class do, apart from
            what all pictures together spread less (paler or blurred ones are closer in every class). 1 in healthy data,
            0 for one picture again and again; None where either side has under LEAST_OF_CLASS.
        asked: how many were asked for as this class, 0 of a generator without classes.
        obeyed: share of these that are read as it, 0 to 1, higher is better; None where none was asked for.
    """

    name: str
    fake: int
    variety: float | None
    asked: int
    obeyed: float | None

    @property
    def narrow(self) -> bool:
        """Whether its pictures differ less than half as much as real ones do."""
        return self.variety is not None and self.variety < 0.5

    @property
    def refused(self) -> bool:
        """Whether fewer than half of the pictures that were asked for as it are."""
        return self.obeyed is not None and self.asked >= LEAST_OF_CLASS and self.obeyed < 0.5


class Reading(NamedTuple):
    """One number and the band in which healthy data of this size lie; None where there is no bound on that side."""

    key: str
    value: float
    low: float | None
    high: float | None

    @property
    def below(self) -> bool:
        return self.low is not None and self.value < self.low

    @property
    def above(self) -> bool:
        return self.high is not None and self.value > self.high

    @property
    def abnormal(self) -> bool:
        return self.below or self.above


@dataclass(frozen=True)
class Panel:
    """All that the verdict and the page need to know.

    Attributes:
        n: pictures on each side in the tests of neighbourhoods; n_fake: generated pictures in all.
        heads: empty where the classes could not be compared; so is `within`, one entry a class of the first of them.
        readings: by key.
        looks, pixels: who lies in whose neighbourhood, among the first n of each side.
        same: share of all pairs of generated pictures that are as close as the closest 1e-5 of the real pairs.
        near: the distance in pixel space up to which two generated pictures are near-duplicates.
        closer: how many pairs are within half of that.
        rows: int (n,), rows of the reference's real pictures that are compared with.
        copied: bool (n_fake,), nearer to a picture trained on than 99 % of the unseen real ones are.
        source: int (n_fake,), row of the nearest picture trained on; distance: float (n_fake,), how far that is.
        readable: whether the classes can be read about as surely as those of real pictures.
    """

    n: int
    n_fake: int
    heads: tuple[Head, ...]
    within: tuple[Within, ...]
    readings: dict[str, Reading]
    looks: Balls
    pixels: Balls
    same: float
    near: float
    closer: int
    rows: np.ndarray
    copied: np.ndarray
    source: np.ndarray
    distance: np.ndarray
    readable: bool

    @property
    def different(self) -> float:
        """How many different pictures the near-duplicates suggest (birthday paradox)."""
        return self.n * (self.n - 1) / 2 / max(self.readings["duplicates"].value, 1.0)


def measure(reference: Reference, fake: Extracted, label: int | None = None, asked: np.ndarray | None = None) -> Panel:
    """Compare generated pictures with the reference.

    Args: fake: what the reference's own reader and pixel space say of them. label: the class of the first attribute
        that all of them should be of; real pictures of that class are then the other side. asked: int (n,), the class
        that each was asked for, where the generator takes one.
    Raises: UserError if there are too few pictures on a side for neighbourhoods.
    """
    rows = reference.rows_of(label)
    n = min(len(rows), len(fake))
    n = reference.size_for(n) or n
    real, judged = reference.real.take(rows[:n]), fake.take(slice(n))
    with threadpool_limits(1, "blas"):
        figures, looks, pixels = compare(real, judged)
        known = reference.nulls.get(n, {}) if label is None else {}
        readings = {key: Reading(key, value, *band(known.get(key))) for key, value in figures.items()}
        readings["pixel_coverage"] = coverage(pixels)
        readings["duplicates"], same, near = duplicates(real.pixels, judged.pixels)
        closer = pairs_within(judged.pixels.astype(np.float64), near / 2)
        readings["copy_fraction"], copied, source, distance = copies(reference, fake.pixels)
    compared = compare_classes(reference, fake) if label is None else ()
    inside = within_classes(reference, fake, asked) if label is None else ()
    return Panel(
        n, len(fake), compared, inside, readings, looks, pixels, same, near, closer, rows[:n], copied, source, distance,
        readable(reference, fake),
    )  # fmt: skip


def readable(reference: Reference, fake: Extracted) -> bool:
    """False if a third more of the pictures than of real ones are read with less than 0.9 certainty: blur and crossings
    of classes then count as whatever they resemble least badly."""
    unsure = [float((side.probabilities[0].max(1) < 0.9).mean()) for side in (fake, reference.real)]
    return unsure[0] <= unsure[1] + 1 / 3


def band(healthy: np.ndarray | None, alpha: float = 2 * EACH / QUALITY) -> tuple[float | None, float | None]:
    """Where all but `alpha` of healthy values lie: a Pearson III law through the moments of the splits' values.

    It has their skewness, and reaches further out than any empirical quantile of a few hundred splits could.
    """
    if healthy is None or len(healthy) < 3:
        return None, None
    mean, deviation = float(healthy.mean()), float(healthy.std(ddof=1))
    if deviation == 0:
        return mean, mean
    skewness = float((((healthy - mean) / deviation) ** 3).mean())
    law = pearson3(skewness, mean, deviation * np.sqrt(1 + 1 / len(healthy)))
    return float(law.ppf(alpha / 2)), float(law.ppf(1 - alpha / 2))


def coverage(found: Balls) -> Reading:
    n_real, n_fake = len(found.covered), len(found.precise)
    bound = nulls.coverage_bound(n_real=n_real, n_fake=n_fake, k=K, alpha=EACH)
    return Reading("pixel_coverage", float(found.covered.mean()), bound, None)


def duplicates(real: np.ndarray, fake: np.ndarray) -> tuple[Reading, float, float]:
    """The count with its bound; the share of pairs that are the same picture to the eye; the scaled distance."""
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    same_as, ratio = near(real), scale(real=real, fake=fake)
    count = pairs_within(fake, same_as * ratio)
    bound = nulls.duplicates_bound(n_real=len(real), n_fake=len(fake), alpha=DUPLICATES)
    reading = Reading("duplicates", float(count), None, float(bound))
    return reading, pairs_within(fake, same_as) / pairs_of(fake), same_as * ratio


def copies(reference: Reference, fake: np.ndarray) -> tuple[Reading, np.ndarray, np.ndarray, np.ndarray]:
    """The copy fraction with its bound; which are copies; each one's nearest picture trained on: row, distance."""
    unseen = np.sort(reference.unseen_distances)
    distance, source = (found[:, 0] for found in neighbours(fake, reference.seen, 1))
    copied = distance <= unseen[copy_rank(len(unseen)) - 1]
    bound = nulls.copy_fraction_bound(n_fake=len(fake), n_held_out=len(unseen), alpha=EACH)
    return Reading("copy_fraction", float(copied.mean()), None, bound), copied, source, distance


def compare_classes(reference: Reference, fake: Extracted) -> tuple[Head, ...]:
    """Each attribute's classes, generated against real, by the same reader's labels on both sides."""
    chance = EACH / len(reference.heads)
    return tuple(
        compare_head(head, counts, np.bincount(fake.labels(i), minlength=len(counts)), chance)
        for i, (head, counts) in enumerate(zip(reference.heads, reference.counts, strict=True))
    )


def compare_head(head: Attribute, real: np.ndarray, fake: np.ndarray, chance: float) -> Head:
    """One attribute from its counts of real and generated pictures, (k,) each.

    The band of a share is the two-sided predictive law of a count, beta-binomial, given the real counts; the `chance`
    is divided among the classes. The divergence is tested only where its large-sample law holds (5 pictures a class).
    """
    n_real, n_fake, k = int(real.sum()), int(fake.sum()), len(real)
    law = betabinom(n_fake, real + 0.5, n_real - real + 0.5)
    low, high = (law.ppf(p) / n_fake for p in (chance / (2 * k), 1 - chance / (2 * k)))
    least, most = wilson(fake, n_fake)
    rows = zip(head.values, real / n_real, fake / n_fake, low, high, least, most, strict=True)
    shares = tuple(Share(name, *map(float, numbers)) for name, *numbers in rows)
    expected = real.min() * min(n_fake, n_real) / n_real
    bound = nulls.kl_threshold(n_fake=n_fake, n_real=n_real, k_classes=k, alpha=chance) if expected >= 5 else np.inf
    labels = np.repeat(np.arange(k), real), np.repeat(np.arange(k), fake)
    return Head(head.name, shares, label_kl(real_labels=labels[0], fake_labels=labels[1], k_classes=k), float(bound))


def within_classes(reference: Reference, fake: Extracted, asked: np.ndarray | None) -> tuple[Within, ...]:
    """Each class of the first attribute by itself: whether its pictures vary, and come when they are asked for."""
    real_labels, fake_labels, found = reference.real.labels(0), fake.labels(0), []
    overall = min(1.0, max(spread(fake.pixels, reference.real.pixels), 1e-6))
    for j, name in enumerate(reference.heads[0].values):
        real, made = reference.real.pixels[real_labels == j], fake.pixels[fake_labels == j]
        variety = spread(made, real) / overall if min(len(real), len(made)) >= LEAST_OF_CLASS else None
        wanted = np.zeros(0, np.int64) if asked is None else fake_labels[asked == j]
        found.append(
            Within(name, len(made), variety, len(wanted), float((wanted == j).mean()) if len(wanted) else None)
        )
    return tuple(found)


def spread(made: np.ndarray, real: np.ndarray) -> float:
    """How far pictures lie from their mean, over how far real ones do."""
    return float(np.sqrt(made.var(0).sum() / max(real.var(0).sum(), 1e-12)))
