"""All checkpoints that can be explored, published ones and snapshots of runs; the unusable ones with the reason."""

import base64
import threading
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import UserError


@dataclass(frozen=True)
class Entry:
    """One line of the chooser.

    Attributes:
        name: what a recipe calls it; a run's snapshot is "run:NAME".
        folder: where it lies.
        about: its summary, or why it cannot be used.
        usable: whether it loads.
        preview: data URI of its preview picture, "" if it has none.
    """

    name: str
    folder: Path
    about: str
    usable: bool
    preview: str = ""

    @property
    def label(self) -> str:
        return self.name if self.usable else f"{self.name} (unusable)"


class Library:
    """Looks into the folders anew at each call, so that what a training has just written appears by itself."""

    def __init__(self, checkpoints: Path, runs: Path):
        self.checkpoints, self.runs = checkpoints, runs
        self.extra: dict[str, Path] = {}  # folders named on the command line
        self.models: dict[Path, tuple[str, object]] = {}
        self.lock = threading.RLock()

    def folders(self) -> dict[str, Path]:
        """Name -> folder of everything that looks like a checkpoint, published ones first."""
        published = {p.name: p for p in sorted(self.checkpoints.glob("*")) if p.is_dir() and not p.name.startswith(".")}
        running = {f"run:{p.parent.parent.name}": p for p in sorted(self.runs.glob("*/snapshots/latest"))}
        return published | running | self.extra

    def entries(self) -> list[Entry]:
        """Every checkpoint, usable ones first within each kind."""
        found = [self.entry(name, folder) for name, folder in self.folders().items()]
        return sorted(found, key=lambda entry: not entry.usable)

    def entry(self, name: str, folder: Path) -> Entry:
        """Try to load one and say what came of it."""
        preview = folder / "preview.webp"
        uri = "data:image/webp;base64," + base64.b64encode(preview.read_bytes()).decode() if preview.is_file() else ""
        try:
            return Entry(name, folder, self.load(name, folder).info.summary, True, uri)
        except UserError as error:
            return Entry(name, folder, str(error), False, uri)

    def usable(self, name: str | None) -> bool:
        """Whether `model` would give one."""
        try:
            self.model(name or "")
        except UserError:
            return False
        return True

    def model(self, name: str):
        """The model of that name. Raises UserError if it is gone or unusable."""
        folders = self.folders()
        if name not in folders:
            raise UserError(f"There is no checkpoint {name!r} here (found: {', '.join(folders) or 'none'}).")
        return self.load(name, folders[name])

    def load(self, name: str, folder: Path):
        """From memory unless the files have changed."""
        import torch  # takes seconds to import: not before the first model is asked for

        from explorer.model import Model
        from trainer.checkpoint import read_info

        torch.set_num_threads(1)  # one picture gains nothing from two, and beside a training two wait for each other

        with self.lock:
            weights = read_info(folder).sha256
            kept = self.models.get(folder)
            if kept is None or kept[0] != weights:
                self.models[folder] = kept = (weights, Model(folder, name))
            return kept[1]
