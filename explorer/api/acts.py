"""The seven acts of the API, once for `gradio_client` and for MCP: typed arguments in, a picture and facts out.

A docstring here is what a client reads: a line for each argument, as Gradio finds them.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Literal, get_args

import gradio as gr
from PIL import Image

from explorer.api.explorer import STRENGTHS, Explorer, square
from explorer.api.pictures import above, grid, mosaic, preview
from explorer.api.translator import Translator
from explorer.core.library import Library
from explorer.core.limits import Busy
from explorer.core.recipe import Recipe
from explorer.core.translation.recipe import MAX_IMAGE
from explorer.rendering.server import DRAWING, capabilities
from explorer.rpc.handler import check_question, plain, sentence
from explorer.rpc.places import without_places
from explorer.rpc.question import listed, text, whole
from trainer.util.errors import UserError

MAX_IMAGES = 144  # of one picture
MAX_PIXELS = 2**24  # of one picture: 16 images of 1024 x 1024
MAX_ROW = 16  # images that stand side by side
MAX_EVALUATED = 5000
MOSAIC = 64  # images that show what was examined
SIDE, PREVIEWS = 128, 8  # pixels of a preview; previews that stand side by side
KEPT = ("name", "summary", "resolution", "classes", "layers")  # of a checkpoint's capabilities

Facts = dict[str, Any]
Act = Callable[..., tuple[Image.Image, Any]]


class Told(gr.Error):
    """A sentence for whoever called: Gradio's own error shows it in quotation marks."""

    def __init__(self, message: str):
        super().__init__(message, print_exception=False)

    def __str__(self) -> str:
        return str(self.message)


def answered(act: Act) -> Callable[..., tuple[dict[str, Any], Any]]:
    """An act as an endpoint: its arguments are looked at first, its picture becomes a file, what fails a sentence."""

    signature = inspect.signature(act)

    @wraps(act)
    def answer(self: "Acts", *args: Any) -> tuple[dict[str, Any], Any]:
        try:
            check_question({"arguments": list(args)})
            picture, facts = act(self, *args)
            return as_file(picture), plain(facts, self.library)
        except Exception as error:
            raise Told(without_places(sentence(error, act.__name__), self.library)) from error

    told: Any = tuple[gr.FileData, get_args(signature.return_annotation)[1]]  # type: ignore[misc]  # Gradio's clients
    answer.__signature__ = signature.replace(return_annotation=told)  # type: ignore[attr-defined]
    return answer


def as_file(picture: Image.Image) -> dict[str, Any]:
    """A picture where Gradio serves it and sweeps it away after an hour, as its clients read it."""
    path = gr.processing_utils.save_pil_to_cache(picture, gr.utils.get_upload_folder(), format="png")
    return gr.FileData(path=path, orig_name="image.png", mime_type="image/png").model_dump()


class Acts:
    """The acts on a library's checkpoints."""

    def __init__(self, library: Library):
        self.library = library

    def every(self) -> list[Callable[..., Any]]:
        """All of them, each to become an endpoint of its own name."""
        drawing = [self.list_checkpoints, self.sample, self.slide, self.interpolate, self.translate]
        return [*drawing, self.diagnose, self.compare]

    def opened(self, checkpoint: str) -> Explorer:
        """A checkpoint by name. Raises UserError if there is none."""
        return Explorer(self.library, text({"checkpoint": checkpoint}, "checkpoint"))

    @answered
    def list_checkpoints(self) -> tuple[Image.Image, list[Facts]]:
        """The generators that can be explored, with what each can do.

        Returns:
            picture: previews of all of them, in the order of the list, eight a row
            checkpoints: name, summary, image size, classes, layers, and methods whose directions `slide` takes
        """
        from explorer.core.directions.catalogue import suited

        usable = [entry for entry in self.library.entries() if entry.usable]
        if not usable:
            raise UserError("There is no checkpoint yet. `python -m trainer train` and `publish` make one.")
        facts = [capabilities(self.library, entry.name) | {"summary": entry.about} for entry in usable]
        return grid([preview(entry.preview, SIDE) for entry in usable], PREVIEWS), [
            {name: one[name] for name in KEPT} | {"methods": suited(self.library.model(one["name"]))} for one in facts
        ]

    @answered
    @DRAWING
    def sample(
        self, checkpoint: str, seed: int = 0, count: int = 16, psi: float = 1.0, label: int | None = None
    ) -> tuple[Image.Image, Facts]:
        """Draw images of consecutive seeds from a generator, as one sheet. Equal arguments give equal pixels.

        Args:
            checkpoint: a name of list_checkpoints, such as "mnist-dcgan"
            seed: the first seed, 0 to 4294967295
            count: how many images, 1 to 144; fewer of large ones, 16 of 1024 x 1024
            psi: truncation: 1 none, 0 the mean image, 0.7 typical images, from -2 to 2
            label: number of the class; null shows all classes in turn
        Returns:
            picture: the images row by row
            facts: columns of the sheet, and the recipe of each image
        """
        opened = self.opened(checkpoint)
        recipes = opened.samples(whole({"count": count}, "count", 1, most(opened)), seed, psi=psi, label=label)
        columns = square(len(recipes))
        return opened.sheet(recipes, columns), {"columns": columns, "recipes": told(recipes)}

    @answered
    @DRAWING
    def slide(
        self,
        checkpoint: str,
        direction: str = "pca:0",
        seed: int = 0,
        psi: float = 1.0,
        label: int | None = None,
    ) -> tuple[Image.Image, Facts]:
        """Move an image along a direction of the latent space: seven steps, the unchanged image in the middle.

        Args:
            checkpoint: a name of list_checkpoints
            direction: method and number, such as "pca:0" or "sefa:2"; each method has ten, the strongest first
            seed: of the image that is moved
            psi: truncation, from -2 to 2; 1 is none
            label: number of the class, where the generator has classes
        Returns:
            picture: the images from strength -3 to 3, side by side
            facts: strengths, in deviations of w, and the recipe of each image
        """
        opened = self.opened(checkpoint)
        recipes = opened.slides(direction, seed, psi=psi, label=label)
        return opened.sheet(recipes, len(recipes)), {"strengths": list(STRENGTHS), "recipes": told(recipes)}

    @answered
    @DRAWING
    def interpolate(
        self,
        checkpoint: str,
        seeds: list[int],
        frames: int = 9,
        interpolation: Literal["lerp", "slerp"] = "lerp",
        space: Literal["w", "z"] = "w",
        psi: float = 1.0,
    ) -> tuple[Image.Image, Facts]:
        """Walk from seed to seed through the latent space in even steps; every seed is one of the images.

        Args:
            checkpoint: a name of list_checkpoints
            seeds: 2 to 8 seeds, such as [1, 5]
            frames: how many images in all, at most 144; fewer of large ones
            interpolation: lerp, a straight line, or slerp, a great circle
            space: w, which changes evenly, or z
            psi: truncation, from -2 to 2; 1 is none
        Returns:
            picture: the images row by row, up to 16 side by side
            facts: the seeds, and how many images there are
        """
        opened = self.opened(checkpoint)
        ends = listed({"seeds": seeds}, "seeds", MAX_IMAGES)
        count = whole({"frames": frames}, "frames", 2, most(opened))
        walk = opened.walk(ends, count, interpolation=interpolation, space=space, psi=psi)
        return opened.sheet(walk, min(count, MAX_ROW)), {"seeds": ends, "frames": count}

    @answered
    @DRAWING
    def translate(
        self, translator: str, image: str = "", example: int | None = None, seed: int | None = None
    ) -> tuple[Image.Image, Facts]:
        """Make an image of an image: a drawing becomes a face, a photo another one. Equal arguments give equal pixels.

        Args:
            translator: a checkpoint that makes an image of an image, such as "pix2pix-avatars"; a wrong name lists them
            image: what is given, base64 of a PNG or JPEG file; empty for an example of the checkpoint
            example: number of that example, from 0
            seed: of the style, where the checkpoint has styles; null is the mean style
        Returns:
            picture: what comes of it
            facts: the recipe, which the page opens; what kind of image the checkpoint is given, and how many examples
        """
        opened = Translator(self.library, text({"translator": translator}, "translator"))
        number = example if image or example is not None else 0
        data = text({"image": image}, "image", MAX_IMAGE).rpartition(",")[2]  # of a data URI, too
        recipe = opened.recipe(seed=seed, image=data, example=number)
        examples = opened.model.examples
        facts = {"recipe": recipe.to_dict(), "kind": opened.model.given.kind}
        return opened.render(recipe), facts | {"examples": 0 if examples is None else len(examples.given)}

    @answered
    def diagnose(
        self, checkpoint: str, count: int = 1000, psi: float = 1.0, label: int | None = None
    ) -> tuple[Image.Image, Facts]:
        """Has a generator collapsed, dropped modes, or copied? A verdict on its images against real data, in words.

        Args:
            checkpoint: a name of list_checkpoints; it needs a reference of real data
            count: generated images that the verdict rests on, 1 to 5000; 1000 take up to half a minute
            psi: their truncation, from -2 to 2; below 1 the images vary less, and the verdict says so
            label: number of a class, to look at it alone; null looks at all
        Returns:
            picture: the first of the images that were examined
            facts: the verdict, all findings in words, and each measure with the range expected of real data
        """
        count = whole({"count": count}, "count", 1, MAX_EVALUATED)
        examined = self.opened(checkpoint).diagnose(count, psi=psi, label=label)
        return mosaic(examined.thumbs[:MOSAIC]), numbers(examined)

    @answered
    def compare(
        self, first: str, second: str, seed: int = 0, count: int = 8, psi: float = 1.0, evaluate: int = 500
    ) -> tuple[Image.Image, Facts]:
        """Two generators side by side: images of the same seeds, and both verdicts.

        Args:
            first: a name of list_checkpoints
            second: another one
            seed: the first seed
            count: images of each, 1 to 16
            psi: truncation, from -2 to 2; 1 is none
            evaluate: generated images that each verdict rests on; 0 leaves the verdicts out
        Returns:
            picture: the first generator's images above the second's
            facts: of each its summary, and its verdict with findings and measures, or why there is none
        """
        both = [self.opened(name) for name in (first, second)]
        room = min(MAX_ROW, *(most(opened) // 2 for opened in both))
        shown = whole({"count": count}, "count", 1, room)
        examined = whole({"evaluate": evaluate}, "evaluate", 0, MAX_EVALUATED)
        with DRAWING.place():
            rows = [opened.sheet(opened.samples(shown, seed, psi=psi), shown) for opened in both]
        facts = [side(opened, psi, examined) for opened in both]
        return above(rows), {"first": facts[0], "second": facts[1]}


def most(opened: Explorer) -> int:
    """Images of this generator that one picture may hold: a sheet of large ones would fill the memory."""
    return max(2, min(MAX_IMAGES, MAX_PIXELS // opened.model.resolution**2))


def told(recipes: list[Recipe]) -> list[Facts]:
    """Recipes as `/render` takes them."""
    return [recipe.to_dict() for recipe in recipes]


def numbers(examined: Any) -> Facts:
    """What was found, as the page's JSON has it, less the thresholds, which are the same for all."""
    from trainer.diagnosis.plain import numbers as plain

    return {name: value for name, value in plain(examined).items() if name != "thresholds"}


def side(opened: Explorer, psi: float, count: int) -> Facts:
    """One side of a comparison. What is in the way of a verdict is told beside the other facts."""
    facts: Facts = {"name": opened.name, "summary": opened.model.info.summary}
    try:
        return facts | (numbers(opened.diagnose(count, psi=psi)) if count else {})
    except Busy:
        raise
    except UserError as error:
        return facts | {"no_verdict": str(error)}
