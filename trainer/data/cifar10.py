"""CIFAR-10: 50,000 small photographs in ten classes, 32 x 32, colour. Read by torchvision, which checks its files."""

import hashlib
import zlib
from typing import Any

import numpy as np
from PIL import Image

from trainer.data.base import DATASETS, Attribute, LabelledImage, Request, Source
from trainer.data.idx import socket_timeout
from trainer.util.errors import UserError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDER = "cifar-10-batches-py"


@DATASETS.add("cifar10")
def cifar10(request: Request) -> Source:
    """50,000 photographs in ten classes, colour (32 pixels)."""
    request.refuse_argument("cifar10")
    opened = _opened(request)
    images, labels = np.asarray(opened.data), np.asarray(opened.targets)  # (N, 32, 32, 3) uint8, (N,)

    def draw(index: int, resolution: int) -> LabelledImage:
        pixels = images[index]
        if resolution != 32:
            image = Image.fromarray(pixels).resize((resolution, resolution), Image.Resampling.LANCZOS)
            pixels = np.asarray(image)
        return LabelledImage(pixels, (int(labels[index]),), enlarged=resolution > 32)

    return Source(
        name="cifar10",
        count=min(len(images), request.limit or len(images)),
        channels=3,
        attributes=(Attribute("class", CLASSES),),
        licence="not stated by its authors",
        credit="CIFAR-10 by Alex Krizhevsky (Learning Multiple Layers of Features from Tiny Images, 2009)",
        key=hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest(),
        draw=draw,
    )


def _opened(request: Request) -> Any:
    from trainer.util import torchvision_fix  # noqa: F401 - must come before torchvision
    from torchvision.datasets import CIFAR10  # isort: skip - slow to import and needed only here

    try:
        with socket_timeout(request.patience):  # md5 is checked before anything is unpickled
            return CIFAR10(str(request.data_dir), train=not request.held_out, download=True)
    except (OSError, RuntimeError, EOFError, zlib.error) as error:
        home, reason = (request.data_dir / FOLDER).absolute(), " ".join(str(error).split())
        raise UserError(
            f"CIFAR-10 is not in {home} and could not be downloaded ({reason}). Unpack "
            "cifar-10-python.tar.gz (https://www.cs.toronto.edu/~kriz/cifar.html) in the data folder, choose another "
            "one with --data-dir, or train on a folder or zip of its images."
        ) from error
