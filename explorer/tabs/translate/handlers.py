"""What the tab may ask: which translators there are, what one is given, and what it makes of that."""

import base64
import binascii
import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from explorer.core.library import Library
from explorer.core.limits import Gate
from explorer.core.recipe import Recipe, pack
from explorer.core.spelling import carried
from explorer.core.translation.recipe import TranslationRecipe
from explorer.rendering.pictures import MAX_TEXT, decode
from explorer.rendering.server import MAX_UPLOADED, safe, sent
from explorer.rendering.translators import described, network
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import listed, part, text
from trainer.util.errors import UserError

MAX_STYLES = 16  # images of one question
MAX_GIVEN = 4_000_000  # characters of what a network reads
TRANSLATING = Gate("translations", at_once=2, waiting=8)


@rpc_handler
def translators(library: Library, question: Answer) -> Answer:
    """{} -> {translators: [{name, about, usable}], generators: names}, first those that drawings are made for."""
    entries = sorted(
        library.translator_entries(), key=lambda entry: not (entry.usable and is_drawn(library, entry.name))
    )
    found = [{"name": entry.name, "about": entry.about, "usable": entry.usable} for entry in entries]
    usable = [entry.name for entry in library.entries() if entry.usable]
    return {"translators": found, "generators": [name for name in usable if not library.model(name).points]}


def is_drawn(library: Library, name: str) -> bool:
    """Whether what a translator is given has colours to draw it in."""
    given = library.translation(name).info.data.get("given")
    return isinstance(given, dict) and bool(given.get("palette"))


@rpc_handler
def translator(library: Library, question: Answer) -> Answer:
    """{checkpoint} -> what the page needs to know of a translator to show the right controls."""
    known = library.translation(text(question, "checkpoint"))
    net, given = known.translator, known.given
    return {
        **described(known),
        "about": known.info.summary,
        "twoWay": net.two_way,
        "kind": given.kind,
        "palette": list(given.palette.items()),
        "papers": list(given.papers.items()),
        "flat": given.flat,
        "encodes": net.encodes,
        "critic": known.critic is not None,
        "criticSeesGiven": bool(known.critic and known.critic.given_channels),
        "examples": 0 if known.examples is None else len(known.examples.given),
    }


def recipe_in(question: Answer) -> TranslationRecipe:
    """The question's recipe. Raises UserError for one that is none."""
    return TranslationRecipe.from_dict(part(question, "recipe"))


@rpc_handler
@TRANSLATING
def opened(library: Library, question: Answer) -> Answer:
    """{recipe} -> {ground, mask, truth, z}: what it is drawn on, RGB and mask as base64; what should come of that, as
    `render` answers, null where nobody knows; its style code, null for the mean one."""
    recipe = recipe_in(question)
    known = library.translation(recipe.translator)
    draw = cache(library.image)  # what is given and what belongs to it may be one image
    ground, z = known.ground(recipe, draw), known.z(recipe)
    truth = known.belongs(recipe, draw)
    return {
        "ground": base64.b64encode(ground.image.tobytes()).decode(),
        "mask": None if ground.mask is None else base64.b64encode(ground.mask.tobytes()).decode(),
        "truth": None if truth is None else sent(truth, quick=False),
        "z": None if z is None else pack(z),
    }


@rpc_handler
@TRANSLATING
def translated(library: Library, question: Answer) -> Answer:
    """{checkpoint, pixels, styles, back} -> {images}: what is made of the pixels in each style, as `render` answers.

    pixels: what the network reads, base64 of height x width x channels bytes; styles: of each image its style code,
    base64 of float32, or null for the mean one.
    """
    known = library.translation(text(question, "checkpoint"))
    back = bool(part(question, "back"))
    if back and not known.translator.two_way:
        raise UserError(f"{known.name} translates one way only.")
    pixels = pixels_in(question, known, back)
    codes = [style_of(known, plain) for plain in listed(question, "styles", MAX_STYLES)]
    z = np.stack(codes) if known.translator.z_dim else None
    images = known.images(pixels[None].repeat(len(codes), 0), z, back)
    return {"images": [sent(image, quick=False) for image in images]}


def pixels_in(question: Answer, known: Any, back: bool) -> np.ndarray:
    """What the network reads, uint8 (side, side, channels). Raises UserError for another number of bytes."""
    net, side = known.translator, known.side(back)
    shape = (side, side, net.channels if back else net.inputs)
    try:
        data = base64.b64decode(text(question, "pixels", MAX_GIVEN), validate=True)
    except binascii.Error:
        data = b""
    if len(data) != np.prod(shape):
        raise UserError(f"{known.name} reads images of {side} x {side} pixels; this is none. Reload the page.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def style_of(known: Any, plain: Any) -> np.ndarray:
    """A style code, float32 (z_dim,). Raises UserError for one of another length."""
    if plain is None:
        return np.zeros(known.translator.z_dim, np.float32)
    recipe = TranslationRecipe(known.name, z=plain)
    known.check(recipe)
    return known.z(recipe)  # type: ignore[no-any-return]


@rpc_handler
def codes(library: Library, question: Answer) -> Answer:
    """{checkpoint, seeds} -> {codes}: the style code of each seed, base64 of float32."""
    known = library.translation(text(question, "checkpoint"))
    seeds = listed(question, "seeds", MAX_STYLES)
    recipes = [TranslationRecipe(known.name, seed=seed) for seed in seeds]
    for recipe in recipes:
        known.check(recipe)
    found = [known.z(recipe) for recipe in recipes]
    return {"codes": [pack(z) for z in found if z is not None]}


@rpc_handler
@TRANSLATING
def patches(library: Library, question: Answer) -> Answer:
    """{checkpoint, pixels, made} -> {side, logits}: what the critic says of each patch of an image, base64 of float32.

    pixels: what the network read; made: what it made of that; both as base64 of bytes.
    """
    known = library.translation(text(question, "checkpoint"))
    made = pixels_in({"pixels": part(question, "made")}, known, back=True)
    logits = known.patches(made, pixels_in(question, known, back=False))
    return {"side": len(logits), "logits": pack(logits)}


@rpc_handler
@TRANSLATING
def style(library: Library, question: Answer) -> Answer:
    """{checkpoint, picture}: a file in base64 -> {z}: the style code in which it is drawn."""
    known = library.translation(text(question, "checkpoint"))
    return {"z": pack(known.style_of(known.picture(text(question, "picture", MAX_TEXT))))}


@rpc_handler
@TRANSLATING
def translation_png(library: Library, question: Answer) -> Answer:
    """{recipe} -> {name, data}: a PNG of what it makes that carries it, base64."""
    from trainer.util.images import to_pil

    recipe = recipe_in(question)
    image = library.translation(recipe.translator).image(recipe, library.image)
    data = recipe.to_png(to_pil(image))
    return {"name": f"{safe(recipe.translator)}.png", "data": base64.b64encode(data).decode()}


@rpc_handler
@TRANSLATING
def open_translation(library: Library, question: Answer) -> Answer:
    """{data}: base64 of a dropped file -> {recipe}: the one that it carries; null where it carries none of ours, and is
    but a picture. A recipe of a generator's image becomes what is given to the question's checkpoint."""
    data = part(question, "data")
    if not isinstance(data, str) or len(data) > MAX_UPLOADED * 4 / 3:
        raise UserError(f"The file is larger than {MAX_UPLOADED // 10**6} MB. Choose a smaller one.")
    try:
        spelled = carried(Image.open(io.BytesIO(base64.b64decode(data)), formats=["PNG"]))
    except Exception:  # a decoder may fail in any way; then it is no PNG of ours
        spelled = None
    if spelled is None:
        return {"recipe": None}
    return {"recipe": as_translation(spelled, text(question, "checkpoint")).to_dict()}


def as_translation(spelled: str, checkpoint: str) -> TranslationRecipe:
    """The recipe that a PNG carries, as one of translation. Raises UserError for what is none."""
    if '"translator"' in spelled:
        return TranslationRecipe.from_json(spelled)
    return TranslationRecipe(checkpoint, sample=Recipe.from_json(spelled))


HANDLERS = (
    *(translators, translator, opened, translated, codes, patches, style),
    *(translation_png, open_translation, decode, network),
)
