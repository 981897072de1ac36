"""Reads eyes and mouth of `avatars:thumbs`: trained on what GANs see, tested on others; weights in the box."""

from trainer.data.styles import components_of
from trainer.features.base import EXTRACTORS
from trainer.features.classifier import Layout, bundled_reader

EXTRACTORS["thumbs"] = bundled_reader(
    "thumbs",
    "classifier of eyes and mouth, 64 features (bundled)",
    layout=Layout(channels=3, side=64, widths=(24, 32, 48, 64)),
    heads=components_of("thumbs"),
    epochs=4,
    data="avatars:thumbs",
)
