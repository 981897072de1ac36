"""The images of a NumPy file as a source. uint8 is taken as it is; other numbers by what the whole array holds."""

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from trainer.data.arrays import Array, arrays_of, chosen, known_of, member, sizes
from trainer.data.base import LabelledImage, Refused, Request, Show, Source, Unreadable
from trainer.data.decoding import eight_bits, reason, scaled, to_rgb
from trainer.data.drawing import drawn_images
from trainer.data.listing import named, safe
from trainer.data.ranges import Extremes, Range, extremes_of, ranges_of
from trainer.data.ways import Way, evenly, squared

VERSION = 1  # of what becomes of an array; raising it makes arrays be packed anew


def array_source(path: Path, way: Way, request: Request) -> Source:
    """The images of a NumPy file. Raises UserError for a file that has none, NoHeldOut for one without a test split."""
    arrays = arrays_of(path)
    images, labels = chosen(path, arrays, request.held_out)
    known, notes = known_of(path, images, labels)
    others = [array for array in arrays if array not in (images, labels)]
    if others:
        notes.append(f"left out of the file: {named(array.told() for array in others)}")
    if images.layout() == "NCHW":
        notes.append(f"{safe(images.name)} is read as N x C x H x W")
    rows, name = evenly(images.shape[0], request.limit), safe(path.absolute().name)
    said = [VERSION, images.stamp, images.told(), images.member, len(rows), known.labels, *way.said()]
    labelled = tuple(known.labels[i] for i in rows)
    return Source(
        name=name,
        count=len(rows),
        channels=1 if sizes(images)[2] == 1 else 3,
        attributes=known.attributes,
        licence="not stated",
        credit=f"the images in {name}",
        key=hashlib.sha256(json.dumps(said).encode()).hexdigest(),
        draw=RowDrawer(Rows(path, images), tuple(rows), way.fit, labelled),
        notes=tuple(notes),
        prepare=None if images.dtype in (np.uint8, np.bool_) else Scaling(way.given),
        found=True,
    )


def look_at_arrays(path: Path) -> tuple[str, ...]:
    """What to know of a NumPy file before an image of it is drawn. Raises UserError for one without images."""
    return array_source(path, Way(), Request("", Path(), None)).notes


class Rows:
    """The images of an array as the file has them, read forward: nothing else of it is ever in memory."""

    def __init__(self, path: Path, array: Array):
        self.path, self.array = path, array
        height, width, channels = sizes(array)
        self.shape = (channels, height, width) if array.layout() == "NCHW" else (height, width, channels)
        self.size = height * width * channels * array.dtype.itemsize  # bytes of an image
        self.stack, self.at = ExitStack(), 0  # at: the row that the file stands at
        self.file: IO[bytes] | None = None
        self.damaged = array.shape[0]  # the first row that cannot be read, as nothing after it in a zip can

    def read(self, row: int) -> np.ndarray:
        """(H, W, C). Raises Refused where the file is damaged, or whatever its decoder does."""
        if row >= self.damaged:
            raise Refused("after what is damaged in the zip")
        try:
            data = self._bytes(row)
        except Exception:
            self.damaged = row
            raise
        values = np.frombuffer(data, self.array.dtype).reshape(self.shape)
        return values.transpose(1, 2, 0) if self.array.layout() == "NCHW" else values

    def _bytes(self, row: int) -> bytes:
        file = self.file
        if file is None or row < self.at:
            self.stack.close()
            file = self.file = self.stack.enter_context(member(self.path, self.array))
            self.at = 0
        if row > self.at:
            file.seek((row - self.at) * self.size, 1)
        data = file.read(self.size)
        self.at = row + 1
        if len(data) < self.size:
            raise Refused("truncated")
        return data


@dataclass(frozen=True)
class RowDrawer:
    """Makes squares of an array's images."""

    images: Rows
    rows: tuple[int, ...]  # of the array, by index of the image
    fit: str
    labels: tuple[tuple[int, ...], ...]
    ranges: dict[str, Range] = field(default_factory=dict)

    def __call__(self, index: int, resolution: int) -> LabelledImage:
        """The image of number `index`, (R, R, 1 or 3). Raises Unreadable where the file is damaged."""
        row = self.rows[index]
        try:
            image = Image.fromarray(shown_as_8_bits(self.images.read(row), self.ranges))
            image = to_rgb(image) if image.mode == "RGBA" else image
            whole = image.size == (resolution, resolution)
            square = np.asarray(image if whole else squared(image, self.fit, resolution))
        except Exception as error:  # a broken zip may raise anything
            raise Unreadable(f"image {row}", reason(error)) from error
        cropped = self.fit == "crop" and image.width != image.height
        smaller = min(image.size) < resolution
        pixels = square.reshape(resolution, resolution, -1)
        return LabelledImage(pixels, self.labels[index], smaller, cropped, not smaller and not whole)


def shown_as_8_bits(values: np.ndarray, ranges: dict[str, Range]) -> np.ndarray:
    """An image (H, W, C) of any numbers -> uint8, (H, W) where it is grey."""
    values = values[..., 0] if values.shape[2] == 1 else values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    used = ranges[kind_of(values)]
    return eight_bits(values, used) if values.shape[2:] == (4,) else scaled(values, used)


def kind_of(values: np.ndarray) -> str:
    """What numbers beyond 8 bits are, as `ranges` names it."""
    return "float" if values.dtype.kind == "f" else "whole"


@dataclass(frozen=True)
class RowExtremes:
    """Reads an array's images for their extremes, as a source draws images."""

    images: Rows
    rows: tuple[int, ...]

    def __call__(self, index: int, resolution: int) -> Extremes:
        row = self.rows[index]
        try:
            values = self.images.read(row)
            return extremes_of(values, kind_of(values))
        except Exception as error:
            raise Unreadable(f"image {row}", reason(error)) from error


@dataclass(frozen=True)
class Scaling:
    """Finds which numbers of the array are black and white, before the first image is drawn."""

    given: Range | None

    def __call__(self, source: Source, show: Show) -> Source:
        draw = source.draw
        assert isinstance(draw, RowDrawer)
        looked = replace(source, draw=RowExtremes(draw.images, draw.rows))  # type: ignore[arg-type]
        found = show(drawn_images(looked, 0), f"scanning {source.name}", source.count)
        ranges, notes = ranges_of([one for one in found if isinstance(one, Extremes)], self.given)
        return replace(source, draw=replace(draw, ranges=ranges), notes=(*source.notes, *notes))
