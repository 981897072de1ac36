"""Classes of the generated images beside those of the real ones: how often made, how varied, whether as asked."""

from typing import NamedTuple

import numpy as np
from scipy.stats import betabinom

from trainer.data import Attribute
from trainer.diagnosis.misread import Misread
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import (
    EACH,
    GOOD_CERTAINTY,
    GOOD_NEIGHBOURS,
    GOOD_SHARE,
    MIN_EXPECTED,
    MIN_FOLLOWED,
    MIN_OF_CLASS,
    MIN_VARIETY,
    MISSING_CLASS_RATIO,
    MISSING_GOOD_RATIO,
    MISSING_READ_RATIO,
)
from trainer.features import EXTRACTORS
from trainer.features.feature_set import FeatureSet
from trainer.metrics import nulls
from trainer.metrics.modes import label_kl, wilson
from trainer.metrics.prdc import in_own_class


class ClassShare(NamedTuple):
    """One class of one attribute.

    Attributes:
        real, fake: its share of the real and of the generated images, 0 to 1.
        low, high: where the generated share lies in healthy data.
        minimum, maximum: 95 % interval of the generated share (Wilson).
        good: share of the generated images that are read as it for sure and resemble real ones of it: bad images of
            other classes are read as something, too.
        due: what `good` would be if the good images were made in the real proportions.
        corrected: its share of the generated images, corrected for the errors of a reader that errs on real ones too,
            the ends of the 95 % interval of that, and the same share of the real images; () of any other reader, and
            where it is not believed.
        missing: whether its mode is dropped: its images too rare to be chance, and under MISSING_CLASS_RATIO of the
            real share; or its good images too rare, they and the coverage of its real ones together under
            MISSING_GOOD_RATIO, and under MISSING_READ_RATIO of the real share read as it at all (MISSING_CLASS_RATIO,
            where there are several attributes). By a reader that errs: its images too rare to be chance, and
            `Misread.missing`, if that is believed.
    """

    name: str
    real: float
    fake: float
    low: float
    high: float
    minimum: float
    maximum: float
    good: float
    due: float
    missing: bool
    corrected: tuple[float, ...] = ()

    @property
    def abnormal(self) -> bool:
        """Whether the generated share lies outside the range of healthy data."""
        return not self.low <= self.fake <= self.high


class AttributeStats(NamedTuple):
    """One attribute: its classes, and the divergence of their histogram in nats with its bound in healthy data."""

    name: str
    classes: tuple[ClassShare, ...]
    kl: float
    kl_bound: float

    @property
    def abnormal(self) -> bool:
        """Whether the divergence, or the share of any class, is outside the range of healthy data."""
        return self.kl > self.kl_bound or any(share.abnormal for share in self.classes)


class IntraClassStats(NamedTuple):
    """What is made inside one class of the first attribute.

    Attributes:
        fake: how many generated images are read as it.
        variety: how far these lie from their mean in pixel space, over how far real ones of the class do, apart from
            what all images together spread less (paler or blurred ones are closer in every class). 1 in healthy data,
            0 for one image again and again; None where either side has under MIN_OF_CLASS.
        asked: how many were asked for as this class, 0 of a generator without classes.
        label_accuracy: share of these that are read as it, 0 to 1, higher is better; None where none was asked for.
        real_accuracy: the same of real images of the class; 1 where that is not known.
    """

    name: str
    fake: int
    variety: float | None
    asked: int
    label_accuracy: float | None
    real_accuracy: float = 1.0

    @property
    def narrow(self) -> bool:
        """Whether its images differ less than MIN_VARIETY as much as real ones do."""
        return self.variety is not None and self.variety < MIN_VARIETY.value

    @property
    def label_ignored(self) -> bool:
        """Whether the images that were asked for as it are read as it less than MIN_FOLLOWED as often as real ones."""
        return (
            self.label_accuracy is not None
            and self.asked >= MIN_OF_CLASS.value
            and self.label_accuracy < MIN_FOLLOWED.value * self.real_accuracy
        )


class Good(NamedTuple):
    """Images that show their class beyond doubt.

    Attributes:
        n: generated images that were looked at.
        fake: of these, how many are read as each class for sure and resemble real ones of it, int (k,).
        real: of as many real images, how many are read as each class for sure and resemble others of it, int (k,).
        covered: share of the real images of each class that have a generated one near, over that of all, (k,).
    """

    n: int
    fake: np.ndarray
    real: np.ndarray
    covered: np.ndarray


def good_images(reference: Reference, real: FeatureSet, fake: FeatureSet) -> tuple[Good, ...]:
    """Each attribute's good images. An extractor's published rule decides who resembles, where there is one, else the
    neighbourhoods of the real images of the class."""
    k = [len(attribute.values) for attribute in reference.heads]
    real_labels, fake_labels = (np.stack([side.labels(i) for i in range(len(k))]) for side in (real, fake))
    own, covered = in_own_class(real.features, fake.features, real_labels, fake_labels, GOOD_NEIGHBOURS.value)
    if rule := EXTRACTORS[reference.extractor].resembles:
        own = np.stack([rule(fake.features, labels) for labels in fake_labels])
        own_real = np.stack([rule(real.features, labels) for labels in real_labels])
    else:
        own_real = in_own_class(
            real.features, real.features, real_labels, real_labels, GOOD_NEIGHBOURS.value, others=True
        ).fakes
    return tuple(
        Good(
            len(fake),
            np.bincount(fake_labels[i][own[i] & fake.sure(i, GOOD_CERTAINTY.value)], minlength=k[i]),
            np.bincount(real_labels[i][own_real[i] & real.sure(i, GOOD_CERTAINTY.value)], minlength=k[i]),
            share_by_class(covered, real_labels[i], k[i]) / max(covered.mean(), 1e-9),
        )
        for i in range(len(k))
    )


class Rule(NamedTuple):
    """When a class counts as missing.

    Attributes:
        chance: of a false alarm on healthy data, divided among the classes.
        readable: whether labels alone may say that a class is missing.
        rarely: share of its real frequency, read as it below which a class may be missing by its good images.
        misread: what is known by a reader that errs, None of any other; its good images say nothing.
    """

    chance: float
    readable: bool = True
    rarely: float = MISSING_READ_RATIO.value
    misread: Misread | None = None


def compare_classes(
    reference: Reference,
    fake: FeatureSet,
    good: tuple[Good, ...],
    readable: bool = True,
    misread: Misread | None = None,
) -> tuple[AttributeStats, ...]:
    """Each attribute's classes, generated against real, by the same reader's labels on both sides.

    Args: readable: whether labels alone may say that a class is missing. misread: what is known by a reader that errs.
    """
    several = len(reference.heads) > 1  # then neighbours share but some of the attributes
    rarely = (MISSING_CLASS_RATIO if several else MISSING_READ_RATIO).value
    rule = Rule(EACH.value / len(reference.heads), readable, rarely, misread)
    return tuple(
        compare_attribute(attribute, counts, np.bincount(fake.labels(i), minlength=len(counts)), good[i], rule)
        for i, (attribute, counts) in enumerate(zip(reference.heads, reference.counts, strict=True))
    )


def compare_attribute(
    attribute: Attribute, real: np.ndarray, fake: np.ndarray, good: Good, rule: Rule
) -> AttributeStats:
    """One attribute from its counts of real and generated images, (k,) each, and of the good ones among them.

    The band of a share is the two-sided predictive law of a count, beta-binomial, given the real counts. The divergence
    is tested only where its large-sample law holds (MIN_EXPECTED images a class).
    """
    n_real, n_fake, k = int(real.sum()), int(fake.sum()), len(real)
    share_real, share_fake = real / n_real, fake / n_fake
    low, high = (count / n_fake for count in predicted(real, n_fake, rule.chance / k))
    minimum, maximum = wilson(fake, n_fake)
    due = good.fake.sum() * good.real / max(1, good.real.sum())
    few = good.fake < predicted(good.real, int(good.fake.sum()), rule.chance / k)[0]
    few &= (good.fake * good.covered < MISSING_GOOD_RATIO.value**2 * due) & (share_fake < rule.rarely * real / n_real)
    few &= good.fake.sum() >= GOOD_SHARE.value * good.n
    rare, corrected = (share_fake < low) & (share_fake < MISSING_CLASS_RATIO.value * real / n_real), np.empty((k, 0))
    if rule.misread:
        few[:], rare = False, rule.misread.missing
        if rule.misread.believed:
            corrected = np.stack([*rule.misread.shares[1:], rule.misread.shares.real], 1)
    columns = (share_real, share_fake, low, high, minimum, maximum, good.fake / good.n, due / good.n)
    gone = few | rare if rule.readable else few
    shares = tuple(
        ClassShare._make(
            (name, *(float(column[i]) for column in columns), bool(gone[i]), tuple(map(float, corrected[i])))
        )
        for i, name in enumerate(attribute.values)
    )
    testable = real.min() * min(n_fake, n_real) / n_real >= MIN_EXPECTED.value
    bound = nulls.kl_threshold(n_fake=n_fake, n_real=n_real, k_classes=k, alpha=rule.chance) if testable else np.inf
    labels = np.repeat(np.arange(k), real), np.repeat(np.arange(k), fake)
    return AttributeStats(
        attribute.name, shares, label_kl(real_labels=labels[0], fake_labels=labels[1], k_classes=k), float(bound)
    )


def share_by_class(found: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Share of each class's images that are found, (k,); 1 for a class without any."""
    count = np.bincount(labels, minlength=k)
    return np.where(count, np.bincount(labels[found], minlength=k) / np.maximum(count, 1), 1.0)


def predicted(real: np.ndarray, n: int, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Where all but `alpha` of the counts of n healthy images lie in each class, given the real counts (k,)."""
    law = betabinom(n, real + 0.5, real.sum() - real + 0.5)
    return law.ppf(alpha / 2), law.ppf(1 - alpha / 2)


def within_classes(reference: Reference, fake: FeatureSet, asked: np.ndarray | None) -> tuple[IntraClassStats, ...]:
    """Each class of the first attribute by itself: whether its images vary, and come when they are asked for."""
    real_labels, fake_labels, found = reference.real.labels(0), fake.labels(0), []
    overall = min(1.0, max(spread(fake.pixels, reference.real.pixels), 1e-6))
    for j, name in enumerate(reference.heads[0].values):
        real, made = reference.real.pixels[real_labels == j], fake.pixels[fake_labels == j]
        variety = spread(made, real) / overall if min(len(real), len(made)) >= MIN_OF_CLASS.value else None
        wanted = np.zeros(0, np.int64) if asked is None else fake_labels[asked == j]
        accuracy = float((wanted == j).mean()) if len(wanted) else None
        real_accuracy = reference.real_accuracy[j] if reference.real_accuracy else 1.0
        found.append(IntraClassStats(name, len(made), variety, len(wanted), accuracy, real_accuracy))
    return tuple(found)


def spread(made: np.ndarray, real: np.ndarray) -> float:
    """How far images lie from their mean, over how far real ones do."""
    return float(np.sqrt(made.var(0).sum() / max(real.var(0).sum(), 1e-12)))
