"""What the page's scripts may ask of the server: pure functions of (library, question) with plain answers.

Each takes one dict and returns one dict, so that the same functions serve gr.HTML's `server` object and tests alike.
Bad input comes back as {"error": sentence}.
"""

import base64
import io
from dataclasses import fields

import numpy as np
from PIL import Image

from explorer.core.library import Library
from explorer.core.limits import Gate
from explorer.core.recipe import PARTS, Recipe
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import listed, part
from trainer.util.errors import UserError

MIN_TILES, MAX_TILES = 3, 12  # of a sheet, a side
MAX_UPLOADED = 5_000_000  # bytes of a dropped file
QUICK = 64  # pixels a side; smaller images are sent as they are, even in a drag
PIXEL_ART = 24  # pixels a side; up to this size images are shown crisp, as each pixel of a sprite is meant
DRAWING = Gate("many images", at_once=2, waiting=8)


def recipe_in(question: Answer) -> Recipe:
    """The question's recipe. Raises UserError for one that is none."""
    return Recipe.from_dict(part(question, "recipe"))


@rpc_handler
def render(library: Library, question: Answer) -> Answer:
    """{recipe, quick} -> {width, height, channels, pixels}: raw bytes of one image, base64.

    `quick`, of an image in a drag: {image} instead where that is less to send, a JPEG as a data URI; smaller where the
    image is large.
    """
    recipe, quick = recipe_in(question), bool(question.get("quick"))
    model = library.model(recipe.checkpoint)
    return sent(model.draft(recipe) if quick else model.image(recipe), quick)


def sent(image: np.ndarray, quick: bool, exact_up_to: int = QUICK) -> Answer:
    """uint8 (H, W, C) -> the answer of `render`; up to so many pixels a side, even a quick one is exact."""
    h, w, c = image.shape
    if quick and h > exact_up_to:
        return {"image": image_uri(_as_image(image), kind="JPEG")}
    return {"width": w, "height": h, "channels": c, "pixels": base64.b64encode(image.tobytes()).decode()}


@rpc_handler
def rebase(library: Library, question: Answer) -> Answer:
    """{recipe} -> {recipe}: the same image with its edits made part of w, so that every slider starts from it."""
    recipe = recipe_in(question)
    model = library.model(recipe.checkpoint)
    return {"recipe": recipe.at(model.ws([recipe])[0].numpy()).to_dict()}


@rpc_handler
def png(library: Library, question: Answer) -> Answer:
    """{recipe} -> {name, data}: a PNG that carries its recipe, base64."""
    recipe = recipe_in(question)
    image = library.model(recipe.checkpoint).images([recipe])[0]
    data = recipe.to_png(_as_image(image))
    return {"name": f"{safe(recipe.checkpoint)}-{recipe.seed}.png", "data": base64.b64encode(data).decode()}


def image_grid(library: Library, question: Answer) -> Image.Image:
    """The question's recipes as tiles of one image, row by row, null for an empty place.

    Raises UserError for a sheet of another size than 3 x 3 to 12 x 12, and unless all recipes are of one checkpoint.
    """
    from trainer.util.images import sheet as arranged_tiles

    columns = tiles_a_side(question)
    asked = listed(question, "recipes", MAX_TILES**2)
    recipes = [plain and Recipe.from_dict(plain) for plain in asked] if len(asked) == columns**2 else []
    drawn = [recipe for recipe in recipes if recipe]
    if len({recipe.checkpoint for recipe in drawn}) != 1:
        raise UserError(f"A {columns} x {columns} sheet needs {columns**2} recipes of one checkpoint.")
    model = library.model(drawn[0].checkpoint)
    images = np.zeros((len(recipes), model.resolution, model.resolution, model.channels), np.uint8)
    images[[i for i, recipe in enumerate(recipes) if recipe]] = model.images(drawn)
    return arranged_tiles(images, columns)


def tiles_a_side(question: Answer) -> int:
    """Of a sheet. Raises UserError for too few or too many."""
    columns = part(question, "columns")
    if isinstance(columns, bool) or columns not in range(MIN_TILES, MAX_TILES + 1):
        raise UserError(f"The grid size is {columns!r:.40}; choose {MIN_TILES} to {MAX_TILES}.")
    return int(columns)


@rpc_handler
@DRAWING
def tiles(library: Library, question: Answer) -> Answer:
    """{recipes, columns} -> {sheet}: all tiles as one image, a data URI. See `image_grid`."""
    return {"sheet": image_uri(image_grid(library, question))}


@rpc_handler
@DRAWING
def sheet(library: Library, question: Answer) -> Answer:
    """{recipes, columns} -> {name, data}: all tiles as one PNG, base64. See `image_grid`."""
    buffer = io.BytesIO()
    image_grid(library, question).save(buffer, "PNG")
    columns, first = tiles_a_side(question), Recipe.from_dict(next(filter(None, question["recipes"])))
    name = f"{safe(first.checkpoint)}-{first.seed}-{columns}x{columns}.png"
    return {"name": name, "data": base64.b64encode(buffer.getvalue()).decode()}


@rpc_handler
@DRAWING
def scores(library: Library, question: Answer) -> Answer:
    """{recipes}, of one checkpoint that has a critic -> {scores}: a number each, higher for what it takes for real."""
    recipes = [Recipe.from_dict(plain) for plain in listed(question, "recipes", MAX_TILES**2)]
    if len({recipe.checkpoint for recipe in recipes}) != 1:
        raise UserError("Scores are asked for recipes of one checkpoint.")
    model = library.model(recipes[0].checkpoint)
    return {"scores": model.scoring.of(model, recipes)}


@rpc_handler
def open_png(library: Library, question: Answer) -> Answer:
    """{data}: base64 of a dropped file -> {recipe}: the one it carries."""
    data = part(question, "data")
    if isinstance(data, str) and len(data) > MAX_UPLOADED * 4 / 3:
        raise UserError(f"The dropped file is larger than {MAX_UPLOADED // 10**6} MB. Drop a PNG saved from this app.")
    try:
        image = Image.open(io.BytesIO(base64.b64decode(data)), formats=["PNG"])
    except Exception as error:  # a decoder may fail in any way
        raise UserError("The dropped file is not an image. Drop a PNG saved from this app.") from error
    recipe = Recipe.from_png(image)
    library.model(recipe.checkpoint).ws([recipe])
    return {"recipe": recipe.to_dict()}


def capabilities(library: Library, checkpoint: str) -> Answer:
    """What the page needs to know of a model to show the right controls."""
    model = library.model(checkpoint)
    return {
        "name": checkpoint,
        "resolution": model.resolution,
        "layers": model.num_ws,
        "noise": model.has_noise,
        "crisp": model.points or model.resolution <= PIXEL_ART,
        "draggable": bool(model.generator.feature_sides),
        "critic": model.scoring.critic is not None,
        "critic_error": model.scoring.error,
        "classes": model.class_names,
        "defaults": {f.name: f.default for f in fields(Recipe) if f.name not in ("checkpoint", *PARTS)},
    }


def _as_image(image: np.ndarray) -> Image.Image:
    from trainer.util.images import to_pil

    return to_pil(image)


def data_uri(image: np.ndarray, quality: int = 90) -> str:
    """uint8 (H, W, C) -> a WebP data URI."""
    return image_uri(_as_image(image), quality)


def image_uri(image: Image.Image, quality: int = 90, kind: str = "WEBP") -> str:
    """An image as a data URI, WebP or another lossy kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=quality)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(buffer.getvalue()).decode()


def safe(name: str) -> str:
    """A checkpoint's name as part of a file name."""
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
