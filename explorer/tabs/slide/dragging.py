"""Dragging points of the image: begins, tells how far it is, and ends. One at a time for each visitor."""

import base64
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from explorer.core.jobs import Jobs
from explorer.core.library import Library
from explorer.core.limits import Gate
from explorer.core.recipe import Recipe
from explorer.core.wording import shown
from explorer.rendering import server
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import listed, number, text
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.core.dragging import Pair, Step

MAX_PLACE = 1e12  # pixels: a place this side of it gets the sentence that it is outside the image
MAX_MASK = 200_000  # characters: a bit a pixel of 1024 x 1024, as base64
NAMED = ("x", "y", "target x", "target y")


class Dragged(NamedTuple):
    """A step and the recipe that the drag began with."""

    start: Recipe
    step: "Step"


JOBS: Jobs[Dragged] = Jobs("drag of points", Gate("dragging points", at_once=2, waiting=0))


@rpc_handler
def drag_start(library: Library, question: Answer) -> Answer:
    """{recipe, pairs, mask, visitor} -> {job}: what the drag is called by, which has begun.

    pairs: [x, y, target x, target y] each, in pixels of the image. mask: "" for none, or base64 of a bit a pixel, row
    by row, 1 where the image may change. visitor: what tells the page from others.
    """
    from explorer.core.dragging import MAX_PAIRS, Drag, steps

    recipe = server.recipe_in(question)
    model = library.model(recipe.checkpoint)
    pairs = tuple(map(pair_of, listed(question, "pairs", 10 * MAX_PAIRS)))
    mask = mask_of(text(question, "mask", MAX_MASK), model.resolution)
    taken = steps(model, Drag(recipe, pairs, mask))
    return {"job": JOBS.start(text(question, "visitor"), (Dragged(recipe, step) for step in taken))}


def pair_of(numbers: object) -> "Pair":
    """[x, y, target x, target y] -> the pair. Raises UserError for anything else."""
    from explorer.core.dragging import Pair

    if not isinstance(numbers, list | tuple) or len(numbers) != len(NAMED):
        raise UserError(f"A pair of points is {shown(numbers)}; it must be [{', '.join(NAMED)}].")
    named = dict(zip(NAMED, numbers, strict=True))
    x, y, to_x, to_y = (number(named, name, -MAX_PLACE, MAX_PLACE) for name in NAMED)
    return Pair((x, y), (to_x, to_y))


def mask_of(packed: str, side: int) -> np.ndarray | None:
    """base64 of a bit a pixel -> bool (side, side); None for "". Raises UserError for a mask of another size."""
    if not packed:
        return None
    try:
        bits = np.unpackbits(np.frombuffer(base64.b64decode(packed, validate=True), np.uint8))
    except ValueError as error:
        raise UserError("The mask cannot be read. Paint it anew.") from error
    if len(bits) != (side * side + 7) // 8 * 8:
        raise UserError(f"The mask has {len(bits):,} pixels, the image {side} x {side}. Paint the mask anew.")
    return bits[: side * side].reshape(side, side).astype(bool)


@rpc_handler
def drag_look(library: Library, question: Answer) -> Answer:
    """{job} -> how far it is.

    {ended, cancelled, outcome, steps, best, distances, handles, best_handles, recipe, and the image as `render` sends
    it}: of the newest step; handles: [x, y] each; recipe: of the best step, once it has ended. Before the first step
    {ended}.
    """
    from explorer.core.dragging import result

    look = JOBS.look(text(question, "job"))
    if look.step is None:
        return {"ended": look.ended}
    start, step = look.step
    return {
        "ended": look.ended,
        "cancelled": look.cancelled,
        "outcome": step.outcome,
        "steps": len(step.distances) - 1,
        "best": step.best,
        "distances": [round(distance, 2) for distance in step.distances],
        "handles": step.handles.tolist(),
        "best_handles": step.best_handles.tolist(),
        "recipe": result(start, step).to_dict() if look.ended and step.best else None,
        **server.sent(step.image, quick=True),
    }


@rpc_handler
def drag_cancel(library: Library, question: Answer) -> Answer:
    """{job} -> {}: let it end after the step that it is at."""
    JOBS.cancel(text(question, "job"))
    return {}


HANDLERS = (drag_start, drag_look, drag_cancel)
