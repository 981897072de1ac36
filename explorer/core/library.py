"""All checkpoints that can be explored, published ones and snapshots of runs; the unusable ones with the reason."""

import base64
import logging
import threading
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.runs.run import Run
from trainer.util.errors import UserError
from trainer.util.reading import MAX_PREVIEW, Unfit, is_own_folder, printable, read_webp

if TYPE_CHECKING:  # torch takes seconds to import: not before the first model is asked for
    from explorer.core.model import Model

KEPT = 32  # models in memory; of a run there may be many snapshots
KNOWN = 5000  # folders of which is remembered what came of them
log = logging.getLogger(__name__)
RUN = "run:"  # begins the name of a run's snapshot: run:NAME is the latest, run:NAME@best and run:NAME@00012345 others


@dataclass(frozen=True)
class Entry:
    """One line of the chooser.

    Attributes:
        name: what a recipe calls it; a run's snapshot is "run:NAME" or "run:NAME@WHICH".
        folder: where it lies.
        about: its summary, or why it cannot be used.
        usable: whether it loads.
        preview: data URI of its preview image, "" if it has none.
    """

    name: str
    folder: Path
    about: str
    usable: bool
    preview: str = ""

    @property
    def label(self) -> str:
        """The name as the chooser shows it, marked if the checkpoint is unusable."""
        return self.name if self.usable else f"{self.name} (unusable)"


class Library:
    """Looks into the folders anew at each call, so that what a training has just written appears by itself."""

    def __init__(self, checkpoints: Path, runs: Path, recordings: Path | None = None, kept: int = KEPT):
        """`recordings` holds runs that are only to be looked at; a run of the same name comes before one.

        Args: kept: how many models stay in memory.
        """
        self.checkpoints, self.runs, self.recordings, self.kept = checkpoints, runs, recordings, kept
        self.extra: dict[str, Path] = {}  # from elsewhere, see `explorer.core.remote`
        self.any_folder = False  # whether a training may read any folder: only its owner can reach the app
        self.models: dict[Path, Loaded] = {}
        self.lock = threading.Lock()  # of `models`, never held while one is built

    def folders(self) -> dict[str, Path]:
        """Name -> folder of everything that looks like a checkpoint, published ones first; of a run only the latest."""
        found = (p for p in sorted(self.checkpoints.glob("*")) if p.is_dir() and not p.name.startswith("."))
        published = {printable(p.name): p for p in found}
        runs = self.all_runs().items()
        running = {f"{RUN}{name}": run.latest for name, run in runs if is_own_folder(run.latest, run.folder)}
        return published | running | self.extra

    def all_runs(self) -> dict[str, Run]:
        """Every run by name, recorded ones last."""
        found: dict[str, Run] = {}
        for root in filter(None, (self.runs, self.recordings)):
            names = {path.parent.name for what in ("config.json", "log.txt") for path in root.glob(f"*/{what}")}
            for name in sorted(names - set(found)):
                with suppress(UserError):  # a folder of a name that no run can have
                    found[name] = Run(root, name)
        return found

    def run(self, name: str) -> Run:
        """A run by name. Raises UserError if there is none."""
        found = self.all_runs()
        if name not in found:
            raise UserError(f"There is no run {name!r} here (found: {', '.join(found) or 'none'}).")
        return found[name]

    def is_recording(self, run: Run) -> bool:
        """Whether a run is only to be looked at."""
        return run.folder.parent == self.recordings

    def folder(self, name: str) -> Path:
        """The folder of a checkpoint. Raises UserError if there is none of that name."""
        if name.startswith(RUN) and "@" in name:
            run, _, which = name.removeprefix(RUN).partition("@")
            return self.run(run).snapshot(which)
        folders = self.folders()
        if name not in folders and "/" in name:
            raise UserError(
                f"There is no checkpoint {name!r} here. If it is on the Hub, enter hf://{name} as the checkpoint."
            )
        if name not in folders:
            raise UserError(f"There is no checkpoint {name!r} here (found: {', '.join(folders) or 'none'}).")
        return folders[name]

    def entries(self) -> list[Entry]:
        """Every checkpoint, usable ones first within each kind."""
        found = [self.entry(name, folder) for name, folder in self.folders().items()]
        return sorted(found, key=lambda entry: not entry.usable)

    def entry(self, name: str, folder: Path) -> Entry:
        """Try to load one and say what came of it. Whatever is wrong with it, it is one line."""
        try:
            image = read_webp(folder / "preview.webp", maximum=MAX_PREVIEW)
            uri = "data:image/webp;base64," + base64.b64encode(image).decode()
        except (Unfit, OSError):
            uri = ""
        loaded = self.looked_at(name, folder, again=False)
        return Entry(name, folder, loaded.error or loaded.about, not loaded.error, uri)

    def usable(self, name: str | None) -> bool:
        """Whether `model` would give one."""
        try:
            self.model(name or "")
        except UserError:
            return False
        return True

    def model(self, name: str) -> "Model":
        """The model of that name. Raises UserError if it is gone or unusable."""
        return self.load(name, self.folder(name))

    def load(self, name: str, folder: Path) -> "Model":
        """From memory unless the files have changed; what did not load is not tried again before they change.

        Raises UserError, whatever is wrong with the folder. One that takes its time keeps nobody waiting for another.
        """
        loaded = self.looked_at(name, folder, again=True)
        if loaded.model is None:
            raise UserError(loaded.error)
        return loaded.model

    def looked_at(self, name: str, folder: Path, again: bool) -> "Loaded":
        """What came of a folder as it is now. again: whether a model that has left the memory is loaded again."""
        with self.lock:
            loaded = self.models.pop(folder, None) or Loaded()
            self.models[folder] = loaded  # the one asked for last stands last
            while len(self.models) > KNOWN:
                del self.models[next(iter(self.models))]
        with loaded.lock:
            stamp = stamped(folder)
            if loaded.stamp != stamp or (again and not loaded.error and loaded.model is None):
                loaded.model, loaded.error = built(name, folder)
                loaded.about = loaded.model.info.summary if loaded.model else ""
                loaded.stamp = stamp
            found = copy(loaded)  # another thread may take its model out of the memory
        with self.lock:
            held = [other for other in self.models.values() if other.model is not None]
            for other in held[: -self.kept]:
                other.model = None
        return found


class Loaded:
    """What came of the files of a folder as they were at `stamp`: a model, its summary alone once
    it has left the memory, or the sentence on why there is none."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stamp: object = None
        self.model: Model | None = None
        self.about = ""  # its summary
        self.error = ""


def stamped(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Changes with a checkpoint's files."""
    found = []
    for name in ("config.json", "model.safetensors", "critic.safetensors"):
        with suppress(OSError):
            is_now = (folder / name).stat()
            found.append((name, is_now.st_ino, is_now.st_size, is_now.st_mtime_ns))
    return tuple(found)


def built(name: str, folder: Path) -> "tuple[Model | None, str]":
    """(model, ""), or (None, why there is none)."""
    import torch

    from explorer.core.model import Model

    torch.set_num_threads(1)  # one image gains nothing from two, and beside a training two wait for each other
    try:
        return Model(folder, name), ""
    except UserError as error:
        return None, str(error)
    except Exception as error:  # whatever a hostile file can still bring about is this line's alone
        log.warning("%s cannot be loaded", name, exc_info=error)
        return None, f"{name} cannot be loaded ({type(error).__name__}). Publish the checkpoint again, or remove it."
