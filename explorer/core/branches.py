"""Private branches: copies of a generator, each tuned to a visitor's picture. In memory alone, few, and for a while.

A branch is known by a name that cannot be guessed; who holds it is whose picture it is. A recipe that carries the name
is drawn by the branch; links and files carry `recipe.PRIVATE` in its place.
"""

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from explorer.core.limits import Kept
from explorer.core.recipe import Recipe
from trainer.util.errors import UserError

if TYPE_CHECKING:  # torch takes seconds to import: not before the first model is asked for
    from explorer.core.model import Model
    from trainer.networks import Generator

MAX_BRANCHES = 8  # of all visitors
MAX_BYTES = 1_000_000_000
UNUSED = 3600.0  # seconds without an image, after which a branch is dropped
GONE = (
    "This image was tuned to a picture, in a private branch of {} that is not here: a branch belongs to the page that "
    "made it, and ends an hour after its last use. {}"
)
UNTUNED = "What you see is the image of the model itself."
NOT_DRAWN = "Take the tuning off to see the image of the model itself."


class Branch(NamedTuple):
    """A tuned generator, and the hash of the weights that it was tuned from."""

    weights: str
    generator: "Generator"


def size_of(generator: "Generator") -> int:
    """Bytes of its weights."""
    return sum(tensor.nbytes for tensor in generator.state_dict().values())


BRANCHES: Kept[Branch] = Kept(MAX_BYTES, lambda branch: size_of(branch.generator), MAX_BRANCHES, idle=UNUSED)


def keep(weights: str, generator: "Generator") -> str:
    """Keep a branch of the model with these weights; its name. The one unused for longest may give way."""
    name = secrets.token_hex(16)
    BRANCHES.put(name, Branch(weights, generator))
    return name


def generator_of(model: "Model", recipe: Recipe) -> "Generator":
    """Who draws a recipe of a model: its own generator, or a branch. Raises UserError for one that is gone."""
    branch = BRANCHES.get(recipe.tuned) if recipe.tuned else Branch(model.info.sha256, model.generator)
    if branch is None or branch.weights != model.info.sha256:
        raise UserError(GONE.format(model.name, NOT_DRAWN))
    return branch.generator


def without_lost(recipe: Recipe, weights: str) -> tuple[Recipe, str]:
    """A recipe for the model of these weights as it can be drawn, and a sentence where that is without its branch."""
    branch = BRANCHES.get(recipe.tuned)
    if not recipe.tuned or (branch and branch.weights == weights):
        return recipe, ""
    return replace(recipe, tuned=""), GONE.format(recipe.checkpoint, UNTUNED)
