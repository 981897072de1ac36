"""Draws a source's images once, keeps them on disk, and opens them as a `Dataset` ever after."""

import hashlib
import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import numpy as np

from trainer.data.appending import Appended
from trainer.data.base import DATASETS, Attribute, Dataset, LabelledImage, Request, Source, Unreadable
from trainer.data.drawing import drawn_images
from trainer.data.listing import named as listed
from trainer.data.listing import safe, shortened
from trainer.data.opening import GIVEN, IMAGES, open_packed
from trainer.data.showing import shown, silent
from trainer.data.ways import exists, path_and_way
from trainer.util.errors import UserError

FORMAT = 1  # of a packed folder; raising it makes every data set be packed anew
NAMED = 5  # unreadable files named in a note before they are only counted
SPARE_BYTES = 64 * 2**20  # disk space to leave free
RESIZED = {  # what was done to an image -> how it is told
    "enlarged": "are smaller than {} and were enlarged",
    "reduced": "are larger than {} and were reduced, antialiased",
    "cropped": "are not square and were cropped; PATH:pad or PATH:stretch keeps all of each image",
}
RESOLUTIONS = (4, 1024)  # smallest and largest, pixels a side


def load(
    name: str,
    *,
    resolution: int,
    data_dir: Path = Path("data"),
    limit: int | None = None,
    held_out: bool = False,
    progress: bool = True,
) -> Dataset:
    """Open a data set, packing it first if this was never done.

    Args:
        name: a registered name ("mnist"), perhaps with an argument ("avatars:pixel-art"), or the path of a folder or
            zip of images. A registered name wins over a folder of that name; write ./mnist for the folder.
        resolution: pixels a side; images are squares.
        data_dir: raw downloads lie in it, packed images go to its folder `packed`.
        limit: at most so many images (avatars: exactly so many).
        held_out: not the images to train on, but others of the same kind: MNIST's test split, faces not yet drawn.
        progress: show a bar while packing, or now and then a line where there is no terminal.

    Raises: UserError if there is no such data set, fewer than two images can be had, or the disk does not take them;
        NoHeldOut if all of its images are trained on.
    """
    _check_limit(limit)
    data_dir = Path(data_dir)
    source = _find(name, data_dir, limit, held_out)
    _check_resolution(source, resolution)
    if source.count < 2:
        raise UserError(_too_few(source, source.count))
    known = [(a.name, a.values) for a in source.attributes]
    paired = [asdict(source.given)] if source.given else []
    what = json.dumps([FORMAT, source.key, source.count, source.channels, resolution, known, *paired])
    fingerprint = hashlib.sha256(what.encode()).hexdigest()[:16]
    folder = data_dir / "packed" / f"{re.sub(r'[^A-Za-z0-9]+', '-', source.name)}-{resolution}-{fingerprint}"
    if not folder.exists():
        pack(source, resolution, folder, fingerprint, progress=progress)
    return open_packed(folder)


def pack(source: Source, resolution: int, folder: Path, fingerprint: str, *, progress: bool = True) -> None:
    """Draw every image of `source` into `folder`, which appears only once it is complete.

    Raises: UserError if the disk is full or not writable, or fewer than two images are readable.
    """
    show = shown if progress else silent
    source = source.prepare(source, show) if source.prepare else source
    with _disk_errors(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        channels = source.channels + (source.given.channels if source.given else 0)
        _check_space(folder.parent, source.count * resolution**2 * channels * _dtype(source).itemsize)
        _sweep(folder.parent)
        unfinished = folder.parent / f".packing-{uuid4().hex}"
        unfinished.mkdir()
        try:
            with closing(drawn_images(source, resolution)) as drawn:
                bar = show(drawn, f"packing {source.name}", source.count)
                _write(unfinished, source, resolution, fingerprint, bar)
            _move(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _check_limit(limit: int | None) -> None:
    if limit is not None and limit < 2:
        raise UserError(f"The limit is {limit} images; a GAN needs at least 2, and hundreds to learn anything.")


def _check_resolution(source: Source, resolution: int) -> None:
    low, high = RESOLUTIONS
    if source.points and resolution != 1:
        raise UserError(
            f"{source.name} has 2-D points, but the resolution is {resolution}. "
            "Choose --resolution 1 with --arch mlp, or --preset points."
        )
    if not source.points and not low <= resolution <= high:
        raise UserError(f"The resolution is {resolution}; it must be between {low} and {high} pixels.")


def _find(name: str, data_dir: Path, limit: int | None, held_out: bool) -> Source:
    if safe(name) != name:
        raise UserError(
            f"The path {safe(name)} has control characters or is not valid UTF-8, so a run cannot record "
            "it. Rename the folder, or use a link to it."
        )
    known, _, argument = name.partition(":")
    if known in DATASETS:
        return DATASETS[known](Request(argument, data_dir, limit, held_out))
    if name and exists(path_and_way(name)[0]):
        return DATASETS["folder"](Request(name, data_dir, limit, held_out))
    raise UserError(
        f"There is no data set {name!r}: it is none of {', '.join(sorted(DATASETS))}, "
        f"and no folder or zip was found at {path_and_way(name)[0].absolute()}."
    )


def _write(
    folder: Path, source: Source, resolution: int, fingerprint: str, drawn: Iterable[LabelledImage | Unreadable]
) -> None:
    """Write images.npy, labels.npy and meta.json, of pairs given.npy, too."""
    labels, unreadable, resized = [], [], Counter[str]()
    files = [Appended(folder / IMAGES, (resolution, resolution, source.channels), _dtype(source))]
    if source.given:
        files.append(Appended(folder / GIVEN, (resolution, resolution, source.given.channels), np.dtype("|u1")))
    with ExitStack() as stack:
        for file in files:
            stack.enter_context(file)
        for image in drawn:
            if isinstance(image, Unreadable):
                unreadable.append(image)
                continue
            for file, pixels in zip(files, (image.pixels, image.given), strict=False):
                file.append(pixels, source.name)
            labels.append(image.labels)
            resized.update(how for how in RESIZED if getattr(image, how))
        if len(labels) < 2:
            raise UserError(_too_few(source, len(labels), unreadable))
    known = np.array(labels, dtype=np.int64).reshape(len(labels), len(source.attributes))
    attributes, known, without = _with_images(source, known)
    np.save(folder / "labels.npy", known)
    meta = {
        "name": source.name,
        "attributes": [{"name": a.name, "values": a.values} for a in attributes],
        "licence": source.licence,
        "credit": source.credit,
        "fingerprint": fingerprint,
        "notes": [*source.notes, *without, *_notes(len(labels), unreadable, resized, resolution)],
    } | ({"given": asdict(source.given)} if source.given else {})
    (folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")


def _with_images(source: Source, labels: np.ndarray) -> tuple[tuple[Attribute, ...], np.ndarray, list[str]]:
    """(attributes, labels (N, A), notes) without the values that were found and have no image that can be used.

    A single value that is left, of all images, tells nothing apart and is no attribute.
    """
    if not source.found or not source.attributes:
        return source.attributes, labels, []
    kept, columns, notes = [], [], []
    for attribute, column in zip(source.attributes, labels.T, strict=True):
        used = np.unique(column[column >= 0])
        without = [value for i, value in enumerate(attribute.values) if i not in used]
        if without:
            which = "classes" if attribute.name == "class" else f"values of {attribute.name}"
            notes.append(f"left out as {which}, as no image could be used: {listed(without)}")
        if without and len(np.unique(column)) == 1:
            continue
        position = np.full(len(attribute.values) + 1, -1, dtype=np.int64)  # the last is for -1, unknown
        position[used] = np.arange(len(used))
        kept.append(Attribute(attribute.name, tuple(attribute.values[i] for i in used)))
        columns.append(position[column])
    return tuple(kept), np.array(columns, np.int64).reshape(len(kept), len(labels)).T.copy(), notes


def _dtype(source: Source) -> np.dtype:
    return np.dtype("<f4" if source.points else "|u1")


def _notes(usable: int, unreadable: list[Unreadable], resized: Counter[str], resolution: int) -> list[str]:
    notes = []
    if unreadable:
        more = f", and {_by_reason(unreadable[NAMED:])}" if len(unreadable) > NAMED else ""
        short = shortened(u.name for u in unreadable[:NAMED])
        named = ", ".join(f"{short[u.name]} ({u.reason})" for u in unreadable[:NAMED])
        notes.append(f"{len(unreadable)} of {usable + len(unreadable)} files could not be read: {named}{more}")
    size = f"{resolution} x {resolution}"
    told = (f"{resized[how]} of {usable} images {words.format(size)}" for how, words in RESIZED.items() if resized[how])
    return [*notes, *told]


def _by_reason(more: list[Unreadable]) -> str:
    """`5 more (odd)`, or `7 more (5 truncated, 2 no image)`: every reason is told, be its files or not."""
    reasons = Counter(u.reason for u in more).most_common()
    counted = [reasons[0][0]] if len(reasons) == 1 else [f"{n} {reason}" for reason, n in reasons[:NAMED]]
    rest = ", ..." if len(reasons) > NAMED else ""
    return f"{len(more)} more ({', '.join(counted)}{rest})"


def _too_few(source: Source, usable: int, unreadable: list[Unreadable] | None = None) -> str:
    example = f" The first that failed: {unreadable[0].name} ({unreadable[0].reason})." if unreadable else ""
    failed = f", {len(unreadable)} more could not be read" if unreadable else ""
    found = "1 usable image" if usable == 1 else f"{usable} usable images"
    return (
        f"{source.name} has {found}{failed}; a GAN needs at least 2, and hundreds to learn anything.{example} "
        "Add images, or check that this is the right folder or zip."
    )


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + SPARE_BYTES > free:
        raise UserError(
            f"Packing needs {(needed + SPARE_BYTES) / 1e6:.0f} MB in {folder.absolute()}, where {free / 1e6:.0f} MB "
            "are free. Free some space, choose a smaller resolution or limit, or use another disk with --data-dir."
        )


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Tell a full or read-only disk as a UserError."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"Cannot write the packed data set to {folder.absolute()}: {error.strerror or error}. "
            "Free some space or choose another place with --data-dir."
        ) from error


def _move(unfinished: Path, folder: Path) -> None:
    """Put the finished folder in its place, unless another process was faster."""
    try:
        unfinished.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def _sweep(folder: Path, older_than: float = 24 * 3600) -> None:
    """Remove what a killed packing left behind; `older_than` (seconds) spares one that is still at work."""
    for leftover in folder.glob(".packing-*"):
        if time.time() - leftover.stat().st_mtime > older_than:
            shutil.rmtree(leftover, ignore_errors=True)
