"""How fast does the trainer train on a GPU? Images a second by size, architecture and precision.

Whole steps as in any training, R1 and moving average included, on random images; `tools/gpu.sh` runs it where a GPU is
lent. Without a GPU it measures the CPU, and says so.
"""

import time
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import torch

from benchmarks.common import Record, begun, circumstances, main, markdown, median
from trainer.runs.dry_run import random_dataset
from trainer.runs.launch import memory_errors
from trainer.training.config import TrainConfig, config_from
from trainer.training.loop import train
from trainer.training.setup import check_networks
from trainer.util.errors import UserError

PRESETS = ("stylegan-lite", "dcgan")
WARM_UP = 2  # steps; the first has R1, so that its kernels have been chosen, too


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


def speed(config: TrainConfig, until: float) -> dict[str, float]:
    """Images a second, the median over groups of steps with one of R1 each, until the clock shows `until`; memory."""
    cuda = torch.cuda.is_available()
    data = random_dataset(config)
    rates: list[float] = []
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    with memory_errors():
        steps = train(begun(config, data), data, config)
        timed(steps, WARM_UP)
        while not rates or time.perf_counter() < until:
            rates.append(config.r1_every * config.batch / timed(steps, config.r1_every))
    found = {"images_per_s": round(median(rates), 1), "groups": len(rates)}
    return found | ({"memory_mib": torch.cuda.max_memory_allocated() // 2**20} if cuda else {})


def measure(
    *, sizes: str = "64,128,256", precisions: str = "32-true,bf16-mixed", batch: int = 64, seconds: float = 60.0,
    seed: int = 0,
) -> Record:  # fmt: skip
    sides, end = [int(side) for side in sizes.split(",")], time.perf_counter() + seconds
    cells = [*product(sides, PRESETS, precisions.split(","))]
    rows: list[dict[str, Any]] = []
    for done, (side, preset, precision) in enumerate(cells):
        row: dict[str, Any] = {"resolution": side, "preset": preset, "precision": precision}
        now = time.perf_counter()
        config = settings_of(preset, side, batch, precision, seed)
        if config is not None:
            try:
                row |= speed(config, now + (end - now) / (len(cells) - done))
            except UserError as error:  # too little memory
                row["error"] = str(error)
        rows.append(row)
        print(row, flush=True)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return {"device": device, "threads": torch.get_num_threads(), "speeds": rows}


def table(record: Record) -> str:
    results, rows = record["results"], []
    for row in results["speeds"]:
        shown = f"{row['images_per_s']:,.0f}" if "images_per_s" in row else "not made at this size"
        memory = f"{row['memory_mib']:,}" if "memory_mib" in row else ""
        rows.append([row["preset"], row["resolution"], row["precision"], row.get("error", shown), memory])
    head = ["training on " + results["device"], "pixels", "precision", "images/s", "memory, MiB"]
    return f"{markdown(head, rows)}\n\nBatch {record['settings']['batch']}. {circumstances(record)}"


if __name__ == "__main__":
    main(measure, table)
