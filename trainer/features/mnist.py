"""Reads digits: trained on MNIST's train split, judged on its test split, its weights in the box."""

from collections.abc import Mapping

from torch import Tensor

from trainer.data import Attribute, Dataset
from trainer.features.base import EXTRACTORS, Extractor, Heads, Kind, Tell, bundled, ready
from trainer.features.classifier import AttributeNet, train_reader

DIGITS = (Attribute("digit", tuple("0123456789")),)


def network() -> AttributeNet:
    return AttributeNet("mnist", channels=1, side=32, widths=(16, 32, 48, 64), heads=DIGITS)


def open_mnist(carried: Mapping[str, Tensor], heads: Heads) -> Extractor:
    return ready(network(), bundled("mnist"))


def fit_mnist(dataset: Dataset, tell: Tell) -> Extractor:
    net = network()
    train_reader(net, dataset, epochs=12, shift=2, lr=5e-3, seed=0)
    return net


EXTRACTORS["mnist"] = Kind("a classifier of digits, 64 features (bundled)", "mnist", open_mnist, fit_mnist, side=32)
