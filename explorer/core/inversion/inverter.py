"""A checkpoint, ready to have pictures looked for in it: what is learned once, and what is remembered of it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from explorer.core.inversion import kept
from explorer.core.inversion.encoder import COURSE, Course, new_encoder, train
from explorer.core.inversion.latent import LatentSpace
from explorer.core.inversion.objective import WEIGHTS, Objective, Weights
from explorer.core.inversion.perception import Perception
from explorer.core.inversion.search import QUICK, Guess, Searcher
from explorer.core.inversion.synthesis import Synthesis
from explorer.core.inversion.target import Target
from explorer.core.limits import Kept
from explorer.core.model import Model
from explorer.core.references import reference_of, stamp
from trainer.diagnosis import Reference
from trainer.features.pixels import as_images
from trainer.util.errors import UserError
from trainer.util.images import to_uint8

HELD_OUT = 64  # real images that no training saw, tried once for a yardstick
AT_ONCE = 16  # of these
REMEMBERED = 4  # inverters


class Progress(NamedTuple):
    """How far a long piece of work is: what it does, in a few words, and the step of so many."""

    stage: str
    step: int
    steps: int


class Tried(NamedTuple):
    """Held-out real images and what came of them: rows of the reference, uint8 images, what these miss, each (n,)."""

    rows: np.ndarray
    images: np.ndarray
    residuals: np.ndarray


class Inverter:
    """Looks for pictures in one checkpoint.

    Attributes:
        searcher: its generator, w in deviations, and encoder; the latter is trained by `prepare`.
        reference: the checkpoint's, None without a sound one.
        perception: distances in the features of its extractor; None without.
        residuals: sorted (n,), what held-out real images leave over on the quick way; None until `measure_real`.
    """

    def __init__(self, model: Model, course: Course = COURSE):
        """Raises UserError for a model of points, and for one without gradients."""
        self.name, self.course = model.name, course
        self.place = model.place
        synthesis = Synthesis(model.generator, model.name)
        space = LatentSpace.fit(model.generator)
        encoder = new_encoder(synthesis, space)
        self.ready = kept.read_encoder(self.place, encoder)
        self.searcher = Searcher(synthesis, space, encoder)
        self.reference: Reference | None = None
        self.perception: Perception | None = None
        self.residuals: np.ndarray | None = None
        with suppress(UserError):
            reference = reference_of(model)
            self.perception = Perception.of(reference)
            self.reference, self.residuals = reference, kept.read_residuals(self.place, reference)

    def prepare(self) -> Iterator[Progress]:
        """Train the encoder, unless it is; it is kept in the checkpoint's cache."""
        if self.ready:
            return
        encoder, steps = self.searcher.encoder, self.course.steps
        for step, _ in enumerate(train(encoder, self.searcher.synthesis, self.searcher.space, self.course)):
            yield Progress("training an encoder, once for this checkpoint", step + 1, steps)
        encoder.half().float()  # as it is kept, so that the first answers are those of later ones
        self.ready = True
        kept.write(self.place, "encoder", kept.encoder_tensors(encoder))

    def measure_real(self) -> Iterator[Progress]:
        """Try HELD_OUT held-out real images, unless it is done; what they leave over is kept likewise."""
        if self.reference is None or self.residuals is not None:
            return
        rows = spread(len(self.reference.thumbs), HELD_OUT)
        residuals = np.zeros(0, np.float32)
        for item in self.tried(rows, "trying held-out real images, once for this checkpoint"):
            if isinstance(item, Progress):
                yield item
            else:
                residuals = item.residuals
        kept.write(self.place, "yardstick", {kept.RESIDUALS: residuals}, kept.fingerprint(self.reference))
        self.residuals = np.sort(residuals)

    def real(self, rows: np.ndarray) -> Target:
        """Real images of the reference, at the size of its thumbnails. The reference must be there."""
        assert self.reference is not None
        return Target(as_images(self.reference.thumbs[rows]))

    def tried(self, rows: np.ndarray, stage: str) -> Iterator["Progress | Tried"]:
        """Held-out real images on the quick way, some at a time; last what was made of them. `stage`: what is told."""
        parts = np.split(rows, range(AT_ONCE, len(rows), AT_ONCE))
        images, residuals = [], []
        for i, part in enumerate(parts):
            yield Progress(stage, i, len(parts))
            target = self.real(part)
            for guess in self.quickly(target):
                last = guess
                yield Progress(stage, i, len(parts))
            images.append(last.images)
            residuals.append(self.left_over(target, last))
        yield Tried(rows, to_uint8(torch.cat(images)), torch.cat(residuals).numpy())

    @torch.no_grad()
    def left_over(self, target: Target, guess: Guess) -> Tensor:
        """[N], what a guess, as it is seen, misses of its pictures."""
        return self.objective(target).residual(guess.images.clamp(-1, 1))

    def quickly(self, target: Target) -> Iterator[Guess]:
        """Any pictures on the quick way, of whatever class comes nearest: the last item is the result."""
        objective = self.objective(target)
        yield from self.searcher.search(objective, self.searcher.best_classes(objective), QUICK)

    def objective(self, target: Target, weights: Weights = WEIGHTS) -> Objective:
        """The loss of a search in this checkpoint."""
        return Objective.of(target, self.searcher.space, self.perception, weights)

    def worse_than(self, residual: float) -> float | None:
        """Share of the held-out real images that leave less over, 0 to 1; None where none were tried."""
        if self.residuals is None:
            return None
        return float(np.searchsorted(self.residuals, residual) / len(self.residuals))


def spread(count: int, wanted: int) -> np.ndarray:
    """Up to `wanted` different rows of `count`, evenly spread, int64."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).round().astype(np.int64))


INVERTERS: Kept[Inverter] = Kept(10**9, lambda inverter: 1, REMEMBERED)


def inverter(model: Model) -> Inverter:
    """That of a model, from memory unless the checkpoint or its reference has changed. Errors as `Inverter`."""
    key = (model.folder, model.info.sha256, stamp(model.folder))
    found = INVERTERS.get(key)
    if found is None:
        found = Inverter(model)
        INVERTERS.put(key, found)
    return found
