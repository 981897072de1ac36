"""How fast does the trainer train on a GPU? Images a second by size, architecture and precision.

Whole steps as in any training, R1 and moving average included, on random images, recorded as CUDA graphs and not;
beside them PyTorch's example DCGAN, which makes 64 pixels. `tools/gpu.sh` runs it where a GPU is lent. Without a GPU it
measures the CPU, and says so.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product
from typing import Any

import torch

from benchmarks.common import Record, begun, circumstances, main, markdown, median
from benchmarks.train_speed import EXAMPLE, SIDE, example, noise_data
from trainer.runs.dry_run import random_dataset
from trainer.runs.launch import memory_errors
from trainer.training.config import TrainConfig, config_from
from trainer.training.loop import train
from trainer.training.recording import WARM_UP
from trainer.training.setup import check_networks
from trainer.util.errors import UserError

PRESETS = ("stylegan-lite", "dcgan")
LEAST = 3  # groups of steps a median is taken of


def settings_of(preset: str, side: int, batch: int, precision: str, seed: int) -> TrainConfig | None:
    """What is measured; None for a size that the architecture does not make."""
    given = {"resolution": side, "batch": batch, "precision": precision, "seed": seed, "kimg": 1e6}
    config = config_from(given, preset)
    try:
        check_networks(config)
    except UserError:
        return None
    return config


def timed(steps: Iterator[Any], count: int) -> float:
    """Seconds that the next `count` steps take, once the device has done them."""
    started = time.perf_counter()
    for _ in islice(steps, count):
        pass
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def rate(steps: Iterator[Any], group: int, batch: int, until: float) -> dict[str, float]:
    """Images a second, the median over groups of so many steps, until the clock shows `until`."""
    rates: list[float] = []
    while len(rates) < LEAST or time.perf_counter() < until:
        rates.append(group * batch / timed(steps, group))
    return {"images_per_s": round(median(rates), 1), "groups": len(rates)}


def speed(config: TrainConfig, until: float) -> dict[str, float]:
    """`rate` in groups with one step of R1 each; memory."""
    cuda = torch.cuda.is_available()
    data = random_dataset(config)
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    with memory_errors():
        steps = train(begun(config, data), data, config)
        # Until kernels have been chosen, and steps with and without R1 recorded.
        timed(steps, WARM_UP * config.r1_every + 1 if config.cuda_graphs else WARM_UP)
        found = rate(steps, config.r1_every, config.batch, until)
    return found | ({"memory_mib": torch.cuda.max_memory_allocated() // 2**20} if cuda else {})


def example_speed(batch: int, seconds: float, seed: int) -> dict[str, float]:
    """The same of PyTorch's example."""
    steps, _ = example(noise_data(seed), batch, seed, "cuda" if torch.cuda.is_available() else "cpu")
    timed(steps, 4)
    return rate(steps, 4, batch, time.perf_counter() + seconds)


def measure(
    *, sizes: str = "64,128,256", precisions: str = "32-true,bf16-mixed", batch: int = 64, seconds: float = 60.0,
    seed: int = 0,
) -> Record:  # fmt: skip
    sides, end = [int(side) for side in sizes.split(",")], time.perf_counter() + seconds
    recorded = (True, False) if torch.cuda.is_available() else (False,)
    cells = [*product(sides, PRESETS, precisions.split(","), recorded)]
    rows: list[dict[str, Any]] = []
    for done, (side, preset, precision, graphs) in enumerate(cells):
        row: dict[str, Any] = {"resolution": side, "preset": preset, "precision": precision, "recorded": graphs}
        now = time.perf_counter()
        config = settings_of(preset, side, batch, precision, seed)
        if config is not None:
            try:
                row |= speed(replace(config, cuda_graphs=graphs), now + (end - now) / (len(cells) - done))
            except UserError as error:  # too little memory
                row["error"] = str(error)
        rows.append(row)
        print(row, flush=True)
    if SIDE in sides:
        row = {"resolution": SIDE, "preset": EXAMPLE, "precision": "32-true", "recorded": False}
        rows.append(row | example_speed(batch, seconds / len(cells), seed))
        print(rows[-1], flush=True)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return {"device": device, "threads": torch.get_num_threads(), "speeds": rows}


def table(record: Record) -> str:
    results = record["results"]
    cells: dict[tuple[Any, ...], dict[bool, dict[str, Any]]] = {}
    for row in results["speeds"]:
        if row.keys() & {"images_per_s", "error"}:  # DCGAN makes none of 256 pixels
            cells.setdefault((row["preset"], row["resolution"], row["precision"]), {})[row["recorded"]] = row
    rows = []
    for cell, found in cells.items():
        graphs, plain = (found.get(recorded, {}) for recorded in (True, False))
        memory = (graphs or plain).get("memory_mib", "")
        groups = "/".join(str(row.get("groups", "")) for row in (graphs, plain) if row)
        rows.append([*cell, shown(graphs), shown(plain), groups, memory and f"{memory:,}"])
    head = [
        f"training on {results['device']}",
        "pixels",
        "precision",
        "images/s",
        "no CUDA graphs",
        "groups",
        "memory, MiB",
    ]
    below = f"Batch {record['settings']['batch']}; medians over so many groups of steps, of 16 or of the example's 4."
    return f"{markdown(head, rows)}\n\n{below} {circumstances(record)}"


def shown(row: dict[str, Any]) -> str:
    """Images a second, or why there are none."""
    return f"{row['images_per_s']:,.0f}" if "images_per_s" in row else str(row.get("error", ""))


if __name__ == "__main__":
    main(measure, table)
