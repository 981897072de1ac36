"""Which moments of a run are kept: evenly spread over its time, within a bounded space, and any that was asked for."""

import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from trainer.runs.run import Run
from trainer.runs.store import Store
from trainer.util.atomic_io import link_or_copy
from trainer.util.reading import is_own_file

SEAL = "config.json"  # written last: without it the folder is no checkpoint
STATE = "state.safetensors"


def keep(run: Run, images_seen: int, megabytes: float) -> None:
    """Keep the latest snapshot and its state under the number of images seen; older ones make room for it.

    Raises UserError where it cannot be written.
    """
    folder = run.folder / "snapshots" / f"{images_seen:08d}"
    if not (folder / SEAL).is_file():
        copy_checkpoint(run.latest, folder, {STATE: run.state_file})
    thin(run, megabytes * 1e6, asked_for(run.store()))


def copy_checkpoint(source: Path, folder: Path, more: dict[str, Path] | None = None) -> None:
    """Put a checkpoint's files at another place too, its config.json last, with other files beside them."""
    found = (path for path in source.iterdir() if is_own_file(path) and not path.is_symlink())
    files = {path.name: path for path in found if not path.name.startswith(".")}
    files = {name: path for name, path in files.items() if name != STATE} | (more or {})
    with suppress(OSError):
        (folder / SEAL).unlink()
    for name in sorted(files, key=lambda name: name == SEAL):
        link_or_copy(files[name], folder / name)


def asked_for(store: Store) -> set[int]:
    """The moments that somebody wanted to be kept."""
    return {event.images_seen for event in store.events() if event.kind == "snapshot"}


def thin(run: Run, maximum: float, wanted: Collection[int] = ()) -> None:
    """Drop moments until those that nobody asked for take `maximum` bytes; the first and the newest go last."""
    sizes = {images_seen: size_of(folder) for images_seen, folder in run.moments().items() if images_seen not in wanted}
    while len(sizes) > 1 and sum(sizes.values()) > maximum:
        dropped = min_missed(sorted(sizes))
        shutil.rmtree(run.folder / "snapshots" / f"{dropped:08d}", ignore_errors=True)
        del sizes[dropped]


def min_missed(moments: list[int]) -> int:
    """The one whose neighbours are the closest together; of two moments, the first."""
    if len(moments) < 3:
        return moments[0]
    gaps = zip(moments, moments[1:], moments[2:], strict=False)
    return min(gaps, key=lambda gap: gap[2] - gap[0])[1]


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
