"""How long do the direction methods that nobody waits for take to fit each checkpoint? Goal: under 2 s, one thread."""

import time
from pathlib import Path

import torch

from benchmarks.common import CHECKPOINTS, Record, checkpoints_in, circumstances, main, markdown, median
from explorer.core.directions import DIRECTIONS
from explorer.core.directions.catalogue import suited
from explorer.core.model import Model

GOAL = 2.0  # seconds


def quick(model: Model) -> list[str]:
    """The methods that suit a model and are fitted when they are first asked for."""
    return [method for method in suited(model) if not DIRECTIONS[method].slow]


def seconds_to_fit(model: Model, method: str) -> float:
    started = time.perf_counter()
    DIRECTIONS[method]().fit(model.subject)
    return time.perf_counter() - started


def measure(*, checkpoints: Path = CHECKPOINTS, repeats: int = 5, threads: int = 1) -> Record:
    torch.set_num_threads(threads)
    models = [Model(folder) for folder in checkpoints_in(checkpoints)]
    seconds: dict[str, dict[str, list[float]]] = {m.name: {method: [] for method in quick(m)} for m in models}
    for _ in range(repeats):  # in turns, so that a busy moment of the machine hits all alike
        for model in models:
            for method in quick(model):
                seconds[model.name][method].append(round(seconds_to_fit(model, method), 3))
    slowest = max(median(values) for methods in seconds.values() for values in methods.values())
    return {"seconds": seconds, "slowest_median": slowest, "goal_met": slowest < GOAL}


def table(record: Record) -> str:
    results = record["results"]
    rows = [
        [name, method, f"{median(values):.2f}", f"{max(values):.2f}"]
        for name, methods in results["seconds"].items()
        for method, values in methods.items()
    ]
    settings = record["settings"]
    return (
        f"{markdown(['checkpoint', 'method', 'fit, s', 'slowest'], rows)}\n\n"
        f"Medians of {settings['repeats']} fits, {settings['threads']} thread. Goal: under {GOAL:g} s "
        f"({'met' if results['goal_met'] else 'missed'}). {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
