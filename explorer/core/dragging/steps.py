"""The steps of a drag: w moves so that the features around each handle move a little towards its target.

Pan et al. 2023, with radii for small images: at 64 pixels the published ones round to nothing.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.branches import generator_of
from explorer.core.directions.base import sample_ws
from explorer.core.dragging.points import disc, features_of, square, tracked
from explorer.core.dragging.request import PUBLISHED, Drag, arrived
from explorer.core.model import Model
from explorer.core.recipe import Recipe
from trainer.util.errors import UserError
from trainer.util.images import to_pixels

AXES_SAMPLES = 2000  # w that its principal axes are measured from


class Settings(NamedTuple):
    """How to drag. Lengths are pixels of the image; the two radii are at least the published share of its side.

    Attributes:
        radius: of the disc around a handle whose features are moved (published: 3 of 512 pixels).
        tracking: half the side of the square in which a handle is looked for after each step (12 of 512).
        rate: length of a step of w along the gradient, in deviations of w along its principal axes.
        momentum: the share of a step that the next one keeps.
        pull: weight of the square of how far w has gone, in the same unit.
        stride: how far features are to move in a step; half of it within `near` of the target.
        mask_weight: weight of the change outside the mask.
        coarser: doublings between the features' level and the image.
        cap: steps at most.
        patience: steps without progress after which it ends.
    """

    radius: float = 2.0
    tracking: float = 3.0
    rate: float = 0.1
    momentum: float = 0.7
    pull: float = 0.005
    stride: float = 1.0
    near: float = 2.0
    mask_weight: float = 0.5
    coarser: int = 2
    cap: int = 150
    patience: int = 30


class Step(NamedTuple):
    """Where a drag is.

    Attributes:
        ws: float32 (num_ws, w_dim). image: uint8 (H, W, C), to within 1/255 the one of `ws`.
        handles: float32 (K, 2), where each is now. distances: mean of the handles to their targets, in pixels, of each
            step so far; the first is the start's.
        best: number of the step with the least. best_ws, best_handles: its ws, and where the handles were.
        outcome: "" while it goes on, then why it ended: "arrived", "stuck" or "cap".
    """

    ws: np.ndarray
    image: np.ndarray
    handles: np.ndarray
    distances: tuple[float, ...]
    best: int
    best_ws: np.ndarray
    best_handles: np.ndarray
    outcome: str


def result(recipe: Recipe, step: Step) -> Recipe:
    """The recipe of a drag's best step: the image as an explicit w."""
    return recipe.at(step.best_ws)


def steps(model: Model, drag: Drag, settings: Settings | None = None) -> Iterator[Step]:
    """The start and every step after it; the last one has an outcome. Raises UserError at once for bad input."""
    drag.check(model)
    return _steps(model, drag, settings or Settings())


def _steps(model: Model, drag: Drag, settings: Settings) -> Iterator[Step]:
    """`steps` of a drag that makes sense."""
    work = Work(model, drag, settings)
    distances = [work.distance()]
    best, nearest = 0, distances[0] + 1
    while True:
        image, ws = work.pixels_and_ws()
        handles = work.points.numpy().copy()
        if distances[-1] < nearest - 1e-6:
            best, nearest, best_ws, best_handles = len(distances) - 1, distances[-1], ws, handles
        outcome = outcome_of(work, distances, best, settings)
        yield Step(ws, image, handles, tuple(distances), best, best_ws, best_handles, outcome)
        if outcome:
            return
        work.move()
        distances.append(work.distance())


def outcome_of(work: "Work", distances: Sequence[float], best: int, settings: Settings) -> str:
    """Why a drag ends here, "" where it goes on."""
    if work.gaps().max() <= arrived(work.side):
        return "arrived"
    taken = len(distances) - 1
    if taken - best >= settings.patience:
        return "stuck"
    return "cap" if taken >= settings.cap else ""


class Work:
    """What changes in a drag: ws, the features that they give, and where the handles are.

    Attributes: points, targets: [K, 2]. features: [1, F, s, s], images: [1, C, H, W], of the present ws.
    """

    def __init__(self, model: Model, drag: Drag, settings: Settings):
        self.generator = generator_of(model, drag.recipe)
        self.name, self.side, self.settings = model.name, model.resolution, settings
        share = self.side / PUBLISHED
        self.disc = disc(max(settings.radius, 3 * share))
        self.square = square(max(settings.tracking, 12 * share), spacing=max(0.5, 2 * share))
        self.level = max(self.generator.feature_sides[0], self.side >> settings.coarser)
        self.noise = model.noise([drag.recipe])
        self.start = model.ws([drag.recipe]).clone()  # [1, num_ws, w_dim]
        self.axes = principal_axes(model)
        self.gone = torch.zeros(self.start.shape[1], len(self.axes), requires_grad=True)  # [num_ws, K]
        self.optimizer = torch.optim.SGD([self.gone], lr=settings.rate, momentum=settings.momentum)
        self.points = torch.tensor([pair.handle for pair in drag.pairs])
        self.targets = torch.tensor([pair.target for pair in drag.pairs])
        self.draw()
        self.first = self.features.detach()
        self.wanted = features_of(self.first, self.points[:, None] + self.disc, self.side)  # [K, N, F]
        self.outside = outside(drag.mask, self.features.shape[-1])

    def draw(self) -> None:
        """Features and image of where w has gone. Raises UserError where they are not finite."""
        self.ws = self.start + self.gone @ self.axes
        self.features, self.images = self.generator.features_at(self.ws, self.noise, self.level)
        if not (torch.isfinite(self.features).all() and torch.isfinite(self.images).all()):
            raise UserError(
                f"{self.name} generates NaN or infinite pixels on the way. Drag less far, or from another seed."
            )

    def gaps(self) -> Tensor:
        """Each handle's distance to its target, [K]."""
        gaps: Tensor = (self.targets - self.points).norm(dim=1)
        return gaps

    def distance(self) -> float:
        """Mean of `gaps`."""
        return float(self.gaps().mean())

    def pixels_and_ws(self) -> tuple[np.ndarray, np.ndarray]:
        """The present image, uint8 (H, W, C), and its ws (num_ws, w_dim)."""
        return to_pixels(self.images.detach())[0], self.ws.detach()[0].numpy().copy()

    def loss(self) -> Tensor:
        """How unlike the features a stride on are to those at the handles; and what has changed outside the mask."""
        gaps = self.gaps()[:, None]
        stride = self.settings.stride * torch.where(gaps > self.settings.near, 1.0, 0.5)
        move = (self.targets - self.points) / gaps.clamp(min=1e-6) * torch.minimum(gaps, stride)  # [K, 2]
        here = self.points[:, None] + self.disc  # [K, N, 2]
        goal = features_of(self.features.detach(), here, self.side)
        moved = features_of(self.features, here + move[:, None], self.side)  # [K, N, F]
        loss = (moved - goal).abs().mean((1, 2)).sum() + self.settings.pull * self.gone.square().sum(1).mean()
        if self.outside is not None:
            change = (self.features - self.first).abs().mean(1, keepdim=True)  # [1, 1, s, s]
            loss = loss + self.settings.mask_weight * (change * self.outside).sum() / self.outside.sum().clamp(min=1)
        return loss

    def move(self) -> None:
        """One step: ws follow the gradient, the handles are looked for anew."""
        (slope,) = torch.autograd.grad(self.loss(), self.gone)
        self.gone.grad = slope / slope.norm().clamp(min=1e-12)
        self.optimizer.step()
        self.draw()
        self.points = tracked(self.features.detach(), self.points, self.wanted, self.disc, self.square, self.side)


def outside(mask: np.ndarray | None, side: int) -> Tensor | None:
    """The share of each of `side` x `side` features that must not change, [1, 1, side, side]; None for no mask."""
    if mask is None:
        return None
    fixed = torch.from_numpy(~mask).float()[None, None]
    return F.adaptive_avg_pool2d(fixed, side)


@torch.no_grad()
def principal_axes(model: Model) -> Tensor:
    """The principal axes of w, each as long as its deviation, the spread of AXES_SAMPLES z: [K, w_dim].

    Steps in these units stay where w is common: along most coordinates of w alone, the model has seen nothing.
    """
    w = sample_ws(model.generator, AXES_SAMPLES)[:, 0]
    _, spread, axes = torch.linalg.svd(w - w.mean(0), full_matrices=False)
    scaled: Tensor = axes * (spread / math.sqrt(AXES_SAMPLES - 1))[:, None]
    return scaled
