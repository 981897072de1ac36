"""The work of hub.py: what to bring, in which time, of which size, and as which files.

In huggingface_hub's cache the files of a repository are links out of their folder, which nobody here follows
(reading.py). What is given are hard links to the same bytes.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from huggingface_hub import HfApi, cached_assets_path, constants
from huggingface_hub.errors import HfUriError, LocalEntryNotFoundError
from huggingface_hub.utils import HfUri, parse_hf_uri, tqdm

from trainer.util.atomic_io import link_or_copy
from trainer.util.errors import UserError
from trainer.util.hub_errors import UNREACHABLE, refused
from trainer.util.hub_refusals import NothingWanted, TooLarge

if TYPE_CHECKING:
    from trainer.util.hub import Limits, Tell

KINDS = ("model", "dataset", "space")  # of repositories
OURS = "latent-explorer"  # folder of our links in the Hub's cache of assets
SHOWN = 8  # names of files in a sentence
T = TypeVar("T")


def parsed(name: str) -> HfUri:
    """The parts of an address: type, id, revision, path_in_repo. Raises UserError for what huggingface_hub refuses."""
    try:
        uri = parse_hf_uri(name.strip())
    except HfUriError as error:
        raise UserError(
            f"{name!r:.200} is not an address on the Hub ({error.msg.rstrip('.')}). Write hf://user/repo, "
            "hf://user/repo@revision or hf://user/repo/path."
        ) from error
    if {".", ".."} & {*uri.path_in_repo.split("/"), *(uri.revision or "").split("/")}:
        raise UserError(f"{name!r:.200} is not an address on the Hub: it leads out of its repository.")
    if uri.type not in KINDS:
        raise UserError(f"{name!r:.200} is a {uri.type}; models, data sets and Spaces are read from the Hub.")
    return uri


def downloaded(address: str, only: Sequence[str], limits: "Limits", tell: "Tell | None") -> Path:
    """`fetched` for an address."""
    uri = parsed(address)
    meter = Meter(address, limits.size, tell)
    try:
        return asked(address, lambda: download(uri, only, limits, meter), limits.seconds)
    finally:
        meter.stop.set()


def asked(name: str, work: Callable[[], T], seconds: float) -> T:
    """What comes of some work with the Hub. Raises UserError, one sentence about `name`, for whatever it raises."""
    try:
        return in_time(work, seconds)
    except UserError:
        raise
    except TimeoutError as error:
        raise UserError(
            f"The Hub was not done with {name} after {seconds:g} seconds. Try again: what has come is kept."
        ) from error
    except Exception as error:
        raise refused(error, name) from error


def download(uri: HfUri, only: Sequence[str], limits: "Limits", meter: "Meter") -> Path:
    """The work of `fetched`. Raises whatever huggingface_hub does."""
    api = HfApi()
    patterns = wanted(uri.path_in_repo, only)
    try:
        sizes = listed(api, uri, limits.answer)
    except UNREACHABLE as error:
        try:
            return regular(Path(snapshot(api, uri, patterns, local_files_only=True)), uri, patterns)
        except LocalEntryNotFoundError:
            raise error from None
    meter.expect(sum(size for file, size in sizes.items() if matches(file, patterns)))
    if not any(matches(file, patterns) for file in sizes):
        raise nothing(meter.name, only, list(sizes))
    found = snapshot(api, uri, patterns, etag_timeout=limits.answer, tqdm_class=bars(meter))
    return regular(Path(found), uri, patterns)


def snapshot(api: HfApi, uri: HfUri, patterns: Sequence[str], **options: Any) -> str:
    """The folder in the Hub's cache that holds what was asked for."""
    where: dict[str, Any] = {"repo_type": uri.type, "revision": uri.revision, "allow_patterns": list(patterns)}
    return str(api.snapshot_download(uri.id, **where, **options))


def listed(api: HfApi, uri: HfUri, seconds: float) -> dict[str, int]:
    """File -> bytes of a repository."""
    info = api.repo_info(uri.id, repo_type=uri.type, revision=uri.revision, timeout=seconds, files_metadata=True)
    return {file.rfilename: file.size or 0 for file in getattr(info, "siblings", None) or ()}


def wanted(path: str, only: Sequence[str]) -> list[str]:
    """Patterns of whole names: the path itself where it is a file, and what `only` says below it."""
    return [escape(path), *(f"{escape(path)}/{pattern}" for pattern in only)] if path else list(only)


def matches(file: str, patterns: Sequence[str]) -> bool:
    """Whether a file's name fits any of the patterns, * standing for folders, too, as huggingface_hub has it."""
    return any(fnmatchcase(file, pattern) for pattern in patterns)


def nothing(name: str, only: Sequence[str], found: Sequence[str]) -> NothingWanted:
    """The error for an address without what is wanted."""
    what = f"none of {', '.join(only)}" if only and tuple(only) != ("*",) else "no file"
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    shown = f"{', '.join(found[:SHOWN]) or 'nothing'}{more}"
    return NothingWanted(f"{name} has {what} (found in the repository: {shown}).", shown)


def regular(snapshot: Path, uri: HfUri, patterns: Sequence[str]) -> Path:
    """Hard links to the files of a snapshot in the Hub's cache, in a folder that is called as the repository is."""
    owner = f"{uri.type}s--{uri.id.replace('/', '--')}"
    root = cached_assets_path(OURS, owner, snapshot.name, assets_dir=constants.HF_ASSETS_CACHE)
    folder = root / uri.id.partition("/")[2]
    files = {path.relative_to(snapshot).as_posix(): path for path in snapshot.rglob("*") if path.is_file()}
    for file in sorted(files, key=lambda file: (file.endswith("config.json"), file)):  # which seals a checkpoint
        if matches(file, patterns) and not (folder / file).exists():
            link_or_copy(files[file].resolve(), folder / file)
    return folder / uri.path_in_repo


class Meter:
    """Counts what comes, and ends a download that is too large, or that nobody waits for any more.

    Attributes:
        name: the address, for sentences.
        stop: set once nobody waits.
    """

    def __init__(self, name: str, maximum: int, tell: "Tell | None"):
        self.name, self.maximum, self.tell = name, maximum, tell
        self.came = self.total = 0
        self.stop = threading.Event()
        self.lock = threading.Lock()

    def expect(self, total: int) -> None:
        """Note how many bytes there are. Raises UserError if these are too many."""
        self.total = total
        if total > self.maximum:
            raise self.too_large(total)

    def add(self, count: int) -> None:
        """Note bytes that have come. Raises UserError once there are too many, TimeoutError if nobody waits."""
        with self.lock:
            self.came += count
        if self.stop.is_set():
            raise TimeoutError
        if self.came > self.maximum:
            raise self.too_large(self.came)
        if self.tell:
            self.tell(self.came, self.total)

    def too_large(self, size: int) -> TooLarge:
        """The error for more bytes than are allowed."""
        return TooLarge(
            f"{self.name} has {size / 1e6:,.0f} MB, more than the limit of {self.maximum / 1e6:,.0f} MB for this use."
        )


def bars(meter: Meter) -> type:
    """The class of progress bars to give huggingface_hub: they tell the meter what comes over the network."""

    class Bar(tqdm):
        def __init__(self, *args: Any, **kwargs: Any):
            self.counts = str(kwargs.get("name")).endswith(".transfer")
            super().__init__(*args, **kwargs | {"disable": True if meter.tell else None})  # None: unless on a terminal

        def update(self, n: float | None = 1) -> None:
            if self.counts:
                meter.add(int(n or 0))
            super().update(n)

    return Bar


def in_time(work: Callable[[], T], seconds: float) -> T:
    """What `work` returns or raises. Raises TimeoutError after some seconds; a thread may then still be at work."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # whatever it is, it is raised where somebody waits
            future.set_exception(error)

    threading.Thread(target=run, name="hub", daemon=True).start()
    return future.result(seconds)
