"""Generated images with all that was found of them: what a page or a report shows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from trainer.diagnosis.reference import Reference
from trainer.diagnosis.verdicts import Diagnosis
from trainer.features.feature_set import FeatureSet


@dataclass(frozen=True)
class Examined:
    """Generated images beside the real ones of a reference.

    Attributes:
        fake: what the reference's reader says of them.
        thumbs: uint8 (n, t, t, C), of the images.
        label: the class of the first attribute that all were asked for; None for all classes.
        scores: float32 (n,), the logits of the model's critic, higher for what it takes for real; None where it has
            none that can be used. Not finite where its training diverged.
        critic: SHA-256 of that critic's file.
        critic_error: the sentence on one that cannot be used.
    """

    reference: Reference
    fake: FeatureSet
    thumbs: np.ndarray
    diagnosis: Diagnosis
    label: int | None = None
    scores: np.ndarray | None = None
    critic: str = ""
    critic_error: str = ""

    @property
    def real_scores(self) -> np.ndarray | None:
        """The same critic's of the reference's images, float32 (n,); None where it has not scored them."""
        return self.reference.real_scores if self.critic == self.reference.scored_by else None

    @cached_property
    def rows(self) -> np.ndarray:
        """Rows of the reference's images that are compared with: all, or those of the class that was asked for."""
        return self.reference.rows_of(self.label)

    @property
    def class_name(self) -> str:
        """Of the class that was asked for, empty for all."""
        return "" if self.label is None else self.reference.heads[0].values[self.label]

    @property
    def record(self) -> dict[str, Any]:
        """What was examined, for JSON."""
        return {}

    @property
    def scope(self) -> str:
        """Which images these are, in words; "" where there is nothing to say."""
        return ""

    def title(self, row: int) -> str:
        """What a generated image is called."""
        return f"Generated image {row + 1}"
