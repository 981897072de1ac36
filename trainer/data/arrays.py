"""Which arrays a NumPy file holds, .npy or .npz, and which of them are images and labels. Nothing is unpickled.

Images are (N, H, W, C) with 1, 3 or 4 channels, (N, H, W) for grey, or (N, C, H, W) where no other reading fits.
"""

import math
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from trainer.data.base import NoHeldOut
from trainer.data.columns import Known, Table, attributes_of
from trainer.data.decoding import is_image, reason
from trainer.data.listing import HEAD, ZIP_BYTES, bomb_size, named, safe
from trainer.data.opening import MAX_AXIS, header_of
from trainer.data.shards import SPLITS, UNSEEN
from trainer.util.errors import UserError
from trainer.util.reading import Unfit

NUMPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"
IMAGES = ("images", "image", "x", "arr_0", "samples", "data", "imgs")  # the likeliest name first
LABELS = ("labels", "label", "y", "targets", "classes", "arr_1")
TRAINED = ("train", "")  # splits, the likeliest first
MAX_LABELS = 2**27  # bytes
HOW = "Save uint8 images of shape (N, H, W, 3) or (N, H, W) with np.save or np.savez."


class Array(NamedTuple):
    """An array of the file, as its header tells it."""

    name: str
    member: str  # of the zip; "" of an .npy
    shape: tuple[int, ...]
    dtype: np.dtype
    offset: int  # of the first value, in the .npy
    stamp: int  # changes with the contents, as far as this is known without reading them

    def told(self) -> str:
        """Its name, shape and type, to be shown."""
        size = " x ".join(map(str, self.shape)) or "one value"
        kind = "Python objects" if self.dtype.hasobject else str(self.dtype) if self.dtype.names is None else "records"
        return f"{safe(self.name)} ({size}, {kind})"

    def split_and_name(self) -> tuple[str, str]:
        """`x_train`, `train_images`, `images` -> ("train", "x"), ("train", "images"), ("", "images")."""
        parts = self.name.lower().split("_") if not self.name.startswith("arr_") else [self.name]
        split = next((SPLITS[part] for part in parts if part in SPLITS), "")
        return split, "_".join(part for part in parts if part not in SPLITS)

    def layout(self) -> str:
        """How its axes hold images: NHW, NHWC or NCHW; "" where it holds none."""
        if self.dtype.kind not in "uifb" or not all(1 <= n <= MAX_AXIS for n in self.shape[1:]):
            return ""
        if len(self.shape) == 3:
            return "NHW" if min(self.shape[1:]) > 4 else ""
        if len(self.shape) != 4:
            return ""
        return "NHWC" if self.shape[3] in (1, 3, 4) else "NCHW" if self.shape[1] in (1, 3, 4) else ""


def is_array_file(path: Path) -> bool:
    """Whether a file is, or claims by its name to be, what np.save or np.savez writes."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(len(NUMPY))
        if head.startswith(ZIP):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
            return bool(names) and all(name.endswith(".npy") for name in names)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return path.suffix.lower() == ".npz"
    return head == NUMPY or path.suffix.lower() in (".npy", ".npz")


def sizes(images: Array) -> tuple[int, int, int]:
    """Height, width, channels of its images."""
    if images.layout() == "NHW":
        return images.shape[1], images.shape[2], 1
    height, width, channels = images.shape[1:] if images.layout() == "NHWC" else (*images.shape[2:], images.shape[1])
    return height, width, channels


# ---- which arrays there are


def arrays_of(path: Path, unpacked_bytes: float = ZIP_BYTES) -> list[Array]:
    """All arrays of a file, from their headers. Raises UserError for a file that is none, or was cut short."""
    shown = safe(str(path))
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            if head.startswith(NUMPY):
                file.seek(0)
                status = path.stat()
                return [_array(path.stem, "", file, status.st_size, status.st_mtime_ns)]
        if not head.startswith(b"PK"):
            raise Unfit("it is an image" if is_image(head) else "it begins as no such file does: renamed or damaged")
        with zipfile.ZipFile(path) as archive:
            infos = list({info.filename: info for info in archive.infolist()}.values())
            if bomb := bomb_size(path, infos, unpacked_bytes):
                raise Unfit(f"it would unpack to {bomb / 1e9:.1f} GB, implausible for its size")
            found = []
            for info in infos:
                with archive.open(info) as member:
                    name = info.filename.removesuffix(".npy")
                    found.append(_array(name, info.filename, member, info.file_size, info.CRC))
            return found
    except Exception as error:  # a broken zip may raise anything
        why = str(error) if isinstance(error, Unfit) else reason(error)
        raise UserError(f"{shown} is no NumPy file that can be read ({why}). {HOW}") from error


def _array(name: str, member: str, file: IO[bytes], size: int, stamp: int) -> Array:
    shape, fortran, dtype = header_of(file)
    offset = file.tell()
    if fortran and len(shape) > 1:
        raise Unfit(f"{safe(name)} is in Fortran order; save np.ascontiguousarray of it")
    if not all(type(n) is int and n >= 0 for n in shape):
        raise Unfit(f"{safe(name)} has no sensible shape")
    needed = offset + math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and needed != size:
        raise Unfit(f"{safe(name)} should have {needed} bytes and has {size}: it is truncated or damaged")
    return Array(name, member, shape, dtype, offset, stamp)


def chosen(path: Path, arrays: list[Array], held_out: bool) -> tuple[Array, Array | None]:
    """(the array of images, that of their labels). Raises UserError, and NoHeldOut."""
    by_split: dict[str, list[Array]] = {}
    for array in arrays:
        if array.layout():
            by_split.setdefault(array.split_and_name()[0], []).append(array)
    trained = next((split for split in (*TRAINED, *UNSEEN) if split in by_split), None)
    if trained is None:
        raise UserError(f"{safe(str(path))} has no array of images (found: {_found(arrays)}). {HOW}")
    split: str | None = trained
    if held_out:
        split = next((s for s in UNSEEN if trained == "train" and s in by_split), None)
        if split is None:
            raise NoHeldOut
    candidates = by_split[split or ""]
    images = candidates[0] if len(candidates) == 1 else _named(candidates, IMAGES)
    if images is None:
        raise UserError(
            f"{safe(str(path))} has several arrays that may be the images ({_found(candidates)}). "
            "Name one of them 'images', or save it alone."
        )
    fitting = [a for a in arrays if a.split_and_name()[0] == split and a is not images]
    labels = [a for a in fitting if a.shape[:1] == images.shape[:1] and math.prod(a.shape[1:]) < 2 * MAX_AXIS]
    return images, _named(labels, LABELS)


def _found(arrays: list[Array]) -> str:
    return named(array.told() for array in arrays) or "nothing"


def _named(arrays: list[Array], names: Iterable[str]) -> Array | None:
    """The first array of the likeliest name."""
    return next((a for name in names for a in arrays if a.split_and_name()[1] == name), None)


def known_of(path: Path, images: Array, labels: Array | None) -> tuple[Known, list[str]]:
    """(attributes and labels, notes). Labels that are no classes are left out, with a note."""
    count = images.shape[0]
    none = Known((), [()] * count, ())
    if labels is None:
        return none, []
    try:
        column = _label_values(path, labels)
    except Unfit as error:
        return none, [f"{safe(labels.name)} are no labels: {error}"]
    table = Table(count)
    table.columns["class"] = column.tolist()
    known = attributes_of(table)
    return known, list(known.notes)


def _label_values(path: Path, labels: Array) -> np.ndarray:
    """One value an image: numbers, names or one-hot rows. Raises Unfit."""
    if labels.dtype.hasobject:
        raise Unfit("they are Python objects, which are never unpickled")
    if labels.dtype.kind not in "uifbUS" or math.prod(labels.shape) * labels.dtype.itemsize > MAX_LABELS:
        raise Unfit(f"they are {labels.told()}")
    with member(path, labels) as file:
        data = file.read(math.prod(labels.shape) * labels.dtype.itemsize)
    try:
        values: np.ndarray = np.frombuffer(data, labels.dtype).reshape(labels.shape[0], -1)
    except ValueError as error:
        raise Unfit("they are truncated") from error
    if values.shape[1] == 1:
        return values[:, 0]
    if labels.dtype.kind in "uifb" and ((values == 0) | (values == 1)).all() and (values.sum(1) == 1).all():
        return np.asarray(values.argmax(1))
    raise Unfit(f"they have {values.shape[1]} values an image")


@contextmanager
def member(path: Path, array: Array) -> Iterator[IO[bytes]]:
    """The file at the array's first value."""
    with path.open("rb") as file:
        if not array.member:
            file.seek(array.offset)
            yield file
            return
        with zipfile.ZipFile(file) as archive, archive.open(array.member) as member:
            member.seek(array.offset)
            yield member
