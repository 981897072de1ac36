"""The currency of translation: a checkpoint, what it is given, and in which style; spelled as every recipe is."""

from dataclasses import dataclass, replace
from functools import cached_property
from re import fullmatch
from typing import Any, ClassVar, Self

from explorer.core.recipe import MAX_VECTOR, Recipe
from explorer.core.spelling import MAX_NAME, MAX_SEED, Spelled, check, is_int, is_seed, link_pairs
from explorer.core.translation.strokes import MAX_TEXT, Stroke, unpacked
from trainer.util.errors import UserError

MAX_IMAGE = 2_000_000  # characters of a picture's PNG
MAX_EXAMPLE = 10**6  # far beyond any checkpoint's; it knows how many it has
NOT_IN_A_LINK = "A picture of your own is not part of a link. Save the PNG, which carries it."


@dataclass(frozen=True)
class TranslationRecipe(Spelled):
    """What to translate, and how. Two equal recipes give the same pixels.

    What is given is a ground, at most one of example, sample and image, or else empty paper; and the strokes on it.

    Attributes:
        translator: the checkpoint's name.
        paper: colour of the empty paper, to which the eraser leads, as #f0ece2; "" for the checkpoint's own.
        example: number of one of the checkpoint's examples.
        sample: recipe of an image of another checkpoint, a generator.
        image: a picture of a person's own, base64 of a PNG; JSON and PNG carry it, a link does not.
        strokes: what is drawn, as `strokes.packed` writes it.
        seed: decides the style code, where the checkpoint reads one; None for the mean style.
        z: base64 of z_dim little-endian float32 numbers, "" for the seed's.
        back: the other way, of checkpoints that go two ways: from its images to what they could have been made of.
    """

    NAMED: ClassVar[str] = "translator"
    EXAMPLE: ClassVar[str] = "pix2pix-avatars"

    translator: str
    paper: str = ""
    example: int | None = None
    sample: Recipe | None = None
    image: str = ""
    strokes: str = ""
    seed: int | None = None
    z: str = ""
    back: bool = False

    def __post_init__(self) -> None:
        longest = {"translator": MAX_NAME, "paper": 7, "image": MAX_IMAGE, "strokes": MAX_TEXT, "z": MAX_VECTOR}
        for name, maximum in longest.items():
            check(isinstance(getattr(self, name), str), name, getattr(self, name), "text")
            check(len(getattr(self, name)) <= maximum, name, getattr(self, name), f"at most {maximum:,} characters")
        is_colour = self.paper == "" or fullmatch("#[0-9a-f]{6}", self.paper)
        check(bool(is_colour), "paper", self.paper, "a colour such as #f0ece2")
        numbered = self.example is None or (is_int(self.example) and 0 <= self.example <= MAX_EXAMPLE)
        check(numbered, "example", self.example, "the number of an example")
        check(self.sample is None or isinstance(self.sample, Recipe), "sample", self.sample, "a recipe")
        check(self.seed is None or is_seed(self.seed), "seed", self.seed, f"a whole number, 0 to {MAX_SEED}")
        check(isinstance(self.back, bool), "back", self.back, "true or false")
        grounds = [name for name in ("example", "sample", "image") if getattr(self, name) not in (None, "")]
        if len(grounds) > 1:
            raise UserError(f"The recipe gives {' and '.join(grounds)}; it can be drawn on one of them only.")
        self.drawn  # noqa: B018  # a bad drawing is refused here, as every other field

    @cached_property
    def drawn(self) -> tuple[Stroke, ...]:
        """Its strokes."""
        return unpacked(self.strokes)

    def public(self) -> Self:
        """As every recipe, its sample's included."""
        return replace(self, sample=self.sample.public()) if self.sample else self

    def plain(self) -> dict[str, Any]:
        """Its fields' values as JSON has them."""
        return super().plain() | {"sample": self.sample and self.sample.to_dict()}

    @classmethod
    def read(cls, plain: dict[str, Any]) -> dict[str, Any]:
        """Inverse of `plain`. Raises UserError for impossible values."""
        if "checkpoint" in plain and cls.NAMED not in plain:
            raise UserError("This is a recipe of an image, not of a translation: open it in the tab Slide.")
        found = super().read(plain)
        return found if found.get("sample") is None else {**found, "sample": Recipe.from_dict(found["sample"])}

    def to_query(self) -> str:
        """As every recipe. Raises UserError for one with a picture of a person's own."""
        if self.image:
            raise UserError(NOT_IN_A_LINK)
        return super().to_query()


def is_translation_link(query: str) -> bool:
    """Whether an address is meant to open a translation."""
    return any(key.strip().lower() == TranslationRecipe.NAMED for key, _ in link_pairs(query))
