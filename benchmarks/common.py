"""What the benchmarks share: a command line from a function's arguments, a record with its circumstances, a table."""

import inspect
import json
import os
import platform
import re
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from trainer.checkpoints.checkpoint import read_info
from trainer.data import Dataset
from trainer.metrics.modes import wilson
from trainer.networks import is_translator
from trainer.runs.launch import open_fabric
from trainer.training.config import TrainConfig
from trainer.training.setup import new_state
from trainer.training.state import TrainState
from trainer.util.atomic_io import write_text
from trainer.util.errors import UserError

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
CHECKPOINTS = ROOT / "checkpoints"
PACKAGES = ("torch", "gradio", "numpy")

Record = dict[str, Any]
Measure = Callable[..., Record]


def begun(config: TrainConfig, dataset: Dataset) -> TrainState:
    """A training before its first step, without a run's folder."""
    fabric = open_fabric(config)
    fabric.launch()
    return new_state(config, dataset, fabric)


def main(measure: Measure, table: Callable[[Record], str]) -> None:
    """Run one benchmark: its flags are the keyword arguments of `measure`, its name is that of its file."""
    name = Path(inspect.getfile(measure)).stem
    settings = vars(parser_for(measure, name).parse_args())
    out = settings.pop("out")
    try:
        record = recorded(name, measure, settings)
        path = out / f"{name}.json"
        write_text(path, as_json(record))
    except UserError as error:
        sys.exit(f"error: {error}")
    print(f"\n{table(record)}\n\n{path}", flush=True)


def parser_for(measure: Measure, name: str) -> ArgumentParser:
    """One flag a keyword argument, with its default and type."""
    about = (sys.modules[measure.__module__].__doc__ or "").strip()
    parser = ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    for argument in inspect.signature(measure).parameters.values():
        flag = "--" + argument.name.replace("_", "-")
        parser.add_argument(flag, type=type(argument.default), default=argument.default, help="[%(default)s]")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record [%(default)s]")
    return parser


def recorded(name: str, measure: Measure, settings: dict[str, Any]) -> Record:
    """The results of `measure(**settings)` with all that is needed to evaluate or repeat them."""
    record: Record = {
        "benchmark": name,
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "settings": {key: readable(value) for key, value in settings.items()},
        "load_before": round(os.getloadavg()[0], 2),  # processes that wanted a core in the last minute
    }
    started = time.perf_counter()
    results = measure(**settings)
    return record | {"seconds": round(time.perf_counter() - started, 1), "results": results}


def versions() -> dict[str, str]:
    """The versions of the packages that decide the results, as far as they are there: a GPU machine has no Gradio."""
    found = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def readable(value: object) -> object:
    """A setting as JSON takes it; paths inside the project without the place where it lies, others as their name."""
    if not isinstance(value, Path):
        return value
    path = value.absolute()  # a link stays a link: where it leads is no matter of the record
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def commit() -> str:
    """The commit of the code that runs, with + if files that git knows have changed since; "" outside git."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/results", ":!README.md")
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def machine() -> dict[str, Any]:
    """Processor, cores and system."""
    cpu = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.+)", cpu.read_text()) if cpu.exists() else None
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def as_json(record: Record) -> str:
    """JSON with a list of numbers on one line."""
    text = json.dumps(record, indent=2, ensure_ascii=False)
    return re.sub(r"\[\s+([-+.,\deE\s]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def median(values: Sequence[float]) -> float:
    return float(np.median(values))


def p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95))


def rounded(values: Sequence[float], digits: int = 1) -> list[float]:
    return [round(float(value), digits) for value in values]


def interval(count: int, n: int) -> str:
    """The 95 % interval of a share of which `count` of `n` were seen, in percent (Wilson)."""
    low, high = (100 * float(bound) for bound in wilson(count, n))
    return f"{low:.0f} to {high:.0f} %"


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table: first column to the left, the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def circumstances(record: Record) -> str:
    """The line below a table: where and when it was measured."""
    at = record["machine"]
    packages = ", ".join(f"{name} {found}" for name, found in record["versions"].items() if name != "numpy")
    return (
        f"{at['cpu']}, {at['cores']} cores, {packages}; commit {record['commit'] or 'unknown'}, {record['date'][:10]}, "
        f"load {record['load_before']:g} before."
    )


def all_checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoint folders in a folder, translators among them, by name."""
    return sorted(path.parent for path in folder.glob("*/config.json"))


def checkpoints_in(folder: Path) -> list[Path]:
    """The folders of the latent models in a folder, by name. Raises UserError if there is none."""
    found = [path for path in all_checkpoints_in(folder) if not is_translator(read_info(path).arch)]
    if not found:
        raise UserError(f"{folder} holds no checkpoint. `python -m trainer publish RUN --as NAME` writes one.")
    return found
