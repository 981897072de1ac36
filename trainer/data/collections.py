"""Two collections without pairs as one data set: images of B to learn from, and images of A to translate into them."""

from dataclasses import replace

from trainer.data.base import Dataset, Given
from trainer.util.errors import UserError


def beside(b: Dataset, a: Dataset) -> Dataset:
    """Data set B, which is given the images of data set A. Raises UserError for images of another size."""
    if a.resolution != b.resolution:
        sizes = [f"{side} x {side}" for side in (a.resolution, b.resolution)]
        raise UserError(f"The images of {a.name} are {sizes[0]}, and those of {b.name} {sizes[1]}; give both one size.")
    return replace(
        b,
        given=Given("image", a.channels),
        given_images=a.images,
        paired=False,
        collection_a=a,
        licence=joined(a, b, "licence"),
        credit=joined(a, b, "credit"),
        notes=tuple(dict.fromkeys((*b.notes, *a.notes))),
    )


def joined(a: Dataset, b: Dataset, fact: str) -> str:
    """Licence or credit of both, once where they are the same."""
    said: tuple[str, str] = getattr(b, fact), getattr(a, fact)
    return said[0] if said[0] == said[1] else f"{b.name}: {said[0]}; {a.name}: {said[1]}"
