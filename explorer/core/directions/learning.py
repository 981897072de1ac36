"""Learning and measuring the directions of a model: minutes of work, told step by step."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from explorer.core.directions.affordable import affordable
from explorer.core.directions.attributes import AttributeReader
from explorer.core.directions.base import DIRECTIONS, Directions, sample_ws
from explorer.core.directions.catalogue import suited, unlearnable
from explorer.core.directions.effects import N_SAMPLES, SEED, Effects, Measuring, names
from explorer.core.directions.explicit import on_layers
from explorer.core.directions.fitting import fitting, is_settled, kept, known
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.core.model import Model


class Step(NamedTuple):
    """How far the work has come: directions measured, of how many, and what is being done."""

    done: int
    of: int
    doing: str


def learned(model: "Model") -> Iterator[Step]:
    """Fit the methods that take long, then measure what the directions of every method do; keep all in the cache.

    Yields between any two pieces of work, each of seconds, and may be left there: what is done stays. Raises UserError
    for a model whose images nobody can read attributes off.
    """
    reader = model.reader
    if reader is None:
        raise UserError(unlearnable(model))
    methods = suited(model)
    found: dict[str, Directions] = {}
    for number, method in enumerate(methods):
        yield Step(number, len(methods), f"fitting {DIRECTIONS[method].title}")
        directions = known(method, model.subject, model.place)
        if directions is None:
            if is_settled(method, model.subject, model.place):
                continue
            directions = DIRECTIONS[method]()
            try:
                for what in fitting(directions, model.subject):
                    yield Step(number, len(methods), f"fitting {directions.title}: {what}")
            except UserError:  # this method finds nothing here; the others may
                kept(None, method, model.place)
                continue
            kept(directions, method, model.place)
        found[method] = directions
    waiting = {method: one for method, one in found.items() if one.effects is None}
    if waiting:
        ws = sample_ws(model.generator, affordable(model.generator, N_SAMPLES) // 2, SEED)
        yield from measured(model, reader, ws, waiting)


def measured(model: "Model", reader: AttributeReader, ws: Tensor, waiting: dict[str, Directions]) -> Iterator[Step]:
    """Measure the directions of some methods, one after the other, and keep them."""
    measuring = Measuring(model.generator, reader, ws)
    total = sum(len(one.axes_) for one in waiting.values())
    done = 0
    for method, directions in waiting.items():
        gains, ends = [], []
        for axis in range(len(directions.axes_)):
            yield Step(done, total, f"measuring {directions.title}")
            moved = along(model, directions, axis)
            gains.append(measuring.gain(moved))
            ends.append([measuring.end(moved, sign) for sign in (-1, 1)])
            done += 1
        directions.effects = Effects.of(names(reader.traits), gains, ends)
        kept(directions, method, model.place)
    yield Step(total, total, "done")


def along(model: "Model", directions: Directions, axis: int) -> Tensor:
    """What a strength of 1 adds to ws on the layers that an axis is meant for, [num_ws, w_dim]."""
    step = directions.step(directions.names_[axis], 1.0)
    return torch.from_numpy(on_layers(model, step, *directions.layers_[axis]))
