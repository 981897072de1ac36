"""Reads digits: trained on MNIST's train split, evaluated on its test split, its weights in the box."""

from trainer.data import Attribute
from trainer.features import strokes
from trainer.features.base import EXTRACTORS
from trainer.features.classifier import Layout, bundled_reader

EXTRACTORS["mnist"] = bundled_reader(
    "mnist",
    "digit classifier, 64 features (bundled)",
    layout=Layout(channels=1, side=32, widths=(16, 32, 48, 64)),
    heads=(Attribute("digit", tuple("0123456789")),),
    epochs=12,
)._replace(measured={"thickness": strokes.thickness, "slant": strokes.slant, "width": strokes.width})
