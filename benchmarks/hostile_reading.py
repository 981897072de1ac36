"""Reads damaged files as the app does, and says what came of it: only a UserError is an answer to a bad file."""

import itertools
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.hostile_files import mutations
from explorer.core.directions import DIRECTIONS, Subject
from explorer.core.directions.fitting import recall
from explorer.core.library import Library
from explorer.core.model import Model
from explorer.tabs.train import sheets, watching
from trainer.data.opening import open_packed
from trainer.diagnosis import load_reference
from trainer.diagnosis.reference_record import made_of
from trainer.networks.mlp import MlpGenerator
from trainer.runs.run import Run
from trainer.training.state_io import read_scalars
from trainer.util.errors import UserError
from trainer.util.tensors import read_torch


class Target(NamedTuple):
    """A file of a folder that is damaged, and how the folder is read then."""

    file: str
    read: Callable[[Path], Any]


class Outcome(NamedTuple):
    """What came of one damage: "" where it was refused in a sentence or is harmless, else what was raised."""

    target: Target
    number: int
    raised: str
    seconds: float


def read_checkpoint(folder: Path) -> None:
    Library(folder.parent, folder.parent / "none").entry(folder.name, folder)
    Model(folder)


def read_reference(folder: Path) -> None:
    made_of(folder)
    _ = load_reference(folder).reader


def read_run(folder: Path) -> None:
    """All that the page asks of a run; an answer with an error is one, a list without the run is not."""
    library = Library(folder.parent / "none", folder.parent)
    answer = watching.watch(library, {"runs": {folder.name: {}}})
    if folder.name not in {run["name"] for run in answer["list"]["runs"]}:
        raise AssertionError(f"the run is gone: {answer}")
    run = Run(folder.parent, folder.name)
    for images_seen in itertools.islice(run.samples(), 3):
        watching.sheet_at(library, {"run": folder.name, "images_seen": images_seen})
    for _ in itertools.islice(sheets.frames(list(run.samples().values())), 3):
        pass


def read_cache(folder: Path) -> None:
    subject = Subject(MlpGenerator(resolution=4, channels=1, z_dim=8, width=8))
    recall(DIRECTIONS["random"](), folder / "directions.safetensors", "random", subject, "hash")


def read_state(folder: Path) -> None:
    read_scalars(folder / "state.safetensors")
    try:
        read_torch(folder / "state.safetensors")
    except ValueError as error:  # which `trainer.training.state_io.load` tells
        raise UserError(str(error)) from error


CHECKPOINT = [Target(file, read_checkpoint) for file in ("config.json", "model.safetensors", "preview.webp")]
CHECKPOINT.append(Target("reference.safetensors", read_reference))
RUN = [Target(file, read_run) for file in ("config.json", "store.sqlite", "lineage.json", "log.txt")]
PACKED = [Target(file, open_packed) for file in ("images.npy", "labels.npy", "meta.json")]
CACHE, STATE = Target("directions.safetensors", read_cache), Target("state.safetensors", read_state)


def outcomes(sound: Path, targets: list[Target], count: int, seed: int, work: Path) -> Iterator[Outcome]:
    """Damage each target of a copy of a sound folder `count` times, and read it.

    Args: sound: not written to. work: an empty folder for the copy.
    """
    folder = work / "hostile"
    shutil.copytree(sound, folder)
    for target in targets:
        whole = (sound / target.file).read_bytes()
        damages = mutations(whole, np.random.default_rng(seed))
        for number, damaged in enumerate(itertools.islice(damages, count)):
            (folder / target.file).write_bytes(damaged)
            since = time.perf_counter()
            yield Outcome(target, number, tried(target.read, folder), time.perf_counter() - since)
        (folder / target.file).write_bytes(whole)


def tried(read: Callable[[Path], Any], folder: Path) -> str:
    """What reading a folder raises besides UserError, "" for nothing."""
    try:
        read(folder)
    except UserError as error:
        return "a path of the machine in the sentence" if str(folder.parent) in str(error) else ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""
