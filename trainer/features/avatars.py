"""Reads the nine attributes of `avatars`: trained on the faces that GANs see, tested on others; weights in the box."""

from trainer.data.avatars import FACES
from trainer.features.base import EXTRACTORS
from trainer.features.classifier import Layout, bundled_reader

EXTRACTORS["avatars"] = bundled_reader(
    "avatars",
    "classifier of nine attributes, 64 features (bundled)",
    layout=Layout(channels=3, side=64, widths=(24, 32, 48, 64)),
    heads=FACES.attributes,
    epochs=10,
)
