"""What a checkpoint says of the images that it is given, and the examples that it carries; neither is believed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from trainer.util.errors import UserError
from trainer.util.reading import Unfit, place, reason
from trainer.util.tensors import read_numpy

EXAMPLES = "examples.safetensors"
MAX_EXAMPLES_BYTES = 200_000_000
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


class Examples(NamedTuple):
    """Pairs that a checkpoint carries.

    Attributes:
        given: uint8 (n, h, w, c), a mask as the last channel where the network reads one.
        truth: uint8 (n, H, W, C), what belongs to each; of two collections, images of the other one.
    """

    given: np.ndarray
    truth: np.ndarray


def read_examples(folder: Path, given: tuple[int, ...], truth: tuple[int, ...]) -> Examples | None:
    """The examples of a checkpoint, None if it has none. Raises UserError for a file that does not fit it.

    Args: given, truth: (height, width, channels) of either.
    """
    path = folder / EXAMPLES
    if not path.is_file():
        return None
    try:
        tensors, _ = read_numpy(path, MAX_EXAMPLES_BYTES)
        found = Examples(tensors["given"], tensors["truth"])
    except (Unfit, OSError, KeyError) as error:
        raise UserError(f"{place(path)} cannot be read ({reason(error)}). Publish the checkpoint again.") from error
    fits = found.given.shape[1:] == given and found.truth.shape[1:] == truth and len(found.given) == len(found.truth)
    if not fits or not len(found.given) or {found.given.dtype, found.truth.dtype} != {np.dtype(np.uint8)}:
        raise UserError(f"{place(path)} holds images of another kind than its network. Publish the checkpoint again.")
    return found
