"""A run's folder is the whole truth about it: settings, measurements, sample grids, the resumable state, a checkpoint.

runs/NAME/
    config.json             the TrainConfig, written at the start
    store.sqlite            metrics (images, name, value), appended while training
    samples/00012345.webp   a grid of fixed latents, named by the pictures seen
    state/state.safetensors all that resuming needs, in one file that is replaced atomically
    snapshots/latest/       a checkpoint folder
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from trainer.config import TrainConfig, config_from_record, differences, flag
from trainer.errors import UserError
from trainer.files import cannot_write, write_atomically, write_text
from trainer.loop import TrainState

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Run:
    """One run's folder. Making the object touches nothing on the disk."""

    def __init__(self, runs: Path, name: str):
        if not NAME.fullmatch(name) or name.endswith("."):
            raise UserError(f"{name!r} cannot name a run: use up to 64 letters, digits, dots, dashes and underscores.")
        self.name, self.folder = name, runs / name
        self.state_file = self.folder / "state" / "state.safetensors"
        self.latest = self.folder / "snapshots" / "latest"

    def lock(self) -> FileLock:
        """A held lock: one process trains a run. The system frees it when the process dies, however it dies."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise UserError(f"Run {self.name!r} is being trained by another process. Wait for it or stop it.") from None
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        return lock

    def claim(self, config: TrainConfig) -> None:
        """Record the settings of a new run, or check them against the run that goes on."""
        path = self.folder / "config.json"
        if path.is_file():
            changed = differences(self.config(), config)
            if changed:
                told = "; ".join(f"{flag(name)} was {old}, now {new}" for name, (old, new) in changed.items())
                raise UserError(f"Run {self.name!r} cannot go on with other settings: {told}. Choose another --run.")
        write_text(path, json.dumps(asdict(config), indent=2) + "\n")

    def config(self) -> TrainConfig:
        """The recorded settings. Raises UserError if there is no such run or its record is damaged."""
        path = self.folder / "config.json"
        try:
            return config_from_record(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            known = sorted(p.parent.name for p in self.folder.parent.glob("*/config.json"))
            raise UserError(
                f"There is no run {self.name!r} in {self.folder.parent} (found: {', '.join(known) or 'none'})."
            ) from None
        except ValueError as error:
            raise UserError(f"{path} cannot be read ({error}).") from error

    def save_state(self, state: TrainState) -> None:
        """Replace the resumable state atomically."""
        tensors, scalars = pack_state(state)
        metadata = {"scalars": json.dumps(scalars)}
        write_atomically(self.state_file, lambda path: save_file(tensors, path, metadata=metadata))

    def load_state(self, state: TrainState) -> bool:
        """Fill `state` from the last save. False if there is none yet; UserError if it is damaged."""
        if not self.state_file.is_file():
            return False
        try:
            with safe_open(self.state_file, "pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
                unpack_state(state, tensors, json.loads(file.metadata()["scalars"]))
        except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise UserError(f"{self.state_file} cannot be resumed from ({error}). Start again under another --run.") from error
        return True

    def store(self) -> "Store":
        return Store(self.folder / "store.sqlite")


class Store:
    """Measurements over time, in SQLite with write-ahead logging: one writer, any number of readers."""

    def __init__(self, path: Path):
        self.path = path

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=10)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS metrics (images INTEGER, name TEXT, value REAL)")
        return connection

    def add(self, images: int, values: dict[str, float]) -> None:
        """Append one row a value."""
        with closing(self.connect()) as connection, connection:
            connection.executemany("INSERT INTO metrics VALUES (?, ?, ?)", [(images, k, v) for k, v in values.items()])

    def forget_after(self, images: int) -> None:
        """Drop what a killed run had measured beyond the state it resumes from."""
        with closing(self.connect()) as connection, connection:
            connection.execute("DELETE FROM metrics WHERE images > ?", (images,))

    def read(self, name: str) -> list[tuple[int, float]]:
        """(images seen, value) in order."""
        with closing(self.connect()) as connection:
            return list(connection.execute("SELECT images, value FROM metrics WHERE name = ? ORDER BY images", (name,)))


def pack_state(state: TrainState) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """TrainState -> (named tensors, plain numbers), which safetensors can hold."""
    tensors: dict[str, Tensor] = {}
    for part, module in modules_of(state):
        tensors |= {f"{part}.{name}": tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    for part, optimizer in optimizers_of(state):
        for index, slots in optimizer.state_dict()["state"].items():
            tensors |= {f"{part}.{index}.{slot}": value.detach().cpu().contiguous() for slot, value in slots.items()}
    return tensors, {"images_seen": state.images_seen, "seconds": state.seconds}


def unpack_state(state: TrainState, tensors: dict[str, Tensor], scalars: dict[str, Any]) -> None:
    """The inverse of `pack_state`, into a state that `new_state` has just built."""
    for part, module in modules_of(state):
        module.load_state_dict(dict(under(part, tensors)))
    for part, optimizer in optimizers_of(state):
        slots: dict[int, dict[str, Tensor]] = {}
        for name, tensor in under(part, tensors):
            index, slot = name.split(".")
            slots.setdefault(int(index), {})[slot] = tensor
        optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
    state.images_seen, state.seconds = scalars["images_seen"], scalars["seconds"]


def modules_of(state: TrainState) -> list[tuple[str, torch.nn.Module]]:
    return [("g", state.generator.module), ("d", state.discriminator.module), ("ema", state.ema)]


def optimizers_of(state: TrainState) -> list[tuple[str, torch.optim.Optimizer]]:
    return [("opt_g", state.opt_g), ("opt_d", state.opt_d)]


def under(part: str, tensors: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The tensors named `part.*`, with the prefix taken off."""
    for name, tensor in tensors.items():
        if name.startswith(part + "."):
            yield name[len(part) + 1 :], tensor
