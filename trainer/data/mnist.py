"""MNIST, 60,000 handwritten digits, 28 x 28, grey; and three of them stacked, the 1,000 modes of collapse tables."""

import hashlib

import numpy as np

from trainer.data.base import DATASETS, Attribute, LabelledImage, Request, Source
from trainer.data.idx import Collection, digits, fitted, source_of

DIGITS = tuple("0123456789")
MNIST = Collection(
    name="mnist",
    title="MNIST",
    torchvision="MNIST",
    origin="https://ossci-datasets.s3.amazonaws.com/mnist/",
    attribute=Attribute("digit", DIGITS),
    licence="CC BY-SA 3.0 (https://creativecommons.org/licenses/by-sa/3.0/)",
    credit="MNIST by Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
)
STACKED = 128_000  # to train on, as in PacGAN (Lin et al. 2018, arXiv 1712.04086), after VEEGAN (arXiv 1705.07761)
STACKED_HELD_OUT = 26_000  # as many as both count modes in
CHANNELS = ("red", "green", "blue")


@DATASETS.add("mnist")
def mnist(request: Request) -> Source:
    """60,000 handwritten digits, grey (28 pixels; padded to 32 or resized to others)."""
    return source_of(MNIST, request)


@DATASETS.add("stacked-mnist")
def stacked_mnist(request: Request) -> Source:
    """128,000 images whose three colours are MNIST digits drawn at random: 1,000 modes to be counted."""
    images, labels = digits(MNIST._replace(name="stacked-mnist"), request)
    size = STACKED_HELD_OUT if request.held_out else STACKED
    which = np.random.default_rng(1 if request.held_out else 0).integers(0, len(images), (size, 3))

    def draw(index: int, resolution: int) -> LabelledImage:
        pixels = np.concatenate([fitted(images[i], resolution) for i in which[index]], axis=2)
        enlarged = resolution > 28 and resolution != 32
        return LabelledImage(pixels, tuple(int(labels[i]) for i in which[index]), enlarged=enlarged)

    return Source(
        name="stacked-mnist",
        count=min(size, request.limit or size),
        channels=3,
        attributes=tuple(Attribute(channel, DIGITS) for channel in CHANNELS),
        licence=MNIST.licence,
        credit=MNIST.credit,
        key=hashlib.sha256(images.tobytes() + labels.tobytes() + which.tobytes()).hexdigest(),
        draw=draw,
    )
