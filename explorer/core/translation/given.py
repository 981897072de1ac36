"""What a checkpoint says of the images that it is given, none of it believed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

MAX_COLOURS = 200
MAX_NAME = 60  # characters of a colour's name and of a kind
WHITE = (255, 255, 255)

Colour = tuple[int, int, int]


class GivenImages(NamedTuple):
    """What a person who draws one has to know.

    Attributes:
        kind: in words.
        palette: colour by the name of what it stands for; empty where an image may have any.
        papers: colours that an empty drawing may have, by name, at least one.
        flat: whether every pixel has just one of the palette's colours, never a shade between two. That is so where
            the paper stands for something, too: a map has no place that is nothing.
    """

    kind: str
    palette: Mapping[str, Colour]
    papers: Mapping[str, Colour]

    @property
    def flat(self) -> bool:
        """See above."""
        return bool(self.palette) and set(self.papers.values()) <= set(self.palette.values())

    @property
    def paper(self) -> Colour:
        """The usual one."""
        return next(iter(self.papers.values()))


def given_images(record: Any) -> GivenImages:
    """What `config.json` holds under data, given; of what is no such record, any image on white."""
    record = record if isinstance(record, dict) else {}
    kind = record.get("kind")
    papers = colours(record.get("papers")) or {"white": WHITE}
    return GivenImages(str(kind)[:MAX_NAME] if kind else "image", colours(record.get("palette")), papers)


def colours(record: Any) -> dict[str, Colour]:
    """Colours by name, RGB, where a record holds some; grey ones may be one number."""
    found: dict[str, Colour] = {}
    for name, value in [*record.items()][:MAX_COLOURS] if isinstance(record, dict) else ():
        numbers = value if isinstance(value, list) else []
        numbers = numbers * 3 if len(numbers) == 1 else numbers
        if len(numbers) == 3 and all(type(n) is int and 0 <= n <= 255 for n in numbers):
            found[str(name)[:MAX_NAME]] = (numbers[0], numbers[1], numbers[2])
    return found
