"""The diagnosis of a loaded model: recipes -> images -> features -> verdict, in steps that give way to newer ones."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from explorer.core.library import Library
from explorer.core.limits import Gate, Kept
from explorer.core.recipe import Recipe
from explorer.core.references import reference_of, weight
from trainer.diagnosis import Reference, diagnose
from trainer.diagnosis.declared import THUMB
from trainer.diagnosis.examined import Examined
from trainer.features.feature_set import FeatureSet, extract
from trainer.features.pixels import as_images
from trainer.util.errors import UserError
from trainer.util.images import thumbnails

STEP = 50  # images a pass: between two passes others may draw, and a newer question may take over
MAX_SAMPLES = 5000  # images
KEPT, KEPT_BYTES = 6, 300_000_000  # examined models and settings that are kept in memory
EXAMINING = Gate("a diagnosis", at_once=2, waiting=6)


class Outdated(Exception):
    """A newer question of the same page has come: nobody waits for this answer any more."""


@dataclass(frozen=True)
class Subject:
    """What is examined: the images of the seeds from 0 on, at one truncation, of one class or of all."""

    checkpoint: str
    psi: float = 1.0
    label: int | None = None


@dataclass(frozen=True, kw_only=True)
class Drawn(Examined):
    """A subject's first images with what was found.

    Attributes:
        sha256: of the model's weights.
    """

    subject: Subject
    sha256: str

    @property
    def key(self) -> tuple[Subject, str, str, int]:
        """Of the subject, the model's weights, its critic and the reference."""
        return self.subject, self.sha256, self.critic, id(self.reference)

    @property
    def record(self) -> dict[str, Any]:
        """The checkpoint, its truncation and the class."""
        return asdict(self.subject)

    @property
    def scope(self) -> str:
        """The classes and the truncation, in words."""
        what = "all classes" if self.label is None else f"class {self.class_name}"
        return f"{what}, psi {self.subject.psi:g}"

    def title(self, row: int) -> str:
        """The seed of a generated image, and what a click on it does."""
        return f"Seed {row}: open in Slide"

    @property
    def bytes(self) -> int:
        """Of what was drawn; the reference is kept elsewhere."""
        return weight(self.fake) + self.thumbs.nbytes


def joined(scores: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """The scores of several passes; None where there is no critic."""
    known = [part for part in scores if part is not None]
    return np.concatenate(known) if known else None


class Examiner:
    """Examines the models of a library. Thread-safe; what was drawn is kept and added to."""

    def __init__(self, library: Library):
        self.library = library
        self.kept: Kept[Drawn] = Kept(KEPT_BYTES, lambda drawn: drawn.bytes, KEPT)

    def reference(self, name: str) -> Reference:
        """A checkpoint's reference, from memory unless its file has changed. Raises UserError without a fit one."""
        return reference_of(self.library.model(name))

    def asked(self, subject: Subject, seeds: range) -> np.ndarray | None:
        """The class that each image is asked for, int64 (n,); None of a model without classes."""
        if subject.label is not None:
            return np.full(len(seeds), subject.label)
        classes = self.library.model(subject.checkpoint).num_classes
        return self.reference(subject.checkpoint).labels_to_ask(classes, seeds)

    def recipes(self, subject: Subject, seeds: range) -> list[Recipe]:
        """The recipes of a subject's images; their noise is drawn too, since the model's images differ in it."""
        asked = self.asked(subject, seeds)
        labels = [None] * len(seeds) if asked is None else asked.tolist()
        noise = "random" if self.library.model(subject.checkpoint).has_noise else "fixed"
        return [
            Recipe(subject.checkpoint, seed=seed, psi=subject.psi, label=label, noise=noise)
            for seed, label in zip(seeds, labels, strict=True)
        ]

    def examine(self, subject: Subject, n: int, wanted: Callable[[], bool] = lambda: True) -> Drawn:
        """Draw n images, or as many as are missing, and evaluate them.

        Args: wanted: asked between two passes; Outdated is raised once it says no.
        Raises: UserError for a checkpoint, reference or setting that cannot be examined.
        """
        if not 1 <= n <= MAX_SAMPLES:
            raise UserError(f"The number of images is {n}; it must be between 1 and {MAX_SAMPLES}.")
        model, reference = self.library.model(subject.checkpoint), self.reference(subject.checkpoint)
        if subject.label is not None and not 0 <= subject.label < min(
            model.num_classes, len(reference.heads[0].values)
        ):
            raise UserError(f"{subject.checkpoint} has no class {subject.label}; it has {model.num_classes} classes.")
        key = (subject, model.info.sha256, model.scoring.sha256, id(reference))
        known = self.kept.get(key)
        if known is None or len(known.fake) < n:
            with EXAMINING.place():
                known = self.kept.get(key)  # who was before us may have drawn the same
                if known is None or len(known.fake) < n:
                    known = self.drawn(subject, n, wanted, known, reference)
                    self.kept.put(key, known)
        return known

    def drawn(
        self,
        subject: Subject,
        n: int,
        wanted: Callable[[], bool],
        known: Drawn | None,
        reference: Reference,
    ) -> Drawn:
        """What is missing of n images drawn, and all of them evaluated. Errors as `examine`."""
        model = self.library.model(subject.checkpoint)
        fakes, thumbs = ([known.fake], [known.thumbs]) if known else ([], [])
        scores = [known.scores] if known else []
        for start in range(len(known.fake) if known else 0, n, STEP):
            if not wanted():
                raise Outdated
            seeds = range(start, min(start + STEP, n))
            recipes, asked = self.recipes(subject, seeds), self.asked(subject, seeds)
            images = model.raw_images(recipes, exact=False)
            scores.append(model.scoring.of_images(images, np.zeros(len(seeds), int) if asked is None else asked))
            fakes.append(extract(reference.reader, as_images(images), reference.space))
            thumbs.append(thumbnails(images, THUMB))
        fake = FeatureSet.joined(fakes)
        diagnosis = diagnose(reference, fake, subject.label, self.asked(subject, range(n)))
        return Drawn(
            reference, fake, np.concatenate(thumbs), diagnosis, subject.label, joined(scores), model.scoring.sha256,
            model.scoring.error, subject=subject, sha256=model.info.sha256,
        )  # fmt: skip
