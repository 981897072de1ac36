"""What Slide asks of directions: which there are, what they do, how they look, and those that people make."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.core.jobs import Jobs
from explorer.core.library import Library
from explorer.core.limits import Busy, Gate
from explorer.core.recipe import MAX_STRENGTH, Edit, Recipe
from explorer.rendering.server import DRAWING, data_uri, image_uri, recipe_in, safe
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import listed, named, number, optional, part, text, whole
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.core.directions.learning import Step
    from explorer.core.model import Model

MAX_SHOWN = 24  # directions whose ends are drawn at once
MAX_STRIP = 15  # images of a strip
MAX_LAYERS = 1000
MAX_SIDE = 64  # images on a side of a direction between images
MAX_FILE = 5_000_000  # bytes of a file of directions

LEARNING: "Jobs[Step]" = Jobs("learning of directions", Gate("learning directions", at_once=1, waiting=0))


@rpc_handler
def directions(library: Library, question: Answer) -> Answer:
    """{checkpoint} -> {directions, chosen, picked, methods, learnable, learned, learning, weights, w_dim, num_ws}.

    directions: every direction that is there, as `Entry.to_dict`; chosen: ids of the sliders to begin with; picked:
    ids of the values of InfoGAN's categorical code; methods: {name, title, help} of those in the list; learnable: ""
    where attributes can be learned, else the sentence why not; learned: whether they have been, effects included;
    learning: the job that learns them just now, whoever began it, else ""; weights: what tells these weights from
    others; w_dim, num_ws: an own direction has w_dim or num_ws * w_dim numbers.
    """
    from explorer.core.directions import DIRECTIONS
    from explorer.core.directions.catalogue import chosen, entries, is_learned, picked, suited, unlearnable

    model = library.model(text(question, "checkpoint"))
    found = entries(model)
    return {
        "directions": [one.to_dict() for one in found],
        "chosen": chosen(found, picked(model)),
        "picked": picked(model),
        "methods": [
            {"name": name, "title": DIRECTIONS[name].title, "help": first_line(name)} for name in suited(model)
        ],
        "learnable": unlearnable(model),
        "learned": is_learned(model),
        "learning": LEARNING.running(weights_of(model)),
        "weights": model.info.sha256[:16],
        "w_dim": model.w_dim,
        "num_ws": model.num_ws,
    }


def weights_of(model: "Model") -> tuple[Path, str]:
    """What a learning belongs to: a checkpoint's folder, and the weights that lie there."""
    return model.folder, model.info.sha256


def first_line(method: str) -> str:
    """The first line of a method's docstring: its help in the page."""
    from explorer.core.directions import DIRECTIONS

    return (DIRECTIONS[method].__doc__ or "").strip().split("\n")[0]


@rpc_handler
def learn_directions(library: Library, question: Answer) -> Answer:
    """{checkpoint, visitor} -> {job}: learn and measure the model's directions, minutes of work.

    A learning belongs to the model: while one runs, whoever asks for it gets that one, and may stop it.
    """
    from explorer.core.directions.catalogue import unlearnable
    from explorer.core.directions.learning import learned

    model = library.model(text(question, "checkpoint"))
    if reason := unlearnable(model):
        raise UserError(reason)
    try:
        return {"job": LEARNING.start(text(question, "visitor", 64), learned(model), weights_of(model))}
    except Busy as error:  # minutes: asking again and again does not help
        raise UserError("The server is learning another model's directions. Try again when it has ended.") from error


@rpc_handler
def look_learning(library: Library, question: Answer) -> Answer:
    """{job} -> {done, of, doing, stopping, ended}: how far it has come."""
    look = LEARNING.look(text(question, "job", 64))
    done, of, doing = look.step or (0, 0, "")
    return {"done": done, "of": of, "doing": doing, "stopping": look.cancelled, "ended": look.ended}


@rpc_handler
def stop_learning(library: Library, question: Answer) -> Answer:
    """{job} -> {}: stop; what has been learned stays."""
    LEARNING.cancel(text(question, "job", 64))
    return {}


@rpc_handler
@DRAWING
def direction_previews(library: Library, question: Answer) -> Answer:
    """{recipe, directions: [{id, first, last, low, high}]} -> {ends}: for each the images at its slider's ends."""
    recipe = recipe_in(question)
    model = library.model(recipe.checkpoint)
    asked = [edit_in(one) for one in listed(question, "directions", MAX_SHOWN)]
    recipes = [moved(recipe, edit, end) for edit, low, high in asked for end in (low, high)]
    thumbs = [data_uri(image) for image in model.images(recipes)]
    return {"ends": [{"low": low, "high": high} for low, high in zip(thumbs[::2], thumbs[1::2], strict=True)]}


@rpc_handler
@DRAWING
def direction_strip(library: Library, question: Answer) -> Answer:
    """{recipe, direction: {id, first, last, low, high}, count} -> {strip, boundary}: images along a slider.

    boundary: the strength from which on the image has the attribute that the direction is named after, else null.
    """
    from explorer.core.directions.boundaries import begins
    from trainer.util.images import sheet

    recipe, count = recipe_in(question), whole(question, "count", 2, MAX_STRIP)
    edit, low, high = edit_in(named(question, "direction", 10))
    strengths = [low + (high - low) * i / (count - 1) for i in range(count)]
    model = library.model(recipe.checkpoint)
    images = model.images([moved(recipe, edit, one) for one in strengths])
    return {"strip": image_uri(sheet(images, count)), "boundary": begins(model, edit.direction, strengths, images)}


def edit_in(plain: Any) -> tuple[Edit, float, float]:
    """A direction with its layers, as an edit of strength 1, and its slider's ends. UserError for what is none."""
    edit = layered(plain)
    low, high = (number(plain, end, -MAX_STRENGTH, MAX_STRENGTH) for end in ("low", "high"))
    return edit, low, high


def layered(plain: Any) -> Edit:
    """A direction with its layers, as an edit of strength 1. Raises UserError for what is none."""
    if not isinstance(plain, dict):
        raise UserError("The request's directions must be objects. Reload the page.")
    first = whole(plain, "first", 0, MAX_LAYERS)
    last = whole(plain, "last", 0, MAX_LAYERS) if optional(plain, "last") else None
    return Edit(part(plain, "id"), 1.0, first, last)


def moved(recipe: Recipe, edit: Edit, strength: float) -> Recipe:
    """The recipe at another strength of one direction; its other edits stay."""
    others = (e for e in recipe.edits if (e.direction, e.first, e.last) != (edit.direction, edit.first, edit.last))
    return replace(recipe, edits=(*others, replace(edit, strength=strength)))


@rpc_handler
def own_direction(library: Library, question: Answer) -> Answer:
    """{checkpoint, plus: [recipe], minus: [recipe]} -> {id}: from the mean of some images to the mean of others."""
    from explorer.core.directions.explicit import between

    model = library.model(text(question, "checkpoint"))
    plus, minus = ([Recipe.from_dict(one) for one in listed(question, side, MAX_SIDE)] for side in ("plus", "minus"))
    return {"id": between(model, plus, minus)}


@rpc_handler
def held_fixed(library: Library, question: Answer) -> Answer:
    """{checkpoint, direction: {id, first, last}, fixed: [{id, first, last}]} -> {id}: made orthogonal to up to two."""
    from explorer.core.directions.explicit import conditioned

    model = library.model(text(question, "checkpoint"))
    fixed = [layered(one) for one in listed(question, "fixed", 2)]
    return {"id": conditioned(model, layered(part(question, "direction")), fixed)}


@rpc_handler
@DRAWING
def channels_in_region(library: Library, question: Answer) -> Answer:
    """{recipe, region: {left, top, right, bottom}}, 0 to 1 -> {directions}: style channels that change most there."""
    from explorer.core.directions.regions import Region, channels_of

    recipe = recipe_in(question)
    sides = named(question, "region", 4)
    region = Region(*(number(sides, side, 0, 1) for side in Region._fields))
    return {"directions": [one.to_dict() for one in channels_of(library.model(recipe.checkpoint), recipe, region)]}


@rpc_handler
@DRAWING
def class_pictures(library: Library, question: Answer) -> Answer:
    """{recipe} -> {classes}: the image of each class with all else alike, data URIs; [] of a model without classes."""
    recipe = recipe_in(question)
    model = library.model(recipe.checkpoint)
    recipes = [replace(recipe, label=label, w="") for label in range(min(model.num_classes, 100))]
    return {"classes": [data_uri(image) for image in model.images(recipes)]}


@rpc_handler
@DRAWING
def code_pictures(library: Library, question: Answer) -> Answer:
    """{recipe} -> {codes, now}: the image of each value of InfoGAN's categorical code, and which one the recipe has.

    Its edits of that code do not count; codes: data URIs, [] of a model without; now: null without.
    """
    from explorer.core.directions.catalogue import picked

    recipe = recipe_in(question)
    model = library.model(recipe.checkpoint)
    ids = picked(model)
    if not ids:
        return {"codes": [], "now": None}
    bare = replace(recipe, edits=tuple(edit for edit in recipe.edits if edit.direction not in ids))
    w = model.ws([replace(bare, edits=())])[0, 0].numpy()
    axes = [model.step(one, 1.0) for one in ids]
    now = max(range(len(ids)), key=lambda value: float(w @ axes[value]))
    recipes = [replace(bare, edits=(*bare.edits, *turned(ids, now, value))) for value in range(len(ids))]
    return {"codes": [data_uri(image) for image in model.images(recipes)], "now": now}


def turned(ids: list[str], now: int, value: int) -> list[Edit]:
    """Edits that turn a categorical code from one value to another; none if it has that."""
    from explorer.core.directions.codes import FULL

    return [] if value == now else [Edit(ids[now], -FULL), Edit(ids[value], FULL)]


@rpc_handler
def export_directions(library: Library, question: Answer) -> Answer:
    """{checkpoint, directions: [{id, title, first, last, low, high, note}]} -> {name, data}: a safetensors file."""
    from explorer.core.directions.sharing import Shared, to_bytes

    model = library.model(text(question, "checkpoint"))
    shared = [Shared.of(model, one) for one in listed(question, "directions", 200)]
    data = base64.b64encode(to_bytes(model, shared)).decode()
    return {"name": f"{safe(model.name)}-directions.safetensors", "data": data}


@rpc_handler
def import_directions(library: Library, question: Answer) -> Answer:
    """{checkpoint, data}: base64 of such a file -> {directions: [{id, title, first, last, low, high, note}]}.

    One that a method finds here too has the id that it goes by here, `pca:0`.
    """
    from explorer.core.directions.catalogue import entries
    from explorer.core.directions.explicit import spelled
    from explorer.core.directions.sharing import from_bytes

    model = library.model(text(question, "checkpoint"))
    data = text(question, "data", MAX_FILE * 4 // 3)
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise UserError("The file did not arrive whole. Choose it again.") from error
    read = from_bytes(model, raw)
    known = {(spelled(model.step(one.id, 1.0)), tuple(one.layers)): one.id for one in entries(model)}
    named = [one._replace(id=known.get((one.id, (one.first, one.last)), one.id)) for one in read]
    return {"directions": [one._asdict() for one in named]}


HANDLERS = (
    directions, learn_directions, look_learning, stop_learning, direction_previews, direction_strip, own_direction,
    held_fixed, channels_in_region, class_pictures, code_pictures, export_directions, import_directions,
)  # fmt: skip
