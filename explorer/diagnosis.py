"""The diagnosis of a loaded model: recipes -> pictures -> features -> verdict, in steps that give way to newer ones."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from explorer.library import Library
from explorer.recipe import Recipe
from trainer.diagnosis import Diagnosis, Reference, diagnose, load_reference
from trainer.diagnosis.declared import THUMB
from trainer.diagnosis.reference import reference_path
from trainer.errors import UserError
from trainer.features.extract import Extracted, extract
from trainer.features.pixels import as_images
from trainer.pictures import thumbnails

STEP = 50  # pictures a pass: between two passes others may draw, and a newer question may take over
MOST = 5000  # pictures
KEPT = 6  # examined models and settings that are kept in memory


class Outdated(Exception):
    """A newer question of the same page has come: nobody waits for this answer any more."""


@dataclass(frozen=True)
class Subject:
    """What is examined: the pictures of the seeds from 0 on, at one truncation, of one class or of all."""

    checkpoint: str
    psi: float = 1.0
    label: int | None = None


@dataclass(frozen=True)
class Examined:
    """A subject's first pictures with what was found.

    Attributes:
        fake: what the reference's reader says of them.
        thumbs: uint8 (n, t, t, C), of the pictures.
    """

    subject: Subject
    reference: Reference
    fake: Extracted
    thumbs: np.ndarray
    diagnosis: Diagnosis

    @cached_property
    def rows(self) -> np.ndarray:
        """Rows of the reference's pictures that are compared with: all, or those of the class that was asked for."""
        return self.reference.rows_of(self.subject.label)

    @property
    def class_name(self) -> str:
        """Of the class that was asked for, empty for all."""
        return "" if self.subject.label is None else self.reference.heads[0].values[self.subject.label]


class Examiner:
    """Examines the models of a library. Thread-safe; what was drawn is kept and added to."""

    def __init__(self, library: Library):
        self.library = library
        self.references: dict[Path, tuple[int, Reference]] = {}
        self.kept: OrderedDict[tuple[Subject, str, int], Examined] = OrderedDict()
        self.lock = threading.Lock()

    def reference(self, name: str) -> Reference:
        """A checkpoint's reference, from memory unless its file has changed. Raises UserError without a fit one."""
        model = self.library.model(name)
        path = reference_path(model.folder)
        stamp = path.stat().st_mtime_ns if path.is_file() else 0
        with self.lock:
            known = self.references.get(model.folder)
        if known is None or known[0] != stamp:
            known = (stamp, load_reference(model.folder))
            with self.lock:
                self.references[model.folder] = known
        known[1].check_fits(name, model.generator.resolution, model.generator.channels)
        return known[1]

    def asked(self, subject: Subject, seeds: range) -> np.ndarray | None:
        """The class that each picture is asked for, int64 (n,); None of a model without classes."""
        if subject.label is not None:
            return np.full(len(seeds), subject.label)
        classes = self.library.model(subject.checkpoint).num_classes
        return self.reference(subject.checkpoint).labels_to_ask(classes, seeds)

    def recipes(self, subject: Subject, seeds: range) -> list[Recipe]:
        """The recipes of a subject's pictures; their noise is drawn too, since the model's pictures differ in it."""
        asked = self.asked(subject, seeds)
        labels = [None] * len(seeds) if asked is None else asked.tolist()
        noise = "random" if self.library.model(subject.checkpoint).has_noise else "fixed"
        return [
            Recipe(subject.checkpoint, seed=seed, psi=subject.psi, label=label, noise=noise)
            for seed, label in zip(seeds, labels, strict=True)
        ]

    def examine(self, subject: Subject, n: int, wanted: Callable[[], bool] = lambda: True) -> Examined:
        """Draw n pictures, or as many as are missing, and judge them.

        Args: wanted: asked between two passes; Outdated is raised once it says no.
        Raises: UserError for a checkpoint, reference or setting that cannot be examined.
        """
        if not 1 <= n <= MOST:
            raise UserError(f"The number of pictures is {n}; it must be between 1 and {MOST}.")
        model, reference = self.library.model(subject.checkpoint), self.reference(subject.checkpoint)
        if subject.label is not None and not 0 <= subject.label < min(
            model.num_classes, len(reference.heads[0].values)
        ):
            raise UserError(f"{subject.checkpoint} has no class number {subject.label}; it has {model.num_classes}.")
        key = (subject, model.info.sha256, id(reference))
        with self.lock:
            known = self.kept.get(key)
        if known is not None and len(known.fake) >= n:
            return known
        fakes, thumbs = ([known.fake], [known.thumbs]) if known else ([], [])
        for start in range(len(known.fake) if known else 0, n, STEP):
            if not wanted():
                raise Outdated
            pictures = model.pictures(self.recipes(subject, range(start, min(start + STEP, n))), STEP)
            fakes.append(extract(reference.reader, as_images(pictures), reference.space))
            thumbs.append(thumbnails(pictures, THUMB))
        fake = Extracted.joined(fakes)
        diagnosis = diagnose(reference, fake, subject.label, self.asked(subject, range(n)))
        found = Examined(subject, reference, fake, np.concatenate(thumbs), diagnosis)
        with self.lock:
            self.kept[key] = found
            self.kept.move_to_end(key)
            while len(self.kept) > KEPT:
                self.kept.popitem(last=False)
        return found
