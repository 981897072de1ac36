"""All checkpoints that can be explored, published ones and snapshots of runs; the unusable ones with the reason."""

import base64
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from explorer.core.shelf import Shelf
from trainer.runs.run import Run
from trainer.util.errors import UserError
from trainer.util.reading import MAX_PREVIEW, Unfit, is_own_folder, printable, read_json, read_webp

if TYPE_CHECKING:  # torch takes seconds to import: not before the first model is asked for
    import numpy as np

    from explorer.core.model import Model
    from explorer.core.recipe import Recipe
    from explorer.core.translation.model import Translation

T = TypeVar("T")
KEPT = 32  # models of a kind in memory; of a run there may be many snapshots
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
        self.checkpoints, self.runs, self.recordings = checkpoints, runs, recordings
        self.extra: dict[str, Path] = {}  # from elsewhere, see `explorer.core.remote`
        self.any_folder = False  # whether a training may read any folder: only its owner can reach the app
        self.models: Shelf[Model] = Shelf(lambda name, folder: built(name, folder), kept)
        self.translations: Shelf[Translation] = Shelf(translation_built, kept)

    def folders(self) -> dict[str, Path]:
        """`every`, without those that make an image of an image; what cannot be read is there, too."""
        return {name: folder for name, folder in self.every().items() if not translates(folder)}

    def translators(self) -> dict[str, Path]:
        """`every`, only those that make an image of an image."""
        return {name: folder for name, folder in self.every().items() if translates(folder)}

    def every(self) -> dict[str, Path]:
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
        folders = self.every()
        if name not in folders and "/" in name:
            address = "hf://" + name.removeprefix("hf://")
            raise UserError(
                f"There is no checkpoint {name!r} here. If it is on the Hub, enter {address} as the checkpoint."
            )
        if name not in folders:
            raise UserError(f"There is no checkpoint {name!r} here (found: {', '.join(folders) or 'none'}).")
        return folders[name]

    def entries(self) -> list[Entry]:
        """Every generator, usable ones first."""
        found = [self.entry(name, folder) for name, folder in self.folders().items()]
        return sorted(found, key=lambda entry: not entry.usable)

    def translator_entries(self) -> list[Entry]:
        """Every checkpoint that makes an image of an image, usable ones first."""
        found = [self.entry(name, folder) for name, folder in self.translators().items()]
        return sorted(found, key=lambda entry: not entry.usable)

    def entry(self, name: str, folder: Path) -> Entry:
        """Try to load one and say what came of it. Whatever is wrong with it, it is one line."""
        try:
            image = read_webp(folder / "preview.webp", maximum=MAX_PREVIEW)
            uri = "data:image/webp;base64," + base64.b64encode(image).decode()
        except (Unfit, OSError):
            uri = ""
        shelf = self.translations if translates(folder) else self.models
        loaded = shelf.looked_at(name, folder, again=False)
        return Entry(name, folder, loaded.error or loaded.about, not loaded.error, uri)

    def usable(self, name: str | None) -> bool:
        """Whether `model` would give one."""
        try:
            self.model(name or "")
        except UserError:
            return False
        return True

    def model(self, name: str) -> "Model":
        """The model of that name. Raises UserError if it is gone or unusable, and for what makes an image of one."""
        return self.models.load(name, self.folder(name))

    def image(self, recipe: "Recipe") -> "np.ndarray":
        """An image of a latent model, uint8 (H, W, C), as another model is given it. Raises UserError as `model`."""
        return self.model(recipe.checkpoint).image(recipe)

    def translates(self, name: str) -> bool:
        """Whether that is a checkpoint which makes an image of an image. Raises UserError if there is none."""
        return translates(self.folder(name))

    def translation(self, name: str) -> "Translation":
        """The translator of that name. Raises UserError as `model`, and for a generator."""
        return self.translations.load(name, self.folder(name))


def translates(folder: Path) -> bool:
    """Whether a checkpoint makes an image of an image, as far as its config.json can be read."""
    try:
        now = (folder / "config.json").stat()
    except OSError:
        return False
    return declares_translator(folder / "config.json", now.st_mtime_ns, now.st_size)


@lru_cache(10_000)
def declares_translator(config: Path, changed: int, size: int) -> bool:
    """What `translates` says of a config.json of that time and size."""
    from trainer.networks import is_translator

    try:
        record = read_json(config)
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and is_translator(str(record.get("arch")))


def built(name: str, folder: Path) -> "tuple[Model | None, str]":
    """(model, ""), or (None, why there is none)."""
    from explorer.core.model import Model

    return attempted(name, lambda: Model(folder, name))


def translation_built(name: str, folder: Path) -> "tuple[Translation | None, str]":
    """(translator, ""), or (None, why there is none)."""
    from explorer.core.translation.model import Translation

    return attempted(name, lambda: Translation(folder, name))


def attempted(name: str, build: Callable[[], T]) -> tuple[T | None, str]:
    """What was built and "", or None and the sentence on why it was not."""
    import torch

    torch.set_num_threads(1)  # one image gains nothing from two, and beside a training two wait for each other
    try:
        return build(), ""
    except UserError as error:
        return None, str(error)
    except Exception as error:  # whatever a hostile file can still bring about is this line's alone
        log.warning("%s cannot be loaded", name, exc_info=error)
        return None, f"{name} cannot be loaded ({type(error).__name__}). Publish the checkpoint again, or remove it."
