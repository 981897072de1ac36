"""A direction that a recipe carries whole: `w:BASE64`, the step in w that a strength of 1 makes.

People make these from images (`from A to B`, `the mean of these minus the mean of those`); nobody has to keep them for
a link to work.
"""

from typing import TYPE_CHECKING

import numpy as np

from explorer.core.recipe import OWN_DIRECTION, Edit, Recipe, pack, unpack
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.core.model import Model

METHOD = OWN_DIRECTION[:-1]


def step(model: "Model", text: str) -> np.ndarray:
    """The step, float32 (w_dim,) or (num_ws, w_dim). Raises UserError for one of another model's width."""
    found = unpack(text, "direction")
    if found.size not in (model.w_dim, model.num_ws * model.w_dim):
        raise UserError(
            f"The direction has {found.size} numbers; {model.name} needs {model.w_dim} or {model.num_ws} x "
            f"{model.w_dim}. It is another model's."
        )
    return found.reshape(-1, model.w_dim) if found.size > model.w_dim else found


def between(model: "Model", plus: list[Recipe], minus: list[Recipe]) -> str:
    """From the mean w of some images to that of others, as a recipe spells it: a strength of 1 is the whole way.

    The same image twice on a side counts once; one on either side is `from A to B`. Raises UserError for no image on a
    side, images of different models, and sides that are the same.
    """
    if not plus or not minus:
        raise UserError("A direction needs at least one image to lead from and one to lead to.")
    if {recipe.checkpoint for recipe in (*plus, *minus)} != {model.name}:
        raise UserError(f"All images that make a direction must be {model.name}'s.")
    means = [model.ws(list(dict.fromkeys(side))).mean(0) for side in (plus, minus)]
    difference = (means[0] - means[1]).numpy()
    if not np.abs(difference).max() > 0:
        raise UserError("Both sides are the same image, so there is no direction between them. Choose another one.")
    return spelled(difference)


def conditioned(model: "Model", moved: Edit, fixed: list[Edit]) -> str:
    """A direction without its parts along up to two others, so that these are held fixed (InterFaceGAN, section 3.2).

    Each counts on the layers of its edit alone; strengths do not matter. The length stays, and so the meaning of a
    strength. Raises UserError where nothing of the direction remains.
    """
    step = whole(model, moved)
    length = np.linalg.norm(step)
    if fixed:
        base, _ = np.linalg.qr(np.stack([whole(model, other) for other in fixed], axis=1))
        step = step - base @ (base.T @ step)
    left = np.linalg.norm(step)
    if left < 1e-3 * length:
        raise UserError("The direction lies wholly along those that shall be held fixed. Hold fewer of them.")
    return spelled((step * (length / left)).reshape(-1, model.w_dim).astype(np.float32))


def whole(model: "Model", edit: Edit) -> np.ndarray:
    """What a strength of 1 adds to all layers, float64 (num_ws * w_dim,): 0 on those that the edit leaves alone."""
    return on_layers(model, model.step(edit.direction, 1.0), edit.first, edit.last).astype(np.float64).flatten()


def on_layers(model: "Model", step: np.ndarray, first: int, last: int | None) -> np.ndarray:
    """A step (w_dim,) or (num_ws, w_dim) on these layers, 0 on the others: float32 (num_ws, w_dim)."""
    layers = model.layers(first, last, "the direction")
    moved = np.zeros((model.num_ws, model.w_dim), np.float32)
    moved[layers] = step[layers] if step.ndim == 2 else step
    return moved


def spelled(step: np.ndarray) -> str:
    """A step (w_dim,) or (num_ws, w_dim) as a recipe spells it; layers that are alike are written once."""
    rows = step.reshape(-1, step.shape[-1])
    return f"{OWN_DIRECTION}{pack(rows[0] if (rows == rows[:1]).all() else rows)}"
