"""What a checkpoint's critic says of images: the discriminator of its training, where it is kept."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.limits import Kept
from explorer.core.recipe import Recipe
from trainer.checkpoints.checkpoint import CheckpointInfo
from trainer.checkpoints.critic import KEY, load_critic, many_scores, scores
from trainer.networks import Discriminator
from trainer.networks.base import LARGE
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.core.model import Model

KEPT_BYTES, ENTRY = 2_000_000, 200  # of all scores of a model, and of one


class Scoring:
    """A critic and the scores that it has given.

    Attributes:
        critic: None for a model without one.
        error: the sentence on one that cannot be used, else "": the generator works without it.
        sha256: of its file; "" without one.
    """

    def __init__(self, folder: Path, info: CheckpointInfo):
        self.critic: Discriminator | None = None
        self.error = self.sha256 = ""
        self.known: Kept[float] = Kept(KEPT_BYTES, lambda score: ENTRY)
        try:
            self.critic = load_critic(folder, info)
            self.sha256 = info.data[KEY]["sha256"] if self.critic else ""
        except UserError as error:
            self.error = str(error)

    def of_images(self, images: np.ndarray, labels: Sequence[int] | np.ndarray) -> np.ndarray | None:
        """Of images as `Model.raw_images` makes them, float32 (n,), many at once; None without a critic.

        To within rounding those of `of`; not finite where the critic's training diverged.
        """
        return None if self.critic is None else many_scores(self.critic, images, labels)

    def of(self, model: "Model", recipes: Sequence[Recipe]) -> list[float]:
        """Of the model's images; higher is taken for more real. Equal recipes have equal scores.

        Raises UserError for a model without a critic, and as `Model.images`.
        """
        if self.critic is None:
            raise UserError(self.error or f"{model.name} has no critic. Publish its run with --critic.")
        keys = [hashlib.sha256(str(recipe.to_dict()).encode()).hexdigest() for recipe in recipes]
        found = {key: self.known.get(key) for key in keys}
        new = {key: recipe for key, recipe in zip(keys, recipes, strict=True) if found[key] is None}
        step = 1 if model.resolution >= LARGE else max(1, len(new))  # the memory holds no more large images
        for start in range(0, len(new), step):
            some = [*new][start : start + step]
            asked = [new[key] for key in some]
            labels = [model.label(recipe) if model.num_classes else 0 for recipe in asked]
            for key, score in zip(some, scores(self.critic, model.raw_images(asked), labels), strict=True):
                found[key] = float(score)
                self.known.put(key, float(score))
        return [score for score in map(found.get, keys) if score is not None]
