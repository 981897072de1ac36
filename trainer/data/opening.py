"""Opens a packed data set. Nothing is mapped: a file that is cut short while a training reads it would end the process.

Small sets are read into memory; of large ones the rows that are asked for are read from the file each time.
"""

import math
import os
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from trainer.data.base import Attribute, Dataset, Given
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, opened, read_json, reason

IMAGES, GIVEN = "images.npy", "given.npy"  # of pairs: what each image is made from
IN_MEMORY = 2**28  # bytes of images that are read at once
MAX_IMAGES = 2**42  # bytes
MAX_LABELS = 2**32
MAX_META = 2**24
MAX_AXIS = 4096  # pixels a side, channels or attributes


class Rows:
    """An array in a file, of which rows are read when they are asked for: as read-only as the file.

    Attributes: shape, dtype, ndim, nbytes: as an array's.
    """

    def __init__(self, fd: "Handle", offset: int, shape: tuple[int, ...], dtype: np.dtype, rows: slice | None = None):
        self.fd, self.offset, self.dtype, self.whole = fd, offset, dtype, shape
        self.rows = range(shape[0])[rows or slice(None)]
        self.shape, self.ndim = (len(self.rows), *shape[1:]), len(shape)
        self.width = math.prod(shape[1:]) * dtype.itemsize  # bytes of a row

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def nbytes(self) -> int:
        return len(self.rows) * self.width

    def __getitem__(self, key: Any) -> Any:
        """`rows[a:b:c]` reads nothing yet; any other key gives an array, as of an array."""
        if isinstance(key, tuple):
            many = np.ndim(key[0]) > 0 or isinstance(key[0], slice)
            return np.asarray(self[key[0]])[(slice(None), *key[1:]) if many else key[1:]]
        if isinstance(key, slice):
            found = self.rows[key]
            part = Rows(self.fd, self.offset, self.whole, self.dtype)
            part.rows, part.shape = found, (len(found), *self.shape[1:])
            return part
        if np.ndim(key) == 0:
            return self.read(self.rows[key : key + 1 or None])[0]
        index = np.asarray(key)
        chosen = np.flatnonzero(index) if index.dtype == bool else index
        return self.read([self.rows[i] for i in chosen.tolist()])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.read(self.rows).astype(dtype or self.dtype, copy=False)

    def read(self, rows: Any) -> np.ndarray:
        """Rows by their numbers in the file; those that lie together at once. Raises UserError where they are gone."""
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        together = isinstance(rows, range) and rows.step == 1
        if found.size and together:
            self.fill(found.data.cast("B"), rows[0])
        elif found.size:
            for place, row in enumerate(rows):
                self.fill(found[place].data.cast("B"), row)
        return found

    def fill(self, buffer: memoryview, row: int) -> None:
        """Read one row into `buffer`, uint8. Raises UserError where the file has become shorter."""
        at, filled = self.offset + row * self.width, 0
        while filled < len(buffer):
            count = self.fd.into(buffer[filled:], at + filled)
            if not count:
                raise UserError("The packed data set was truncated while it was read. Delete its folder and try again.")
            filled += count


class Handle:
    """An open file, closed when nobody reads it any more."""

    def __init__(self, number: int):
        self.number, self.lock = number, Lock()

    def into(self, buffer: memoryview, at: int) -> int:
        """Fill a buffer from a place in the file; returns how many bytes came, 0 at its end."""
        if hasattr(os, "preadv"):
            return os.preadv(self.number, [buffer], at)
        with self.lock:  # Windows
            os.lseek(self.number, at, os.SEEK_SET)
            data = os.read(self.number, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def __del__(self) -> None:
        os.close(self.number)


def open_packed(folder: Path, in_memory: int = IN_MEMORY) -> Dataset:
    """The data set in a folder. Raises UserError for one that is damaged.

    Args: in_memory: bytes of images that are read at once; of more, the rows that are asked for.
    """
    try:
        meta = read_json(folder / "meta.json", maximum=MAX_META)
        attributes = tuple(attribute_of(plain) for plain in meta["attributes"])
        images = open_array(folder / IMAGES, MAX_IMAGES, in_memory)
        labels = open_array(folder / "labels.npy", MAX_LABELS, MAX_LABELS)
        check_images(images)
        check_labels(labels, len(images), attributes)
        given = given_of(meta["given"]) if "given" in meta else None
        given_images = open_array(folder / GIVEN, MAX_IMAGES, in_memory) if given else None
        if given:
            check_given(given_images, images.shape, given)
        texts = {name: meta[name] for name in ("name", "licence", "credit", "fingerprint")}
        notes = tuple(meta["notes"])
        if not all(isinstance(text, str) for text in (*texts.values(), *notes)):
            raise Unfit("its name, licence or notes are not text")
        found = Dataset(images=images, labels=labels, attributes=attributes, notes=notes, **texts)
        return replace(found, given=given, given_images=given_images, paired=given is not None)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, MemoryError) as error:
        raise UserError(
            f"The packed data set {folder.name} is damaged ({reason(error)}). Delete that folder and try again."
        ) from error


def attribute_of(plain: Any) -> Attribute:
    """An attribute from JSON. Raises ValueError or LookupError."""
    name, values = plain["name"], plain["values"]
    if not isinstance(name, str) or not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise Unfit("an attribute has no name")
    return Attribute(name, tuple(values))


def given_of(plain: Any) -> Given:
    """What pairs are made from, from JSON. Raises ValueError, LookupError or TypeError."""
    colours = ({str(name): colour_of(colour) for name, colour in plain[key].items()} for key in ("palette", "papers"))
    return Given(str(plain["kind"]), int(plain["channels"]), *colours)


def colour_of(plain: Any) -> tuple[int, ...]:
    """A colour from JSON. Raises Unfit."""
    if not isinstance(plain, list) or not all(type(part) is int and 0 <= part <= 255 for part in plain):
        raise Unfit(f"a colour is {plain!r:.40}")
    return tuple(plain)


def open_array(path: Path, maximum: int, in_memory: int) -> Any:
    """An npy file: in memory, or as `Rows` where it has more bytes. Raises Unfit or OSError for one that is none."""
    with opened(path, maximum) as file:
        shape, order, dtype = header_of(file)
        offset, size = file.tell(), os.fstat(file.fileno()).st_size
        if order or dtype.hasobject or len(shape) < 2 or not all(type(n) is int and n >= 0 for n in shape):
            raise Unfit(f"{path.name} is not an array of a supported type")
        if offset + math.prod(shape) * dtype.itemsize != size or max(shape[1:]) > MAX_AXIS:
            raise Unfit(f"{path.name} has {size} bytes, which does not match its header")
        rows = Rows(Handle(os.dup(file.fileno())), offset, shape, dtype)
    if size > in_memory:
        return rows
    found = np.asarray(rows)
    found.flags.writeable = False
    return found


def header_of(file: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order and type. Raises Unfit: NumPy's reader of headers raises whatever Python's parser does."""
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise Unfit("it is an array of an unsupported version")
        return np.lib.format.read_array_header_1_0(file)
    except Exception as error:
        raise Unfit(f"it is not an array: {reason(error)}") from error


def check_images(images: Any) -> None:
    """Raise Unfit unless these are square images in 8 bits, or points."""
    n, height, width, channels = images.shape if images.ndim == 4 else (0, 0, 0, 0)
    image = images.dtype == np.uint8 and height == width > 1 and channels in (1, 3)
    point = images.dtype == np.dtype("<f4") and (height, width, channels) == (1, 1, 2)
    if n < 2 or not (image or point):
        raise Unfit(f"images of {images.dtype} and shape {images.shape}")


def check_given(given: Any, shape: tuple[int, ...], described: Given) -> None:
    """Raise Unfit unless each image has one that it is made from."""
    if given.dtype != np.uint8 or given.shape != (*shape[:3], described.channels) or described.channels not in (1, 3):
        raise Unfit(f"{GIVEN} has {given.dtype} of shape {given.shape}")


def check_labels(labels: np.ndarray, count: int, attributes: tuple[Attribute, ...]) -> None:
    """Raise Unfit unless each image has a value, or -1, of each attribute."""
    if labels.dtype != np.int64 or labels.shape != (count, len(attributes)):
        raise Unfit(f"labels of {labels.dtype} and shape {labels.shape}")
    maximum = np.array([len(attribute.values) for attribute in attributes])
    if (labels < -1).any() or (labels >= maximum).any():
        raise Unfit("a label outside every attribute")
