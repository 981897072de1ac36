"""A visitor's picture looked for in a checkpoint: the steps as they come, then what was found, and what it is worth."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from explorer.core.inversion import wording
from explorer.core.inversion.inverter import Inverter, Progress
from explorer.core.inversion.objective import FREE, WEIGHTS, Objective
from explorer.core.inversion.search import FULL, Effort, Guess
from explorer.core.inversion.target import LEAST_SIDE, Target, psnr, resized, rmse
from explorer.core.recipe import Recipe, pack
from trainer.features.pixels import as_images
from trainer.util.errors import UserError
from trainer.util.images import to_uint8

MAX_STARTS = 4
MAX_TRIED = 32  # classes up to which all are tried
CANNOT = 0.95  # share of held-out real images that are matched better, beyond which a picture counts as not makeable
LEAST_SEEN = 0.02  # share of the pixels that must be left after rubbing out
SEVERAL = Effort(passes=3, w=100, layers=40, apart=0.8)


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        pixels: uint8 (R, R, C), the picture at the model's resolution and channels.
        hidden: bool (R, R), where it was rubbed out; None where nowhere.
        side: treat it as a picture of so many pixels a side; 0 for all it has.
        label: a class; None for the one that comes nearest.
        starts: how many different answers, from different starts.
    """

    pixels: np.ndarray
    hidden: np.ndarray | None = None
    side: int = 0
    label: int | None = None
    starts: int = 1

    @property
    def whole(self) -> bool:
        """Whether all of the picture is seen, so that the result can be held against it."""
        return self.hidden is None and not self.side


class Shown(NamedTuple):
    """The search after a step: how far it is, and the guesses, uint8 (N, R, R, C)."""

    progress: Progress
    loss: float
    images: np.ndarray


@dataclass(frozen=True)
class Found:
    """One answer.

    Attributes:
        image: uint8 (R, R, C).
        error: mean squared difference over the seen pixels, of numbers from -1 to 1.
        features: perceptual distance; None where it does not count.
        distance: from the centre, in deviations; beyond: share of the model's own images that are nearer to it.
    """

    recipe: Recipe
    image: np.ndarray
    error: float
    features: float | None
    distance: float
    beyond: float


@dataclass(frozen=True)
class Outcome:
    """All answers, and where the picture lies among held-out real images.

    Attributes:
        worse_than: share of these that are matched better, 0 to 1; None where that is not known.
        side: pixels a side at which they were compared.
        label: the class, None for a model without.
    """

    found: tuple[Found, ...]
    wish: Wish
    worse_than: float | None
    side: int
    label: int | None

    @property
    def makeable(self) -> bool | None:
        """Whether the model can make it; None where that is not known."""
        return None if self.worse_than is None else self.worse_than <= CANNOT

    def sentences(self) -> list[str]:
        """What to think of it, the most important first."""
        best = self.found[0]
        judged = [wording.invented(self.wish)] if not self.wish.whole else [self.verdict()]
        measured = wording.residual(rmse(best.error), psnr(best.error), best.features, self.wish.whole)
        return [*judged, measured, wording.editable(best.distance, best.beyond)]

    def verdict(self) -> str:
        """Whether the model can make the picture, of a whole one."""
        if self.worse_than is None:
            return wording.NO_REFERENCE
        return wording.rank(self.worse_than, not self.makeable, self.side, len(self.wish.pixels))


def open_picture(inverter: Inverter, wish: Wish) -> Iterator[Progress | Shown | Outcome]:
    """Search for a picture; the last item is the Outcome. Raises UserError for a wish that cannot be met."""
    check(inverter, wish)
    yield from inverter.prepare()
    target, weights = seen(wish), WEIGHTS if wish.whole else FREE
    objective = inverter.objective(target, weights)
    labels = inverter.searcher.best_classes(objective) if wish.label is None else torch.tensor([wish.label])
    rows = torch.zeros(wish.starts, dtype=torch.int64)
    effort = SEVERAL if wish.starts > 1 else FULL
    for guess in inverter.searcher.search(objective.take(rows), labels[rows], effort):
        yield Shown(
            Progress(guess.stage, guess.step, guess.steps), float(guess.loss.min()), to_uint8(guess.images.detach())
        )
    worse, side = None, target.side
    if wish.whole:
        yield from inverter.measure_real()
        for item in ranked(inverter, target):
            if isinstance(item, Progress):
                yield item
            else:
                worse, side = item
    yield outcome_of(inverter, wish, objective.take(rows), guess, worse, side)


def check(inverter: Inverter, wish: Wish) -> None:
    """Raises UserError for a wish that cannot be met by this model."""
    resolution, classes = len(wish.pixels), len(inverter.searcher.space.means)
    if wish.label is not None and not 0 <= wish.label < classes:
        raise UserError(f"There is no class {wish.label}; {inverter.name} has classes 0 to {classes - 1}.")
    if wish.label is None and classes > MAX_TRIED:
        raise UserError(f"{inverter.name} has {classes:,} classes, too many to try them all. Choose one.")
    if wish.side and not LEAST_SIDE <= wish.side < resolution:
        raise UserError(
            f"A view of {wish.side} x {wish.side} pixels is not possible here; choose {LEAST_SIDE} to {resolution - 1}."
        )
    if wish.hidden is not None and wish.hidden.mean() > 1 - LEAST_SEEN:
        raise UserError("Nearly all of the picture is rubbed out. Leave some of it.")


def seen(wish: Wish) -> Target:
    """What of the picture is to be matched."""
    pixels = as_images(wish.pixels[None])
    mask = None if wish.hidden is None else torch.from_numpy(~wish.hidden).float()[None, None]
    if not wish.side:
        return Target(pixels, mask)
    small = None if mask is None else (resized(mask, wish.side) > 0.99).float()  # of what is seen entirely
    return Target(resized(pixels, wish.side), small)


def ranked(inverter: Inverter, target: Target) -> Iterator[Progress | tuple[float, int]]:
    """The picture tried as the held-out real images were, at the size that these have; last (worse_than, side)."""
    if inverter.reference is None or inverter.residuals is None:
        return
    side = min(target.side, int(inverter.reference.thumbs.shape[1]))
    small = Target(resized(target.pixels, side))
    for guess in inverter.quickly(small):
        yield Progress("comparing with held-out real images", guess.step, guess.steps)
    yield inverter.worse_than(float(inverter.left_over(small, guess)[0])) or 0.0, side


def outcome_of(
    inverter: Inverter, wish: Wish, objective: Objective, guess: Guess, worse_than: float | None, side: int
) -> Outcome:
    """The answers of the last guess, best first."""
    order = guess.loss.argsort()
    guess, objective = guess.take(order), objective.take(order)
    space = inverter.searcher.space
    with torch.no_grad():
        seen = guess.images.clamp(-1, 1)
        errors, features = objective.target.error(seen), objective.feature_distance(seen)
        distances = space.distance(guess.u).tolist()
        ws = space.ws(guess.u, guess.labels)
    images, label = to_uint8(guess.images), int(guess.labels[0])
    with_classes = inverter.searcher.synthesis.generator.num_classes > 0
    found = tuple(
        Found(
            recipe_of(inverter.name, ws[i] if guess.u.shape[1] > 1 else ws[i, :1], label if with_classes else None),
            images[i],
            float(errors[i]),
            None if features is None else float(features[i]),
            distances[i],
            space.farther_than(distances[i]),
        )
        for i in range(len(order))
    )
    return Outcome(found, wish, worse_than, side, label if with_classes else None)


def recipe_of(checkpoint: str, ws: Tensor, label: int | None) -> Recipe:
    """The recipe of ws [1 or num_ws, w_dim]."""
    return Recipe(checkpoint, w=pack(ws.numpy()), label=label)
