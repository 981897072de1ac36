"""Starts, watches and stops `python -m trainer train`. A training is a process of its own: it outlives page and app."""

import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Job:
    """What the form of the Train tab asks for."""

    preset: str
    data: str
    name: str
    kimg: float

    def words(self) -> list[str]:
        """What follows `python` in a terminal: starts the run, or resumes it."""
        given = [f"--run={self.name}", f"--preset={self.preset}", f"--data={self.data}", f"--kimg={self.kimg:g}"]
        return ["-m", "trainer", "train", *given]

    def command(self) -> str:
        return shlex.join(["python", *self.words()])


def start(job: Job, runs: Path, data_dir: Path) -> None:
    """Start or resume a training.

    Raises UserError for a setting that cannot work, for a run that cannot go on so, and while another one trains.
    """
    run = Run(runs, job.name)
    run.check(config_from({"data": job.data, "kimg": job.kimg}, job.preset))
    busy = [other for other in names(runs) if Run(runs, other).is_training()]
    if busy:
        raise UserError(f"Run {busy[0]!r} is training; one at a time. Stop it, or wait for its end.")
    run.folder.mkdir(parents=True, exist_ok=True)
    places = ["--runs", str(runs.resolve()), "--data-dir", str(data_dir.resolve())]
    with (run.folder / "log.txt").open("w") as log:
        subprocess.Popen(
            [sys.executable, *job.words(), *places],
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
