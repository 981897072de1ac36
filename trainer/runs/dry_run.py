"""What a training would take, from a few measured steps on random images."""

import sys
import time
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainer.data import Attribute, Dataset
from trainer.data.base import Given
from trainer.runs.launch import memory_errors, open_fabric
from trainer.runs.run import Run
from trainer.training.config import OPTIONS, TrainConfig
from trainer.training.loop import train
from trainer.training.methods import method_for
from trainer.training.recording import WARM_UP
from trainer.training.setup import check_networks, new_state

MEASURED_STEPS = 3  # after those to warm up


@dataclass(frozen=True)
class Estimate:
    """Parameters of each network by its name, images a second, memory in bytes (of the process or the accelerator)."""

    parameters: dict[str, int]
    images_per_s: float
    memory: int


def random_dataset(config: TrainConfig, channels: int = 3) -> Dataset:
    """Noise in the shape of the real images, with two classes; for a translator, as much of what it is given."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (config.batch, config.resolution, config.resolution, channels), np.uint8)
    labels = rng.integers(0, 2, (config.batch, 1))
    found = Dataset("noise", images, labels, (Attribute("class", ("0", "1")),), "", "", "")
    takes = method_for(config).takes
    if takes == "images":
        return found
    return replace(found, given=Given("image", channels), given_images=images, paired=takes == "pairs")


def measure(config: TrainConfig) -> Estimate:
    """Run a few steps in this process alone and take the median of their times.

    R1's lazy steps, one in `r1_every`, are left out; several processes are taken to be as many times as fast as one.
    """
    check_networks(config)
    share = config.batch // config.processes
    alone = replace(config, devices=1, num_nodes=1, batch=share, kimg=1e6, balance="")
    fabric = open_fabric(alone)
    cuda, marks = fabric.device.type == "cuda", []
    warm_up = 1 + (WARM_UP + 1 if cuda else 0)  # until steps without a penalty have been recorded
    with memory_errors():
        dataset = random_dataset(alone)
        state = new_state(alone, dataset, fabric)
        for _ in islice(train(state, dataset, alone), warm_up + MEASURED_STEPS):
            if cuda:
                torch.cuda.synchronize()
            marks.append(time.perf_counter())
    return Estimate(
        parameters={name: sum(p.numel() for p in net.parameters()) for name, net in state.networks.items()},
        images_per_s=config.batch / float(np.median(np.diff(marks[warm_up - 1 :]))),
        memory=torch.cuda.max_memory_allocated() if cuda else peak_memory(),
    )


def peak_memory() -> int:
    """Most bytes that this process has ever held; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def estimated(config: TrainConfig) -> dict[str, Any]:
    """What `train --dry-run --json` prints: the estimate, and the seconds that the whole training would take."""
    estimate = measure(config)
    return asdict(estimate) | {"seconds": config.total_images / estimate.images_per_s}


def describe_plan(config: TrainConfig, run: Run, data_dir: Path) -> str:
    """What `train --dry-run` prints."""
    estimate = measure(config)
    settings = "\n".join(f"  {name:<14} {getattr(config, name)}" for name in OPTIONS)
    hours = config.total_images / estimate.images_per_s / 3600
    sizes = " and ".join(f"{name.upper()} {count / 1e6:.2f} M" for name, count in estimate.parameters.items())
    return (
        f"would train run {run.name!r} in {run.folder}, data in {data_dir}\n{settings}\n"
        f"  {sizes} parameters\n"
        f"  about {estimate.images_per_s:.0f} images/s here: {hours:.1f} hours for {config.kimg:g} kimg\n"
        f"  about {estimate.memory / 2**20:.0f} MiB of memory"
    )
