"""Pivotal tuning (PTI, Roich et al. 2021): a copy of the generator is trained until it makes a picture at a fixed w.

The pivot is what an inversion found. A locality term holds the copy's other images where they were. The copy becomes a
private branch (`explorer.core.branches`): nothing of the model itself changes.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from explorer.core import branches
from explorer.core.inversion import wording
from explorer.core.inversion.inverter import Inverter, Progress
from explorer.core.inversion.outcome import Shown
from explorer.core.inversion.search import pace
from explorer.core.inversion.target import Target, rmse
from explorer.core.model import Model
from explorer.core.recipe import Recipe
from trainer.checkpoints.sampling import at_fixed_noise
from trainer.features.pixels import as_images
from trainer.networks import Generator
from trainer.util.errors import UserError
from trainer.util.images import to_uint8

OTHERS = 64  # own images on which is measured how much else has changed
AT_ONCE = 16  # of these
EVERY = 4  # steps between two looks at the image


@dataclass(frozen=True)
class Tuning:
    """How a branch is tuned.

    Attributes:
        steps: of Adam on the weights of the synthesis; rate: the highest.
        locality: weight of the change of other images, counted as the picture's residual is; 0 for none.
        neighbours: other images a step; way: how far from the pivot towards a random w they lie, from 0 to 1.
    """

    steps: int = 100
    rate: float = 1e-3
    locality: float = 0.1
    neighbours: int = 2
    way: float = 0.7


TUNING = Tuning()


@dataclass(frozen=True)
class Tuned:
    """What came of it.

    Attributes:
        recipe: the pivot's, drawn by the branch. image: uint8 (R, R, C).
        before, after: root mean squared difference to the picture, of 255.
        others: root mean squared change of the model's other images, of 255.
    """

    recipe: Recipe
    image: np.ndarray
    before: float
    after: float
    others: float

    def sentences(self) -> list[str]:
        """What to think of it, the most important first."""
        return wording.tuned(self.before, self.after, self.others)


class Branching:
    """A branch while it is tuned. Attributes: the model's `generator`, its `copy`, the pivot `ws` [1, L, w_dim]."""

    def __init__(self, inverter: Inverter, target: Target, ws: Tensor, label: int, tuning: Tuning):
        self.inverter, self.target, self.ws, self.label, self.tuning = inverter, target, ws, label, tuning
        self.generator: Generator = inverter.searcher.synthesis.generator
        self.copy = copy.deepcopy(self.generator).requires_grad_(True)
        self.objective = inverter.objective(target)
        self.optimizer = torch.optim.Adam(self.copy.parameters(), lr=tuning.rate)
        self.rng = torch.Generator().manual_seed(0)

    @torch.no_grad()
    def others(self, count: int) -> Tensor:
        """ws of random images of the pivot's class, [count, num_ws, w_dim]."""
        z = torch.randn(count, self.generator.z_dim, generator=self.rng)
        return self.generator.map(z, torch.full((count,), self.label) if self.generator.num_classes else None)

    @torch.enable_grad()
    def step(self, share: float) -> tuple[Tensor, float]:
        """One step, at a share of the way: the image before it, [1, C, H, W], and what it misses of the picture."""
        self.optimizer.param_groups[0]["lr"] = self.tuning.rate * pace(share)
        count = self.tuning.neighbours if self.tuning.locality else 0
        near = torch.lerp(self.ws.expand(count, -1, -1), self.others(count), self.tuning.way)
        images = at_fixed_noise(self.copy, torch.cat([self.ws, near]))
        residual = self.objective.residual(images[:1]).sum()
        loss = residual
        if count:
            with torch.no_grad():
                held = self.inverter.objective(Target(at_fixed_noise(self.generator, near)))
            loss = loss + self.tuning.locality * held.residual(images[1:]).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return images[:1].detach(), float(residual.detach())

    @torch.no_grad()
    def image(self, generator: Generator) -> Tensor:
        """The pivot's image, [1, C, H, W] in [-1, 1]."""
        return at_fixed_noise(generator, self.ws).clamp(-1, 1)

    def misses(self, generator: Generator) -> float:
        """Root mean squared difference of the pivot's image to the picture, of 255."""
        return rmse(float(self.target.error(self.image(generator))))

    @torch.no_grad()
    def drift(self) -> float:
        """Root mean squared change of other images, of 255."""
        errors = []
        for part in self.others(OTHERS).split(AT_ONCE):
            was, now = (at_fixed_noise(generator, part).clamp(-1, 1) for generator in (self.generator, self.copy))
            errors.append((was - now).square().mean((1, 2, 3)))
        return rmse(float(torch.cat(errors).mean()))


def tune(
    inverter: Inverter, model: Model, pixels: np.ndarray, pivot: Recipe, tuning: Tuning = TUNING
) -> Iterator[Shown | Tuned]:
    """Tune a branch to a picture, uint8 (R, R, C); the last item is the result, which is kept as a branch only then.

    Args: pivot: the recipe whose w is held; a branch that it is drawn by already is left aside.
    Raises: UserError at once for a pivot that does not fit the model, and for a model too large to be copied.
    """
    if branches.size_of(model.generator) > branches.MAX_BYTES:
        raise UserError(f"{model.name} is too large for a private branch of it to be kept in memory.")
    pivot = replace(pivot, tuned="", noise="fixed")
    label = model.label(pivot) if model.num_classes else 0
    target, ws = Target(as_images(pixels[None])), model.ws([pivot]).clone()
    return _tune(Branching(inverter, target, ws, label, tuning), model, pivot)


def _tune(work: Branching, model: Model, pivot: Recipe) -> Iterator[Shown | Tuned]:
    steps = work.tuning.steps
    for i in range(1, steps + 1):
        image, residual = work.step(i / (steps + 1))
        if i % EVERY == 0 or i == steps:
            yield Shown(Progress("tuning", i, steps), residual, to_uint8(image))
    work.copy.eval().requires_grad_(False)
    before, after, others = work.misses(work.generator), work.misses(work.copy), work.drift()
    name = branches.keep(model.info.sha256, work.copy)
    yield Tuned(replace(pivot, tuned=name), to_uint8(work.image(work.copy))[0], before, after, others)
