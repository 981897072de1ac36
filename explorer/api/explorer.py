"""One checkpoint as an object: each method draws what a tab of the page draws."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from PIL import Image

from explorer.core.library import Library
from explorer.core.recipe import Recipe
from explorer.core.wording import shown
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.tabs.diagnosis.evaluation import Examined

STRENGTHS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)  # the ends of the page's sliders, and steps of 1


class Explorer:
    """A checkpoint, opened by `explorer.load`. Equal arguments give equal pixels, here, in the page and by its API.

    Wherever a method takes `**recipe`, these are further fields of a recipe (`explorer.core.recipe.Recipe`): psi
    (truncation, 1 = none), label (class), edits (a list of (direction, strength) or (direction, strength, first layer,
    last layer)), mix, noise, cutoff, z and w. A field that does not exist, or does not fit, is a UserError.

    Attributes:
        name: the checkpoint's.
        library: where it was found.
        model: the loaded `explorer.core.model.Model`, with its sizes, classes and layers.
    """

    def __init__(self, library: Library, name: str):
        """Raises UserError if there is no checkpoint of that name, or it is unusable."""
        self.library, self.name = library, name
        self.model = library.model(name)

    def recipe(self, seed: int = 0, **recipe: Any) -> Recipe:
        """What `render` draws, as the page's links and PNGs carry it: `recipe(3).to_query()` is a link's end."""
        return Recipe.from_dict(
            {name: plain(value) for name, value in recipe.items()} | {"seed": plain(seed), "checkpoint": self.name}
        )

    @overload
    def render(self, seed: int = 0, **recipe: Any) -> Image.Image: ...

    @overload
    def render(self, seed: Iterable[int], **recipe: Any) -> list[Image.Image]: ...

    def render(self, seed: int | Iterable[int] = 0, **recipe: Any) -> Image.Image | list[Image.Image]:
        """The image of a seed, or a list of those of several.

        Args: seed: 0 to 2^32 - 1; or any number of them, such as range(8).
        Returns: PIL images of the model's own size, grey or RGB; of 2-D models, drawings of the plane.
        Raises: UserError for what is no recipe of this model.
        """
        if isinstance(seed, Iterable):
            return self.images([self.recipe(one, **recipe) for one in several(seed, "seeds")])
        return self.images([self.recipe(seed, **recipe)])[0]

    def images(self, recipes: Sequence[Recipe]) -> list[Image.Image]:
        """PIL images of recipes. Raises UserError for one that does not fit this model."""
        from trainer.util.images import to_pil

        return [to_pil(image) for image in self.model.images(recipes)]

    def sample(self, count: int = 16, seed: int = 0, *, columns: int | None = None, **recipe: Any) -> Image.Image:
        """A sheet of consecutive seeds, row by row, as in the tab Sample.

        Args:
            count: how many images, from 1 on.
            seed: the first.
            columns: of the sheet; None: as many as rows, or one more.
            **recipe: as in the class; without a label, a conditional model shows its classes in turn.
        """
        recipes = self.samples(count, seed, **recipe)
        return self.sheet(recipes, square(len(recipes)) if columns is None else columns)

    def sheet(self, recipes: Sequence[Recipe], columns: int) -> Image.Image:
        """Recipes as one image, row by row. Raises UserError for one that does not fit, and less than one column."""
        from trainer.util.images import sheet

        return sheet(self.model.images(recipes), whole(columns, "number of columns"))

    def samples(self, count: int = 16, seed: int = 0, **recipe: Any) -> list[Recipe]:
        """The recipes of `sample`. Raises UserError for a count below 1."""
        seeds = range(self.recipe(seed, **recipe).seed, plain(seed) + whole(count, "number of images"))
        classes = self.model.num_classes if recipe.get("label") is None else 0
        return [self.recipe(one, **recipe, **({"label": one % classes} if classes else {})) for one in seeds]

    def slide(
        self,
        direction: str,
        seed: int = 0,
        *,
        strengths: Iterable[float] = STRENGTHS,
        layers: tuple[int, int | None] = (0, None),
        **recipe: Any,
    ) -> list[Image.Image]:
        """The images of a seed along a direction, as a slider of the tab Slide shows them.

        Args:
            direction: a name of `directions`, such as "pca:0".
            strengths: positions of the slider, in deviations of w along the direction; 0 is the seed itself.
            layers: first and last that are moved, both included; None: to the finest.
            **recipe: as in the class; its edits stay.
        """
        return self.images(self.slides(direction, seed, strengths, layers, **recipe))

    def slides(
        self,
        direction: str,
        seed: int = 0,
        strengths: Iterable[float] = STRENGTHS,
        layers: tuple[int, int | None] = (0, None),
        **recipe: Any,
    ) -> list[Recipe]:
        """The recipes of `slide`."""
        edits = several(recipe.pop("edits", ()), "edits")
        steps = [
            [*edits, (direction, plain(one), *several(layers, "layers"))] for one in several(strengths, "strengths")
        ]
        return [self.recipe(seed, edits=step, **recipe) for step in steps]

    def interpolate(
        self,
        seeds: Iterable[int],
        frames: int = 24,
        *,
        interpolation: str = "lerp",
        space: str = "w",
        loop: bool = False,
        **recipe: Any,
    ) -> list[Image.Image]:
        """The frames of a walk from seed to seed, evenly spaced; each seed is one of them, as in the tab Interpolate.

        Args:
            seeds: 2 to 8 of them.
            frames: how many images in all, at most 600.
            interpolation: "lerp", a straight line, or "slerp", a great circle.
            space: "w", what the synthesis reads, or "z", the noise.
            loop: walk on towards the first seed, for a video that starts over.
            **recipe: as in the class, for every seed.
        """
        return self.images(self.walk(seeds, frames, interpolation=interpolation, space=space, loop=loop, **recipe))

    def walk(self, seeds: Iterable[int], frames: int = 24, *, loop: bool = False, **recipe: Any) -> list[Recipe]:
        """The recipes of `interpolate`, whose arguments it takes."""
        from explorer.core import interpolation

        shape = {name: recipe.pop(name) for name in ("interpolation", "space") if name in recipe}
        ends = [self.recipe(seed, **recipe) for seed in several(seeds, "seeds")]
        return interpolation.frames(self.model, ends, whole(frames, "number of frames"), **shape, loop=loop)

    def directions(self, method: str | None = None) -> list[str]:
        """Names of the directions, such as "learned:hair=long" or "sefa:0": of a method, or of all that are there.

        Args: method: such as "pca" or "sefa", fitted at the first time, in about a second. What takes minutes to learn
            ("learned", "attributes", "channels") is a UserError where nobody has (`python -m explorer directions`).
        """
        from explorer.core.directions.catalogue import entries

        if method is None:
            return [one.id for one in entries(self.model)]
        return [f"{method}:{name}" for name in self.model.directions(method).names_]

    def diagnose(self, count: int = 1000, *, psi: float = 1.0, label: int | None = None) -> "Examined":
        """Compare generated images with the real data, as the tab Map & diagnosis does; takes seconds to minutes.

        Args:
            count: generated images, of the seeds from 0 on; at most 5,000. More make the verdict surer.
            psi: their truncation.
            label: only images of this class; None: of all.
        Returns: `.diagnosis`: `.verdict.title` and `.text`, all `.findings`, the measures in `.panel`; and the images.
        Raises: UserError for a checkpoint without a reference of real data.
        """
        from explorer.tabs.diagnosis.evaluation import Subject
        from explorer.tabs.diagnosis.handlers import examiner

        asked = self.recipe(0, psi=psi, label=label)
        subject = Subject(self.name, asked.psi, asked.label)
        found: Examined = examiner(self.library).examine(subject, whole(count, "number of images"))
        return found


def square(count: int) -> int:
    """Columns of a sheet of so many images: as many as rows, or one more."""
    return math.ceil(math.sqrt(count))


def whole(value: Any, name: str) -> int:
    """A whole number from 1 on. Raises UserError for anything else; `name` says what it is."""
    number = plain(value)
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise UserError(f"The {name} is {shown(value)}; it must be a whole number from 1 on.")
    return number


def several(values: Any, name: str) -> list[Any]:
    """A list of what is given. Raises UserError for a single thing, and for text."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise UserError(f"The {name} are {shown(values)}; they must be a list.")
    return list(values)


def plain(value: Any) -> Any:
    """A number of numpy's as Python's own, which is what a recipe holds; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value
