"""What was made of folders, kept while their files stay as they are."""

import threading
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from trainer.util.errors import UserError

if TYPE_CHECKING:
    from trainer.checkpoints.checkpoint import CheckpointInfo

FILES = ("config.json", "model.safetensors", "critic.safetensors", "examples.safetensors")  # of a checkpoint
KNOWN = 5000  # folders of which is remembered what came of them


class Checkpoint(Protocol):
    """A loaded one, of whatever kind."""

    info: "CheckpointInfo"


T = TypeVar("T", bound=Checkpoint)


class Loaded(Generic[T]):
    """What came of the files of a folder as they were at `stamp`: a model, its summary alone once
    it has left the memory, or the sentence on why there is none."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stamp: object = None
        self.model: T | None = None
        self.about = ""  # its summary
        self.error = ""


class Shelf(Generic[T]):
    """Models by folder, the one asked for last at the end. Thread-safe; one that takes its time keeps nobody waiting
    for another.
    """

    def __init__(self, build: Callable[[str, Path], tuple[T | None, str]], kept: int):
        """Args: build: (name, folder) -> a model and "", or None and why there is none; kept: models in memory."""
        self.build, self.kept = build, kept
        self.folders: dict[Path, Loaded[T]] = {}
        self.lock = threading.Lock()  # of `folders`, never held while a model is built

    def load(self, name: str, folder: Path) -> T:
        """From memory unless the files have changed; what did not load is not tried again before they change.

        Raises UserError, whatever is wrong with the folder.
        """
        loaded = self.looked_at(name, folder, again=True)
        if loaded.model is None:
            raise UserError(loaded.error)
        return loaded.model

    def looked_at(self, name: str, folder: Path, again: bool) -> Loaded[T]:
        """What came of a folder as it is now. again: whether a model that has left the memory is loaded again."""
        with self.lock:
            loaded = self.folders.pop(folder, None) or Loaded[T]()
            self.folders[folder] = loaded  # the one asked for last stands last
            while len(self.folders) > KNOWN:
                del self.folders[next(iter(self.folders))]
        with loaded.lock:
            stamp = stamped(folder)
            if loaded.stamp != stamp or (again and not loaded.error and loaded.model is None):
                loaded.model, loaded.error = self.build(name, folder)
                loaded.about = loaded.model.info.summary if loaded.model else ""
                loaded.stamp = stamp
            found = copy(loaded)  # another thread may take its model out of the memory
        with self.lock:
            held = [other for other in self.folders.values() if other.model is not None]
            for other in held[: -self.kept]:
                other.model = None
        return found


def stamped(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Changes with a checkpoint's files."""
    found = []
    for name in FILES:
        with suppress(OSError):
            is_now = (folder / name).stat()
            found.append((name, is_now.st_ino, is_now.st_size, is_now.st_mtime_ns))
    return tuple(found)
