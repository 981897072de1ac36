"""A second reader of the avatars' attributes, trained apart from the bundled one: another seed, shape and batch.

What was found with the help of the bundled reader is judged by this one, so that nothing is tuned to its judge.
"""

import hashlib
import inspect
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from trainer.data import Attribute, load
from trainer.data.avatars import TRAITS
from trainer.features.classifier import AttributeNet, Course, accuracies, finished, reading_loss, shifted, train_on
from trainer.util.atomic_io import write_atomically

WIDTHS = (16, 32, 64, 96)
SEED = 7
STEPS, BATCH = 1_200, 96


def judge(data_dir: Path) -> tuple[AttributeNet, dict[str, float]]:
    """The reader, from data_dir/benchmarks if it was trained before; its accuracy on held-out faces by attribute."""
    heads = tuple(Attribute(trait.name, tuple(trait.values)) for trait in TRAITS)
    recipe = f"{WIDTHS} {SEED} {STEPS} {BATCH} {inspect.getsource(AttributeNet)}"
    cache = data_dir / "benchmarks" / f"avatars-judge-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.safetensors"
    torch.manual_seed(SEED)
    net = AttributeNet("judge", 3, 64, WIDTHS, heads)
    if cache.is_file():
        net.load_state_dict(load_file(cache))
    else:
        faces = load("avatars", resolution=64, data_dir=data_dir)

        def loss_of(images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
            return reading_loss(net(shifted(images, 3, rng))[1], labels)

        train_on(faces, loss_of, net.parameters(), Course(STEPS, lr=4e-3, decay=0.05, batch=BATCH), name="judge")
        write_atomically(cache, lambda path: save_file(net.state_dict(), path))
    held_out = load("avatars", resolution=64, data_dir=data_dir, held_out=True, limit=2_000)
    return finished(net), accuracies(net, held_out)
