"""The search itself: passes of the encoder, then gradient steps in w, then in w+ (a w of its own for every layer)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from explorer.core.inversion.encoder import Encoder
from explorer.core.inversion.latent import LatentSpace
from explorer.core.inversion.objective import Objective
from explorer.core.inversion.synthesis import Synthesis

RAMP = 0.1  # of the steps, over which the rate rises
W_RATE, LAYER_RATE = 0.1, 0.05  # highest rates of Adam, in deviations a step
AT_ONCE = 32  # images that a choice of classes draws at once


class Effort(NamedTuple):
    """How much is done: passes of the encoder, gradient steps in w, and in w+ where layers may differ.

    `apart`: deviations by which all guesses but the first are moved at random before the gradient steps, so that equal
    pictures get different answers.
    """

    passes: int = 3
    w: int = 120
    layers: int = 80
    apart: float = 0.0


FULL = Effort()
QUICK = Effort(3, 40, 0)
"""The way by which any number of real images are tried, and each picture beside them."""


@dataclass(frozen=True)
class Guess:
    """The best so far of each of N pictures, after a step.

    Attributes:
        stage: "encoder", "w" or "w+"; step: of `steps` in it.
        u: [N, L, R], L = 1 until w+; labels: [N]; images: [N, C, H, W].
        loss: [N].
    """

    stage: str
    step: int
    steps: int
    u: Tensor
    labels: Tensor
    images: Tensor
    loss: Tensor

    def take(self, rows: Tensor) -> "Guess":
        """The guesses of these rows."""
        parts = (self.u[rows], self.labels[rows], self.images[rows], self.loss[rows])
        return Guess(self.stage, self.step, self.steps, *parts)


@dataclass(frozen=True)
class Searcher:
    """Searches one generator. Attributes: its synthesis, its w in deviations, its trained encoder."""

    synthesis: Synthesis
    space: LatentSpace
    encoder: Encoder

    def search(self, objective: Objective, labels: Tensor, effort: Effort = FULL) -> Iterator[Guess]:
        """Yield after every step; the last guess is the result. Each picture's best step is kept."""
        best = self.start(objective, labels)
        for guess in self.encoded(objective, best, effort.passes):
            yield (best := guess)
        if effort.apart:
            best = self.scattered(objective, best, effort.apart)
        for guess in self.descend(objective, best, "w", effort.w, W_RATE):
            yield (best := guess)
        if self.space.num_ws > 1 and effort.layers:
            yield from self.descend(objective, layered(best, self.space.num_ws), "w+", effort.layers, LAYER_RATE)

    @torch.no_grad()
    def start(self, objective: Objective, labels: Tensor) -> Guess:
        """The centre of each class."""
        u = torch.zeros(len(labels), 1, self.space.rank)
        return self.drawn("encoder", 0, 0, u, labels, objective)

    def drawn(self, stage: str, step: int, steps: int, u: Tensor, labels: Tensor, objective: Objective) -> Guess:
        """A guess of its u, with its images and loss."""
        images = self.synthesis(self.space.ws(u, labels))
        return Guess(stage, step, steps, u, labels, images, objective(images, u))

    def encoded(self, objective: Objective, guess: Guess, passes: int) -> Iterator[Guess]:
        """Passes of the encoder (ReStyle): each sees the picture and the newest guess."""
        best = newest = guess
        for i in range(passes):
            with torch.no_grad():
                step = self.encoder(objective.target.filled(newest.images), objective.target.viewed(newest.images))
                newest = self.drawn("encoder", i + 1, passes, newest.u + step[:, None], guess.labels, objective)
                best = better(best, newest)
            yield best

    @torch.no_grad()
    def scattered(self, objective: Objective, guess: Guess, apart: float) -> Guess:
        """All guesses but the first moved at random, always in the same way."""
        moved = torch.randn(guess.u.shape, generator=torch.Generator().manual_seed(0)) * apart
        moved[0] = 0
        return self.drawn(guess.stage, guess.step, guess.steps, guess.u + moved, guess.labels, objective)

    def descend(self, objective: Objective, guess: Guess, stage: str, steps: int, rate: float) -> Iterator[Guess]:
        """Adam on u, in deviations; the rate rises, then falls to 0 as a cosine does."""
        u = guess.u.detach().clone().requires_grad_(True)
        optimizer = torch.optim.Adam([u], lr=rate, betas=(0.9, 0.99))
        best = guess
        for i in range(steps):
            optimizer.param_groups[0]["lr"] = rate * pace((i + 1) / (steps + 1))
            with torch.enable_grad():
                newest = self.drawn(stage, i + 1, steps, u, guess.labels, objective)
                (gradient,) = torch.autograd.grad(newest.loss.sum(), u)
            best = better(best, detached(newest))
            u.grad = gradient
            optimizer.step()
            yield best
        with torch.no_grad():
            yield better(best, self.drawn(stage, steps, steps, u.detach(), guess.labels, objective))

    @torch.no_grad()
    def best_classes(self, objective: Objective, passes: int = 3) -> Tensor:
        """[N]: for each picture the class in which the encoder comes nearest to it."""
        classes, count = len(self.space.means), len(objective.target)
        if classes == 1:
            return torch.zeros(count, dtype=torch.int64)
        losses = []
        pairs = torch.cartesian_prod(torch.arange(count), torch.arange(classes))
        for part in pairs.split(AT_ONCE):
            some = objective.take(part[:, 0])
            *_, guess = self.encoded(some, self.start(some, part[:, 1]), passes)
            losses.append(guess.loss)
        return torch.cat(losses).reshape(count, classes).argmin(1)


def pace(share: float) -> float:
    """Of the highest rate, at a share of the steps from 0 to 1."""
    return min(1.0, share / RAMP) * 0.5 * (1 + math.cos(math.pi * share))


def layered(guess: Guess, num_ws: int) -> Guess:
    """A guess with a u for every layer, all alike at first."""
    return Guess("w+", 0, 0, guess.u.expand(-1, num_ws, -1), guess.labels, guess.images, guess.loss)


def detached(guess: Guess) -> Guess:
    """The same without its graph, and its u a copy: the optimiser changes it in place."""
    parts = (guess.u.detach().clone(), guess.labels, guess.images.detach(), guess.loss.detach())
    return Guess(guess.stage, guess.step, guess.steps, *parts)


def better(old: Guess, new: Guess) -> Guess:
    """Of each picture the guess of lower loss, at the newer one's step."""
    wins = new.loss < old.loss
    rows = wins[:, None, None]
    return Guess(
        new.stage,
        new.step,
        new.steps,
        torch.where(rows, new.u, old.u),
        new.labels,
        torch.where(rows[..., None], new.images, old.images),
        torch.where(wins, new.loss, old.loss),
    )
