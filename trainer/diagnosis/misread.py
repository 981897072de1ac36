"""A reader that errs on real images: how often each class is made, corrected for that, and whether to believe it."""

from typing import NamedTuple

import numpy as np

from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import (
    EACH,
    MIN_RIGHTLY_READ,
    MISSING_CLASS_RATIO,
    MISSING_READ_RATIO,
    MOVED,
    MOVED_ALPHA,
)
from trainer.features.feature_set import FeatureSet
from trainer.metrics.label_shift import (
    Moved,
    Shares,
    chance_of_so_few,
    corrected_shares,
    tempered,
    unexplained,
)


class Misread(NamedTuple):
    """What is known of the classes by a reader that errs.

    Attributes:
        rightly: share of real images that it reads rightly, the mean over the classes.
        shares: of the classes of the only attribute, corrected for its errors.
        missing: bool (k,), which classes are made at under MISSING_CLASS_RATIO of their real share, surely at under
            MISSING_READ_RATIO of it, and more rarely than by chance.
        moved: how far the generated images lie from real ones in these proportions.
    """

    rightly: float
    shares: Shares
    missing: np.ndarray
    moved: Moved

    @property
    def believed(self) -> bool:
        """Whether its classes can be evaluated: images that it would misread look otherwise than real ones."""
        return self.moved.squared <= max(MOVED.value, self.moved.probable)


def misread(reference: Reference, fake: FeatureSet) -> Misread | None:
    """What a reader that errs says of generated images. None of one that reads nearly all real images rightly, where
    that is not known, and where there are several attributes: their proportions could change together."""
    rightly = float(np.mean(reference.real_accuracy or 1.0))
    if rightly >= MIN_RIGHTLY_READ.value or reference.temperature is None or len(reference.heads) > 1:
        return None
    real, made = (tempered(side.probabilities[0], reference.temperature) for side in (reference.real, fake))
    shares = corrected_shares(real=real, fake=made)
    weights = real @ (shares.fake / shares.real)
    features = reference.real.features, fake.features
    moved = unexplained(real=features[0], fake=features[1], weights=weights, alpha=MOVED_ALPHA.value)
    return Misread(rightly, shares, too_few(shares, made), moved)


def too_few(shares: Shares, made: np.ndarray) -> np.ndarray:
    """Which classes are missing, bool (k,). made: calibrated probabilities of the generated images, (m, k)."""
    few = shares.fake < MISSING_CLASS_RATIO.value * shares.real
    few &= shares.high < MISSING_READ_RATIO.value * shares.real
    for label in np.flatnonzero(few):
        few[label] = chance_of_so_few(fake=made, shares=shares, label=int(label)) < EACH.value / (2 * len(few))
    return few
