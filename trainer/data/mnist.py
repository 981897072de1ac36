"""MNIST: 60,000 handwritten digits, 28 x 28, grey."""

import gzip
import hashlib
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from trainer.data.base import DATASETS, Attribute, Picture, Request, Source
from trainer.errors import UserError

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")  # of pictures, of labels
HELD_OUT = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")  # MNIST's test split
DOWNLOAD_SECONDS = 20  # without a byte before a download is given up


@DATASETS.add("mnist")
def mnist(request: Request) -> Source:
    """60,000 handwritten digits, grey (28 pixels; padded to 32 or resized to others)."""
    if request.argument:
        raise UserError(f"The data set mnist takes no argument, got {request.argument!r}. Write just mnist.")
    files = HELD_OUT if request.held_out else FILES
    folder = _raw_folder(request.data_dir, files)
    images, labels = (_read_idx(folder / file) for file in files)
    if images.shape != (len(labels), 28, 28):
        raise UserError(
            f"MNIST in {folder} does not fit together: images {images.shape}, labels {labels.shape}; expected "
            "(N, 28, 28) and (N,). Delete the folder to have it downloaded again."
        )
    count = min(len(images), request.limit or len(images))

    def draw(index: int, resolution: int) -> Picture:
        return Picture(
            _fit(images[index], resolution), (int(labels[index]),), enlarged=resolution > 28 and resolution != 32
        )

    return Source(
        name="mnist",
        count=count,
        channels=1,
        attributes=(Attribute("digit", tuple("0123456789")),),
        licence="CC BY-SA 3.0 (https://creativecommons.org/licenses/by-sa/3.0/)",
        credit="MNIST by Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
        key=hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest(),
        draw=draw,
    )


def _fit(image: np.ndarray, resolution: int) -> np.ndarray:
    """(28, 28) -> (R, R, 1). 32 is reached by a border of 2 black pixels, which keeps every original pixel."""
    if resolution >= 32:
        image = np.pad(image, 2)
    if resolution != len(image):
        image = np.asarray(Image.fromarray(image).resize((resolution, resolution), Image.Resampling.LANCZOS))
    return image[:, :, None]


def _read_idx(path: Path) -> np.ndarray:
    """One file of the idx format (https://yann.lecun.org/exdb/mnist), as it is or gzipped, as a uint8 array.

    Its head is: two zero bytes, the element type (8 = uint8), the number of axes, and each axis as a big-endian int32.
    """
    path = path if path.exists() else path.with_name(path.name + ".gz")
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert data[:3] == b"\0\0\x08", "it is no idx file of bytes"
        axes = np.frombuffer(data, dtype=">i4", count=data[3], offset=4)
        return np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * len(axes)).reshape(axes)
    except (OSError, EOFError, ValueError, IndexError, AssertionError, zlib.error) as error:
        raise UserError(f"Cannot read {path}: {error}. Delete it to have MNIST downloaded again.") from error


def _raw_folder(data_dir: Path, files: tuple[str, str]) -> Path:
    """Where the raw files lie; downloads them if they lie nowhere."""
    home = data_dir / "MNIST" / "raw"
    for folder in (home, data_dir / "MNIST", data_dir):
        if all((folder / f).exists() or (folder / f"{f}.gz").exists() for f in files):
            return folder
    _download(data_dir, home, files)
    return home


def _download(data_dir: Path, home: Path, files: tuple[str, str]) -> None:
    from trainer import torchvision_fix  # noqa: F401 - must come before torchvision
    from torchvision.datasets import MNIST  # isort: skip - slow to import and needed only here

    try:
        with _socket_timeout(DOWNLOAD_SECONDS):
            MNIST(str(data_dir), train=True, download=True)  # all four files
    except (OSError, RuntimeError, EOFError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"MNIST is not in {home.absolute()} and could not be downloaded ({reason}). Put {' and '.join(files)} "
            "there (plain or .gz; from https://ossci-datasets.s3.amazonaws.com/mnist/), "
            "or choose another data folder with --data-dir."
        ) from error


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """torchvision opens its downloads without a time limit; this is the only one it heeds."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
