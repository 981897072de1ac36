"""Diagnoses of two sets of images that a page asks for. Each is a process of its own; its folder is the whole truth."""

import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from gradio.utils import get_upload_folder

from explorer.core.library import Library
from explorer.core.limits import Gate, Kept
from explorer.core.sources import data_dir, found
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import optional, text
from trainer.util.errors import UserError
from trainer.util.reading import is_own_file

ROOT = Path(__file__).parents[3]
CRITIC_HELP = "the features of that model's critic; the note beside the result says what they are worth"
NAME = re.compile(r"[0-9a-f]{12}")
MAX_PLACE = 1000  # characters of what names a set
RUNNING_AT_ONCE = 2
KEPT_FOLDERS = 20  # of diagnoses; the oldest go


def bytes_of(found: Any) -> int:
    """Of a finished diagnosis in memory, its reference included."""
    from explorer.core.references import weight, weight_of

    return weight(found.fake) + weight_of(found.reference)


SHOWN: Kept[Any] = Kept(600_000_000, bytes_of, count=3)
LOADING = Gate("comparisons", at_once=1, waiting=4)
RUNNING: dict[Path, "Running"] = {}  # by folder: ours, until they have ended
PATIENCE = 60.0  # seconds without such a question, after which nobody waits
STARTING = threading.Lock()
BAR = re.compile(r"(.+?): +(\d+)%\|")  # of tqdm
FAILURE = "error: "


@dataclass
class Running:
    """A process, and when a page last wanted to know how far it is, by the monotonic clock."""

    process: subprocess.Popen
    asked: float

    @property
    def ended(self) -> bool:
        """Whether it is over, however it went."""
        return self.process.poll() is not None


@rpc_handler
def names(library: Library, question: Answer) -> Answer:
    """{} -> {known, extractors}: names that a set may have, and those of the feature extractors with their help."""
    from trainer.data import DATASETS
    from trainer.features import EXTRACTORS

    known = [*library.folders(), *(name for name in DATASETS if name not in ("folder", "hf"))]
    extractors = [[name, spec.help] for name, spec in EXTRACTORS.items()]
    return {"known": known, "extractors": [*extractors, *([name, CRITIC_HELP] for name in critics(library))]}


@rpc_handler
def start(library: Library, question: Answer) -> Answer:
    """{real, fake, extractor} -> {sets}: what the diagnosis is called by, which has begun."""
    sides = {name: place_of(library, text(question, name, MAX_PLACE)) for name in ("real", "fake")}
    extractor = text(question, "extractor") if optional(question, "extractor") else ""
    words = [word for name, place in sides.items() for word in (f"--{name}", place)]
    words += ["--extractor", extractor_of(library, extractor)] if extractor else []
    with STARTING:
        end_abandoned()
        if len(RUNNING) >= RUNNING_AT_ONCE:
            raise UserError(f"{len(RUNNING)} diagnoses are under way, the maximum. Try again when one has finished.")
        folder = folders(library) / uuid4().hex[:12]
        sweep(folder.parent)
        folder.mkdir(parents=True)
        RUNNING[folder] = Running(begun(library, folder, words), time.monotonic())
    return {"sets": folder.name}


def critics(library: Library) -> dict[str, Path]:
    """critic:NAME -> folder of each checkpoint that keeps its critic."""
    from trainer.checkpoints.checkpoint import read_info
    from trainer.checkpoints.critic import KEY
    from trainer.checkpoints.critic_features import PREFIX

    found = {}
    for name, folder in library.folders().items():
        with suppress(UserError):  # what is no sound checkpoint has no critic to choose
            if KEY in read_info(folder).data:
                found[f"{PREFIX}{name}"] = folder
    return found


def extractor_of(library: Library, asked: str) -> str:
    """What `--extractor` takes, of a name of the list. Raises UserError for others: a page names no file here."""
    from trainer.checkpoints.critic_features import PREFIX
    from trainer.features import EXTRACTORS

    kept = critics(library)
    if asked in kept:
        return f"{PREFIX}{kept[asked].resolve()}"
    if asked in EXTRACTORS:
        return asked
    raise UserError(f"{asked!r:.80} is no extractor. Choose one from the list.")


def begun(library: Library, folder: Path, words: list[str]) -> subprocess.Popen:
    """The process that makes a diagnosis and writes it into the folder."""
    places = {"data-dir": data_dir(library), "checkpoints": library.checkpoints, "runs": library.runs, "out": folder}
    words = [*words, *(word for name, place in places.items() for word in (f"--{name}", str(place.resolve())))]
    with (folder / "log.txt").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "trainer", "diagnose", *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )


def place_of(library: Library, asked: str) -> str:
    """What `--real` and `--fake` take: an uploaded file, a checkpoint's folder, or images that the page may speak of.

    Raises UserError for anything else.
    """
    asked = asked.strip()
    if is_own_file(Path(asked), Path(get_upload_folder())):
        return asked
    known = library.folders()
    if asked in known:
        return str(known[asked].resolve())
    try:
        return found(library, asked)
    except UserError as error:
        raise UserError(
            f"{asked!r:.80} is no checkpoint, no data set, and no folder or zip in {data_dir(library).name}/ on the "
            "server. Choose a name from the list, or upload a zip of images."
        ) from error


@rpc_handler
def progress(library: Library, question: Answer) -> Answer:
    """{sets} -> {done, said}: whether the diagnosis is finished, and what is being done. Its failure is the error."""
    from trainer.reports.sets_file import SETS

    folder = folder_of(library, question)
    running = RUNNING.get(folder)
    lines = (folder / "log.txt").read_text(errors="replace").replace("\r", "\n").split("\n")
    if running and not running.ended:
        running.asked = time.monotonic()
        return {"done": False, "said": said(lines)}
    RUNNING.pop(folder, None)
    if (folder / SETS).is_file():
        return {"done": True, "said": ""}
    raise UserError(failure(lines))


def said(lines: list[str]) -> str:
    """The last line of a log that tells what is being done, without a bar's drawing."""
    last = next((line for line in reversed(lines) if line.startswith("note: ") or BAR.match(line)), "")
    bar = BAR.match(last)
    return f"{bar[1]}: {bar[2]} %" if bar else last.removeprefix("note: ") or "starting"


def failure(lines: list[str]) -> str:
    """Why a diagnosis ended without a result: the command's own sentence, without the folders of uploads."""
    told = next((line.removeprefix(FAILURE) for line in lines if line.startswith(FAILURE)), "")
    uploads = re.findall(re.escape(get_upload_folder()) + r"\S+", told)
    for folder in {Path(place.strip("'\"")).parent for place in uploads}:
        told = told.replace(f"{folder}/", "").replace(f"{folder.name}/", "")
    return told or "The diagnosis was stopped before it had finished. Start it again."


@rpc_handler
def cancel(library: Library, question: Answer) -> Answer:
    """{sets} -> {}: end a diagnosis that is under way."""
    if running := RUNNING.get(folder_of(library, question)):
        running.process.terminate()
    return {}


@rpc_handler
def report(library: Library, question: Answer) -> Answer:
    """{sets} -> {html}: the whole report as one file."""
    from trainer.reports.sets_file import REPORT

    return {"html": (folder_of(library, question) / REPORT).read_text(encoding="utf-8")}


def end_abandoned() -> None:
    """End the diagnoses of which no page has asked for a while, and forget those that have ended."""
    for folder, running in list(RUNNING.items()):
        if not running.ended and time.monotonic() - running.asked > PATIENCE:
            running.process.terminate()
            running.process.wait()
        if running.ended:
            RUNNING.pop(folder, None)


def two_sets(library: Library, question: Mapping[str, Any]) -> Any:
    """The finished diagnosis that a question names, from memory or its folder. Raises UserError for none."""
    from trainer.reports.sets_file import load_sets

    folder = folder_of(library, question)
    known = SHOWN.get(folder)
    if known is None:
        with LOADING.place():
            known = SHOWN.get(folder) or load_sets(folder)  # who was before us may have asked for the same
            SHOWN.put(folder, known)
    return known


def folders(library: Library) -> Path:
    """Where diagnoses of two sets lie: beside the data."""
    return data_dir(library) / "diagnoses"


def folder_of(library: Library, question: Mapping[str, Any]) -> Path:
    """The folder of the diagnosis that a question names. Raises UserError for one that is not there."""
    name = text(question, "sets")
    folder = folders(library) / name
    if not NAME.fullmatch(name) or not folder.is_dir():
        raise UserError("This diagnosis is no longer there. Start it again.")
    return folder


def sweep(folder: Path) -> None:
    """Remove the oldest diagnoses, so that there is room for one more."""
    with suppress(OSError):
        known = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime)
        for old in known[: max(0, len(known) - KEPT_FOLDERS + 1)]:
            if old not in RUNNING:
                shutil.rmtree(old, ignore_errors=True)


HANDLERS = (names, start, progress, cancel, report)
