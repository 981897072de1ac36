"""Files of weights of PyTorch, .pt, .pth and the like, and of safetensors: which generator their tensors make."""

from collections.abc import Callable
from pathlib import Path

from trainer.checkpoints.importers import dcgan, lucidrains, nvidia, rosinality
from trainer.checkpoints.importers.base import IMPORTERS, Found, Importer, open_source
from trainer.checkpoints.importers.refusals import by_content
from trainer.checkpoints.importers.weights import States, is_weights, read_tree, states

LAYOUTS: tuple[Callable[[States], Found | None], ...] = (
    nvidia.recognised,
    rosinality.recognised,
    lucidrains.recognised,
    dcgan.recognised,
)


def look(path: Path) -> Found | None:
    """What a file of weights holds; None for another kind of file. Raises Unfit for an unknown network."""
    with open_source(path) as file:
        if not is_weights(file):
            return None
    tree = read_tree(path)
    found = states(tree)
    for recognised in LAYOUTS:
        if generator := recognised(found):
            return generator
    raise by_content(tree, (name for tensors in found.values() for name in tensors))


IMPORTERS["pytorch"] = Importer("PyTorch's and safetensors files of the DCGAN tutorial and of StyleGAN2", look)
