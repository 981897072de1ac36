"""Reads the nine attributes of `avatars`: trained on the faces that GANs see, judged on others; weights in the box."""

from collections.abc import Mapping

from torch import Tensor

from trainer.data import Attribute, Dataset
from trainer.data.avatars import TRAITS
from trainer.features.base import EXTRACTORS, Extractor, Heads, Kind, Tell, bundled, ready
from trainer.features.classifier import AttributeNet, train_reader

HEADS = tuple(Attribute(trait.name, tuple(trait.values)) for trait in TRAITS)


def network() -> AttributeNet:
    return AttributeNet("avatars", channels=3, side=64, widths=(24, 32, 48, 64), heads=HEADS)


def open_avatars(carried: Mapping[str, Tensor], heads: Heads) -> Extractor:
    return ready(network(), bundled("avatars"))


def fit_avatars(dataset: Dataset, tell: Tell) -> Extractor:
    net = network()
    train_reader(net, dataset, epochs=10, shift=2, lr=5e-3, seed=0)
    return net


EXTRACTORS["avatars"] = Kind(
    "a reader of nine attributes, 64 features (bundled)", "avatars", open_avatars, fit_avatars, side=64
)
