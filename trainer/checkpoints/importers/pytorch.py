"""Files of weights of PyTorch, .pt, .pth and the like, and of safetensors: which generator their tensors make."""

from collections.abc import Callable
from pathlib import Path

from trainer.checkpoints.importers import dcgan, lucidrains, rosinality
from trainer.checkpoints.importers.base import IMPORTERS, Found, Importer, open_source
from trainer.checkpoints.importers.weights import States, is_weights, read_tree, states
from trainer.util.reading import Unfit

LAYOUTS: tuple[Callable[[States], Found | None], ...] = (rosinality.recognised, lucidrains.recognised, dcgan.recognised)


def look(path: Path) -> Found | None:
    """What a file of weights holds; None for another kind of file. Raises Unfit for one whose network is not known."""
    with open_source(path) as file:
        if not is_weights(file):
            return None
    found = states(read_tree(path))
    for recognised in LAYOUTS:
        if generator := recognised(found):
            return generator
    raise Unfit("its tensors are of no generator that is known here")


IMPORTERS["pytorch"] = Importer("state dicts of PyTorch (DCGAN tutorial, rosinality's and lucidrains' StyleGAN2)", look)
