"""What else may be in a hole: images of a generator that agree with what is left of a picture (Yeh et al. 2017)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from explorer.core.library import Library
from explorer.core.translation.recipe import TranslationRecipe
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import part, text
from explorer.tabs.picture.handlers import PREPARING, search_cancel, search_look
from trainer.util.errors import UserError


@rpc_handler
def completers(library: Library, question: Answer) -> Answer:
    """{checkpoint} -> {generators}: the names of those whose images are of a translator's size and colours."""
    net = library.translation(text(question, "checkpoint")).translator
    models = [library.model(entry.name) for entry in library.entries() if entry.usable]
    fit = [one.name for one in models if (one.resolution, one.channels) == (net.resolution, net.channels)]
    return {"generators": fit if net.masked else []}


@rpc_handler
@PREPARING
def complete(library: Library, question: Answer) -> Answer:
    """{recipe, generator} -> {job}: a search for several answers to a masked picture, to be looked at as any search."""
    from explorer.core.inversion import jobs
    from explorer.core.inversion.inverter import inverter
    from explorer.core.inversion.outcome import MAX_STARTS, Wish, check, open_picture

    recipe = TranslationRecipe.from_dict(part(question, "recipe"))
    known = library.translation(recipe.translator)
    if not known.translator.masked:
        raise UserError(f"{known.name} fills nothing in: it reads no mask. Choose a translator for inpainting.")
    model = library.model(text(question, "generator"))
    if (model.resolution, model.channels) != (known.translator.resolution, known.translator.channels):
        raise UserError(f"{model.name} makes images of another size or colour than {known.name}. Choose another one.")
    seen = known.read(recipe, library.image)
    wish, searched = Wish(seen[..., :-1], seen[..., -1] > 0, starts=MAX_STARTS), inverter(model)
    check(searched, wish)
    return {"job": jobs.start(blended(open_picture(searched, wish), wish.pixels, wish.hidden))}


def blended(steps: Iterator[Any], pixels: np.ndarray, hidden: np.ndarray | None) -> Iterator[Any]:
    """A search's steps with the picture's own pixels wherever they are known."""
    from explorer.core.inversion.outcome import Outcome, Shown

    assert hidden is not None
    missing = hidden[..., None]
    for step in steps:
        if isinstance(step, Shown):
            yield step._replace(images=np.where(missing, step.images, pixels))
        elif isinstance(step, Outcome):
            found = (replace(one, image=np.where(missing, one.image, pixels)) for one in step.found)
            yield replace(step, found=tuple(found))
        else:
            yield step


HANDLERS = (completers, complete, search_look, search_cancel)
