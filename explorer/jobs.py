"""Starts, watches and stops `python -m trainer train`. A training is a process of its own: it outlives page and app."""

import os
import shlex
import signal
import subprocess
import sys
import threading
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


STARTED: dict[Path, subprocess.Popen] = {}  # by the folder of the run: ours, until they have ended
STARTING = threading.Lock()


def names(runs: Path) -> list[str]:
    """All runs, and those that were started here and have not begun; the one that was touched last first."""
    folders = {path.parent for pattern in ("*/config.json", "*/log.txt") for path in runs.glob(pattern)}
    return [folder.name for folder in sorted(folders, key=lambda folder: -newest(folder))]


def newest(folder: Path) -> float:
    """When a run was touched last; its database's own files come and go."""
    times = [folder.stat().st_mtime]
    for path in (folder / "config.json", folder / "log.txt", *folder.glob("store.sqlite*")):
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


def is_busy(run: Run) -> bool:
    """Whether a process trains the run, or is on its way to: it packs pictures first. Reaps one that has ended."""
    process = STARTED.get(run.folder)
    if process is not None and process.poll() is None:
        return True
    STARTED.pop(run.folder, None)
    return run.is_training()


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
    places = ["--runs", str(runs.resolve()), "--data-dir", str(data_dir.resolve())]
    with STARTING:
        busy = [other for other in names(runs) if is_busy(Run(runs, other))]
        if busy:
            raise UserError(f"Run {busy[0]!r} is training; one at a time. Stop it, or wait for its end.")
        run.folder.mkdir(parents=True, exist_ok=True)
        with (run.folder / "log.txt").open("w") as log:
            STARTED[run.folder] = subprocess.Popen(
                [sys.executable, *job.words(), *places],
                cwd=Path(__file__).parents[1],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def stop(run: Run) -> None:
    """Ask the training to save and end. Raises UserError if nobody trains the run."""
    if not is_busy(run):
        raise UserError(f"Run {run.name!r} is not being trained.")
    ours = STARTED.get(run.folder)
    with suppress(ProcessLookupError):
        os.kill(ours.pid if ours else run.pid(), signal.SIGTERM)


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
        training=is_busy(run),
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
