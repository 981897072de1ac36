"""What the dialog may ask: to decode a file, to search for a picture, how far that is, and what is nearest to one.

Pictures come as text in a question and are held in memory while they are searched for, nowhere else.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from explorer.core.library import Library
from explorer.core.limits import Gate
from explorer.core.recipe import Recipe
from explorer.rendering.pictures import MAX_TEXT, decode
from explorer.rendering.server import data_uri
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import LAST, optional, part, text, whole
from trainer.util.errors import UserError

MAX_NAME = 64  # characters of a job's
MAX_LABEL = 10**6
PREPARING = Gate("searches for a picture", at_once=2, waiting=4)


@rpc_handler
@PREPARING
def look(library: Library, question: Answer) -> Answer:
    """{checkpoint} -> {resolution, channels, classes, label, ready}: what the dialog offers for a model.

    UserError for a model that cannot be searched. ready: whether its encoder is trained and its yardstick measured.
    """
    from explorer.core.inversion.inverter import inverter
    from explorer.core.inversion.outcome import MAX_STARTS, MAX_TRIED

    model = library.model(text(question, "checkpoint"))
    searched = inverter(model)
    return {
        "resolution": model.resolution,
        "channels": model.channels,
        "classes": model.class_names,
        "tries_all": model.num_classes <= MAX_TRIED,
        "starts": MAX_STARTS,
        "ready": searched.ready,
        "reference": searched.reference is not None,
    }


@rpc_handler
def search(library: Library, question: Answer) -> Answer:
    """{checkpoint, picture, hidden, side, label, starts} -> {job}: the search runs until it is done or cancelled.

    picture, hidden: base64 of PNGs, the latter white where it was rubbed out, or null; side: 0 for all pixels.
    """
    from explorer.core.inversion import jobs
    from explorer.core.inversion.inverter import inverter
    from explorer.core.inversion.outcome import check, open_picture

    searched = inverter(library.model(text(question, "checkpoint")))
    wish = wish_of(searched, question)
    check(searched, wish)
    return {"job": jobs.start(open_picture(searched, wish))}


@rpc_handler
def tune(library: Library, question: Answer) -> Answer:
    """{recipe, picture} -> {job}: a private branch of the generator is tuned until the recipe makes the picture."""
    from explorer.core.inversion import jobs, tuning
    from explorer.core.inversion.inverter import inverter

    pivot = Recipe.from_dict(part(question, "recipe"))
    model = library.model(pivot.checkpoint)
    pixels = pixels_of(question, model.resolution, model.channels)
    return {"job": jobs.start(tuning.tune(inverter(model), model, pixels, pivot))}


def wish_of(searched: Any, question: Answer) -> Any:
    """What a question asks to be searched for."""
    from explorer.core import picture
    from explorer.core.inversion.outcome import MAX_STARTS, Wish

    synthesis = searched.searcher.synthesis
    pixels = pixels_of(question, synthesis.resolution, synthesis.channels)
    wish = Wish(
        pixels,
        side=whole(question, "side", 0, synthesis.resolution),
        label=whole(question, "label", 0, MAX_LABEL) if optional(question, "label") else None,
        starts=whole(question, "starts", 1, MAX_STARTS),
    )
    if not optional(question, "hidden"):
        return wish
    drawing = picture.decoded(picture.data_of(text(question, "hidden", MAX_TEXT), "brush's drawing"), "brush's drawing")
    return replace(wish, hidden=picture.hidden_part(drawing, synthesis.resolution))


def pixels_of(question: Answer, resolution: int, channels: int) -> np.ndarray:
    """The question's picture, uint8 (resolution, resolution, channels)."""
    from explorer.core import picture

    image = picture.decoded(picture.data_of(text(question, "picture", MAX_TEXT), "picture"))
    return picture.fitted(image, resolution, channels)


@rpc_handler
def search_look(library: Library, question: Answer) -> Answer:
    """{job, seen} -> {taken, ended, stage, step, steps, loss, images}, and once it has ended {found, sentences}.

    seen: how many steps the page knows of; only newer ones are told.
    """
    from explorer.core.inversion import jobs

    look = jobs.look(text(question, "job", MAX_NAME))
    answer = {"taken": look.taken, "ended": look.ended}
    if look.step is None or (look.taken == whole(question, "seen", 0, LAST) and not look.ended):
        return answer
    return answer | told(look.step)


def told(newest: Any) -> Answer:
    """The newest step of a search or a tuning, for the page."""
    from explorer.core.inversion.inverter import Progress
    from explorer.core.inversion.outcome import Outcome, Shown
    from explorer.core.inversion.tuning import Tuned

    if isinstance(newest, Progress):
        return newest._asdict()
    if isinstance(newest, Shown):
        uris = [data_uri(image) for image in newest.images]
        return newest.progress._asdict() | {"loss": newest.loss, "images": uris}
    if not isinstance(newest, Outcome | Tuned):
        return dict(newest)
    answers = newest.found if isinstance(newest, Outcome) else (newest,)
    found = [{"recipe": one.recipe.to_dict(), "image": data_uri(one.image, 95)} for one in answers]
    result = {"found": found, "sentences": newest.sentences()}
    if isinstance(newest, Tuned):
        return result | {"tuned": True}
    return result | {"makeable": newest.makeable, "label": newest.label, "tunable": newest.wish.whole}


@rpc_handler
def search_cancel(library: Library, question: Answer) -> Answer:
    """{job} -> {}: end a search."""
    from explorer.core.inversion.jobs import SEARCHES

    SEARCHES.cancel(text(question, "job", MAX_NAME))
    return {}


@rpc_handler
@PREPARING
def nearest(library: Library, question: Answer) -> Answer:
    """{checkpoint, picture} or {recipe} -> {image, seen, real, text}: the real images nearest to it."""
    from explorer.core.inversion.nearest import nearest_to
    from explorer.core.inversion.nearest import told as sentence_of
    from explorer.core.references import reference_of
    from trainer.features.pixels import as_images

    recipe = Recipe.from_dict(part(question, "recipe")) if optional(question, "recipe") else None
    model = library.model(recipe.checkpoint if recipe else text(question, "checkpoint"))
    reference = reference_of(model)
    if model.points:
        raise UserError(f"{model.name} generates points of a plane; its map shows which real ones are near.")
    pixels = model.images([recipe])[0] if recipe else pixels_of(question, model.resolution, model.channels)
    found = nearest_to(reference, as_images(pixels[None]))
    return {
        "image": data_uri(pixels, 95),
        "seen": [data_uri(image) for image in found.seen],
        "real": [data_uri(reference.thumbs[row]) for row in found.real],
        "text": sentence_of(found, reference),
    }


HANDLERS: tuple[Callable[[Library, Answer], Answer], ...] = (
    look,
    decode,
    search,
    tune,
    search_look,
    search_cancel,
    nearest,
)
