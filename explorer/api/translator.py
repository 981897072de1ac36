"""A checkpoint that makes an image of an image as an object: what the tab Translate draws."""

import base64
import io
from pathlib import Path
from typing import Any

from PIL import Image

from explorer.core.library import Library
from explorer.core.translation.recipe import TranslationRecipe
from trainer.util.errors import UserError
from trainer.util.reading import reason


class Translator:
    """A translator, opened by `explorer.load`. Equal arguments give equal pixels, here, in the page and by its API.

    Attributes:
        name: the checkpoint's.
        library: where it was found.
        model: the loaded `explorer.core.translation.model.Translation`.
    """

    def __init__(self, library: Library, name: str):
        """Raises UserError if there is no checkpoint of that name, or it is unusable."""
        self.library, self.name = library, name
        self.model = library.translation(name)

    def recipe(self, seed: int | None = None, **recipe: Any) -> TranslationRecipe:
        """What `translate` makes, as the page's links and PNGs carry it: a `TranslationRecipe`.

        Args:
            seed: of the style, where the checkpoint reads one; None: the mean style.
            **recipe: further fields: example (a number), sample (a dict, a generator's recipe), image (base64 of a
                file), strokes, paper, z, back.
        Raises: UserError for what is no recipe.
        """
        return TranslationRecipe.from_dict({**recipe, "seed": seed, "translator": self.name})

    def translate(
        self, image: Image.Image | str | Path | None = None, seed: int | None = None, **recipe: Any
    ) -> Image.Image:
        """The image that comes of an image: PIL, of the model's own size.

        Args:
            image: what is given, as a PIL image or a file's path; None where the recipe says what is.
            seed, **recipe: as of `recipe`.
        Raises: UserError for what cannot be given.
        """
        given = {} if image is None else {"image": as_png(image)}
        return self.render(self.recipe(seed, **recipe, **given))

    def render(self, recipe: TranslationRecipe) -> Image.Image:
        """The image of a recipe. Raises UserError for one that does not fit, and for one that gives nothing."""
        from trainer.util.images import to_pil

        return to_pil(self.model.image(recipe, self.library.image))


def as_png(image: Image.Image | str | Path) -> str:
    """Base64 of a picture's file; of a PIL image, of a PNG. Raises UserError for a file that cannot be read."""
    if not isinstance(image, Image.Image):
        try:
            data = Path(image).read_bytes()
        except OSError as error:
            raise UserError(f"{image} cannot be read ({reason(error)}). Give the path of a picture.") from error
        if not data:
            raise UserError(f"{image} is empty. Give the path of a picture.")
        return base64.b64encode(data).decode()
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
