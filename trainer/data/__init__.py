"""Data sets by name or path. Another source is one new file here and one name in the import below."""

from trainer.data import (  # noqa: F401 - importing a source registers it
    avatar_looks,
    avatar_pairs,
    avatars,
    cifar10,
    classic,
    fashion_mnist,
    folder,
    grid25,
    hub,
    mnist,
    pairs,
    pixel_faces,
    ring8,
)
from trainer.data.base import DATASETS, Attribute, Dataset, NoHeldOut
from trainer.data.packing import load

__all__ = ["DATASETS", "Attribute", "Dataset", "NoHeldOut", "load"]
