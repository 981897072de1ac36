"""A direction that a recipe carries whole: `w:BASE64`, the step in w that a strength of 1 makes.

People make these from images (`from A to B`, `the mean of these minus the mean of those`); nobody has to keep them for
a link to work.
"""

from typing import TYPE_CHECKING

import numpy as np

from explorer.core.recipe import OWN_DIRECTION, Recipe, pack, unpack
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

    One image on either side is `from A to B`. Raises UserError for no image on a side, images of different models, and
    sides that are the same.
    """
    if not plus or not minus:
        raise UserError("A direction needs at least one image to lead from and one to lead to.")
    if {recipe.checkpoint for recipe in (*plus, *minus)} != {model.name}:
        raise UserError(f"All images that make a direction must be {model.name}'s.")
    difference = (model.ws(plus).mean(0) - model.ws(minus).mean(0)).numpy()
    if not np.abs(difference).max() > 0:
        raise UserError("Both sides are the same image, so there is no direction between them. Choose another one.")
    alike = bool((difference == difference[:1]).all())
    return f"{OWN_DIRECTION}{pack(difference[0] if alike else difference)}"
