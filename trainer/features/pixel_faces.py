"""Reads the nine attributes of `pixel-faces`: trained on what GANs see, tested on others; weights in the box."""

from trainer.data.pixel_faces import FACES
from trainer.features.base import EXTRACTORS
from trainer.features.classifier import Layout, bundled_reader

EXTRACTORS["pixel-faces"] = bundled_reader(
    "pixel-faces",
    "classifier of nine attributes, 64 features (bundled)",
    layout=Layout(channels=3, side=16, widths=(32, 48, 64)),
    heads=FACES.attributes,
    epochs=12,
)
