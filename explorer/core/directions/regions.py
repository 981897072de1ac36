"""Style channels by the part of the image that they change (StyleSpace, Wu et al. 2021, section 4)."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from explorer.core.directions.base import sample_ws
from explorer.core.directions.catalogue import RANGE, Entry
from explorer.core.directions.channels import LEAST_ALONE, Channels
from explorer.core.directions.explicit import spelled
from explorer.core.recipe import Recipe
from trainer.checkpoints.sampling import BULK_PASS
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.core.model import Model

LARGEST = 128  # pixels a side of models whose channels are all tried
STEP = 3.0  # deviations that a channel is moved by
FOUND = 8  # channels that are returned
SEEN = 0.02  # mean change in the region, of pixels in [-1, 1], from which on a channel counts
SAMPLES = 500  # of the deviations of styles


class Region(NamedTuple):
    """A rectangle of the image, its sides in shares of the whole, 0 to 1; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def mask(self, side: int) -> Tensor:
        """1 inside, 0 outside, [side, side]. Raises UserError for a region that holds no pixel."""
        left, top, right, bottom = (round(edge * side) for edge in self)
        if left >= right or top >= bottom:
            raise UserError("The marked region holds no pixel. Mark a larger one.")
        mask = torch.zeros(side, side)
        mask[top:bottom, left:right] = 1
        return mask


@torch.inference_mode()
def channels_of(model: "Model", recipe: Recipe, region: Region) -> list[Entry]:
    """The style channels that change an image most in a region and least elsewhere, most local first.

    Each channel is moved by STEP deviations; its locality is the share of the change that falls into the region.
    Raises UserError for a model without styles, for one too large, and where nothing changes the region.
    """
    g = model.generator
    if g.num_ws == 1 or not g.has_first_layer():
        raise UserError(f"{model.name} has no style channels: only style-based models (StyleGAN) have.")
    if g.resolution > LARGEST:
        raise UserError(f"{model.name} has {g.resolution} pixels a side; its channels are tried up to {LARGEST}.")
    mask = region.mask(g.resolution)
    channels = Channels(g)
    channels.styles(sample_ws(g, SAMPLES).numpy())
    steps = [channels.step(row) for row in range(len(channels.spread))]
    rows = [row for row, (_, _, alone) in enumerate(steps) if alone >= LEAST_ALONE]
    changes = changed(model, recipe, [steps[row][:2] for row in rows])  # (channels, H, W)
    inside, whole = (changes * mask).sum((1, 2)), changes.sum((1, 2))
    visible = inside / mask.sum() >= SEEN
    local = torch.where(visible, inside / whole.clamp(min=1e-9), torch.zeros(()))
    order = [int(i) for i in local.argsort(descending=True)[:FOUND] if visible[i]]
    if not order:
        raise UserError("No single style channel changes this region visibly. Mark a larger one.")
    return [found(rows[i], *steps[rows[i]][:2], channels, float(local[i])) for i in order]


def changed(model: "Model", recipe: Recipe, steps: list[tuple[int, np.ndarray]]) -> Tensor:
    """Mean change of each pixel over the colours, for each (layer, step): [channels, H, W], in pixels of [-1, 1]."""
    ws = model.ws([recipe])
    moved = ws.repeat(len(steps), 1, 1)
    for i, (layer, step) in enumerate(steps):
        moved[i, layer] += STEP * torch.from_numpy(step).float()
    with model.lock:
        before = model.generator.synthesize(ws, model.noise([recipe]))
        parts = [
            model.generator.synthesize(part, model.noise([replace(recipe)] * len(part)))
            for part in moved.split(BULK_PASS)
        ]
    return (torch.cat(parts) - before).abs().mean(1)


def found(row: int, layer: int, step: np.ndarray, channels: Channels, local: float) -> Entry:
    """A channel as the list has it: its step is a deviation of its style."""
    title = f"layer {layer}, channel {row - channels.starts[layer]}"
    note = f"{100 * local:.0f} % of its change is in the marked region"
    own = spelled(step.astype(np.float32))
    return Entry(own, title, "channels", (layer, layer), -2 * RANGE, 2 * RANGE, note)
