"""Starts and stops `python -m trainer train`. A training is a process of its own: it outlives page and app."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.runs.queue import others
from trainer.runs.run import Run
from trainer.training.command_line import train_command, train_words
from trainer.training.config import TrainConfig, config_from
from trainer.util.errors import UserError

STARTED: dict[Path, subprocess.Popen] = {}  # by the folder of the run: ours, until they have ended
STARTING = threading.Lock()
MAX_RUNS = 8  # runs of one folder that are trained or wait
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Job:
    """A training as somebody asks for it.

    Attributes:
        name: of the run.
        preset: a name from PRESETS, "" for none.
        settings: those that are asked for, by name; what the preset has already need not be among them.
    """

    name: str
    preset: str
    settings: dict[str, Any]

    def words(self, queue: bool = True) -> list[str]:
        """What follows `python` in a terminal: starts the run or resumes it, after those that train now."""
        return train_words(self.name, self.settings, self.preset, queue)[1:]

    def config(self) -> TrainConfig:
        """All settings. Raises UserError for one that cannot work."""
        return config_from(self.settings, self.preset or None)

    def command(self) -> str:
        """The same as somebody types it."""
        return train_command(self.name, self.settings, self.preset, queue=True)


def is_busy(run: Run) -> bool:
    """Whether a process trains the run, waits for its turn, or is on its way to either."""
    process = STARTED.get(run.folder)
    if process is not None and process.poll() is None:
        return True
    STARTED.pop(run.folder, None)
    return run.is_training() or run.is_queued()


def start(words: list[str], run: Run, data_dir: Path, checkpoints: Path = ROOT / "checkpoints") -> None:
    """Run `python -m trainer train ...` for a run. Raises UserError if a process has to do with it already."""
    places = ["--runs", str(run.folder.parent.resolve()), "--data-dir", str(data_dir.resolve())]
    places += ["--checkpoints", str(checkpoints.resolve())]
    with STARTING:
        if is_busy(run):
            raise UserError(f"Run {run.name!r} is already training or queued.")
        check_room(run)
        run.folder.mkdir(parents=True, exist_ok=True)
        with (run.folder / "log.txt").open("w") as log:
            process = STARTED[run.folder] = subprocess.Popen(
                [sys.executable, *words, *places],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    # Somebody has to wait for a child, or it stays in the table of processes for as long as the app runs.
    threading.Thread(target=process.wait, name=f"ended-{process.pid}", daemon=True).start()


def check_room(run: Run) -> None:
    """Raises UserError if as many trainings as may be are under way in the run's folder, whoever started them."""
    known = {other.folder: other for other in others(run)} | {
        folder: Run(folder.parent, folder.name) for folder in list(STARTED) if folder.parent == run.folder.parent
    }
    busy = sum(is_busy(other) for other in known.values() if other.name != run.name)
    if busy >= MAX_RUNS:
        raise UserError(f"{busy} runs are training or queued, the maximum. Stop one, or start this one later.")


def stop(run: Run) -> str:
    """Ask the training to save and end, or the waiting one to give up. Says which. UserError if there is none."""
    if not is_busy(run):
        raise UserError(f"Run {run.name!r} is not training.")
    training = run.is_training()
    ours = STARTED.get(run.folder)
    with suppress(ProcessLookupError):
        os.kill(ours.pid if ours else run.pid(), signal.SIGTERM)
    return "Saving and stopping." if training else "Removed from the queue."
