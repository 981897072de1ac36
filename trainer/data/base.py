"""What every data set is once it is loaded, and what a source has to give for that.

A source is one function, registered by name, whose first docstring line is its help. It looks (cheaply) at what there
is and returns a `Source`: how many images, what is known about them, and how to draw the one at an index. Packing,
caching, parallel drawing and messages are shared; see `packing.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from trainer.util.errors import UserError
from trainer.util.registry import Registry


@dataclass(frozen=True)
class Attribute:
    """Something known about each image, as one of a few named values."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """What the images of a paired data set are made from, and what a person who draws one has to know of it.

    Attributes:
        kind: in words, as in: line art, part map, image.
        channels: 1 for grey images, 3 for colour.
        palette: colour by the name of what it stands for, of images drawn in flat colours; empty for others.
        papers: what colour an empty drawing may have, by name, the usual one first; empty for what is no drawing.
    """

    kind: str
    channels: int
    palette: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    papers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """Images packed on disk, with what is known about them."""

    name: str
    images: np.ndarray  # (N, H, W, C) uint8, or points (N, 1, 1, 2) float32; H = W, read-only; many are Rows of a file
    labels: np.ndarray  # (N, A) int64, an index into the attribute's values, -1 = unknown
    attributes: tuple[Attribute, ...]  # A of them; the first is "the class"
    licence: str
    credit: str
    fingerprint: str  # hash of what determines the pixels
    notes: tuple[str, ...] = ()  # sentences worth showing, such as which files could not be read
    given: Given | None = None  # of a data set of pairs, and of two collections
    given_images: np.ndarray | None = None  # (N, H, W, given.channels) uint8; of two collections (M, ...)
    paired: bool = False  # whether row i of `given_images` belongs to row i of `images`
    collection_a: "Dataset | None" = None  # of two collections, the one that `given_images` are of

    def __len__(self) -> int:
        return len(self.images)

    @property
    def resolution(self) -> int:
        """Height and width in pixels."""
        result: int = self.images.shape[1]
        return result

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        result: int = self.images.shape[3]
        return result

    @property
    def num_classes(self) -> int:
        """How many values the first attribute has; 0 if there is none."""
        return len(self.attributes[0].values) if self.attributes else 0


class LabelledImage(NamedTuple):
    """One image at the wanted resolution."""

    pixels: np.ndarray  # (R, R, C) uint8, or a point (1, 1, 2) float32
    labels: tuple[int, ...]  # one index an attribute, -1 = unknown
    enlarged: bool = False  # whether the original was smaller than R x R
    cropped: bool = False  # whether the original was no square, and its ends were cut off
    reduced: bool = False  # whether to tell that the original was larger
    given: np.ndarray | None = None  # of a pair: what it is made from, (R, R, given.channels) uint8


class Unreadable(Exception):
    """One image cannot be had. Packing counts it, names it in the notes and goes on."""

    def __init__(self, name: str, reason: str):
        super().__init__(name, reason)
        self.name, self.reason = name, reason


class Refused(ValueError):
    """Why one image is not drawn, in words of our own."""


class Request(NamedTuple):
    """What a source is asked for."""

    argument: str  # what follows the colon in "avatars:pixel-art", or the path of a folder or zip; "" if nothing
    data_dir: Path  # where raw downloads lie
    limit: int | None  # at most so many images; None = as many as the source has
    held_out: bool = False  # images of the same kind that no training sees; NoHeldOut where there are none
    patience: float = 20.0  # seconds without a byte before a download is given up

    def refuse_argument(self, name: str) -> None:
        """UserError where a data set that takes no argument was asked for with one."""
        if self.argument:
            raise UserError(f"The data set {name} takes no argument, got {self.argument!r:.80}. Write just {name}.")


Show = Callable[[Iterable[Any], str, int], Iterator[Any]]
"""(what is worked off, a word for it, how many there are) -> the same, one by one, while the progress is shown."""


@dataclass(frozen=True)
class Source:
    """What a source gives: all but the pixels, and how to draw them."""

    name: str
    count: int
    channels: int
    attributes: tuple[Attribute, ...]
    licence: str
    credit: str
    key: str  # everything that determines the pixels, apart from count and resolution
    draw: Callable[[int, int], LabelledImage]  # (index below count, resolution) -> Image; may raise Unreadable
    parallel: bool = False  # True: `draw` is slow and can be pickled, so it is worth a pool of processes
    notes: tuple[str, ...] = ()
    points: bool = False  # 2-D toy data in float32 instead of images
    prepare: "Callable[[Source, Show], Source] | None" = None  # looks at all images before the first is drawn
    given: Given | None = None  # of a source of pairs
    found: bool = False  # True: the classes are those that were found, so one without an image is none


class NoHeldOut(Exception):
    """All images of this source are trained on."""


DATASETS: Registry[Callable[[Request], Source]] = Registry("data set")
