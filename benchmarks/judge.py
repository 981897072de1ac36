"""A second reader of the avatars' attributes, or of MNIST's digits, trained apart from the bundled ones.

It has another seed, shape and batch. What was found with the help of a bundled reader, or tuned by it, is judged by
this one, so that nothing is tuned to its judge.
"""

import hashlib
import inspect
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from trainer.data import load
from trainer.features.classifier import AttributeNet, Course, accuracies, finished, reading_loss, shifted, train_on
from trainer.util.atomic_io import write_atomically

WIDTHS = (16, 32, 64, 96)
SEED = 7
STEPS, BATCH = 1_200, 96
SIDES = {"avatars": 64, "mnist": 32}  # pixels


def judge(data_dir: Path, name: str = "avatars") -> tuple[AttributeNet, dict[str, float]]:
    """The reader of a data set, from data_dir/benchmarks if it was trained before.

    Returns: it, and its accuracy on 2,000 held-out images by attribute, 0 to 1.
    """
    held_out = load(name, resolution=SIDES[name], data_dir=data_dir, held_out=True, limit=2_000)
    recipe = f"{WIDTHS} {SEED} {STEPS} {BATCH} {inspect.getsource(AttributeNet)}"
    cache = data_dir / "benchmarks" / f"{name}-judge-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.safetensors"
    torch.manual_seed(SEED)
    net = AttributeNet("judge", held_out.channels, SIDES[name], WIDTHS, held_out.attributes)
    if cache.is_file():
        net.load_state_dict(load_file(cache))
    else:
        seen = load(name, resolution=SIDES[name], data_dir=data_dir)

        def loss_of(images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
            return reading_loss(net(shifted(images, 3, rng))[1], labels)

        train_on(seen, loss_of, net.parameters(), Course(STEPS, lr=4e-3, decay=0.05, batch=BATCH), name="judge")
        write_atomically(cache, lambda path: save_file(net.state_dict(), path))
    return finished(net), accuracies(net, held_out)
