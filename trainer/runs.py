"""A run's folder is the whole truth about it: settings, measurements, sample grids, the resumable state, a checkpoint.

runs/NAME/
    config.json             the TrainConfig, written at the start
    store.sqlite            metrics (images, name, value), appended while training
    samples/00012345.webp   a grid of fixed latents, named by the pictures seen
    state/state.safetensors all that resuming needs, in one file that is replaced atomically
    snapshots/latest/       a checkpoint folder
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from trainer.config import TrainConfig, config_from_record, differences, flag
from trainer.errors import UserError
from trainer.files import cannot_write, check_name, sweep, write_text

if TYPE_CHECKING:
    from trainer.loop import TrainState


class Run:
    """One run's folder. Making the object touches nothing on the disk."""

    def __init__(self, runs: Path, name: str):
        check_name(name, "run")
        self.name, self.folder = name, runs / name
        self.state_file = self.folder / "state" / "state.safetensors"
        self.latest = self.folder / "snapshots" / "latest"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while one process trains the run; UserError if another does. It goes when its process dies, however."""
        lock = FileLock(self.folder / "lock", timeout=0)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise UserError(f"Run {self.name!r} is being trained by another process. Wait for it or stop it.") from None
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        try:
            sweep(self.folder)
            write_text(self.folder / "pid", str(os.getpid()))
            yield
        finally:
            (self.folder / "pid").unlink(missing_ok=True)
            lock.release()

    def is_training(self) -> bool:
        """Whether a process holds the lock now."""
        if not (self.folder / "pid").is_file():  # asking for the lock could be in the way of a training that starts
            return False
        lock = FileLock(self.folder / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            return True
        lock.release()
        return False

    def pid(self) -> int:
        """The process that trains the run. Raises UserError if none does."""
        try:
            return int((self.folder / "pid").read_text())
        except (OSError, ValueError) as error:
            raise UserError(f"Run {self.name!r} does not say which process trains it.") from error

    def claim(self, config: TrainConfig) -> None:
        """Record the settings of a new run, or check them against those of the run that goes on."""
        self.check(config)
        write_text(self.folder / "config.json", json.dumps(asdict(config), indent=2) + "\n")

    def check(self, config: TrainConfig) -> None:
        """Raises UserError if the run has begun with settings that cannot go on as these."""
        if self.state_file.is_file():
            changed = differences(self.config(), config)
            if changed:
                told = "; ".join(f"{flag(name)} was {old}, now {new}" for name, (old, new) in changed.items())
                raise UserError(f"Run {self.name!r} cannot go on with other settings: {told}. Choose another --run.")

    def config(self) -> TrainConfig:
        """The recorded settings. Raises UserError if there is no such run or its record is damaged."""
        path = self.folder / "config.json"
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(record, dict):
                raise ValueError("it holds no settings")
            return config_from_record(record)
        except FileNotFoundError:
            known = sorted(p.parent.name for p in self.folder.parent.glob("*/config.json"))
            raise UserError(
                f"There is no run {self.name!r} in {self.folder.parent} (found: {', '.join(known) or 'none'})."
            ) from None
        except (OSError, ValueError) as error:
            raise UserError(f"{path} cannot be read ({error}). Restore the file or choose another --run.") from error

    def save_state(self, state: "TrainState") -> None:
        """Replace the resumable state atomically."""
        from trainer.state import save  # and torch with it, which takes seconds: those who only watch do without

        save(self.state_file, state)

    def load_state(self, state: "TrainState") -> bool:
        """Fill `state` from the last save. False if there is none yet; UserError if it is damaged."""
        from trainer.state import load

        return load(self.state_file, state)

    def store(self) -> "Store":
        return Store(self.folder / "store.sqlite")


class Store:
    """Measurements over time, in SQLite with write-ahead logging: one writer, any number of readers."""

    def __init__(self, path: Path):
        self.path = path

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection that commits at the end, or not at all. Raises UserError for a disk or file that is unfit."""
        try:
            with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("CREATE TABLE IF NOT EXISTS metrics (images INTEGER, name TEXT, value REAL)")
                yield connection
        except sqlite3.Error as error:
            raise UserError(
                f"Cannot use {self.path}: {error}. Free some space, or move that file away: it holds only measurements."
            ) from error

    def add(self, images: int, values: dict[str, float]) -> None:
        """Append one row a value."""
        with self.connected() as connection:
            connection.executemany("INSERT INTO metrics VALUES (?, ?, ?)", [(images, k, v) for k, v in values.items()])

    def forget_after(self, images: int) -> None:
        """Drop what a killed run had measured beyond the state it resumes from."""
        with self.connected() as connection:
            connection.execute("DELETE FROM metrics WHERE images > ?", (images,))

    def read(self, name: str) -> list[tuple[int, float]]:
        """(images seen, value) in order."""
        with self.connected() as connection:
            return list(connection.execute("SELECT images, value FROM metrics WHERE name = ? ORDER BY images", (name,)))
