"""A run's folder is the whole truth about it: settings, measurements, sample grids, the resumable state, a checkpoint.

runs/NAME/
    config.json             the TrainConfig, as the last command line asked for it
    data.json               the data that it was trained on (trainer/runs/known_data.py)
    lineage.json            of a branch: the run and the moment that it came from, and what was changed
    store.sqlite            metrics, events, commands (trainer/runs/store.py)
    samples/00012345.webp   the images of seeds 0 to 63, named by the real images seen
    state/state.safetensors all that resuming needs, in one file that is replaced atomically
    snapshots/latest/       a checkpoint folder
    snapshots/best/         the one with the best verdict so far
    snapshots/00012345/     earlier ones, thinned out to --keep-mb; each with its state, where a branch can begin
    reference.safetensors   the real side of the diagnosis, once it is there
"""

import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from trainer.runs.store import Store
from trainer.training.changes import differences
from trainer.training.command_line import way_out
from trainer.training.config import DATA_SETS, TrainConfig, config_from_record
from trainer.training.options import flag
from trainer.util import old_names
from trainer.util.atomic_io import cannot_write, check_name, sweep, write_text
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, is_inside, is_own_file, is_own_folder, place, read_bytes, read_json, reason

MAX_DIGITS, MAX_COUNT = 15, 10**15  # of a count of images
MAX_PID = 100  # bytes

if TYPE_CHECKING:
    from trainer.training.state import TrainState

MARKS = {"lock", "queued", "pid"}  # files of a run's folder that say nothing once no process is there


class Run:
    """One run's folder. Making the object touches nothing on the disk."""

    def __init__(self, runs: Path, name: str):
        check_name(name, "run")
        self.name, self.folder = name, runs / name
        self.state_file = self.folder / "state" / "state.safetensors"
        self.latest = self.folder / "snapshots" / "latest"
        self.best = self.folder / "snapshots" / "best"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while one process trains the run; UserError if another does. It goes when its process dies, however."""
        lock = FileLock(self.folder / "lock", timeout=1)  # longer than somebody takes who only asks whether it is held
        with self.folder_made():
            try:
                lock.acquire()
            except Timeout:
                message = f"Run {self.name!r} is being trained by another process. Wait for it or stop it."
                raise UserError(message) from None
            except OSError as error:
                raise cannot_write(self.folder, error) from error
            try:
                sweep(self.folder)
                write_text(self.folder / "pid", str(os.getpid()))
                yield
            finally:
                (self.folder / "pid").unlink(missing_ok=True)
                lock.release()

    @contextmanager
    def folder_made(self) -> Iterator[None]:
        """Make the folder; take it away again if it was not there before and nothing has begun in it.

        Raises UserError where it cannot be made.
        """
        there = self.folder.exists()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        try:
            yield
        finally:
            with suppress(OSError):  # somebody has taken it away
                if not there and {path.name for path in self.folder.iterdir()} <= MARKS:
                    shutil.rmtree(self.folder, ignore_errors=True)

    def is_training(self) -> bool:
        """Whether a process holds the lock now."""
        # Without it nobody asks for the lock, which could be in the way of a training that starts.
        return (self.folder / "pid").is_file() and is_held(self.folder / "lock")

    def is_queued(self) -> bool:
        """Whether a process waits for its turn to train the run."""
        return is_held(self.folder / "queued")

    def pid(self) -> int:
        """The process that trains the run, or waits to. Raises UserError if none does."""
        try:
            return int(read_bytes(self.folder / "pid", MAX_PID))
        except (OSError, ValueError) as error:
            raise UserError(f"Run {self.name!r} does not record which process is training it.") from error

    def write_config(self, config: TrainConfig) -> None:
        """Record the settings of a new run, or of one that resumes with them. Raises UserError as `check` does."""
        self.check(config)
        write_text(self.folder / "config.json", json.dumps(asdict(config), indent=2) + "\n")

    def check(self, config: TrainConfig) -> None:
        """Raises UserError if the run has begun with settings that cannot go on as these.

        The same images may be spelled or placed otherwise: whether they are the same is seen when they are opened.
        """
        from trainer.data.spelling import same_source

        if self.state_file.is_file():
            changed = differences(self.config(), config)
            for name in DATA_SETS:
                if name in changed and same_source(*changed[name]):
                    del changed[name]
            if changed:
                changes = "; ".join(f"{flag(name)} was {old}, now {new}" for name, (old, new) in changed.items())
                way = way_out(self.name, {name: new for name, (_, new) in changed.items()})
                raise UserError(f"Run {self.name!r} cannot resume with other settings: {changes}. {way}")

    def exists(self) -> bool:
        """Whether it has begun, or been branched off."""
        return (self.folder / "config.json").is_file()

    def config(self) -> TrainConfig:
        """The recorded settings. Raises UserError if there is no such run or its record is damaged."""
        path = self.folder / "config.json"
        try:
            record = read_json(path)
            if not isinstance(record, dict):
                raise Unfit("it contains no settings")
            return config_from_record(record)
        except FileNotFoundError:
            known = sorted(p.parent.name for p in self.folder.parent.glob("*/config.json"))
            raise UserError(
                f"There is no run {self.name!r} in {self.folder.parent} (found: {', '.join(known) or 'none'})."
            ) from None
        except (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise UserError(
                f"{place(path)} cannot be read ({reason(error)}). Restore the file or choose another --run."
            ) from error

    def save_state(self, state: "TrainState") -> None:
        """Replace the resumable state atomically."""
        from trainer.training.state_io import (
            save,  # and torch with it, which takes seconds: those who only watch do without
        )

        save(self.state_file, state)

    def load_state(self, state: "TrainState") -> bool:
        """Fill `state` from the last save. False if there is none yet; UserError if it is damaged."""
        from trainer.training.state_io import load

        return load(self.state_file, state)

    def store(self) -> Store:
        """The run's measurements, events and commands."""
        return Store(self.folder / "store.sqlite")

    def samples(self) -> dict[int, Path]:
        """The sheets of fixed latents, by the real images seen, in order."""
        return self.own(numbered(self.folder / "samples", "*.webp"))

    def moments(self) -> dict[int, Path]:
        """The earlier snapshots that are kept, each with its state, by the real images seen, in order."""
        return self.own(numbered(self.folder / "snapshots", "[0-9]*/config.json", up=1))

    def own(self, found: dict[int, Path]) -> dict[int, Path]:
        """Those that are no links, if the folder that they lie in is the run's own."""
        inside = not found or is_inside(next(iter(found.values())).parent, self.folder)
        return {at: path for at, path in found.items() if inside and not path.is_symlink()}

    def snapshot(self, which: str) -> Path:
        """The folder of a snapshot: `latest`, `best`, or the real images seen. Raises UserError if there is none."""
        which = which[:MAX_DIGITS] if which.isdecimal() else which
        folder = self.folder / "snapshots" / (f"{int(which):08d}" if which.isdecimal() else which)
        if not (which.isdecimal() or which in ("latest", "best")) or not is_own_folder(folder, self.folder):
            kept = ", ".join(map(str, self.moments())) or "none yet"
            raise UserError(
                f"Run {self.name!r} has no snapshot {which!r}. Choose latest, best or a number of images seen ({kept})."
            )
        return folder

    def lineage(self) -> dict[str, Any]:
        """Of a branch {run, images (seen by then), changed}, as on disk; {} for a run that began at the beginning."""
        path = self.folder / "lineage.json"
        try:
            record = read_json(path)
            if not isinstance(record, dict) or not isinstance(record.get("changed"), dict):
                raise Unfit("it names no run")
            if not isinstance(record["images"], int | float) or not math.isfinite(record["images"]):
                raise Unfit("its number of images is invalid")
            images = min(int(record["images"]), MAX_COUNT)
            return {"run": str(record["run"]), "images": images, "changed": old_names.current_pairs(record["changed"])}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, LookupError, OverflowError) as error:
            raise UserError(f"{place(path)} cannot be read ({reason(error)}). Remove it.") from error


def is_held(lock_file: Path) -> bool:
    """Whether a process holds the lock now."""
    if not is_own_file(lock_file):  # asking opens it, and empties what a link leads to
        return False
    lock = FileLock(lock_file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def numbered(folder: Path, pattern: str, up: int = 0) -> dict[int, Path]:
    """Number in the name -> path of what matches, or of its parent `up` levels above, in order."""
    found = [([path, *path.parents][up]) for path in folder.glob(pattern)]
    return {int(path.stem): path for path in sorted(found) if path.stem.isdecimal() and len(path.stem) <= MAX_DIGITS}
