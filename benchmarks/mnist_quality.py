"""How good are the generated digits? An independent classifier evaluates uncurated samples.

The evaluator is a small CNN trained here on MNIST's training split, tested on its test split, which the generator has
never seen. Goals: each digit 6 to 14 % of the samples; the evaluator is over 0.9 sure of at least 80 % of them.
"""

import hashlib
import inspect
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from benchmarks.common import CHECKPOINTS, ROOT, Record, circumstances, main, markdown
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.sampling import sample
from trainer.data import load
from trainer.features.pixels import as_images
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError

SIDE = 32  # pixels
SURE = 0.9
MIN_SHARE, MAX_SHARE, MIN_SURE = 0.06, 0.14, 0.80  # the goals
EPOCHS, BATCH = 2, 128


def classifier() -> nn.Sequential:
    """Images [N, 1, 32, 32] in [-1, 1] -> logits [N, 10]."""
    widths = (1, 16, 32, 64)
    blocks = [
        nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))
        for a, b in pairwise(widths)
    ]  # [N, 64, 4, 4]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(0.25), nn.Linear(64 * 16, 10))


def train_evaluator(data_dir: Path, seed: int) -> nn.Module:
    """The classifier, from data_dir/benchmarks if it was trained before."""
    data = load("mnist", resolution=SIDE, data_dir=data_dir)
    recipe = f"{data.fingerprint} {EPOCHS} {BATCH} {seed} {inspect.getsource(classifier)}"
    cache = data_dir / "benchmarks" / f"mnist-evaluator-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.safetensors"
    torch.manual_seed(seed)
    evaluator = classifier()
    if cache.is_file():
        evaluator.load_state_dict(load_file(cache))
        return evaluator.eval()
    rng = np.random.default_rng(seed)
    steps = EPOCHS * (len(data) // BATCH)
    optimizer = torch.optim.Adam(evaluator.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    orders = [rng.permutation(len(data))[: len(data) // BATCH * BATCH] for _ in range(EPOCHS)]
    for step, rows in enumerate(np.concatenate(orders).reshape(-1, BATCH)):
        loss = F.cross_entropy(evaluator(as_images(data.images[rows])), torch.from_numpy(data.labels[rows, 0]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"training the evaluator: {step} of {steps} steps, loss {loss.item():.3f}", flush=True)
    write_atomically(cache, lambda path: save_file(evaluator.state_dict(), path))
    return evaluator.eval()


@torch.inference_mode()
def evaluated(evaluator: nn.Module, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (N, 32, 32, 1) -> digit (N,) and how sure the evaluator is of it, 0 to 1 (N,)."""
    parts = [evaluator(as_images(part)).softmax(1) for part in np.array_split(images, max(1, len(images) // 250))]
    sure, digit = torch.cat(parts).max(1)
    return digit.numpy(), sure.numpy()


def verdict(digit: np.ndarray, sure: np.ndarray) -> Record:
    """Counts a digit, shares 0 to 1, and the share that the evaluator is over 0.9 sure of."""
    counts = np.bincount(digit, minlength=10)
    return {
        "counts": counts.tolist(),
        "shares": (counts / len(digit)).round(4).tolist(),
        "sure": round(float((sure > SURE).mean()), 4),
    }


def measure(
    *,
    checkpoint: Path = CHECKPOINTS / "mnist-dcgan",
    data_dir: Path = ROOT / "data",
    samples: int = 2000,
    seed: int = 0,
    threads: int = 1,
) -> Record:
    torch.set_num_threads(threads)
    info = read_info(checkpoint)
    generator = load_generator(checkpoint, info)
    if (generator.resolution, generator.channels) != (SIDE, 1):
        raise UserError(f"{checkpoint} makes {generator.resolution}-pixel images; the evaluator reads grey ones of 32.")
    evaluator = train_evaluator(data_dir, seed)
    real = load("mnist", resolution=SIDE, data_dir=data_dir, held_out=True)
    digit, sure = evaluated(evaluator, real.images)
    seeds = range(seed, seed + samples)
    generated = verdict(*evaluated(evaluator, sample(generator, seeds, noise="random", exact=False)))
    shares = generated["shares"]
    return {
        "kimg": info.images_seen / 1000,
        "accuracy": round(float((digit == real.labels[:, 0]).mean()), 4),
        "generated": generated,
        "held_out": verdict(digit, sure),
        "in_proportion": min(shares) >= MIN_SHARE and max(shares) <= MAX_SHARE,
        "legible": generated["sure"] >= MIN_SURE,
    }


def table(record: Record) -> str:
    results, samples = record["results"], record["settings"]["samples"]
    rows = [(f"{samples:,} samples", results["generated"]), ("MNIST's test split", results["held_out"])]
    cells = [[name, *(f"{100 * s:.1f}" for s in v["shares"]), f"{100 * v['sure']:.1f}"] for name, v in rows]
    met = {True: "met", False: "missed"}
    return "\n".join(
        [
            markdown(["share in %", *map(str, range(10)), "over 0.9 sure"], cells),
            "",
            f"Goals: each digit 6 to 14 % ({met[results['in_proportion']]}), over 0.9 sure of at least 80 % "
            f"({met[results['legible']]}). After {results['kimg']:,.0f} kimg, uncurated, psi 1. "
            f"The evaluator is right on {100 * results['accuracy']:.2f} % of the test split. {circumstances(record)}",
        ]
    )


if __name__ == "__main__":
    main(measure, table)
