"""Starts, watches and stops `python -m trainer train`. A training is a process of its own: it outlives page and app."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trainer.cli import parser
from trainer.config import TrainConfig, config_from
from trainer.errors import UserError
from trainer.runs import Run

SERIES = ("loss_d", "loss_g", "d_accuracy_real", "d_accuracy_fake", "images_per_s")


@dataclass(frozen=True)
class Watched:
    """A run as it stands.

    Attributes:
        images_seen: real pictures so far.
        training: whether a process trains it now.
        series: name -> (images seen, value) in order.
        grid: its newest sheet of samples, None before the first.
        last_words: the last line that a training started here has printed, "" if none.
    """

    name: str
    config: TrainConfig
    images_seen: int
    training: bool
    series: dict[str, list[tuple[int, float]]]
    grid: Path | None
    last_words: str

    @property
    def seconds_left(self) -> float | None:
        rates = [rate for _, rate in self.series["images_per_s"][-10:]]
        if not self.training or not rates:
            return None
        return (self.config.total_images - self.images_seen) * len(rates) / max(sum(rates), 1e-9)


def names(runs: Path) -> list[str]:
    """All runs, the one that was touched last first."""
    folders = [path.parent for path in runs.glob("*/config.json")]
    return [folder.name for folder in sorted(folders, key=lambda f: -newest(f))]


def newest(folder: Path) -> float:
    return max(path.stat().st_mtime for path in (folder, folder / "config.json", *folder.glob("store.sqlite*")))


def words(name: str, preset: str, data: str, kimg: float) -> list[str]:
    """What follows `python` in a terminal: starts the run, or resumes it."""
    return ["-m", "trainer", "train", "--run", name, "--preset", preset, "--data", data, "--kimg", f"{kimg:g}"]


def spelled(words: Sequence[str]) -> str:
    return shlex.join(["python", *words])


def start(runs: Path, data_dir: Path, command: Sequence[str]) -> None:
    """Start or resume a training, given its `words`.

    Raises UserError for a setting that cannot work, for a run that cannot go on so, and while another one trains.
    """
    arguments = parser().parse_args(command[2:])
    run, config = Run(runs, arguments.run), config_from(vars(arguments), arguments.preset)
    run.check(config)
    busy = [other for other in names(runs) if Run(runs, other).is_training()]
    if busy:
        raise UserError(f"Run {busy[0]!r} is training; one at a time. Stop it, or wait for its end.")
    run.folder.mkdir(parents=True, exist_ok=True)
    places = ["--runs", str(runs.resolve()), "--data-dir", str(data_dir.resolve())]
    with (run.folder / "log.txt").open("w") as log:
        subprocess.Popen(
            [sys.executable, *command, *places],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(run: Run) -> None:
    """Ask the training to save and end. Raises UserError if nobody trains the run."""
    if not run.is_training():
        raise UserError(f"Run {run.name!r} is not being trained.")
    with suppress(ProcessLookupError):
        os.kill(run.pid(), signal.SIGTERM)


def watch(run: Run) -> Watched:
    """Read a run's folder. Raises UserError if there is no such run."""
    config = run.config()
    store = run.store()
    series = {name: store.read(name) if store.path.is_file() else [] for name in SERIES}
    grids = sorted((run.folder / "samples").glob("*.webp"))
    return Watched(
        name=run.name,
        config=config,
        images_seen=max((points[-1][0] for points in series.values() if points), default=0),
        training=run.is_training(),
        series=series,
        grid=grids[-1] if grids else None,
        last_words=last_line(run.folder / "log.txt"),
    )


def last_line(path: Path) -> str:
    """The last line with anything in it; progress bars end theirs with a carriage return."""
    if not path.is_file():
        return ""
    lines = path.read_text(errors="replace").replace("\r", "\n").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
