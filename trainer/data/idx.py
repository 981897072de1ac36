"""What MNIST and Fashion-MNIST share: files of the idx format, where they lie, and how they are downloaded."""

import gzip
import hashlib
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from trainer.data.base import Attribute, LabelledImage, Request, Source
from trainer.util.errors import UserError

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")  # of images, of labels
HELD_OUT = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")  # the test split


class Collection(NamedTuple):
    """One data set in the idx format.

    Attributes:
        name, title: in commands and in sentences.
        torchvision: its class in torchvision.datasets, and the folder that this makes.
        origin: where the files can be had by hand.
        attribute, licence, credit: as a Source has them.
    """

    name: str
    title: str
    torchvision: str
    origin: str
    attribute: Attribute
    licence: str
    credit: str


def digits(collection: Collection, request: Request) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) and labels (N,), uint8, of the split that is asked for. UserError if they cannot be had."""
    request.refuse_argument(collection.name)
    files = HELD_OUT if request.held_out else FILES
    folder = raw_folder(collection, request, files)
    images, labels = (read_idx(folder / file, collection.title) for file in files)
    if images.shape != (len(labels), 28, 28):
        raise UserError(
            f"{collection.title} in {folder} is inconsistent: images {images.shape}, labels {labels.shape}; "
            "expected (N, 28, 28) and (N,). Delete the folder to have it downloaded again."
        )
    return images, labels


def source_of(collection: Collection, request: Request) -> Source:
    """The digits as a Source of `request`. Raises UserError where the files are missing or damaged."""
    images, labels = digits(collection, request)

    def draw(index: int, resolution: int) -> LabelledImage:
        enlarged = resolution > 28 and resolution != 32
        return LabelledImage(fitted(images[index], resolution), (int(labels[index]),), enlarged=enlarged)

    return Source(
        name=collection.name,
        count=min(len(images), request.limit or len(images)),
        channels=1,
        attributes=(collection.attribute,),
        licence=collection.licence,
        credit=collection.credit,
        key=hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest(),
        draw=draw,
    )


def fitted(image: np.ndarray, resolution: int) -> np.ndarray:
    """(28, 28) -> (R, R, 1). 32 is reached by a border of 2 black pixels, which keeps every original pixel."""
    if resolution >= 32:
        image = np.pad(image, 2)
    if resolution != len(image):
        image = np.asarray(Image.fromarray(image).resize((resolution, resolution), Image.Resampling.LANCZOS))
    return image[:, :, None]


def read_idx(path: Path, title: str) -> np.ndarray:
    """One file of the idx format (https://yann.lecun.org/exdb/mnist), as it is or gzipped, as a uint8 array.

    Its head is: two zero bytes, the element type (8 = uint8), the number of axes, and each axis as a big-endian int32.
    """
    path = path if path.exists() else path.with_name(path.name + ".gz")
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert data[:3] == b"\0\0\x08", "it is not an idx file of bytes"
        axes = np.frombuffer(data, dtype=">i4", count=data[3], offset=4)
        return np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * len(axes)).reshape(axes)
    except (OSError, EOFError, ValueError, IndexError, AssertionError, zlib.error) as error:
        raise UserError(f"Cannot read {path}: {error}. Delete it to have {title} downloaded again.") from error


def found_folder(collection: Collection, data_dir: Path, files: tuple[str, str] = FILES) -> Path | None:
    """Where the raw files lie already."""
    home = data_dir / collection.torchvision
    own = (data_dir,) if collection.torchvision == "MNIST" else ()  # bare files in the data folder are MNIST's
    for folder in (home / "raw", home, *own):
        if all((folder / f).exists() or (folder / f"{f}.gz").exists() for f in files):
            result: Path | None = folder
            return result
    return None


def raw_folder(collection: Collection, request: Request, files: tuple[str, str]) -> Path:
    """Where the raw files lie; downloads them if they lie nowhere."""
    if folder := found_folder(collection, request.data_dir, files):
        return folder
    home = request.data_dir / collection.torchvision / "raw"
    download(collection, request, home, files)
    return home


def download(collection: Collection, request: Request, home: Path, files: tuple[str, str]) -> None:
    """Fetch the four files by torchvision. Raises UserError, with what to do instead, if that fails."""
    from trainer.util import torchvision_fix  # noqa: F401 - must come before torchvision
    from torchvision import datasets  # isort: skip - slow to import and needed only here

    try:
        with socket_timeout(request.patience):  # fetches all four files, whichever split is named
            getattr(datasets, collection.torchvision)(str(request.data_dir), train=True, download=True)
    except (OSError, RuntimeError, EOFError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{collection.title} is not in {home.absolute()} and could not be downloaded ({reason}). Put "
            f"{' and '.join(files)} there (plain or .gz; from {collection.origin}), "
            "or choose another data folder with --data-dir."
        ) from error


@contextmanager
def socket_timeout(seconds: float) -> Iterator[None]:
    """torchvision opens its downloads without a time limit; this is the only one it heeds."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
