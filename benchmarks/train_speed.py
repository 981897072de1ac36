"""How fast does the trainer train? Images a second at 64 x 64, against the DCGAN of PyTorch's examples.

Same batch, same number of threads, the same images in memory, in turns within one process. The example gets its
batches ready as floats; ours are taken from the packed bytes as in any training. Whole steps are timed, ours with
moving average and, for stylegan-lite, the R1 penalty at every 16th step. What the machine could do is the rate of one
large convolution in the same turns: of a step the multiplications and additions of its layers are counted, those of
its gradients included, and nothing else.
"""

import time
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks import pytorch_dcgan
from benchmarks.common import Record, begun, circumstances, main, markdown, median
from trainer.data import Dataset
from trainer.training.config import config_from
from trainer.training.loop import train
from trainer.util.images import to_float

SIDE = 64
IMAGES = 2048
WARM_UP = 2  # steps
COUNTED = 16  # steps whose operations are counted: a lazy penalty's interval
CHANNELS = 128  # of the large convolution
EXAMPLE = "PyTorch example DCGAN"
OURS = {"our dcgan": "dcgan", "our stylegan-lite": "stylegan-lite"}  # presets


def noise_data(seed: int) -> Dataset:
    """Random colour images: what they show does not change the time."""
    images = np.random.default_rng(seed).integers(0, 256, (IMAGES, SIDE, SIDE, 3), dtype=np.uint8)
    return Dataset("noise", images, np.empty((IMAGES, 0), np.int64), (), "", "", "")


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def example(data: Dataset, batch: int, seed: int, device: str = "cpu") -> tuple[Iterator[Any], dict[str, int]]:
    """The example's loop, ready to go, and its sizes."""
    torch.manual_seed(seed)
    net_g, net_d = pytorch_dcgan.generator().to(device), pytorch_dcgan.discriminator().to(device)
    real = to_float(torch.from_numpy(data.images)).contiguous().to(device)
    batches: list[Tensor] = [b for b in real.split(batch) if len(b) == batch]
    return pytorch_dcgan.train(net_g, net_d, cycle(batches)), sizes(net_g, net_d)


def ours(preset: str, data: Dataset, batch: int, seed: int, threads: int) -> tuple[Iterator[Any], dict[str, int]]:
    """Our loop with a preset's settings, ready to go, and its sizes."""
    config = config_from({"resolution": SIDE, "batch": batch, "seed": seed, "threads": threads, "kimg": 1e6}, preset)
    state = begun(config, data)
    return train(state, data, config), sizes(state.bare("g"), state.bare("d"))


def sizes(net_g: nn.Module, net_d: nn.Module) -> dict[str, int]:
    return {"g": parameters(net_g), "d": parameters(net_d)}


def rate(steps: Iterator[Any], count: int, batch: int, *, deterministic: bool) -> float:
    """Images a second over the next `count` steps."""
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    started = time.perf_counter()
    for _ in islice(steps, count):
        pass
    return count * batch / (time.perf_counter() - started)


class Operations(TorchDispatchMode):
    """Counts multiplications and additions of convolutions and products of matrices, in gradients of gradients, too.

    PyTorch's own counter (FlopCounterMode) follows modules by hooks with which a penalty's gradient cannot be taken.
    """

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if formula := flop_registry.get(func._overloadpacket):
            self.total += formula(*args, **(kwargs or {}), out_val=out)
        return out


def operations(steps: Iterator[Any], batch: int) -> float:
    """Multiplications and additions for each image of a training."""
    with Operations() as counter:
        for _ in islice(steps, COUNTED):
            pass
    return counter.total / COUNTED / batch


def convolution_rate(batch: int, seconds: float = 2) -> float:
    """Multiplications and additions a second in a convolution of 3 x 3 pixels that fills the processor."""
    layer = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1).to(memory_format=torch.channels_last)
    x = torch.randn(batch, CHANNELS, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        layer(x)
        count, started = 0, time.perf_counter()
        while (taken := time.perf_counter() - started) < seconds:
            layer(x)
            count += 1
    return count * 2 * batch * SIDE**2 * CHANNELS**2 * 9 / taken


def measure(*, batch: int = 64, steps: int = 16, rounds: int = 3, threads: int = 0, seed: int = 0) -> Record:
    data = noise_data(seed)
    if threads:
        torch.set_num_threads(threads)
    loops = {EXAMPLE: example(data, batch, seed)}
    loops |= {name: ours(preset, data, batch, seed, threads) for name, preset in OURS.items()}
    rates: dict[str, list[float]] = {name: [] for name in loops}
    work = {name: operations(loop, batch) for name, (loop, _) in loops.items()}
    limits: list[float] = []
    for turn in range(-1, rounds):
        if turn >= 0:
            limits.append(convolution_rate(batch))
        for name, (loop, _) in loops.items():
            found = rate(loop, steps if turn >= 0 else WARM_UP, batch, deterministic=name != EXAMPLE)
            if turn >= 0:
                rates[name].append(round(found, 2))
                print(f"round {turn + 1} of {rounds}, {name}: {found:.1f} images a second", flush=True)
    return {
        "threads": torch.get_num_threads(),
        "parameters": {name: size for name, (_, size) in loops.items()},
        "operations": work,
        "convolution_rate": limits,
        "images_per_s": rates,
        "median": {name: round(median(values), 2) for name, values in rates.items()},
        "ratio": {
            name: round(median([a / b for a, b in zip(values, rates[EXAMPLE], strict=True)]), 3)
            for name, values in rates.items()
        },
        "of_limit": {
            name: round(median([work[name] * a / b for a, b in zip(values, limits, strict=True)]), 3)
            for name, values in rates.items()
        },
    }


def table(record: Record) -> str:
    results, settings = record["results"], record["settings"]
    limits = results["convolution_rate"]
    rows = [
        [
            name,
            *(f"{results['parameters'][name][k] / 1e6:.2f}" for k in "gd"),
            f"{value:.1f}",
            f"{results['ratio'][name]:.2f}",
            f"{results['operations'][name] / 1e9:.2f}",
            f"{results['of_limit'][name]:.2f}",
        ]
        for name, value in results["median"].items()
    ]
    head = [
        "64 x 64, colour",
        "G, M parameters",
        "D, M",
        "images/s",
        "times the example",
        "GFLOP/image",
        "of the limit",
    ]
    return (
        f"{markdown(head, rows)}\n\nMedians of {settings['rounds']} rounds of {settings['steps']} steps, in turns; "
        f"batch {settings['batch']}, {results['threads']} threads. Limit: one convolution of {CHANNELS} "
        f"channels, {min(limits) / 1e9:.0f} to {max(limits) / 1e9:.0f} GFLOP/s. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
