"""Tars of images, as WebDataset packs them: listed and read where they lie, nothing is ever unpacked.

Files of one key, what precedes the first dot of the name, belong together: KEY.jpg is labelled by KEY.cls, a number or
a name, and by the values in KEY.json.
"""

import math
import tarfile
from collections import Counter
from pathlib import Path
from typing import BinaryIO

from trainer.data.columns import Table
from trainer.data.listing import Entry, Listing, Piece, TooMany, is_hidden, named, parts_within, safe
from trainer.data.reading import Files
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, parse_json, reason

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")  # gzip, bzip2, xz, zstd
MAX_HEADERS = 2**20  # bytes of all headers of one member
HIDDEN, OUTSIDE = "hidden", "outside"  # of the counts, those that are told apart
MAX_CLS, MAX_JSON = 2**10, 2**20
BROKEN = (tarfile.TarError, Unfit, RecursionError, ValueError, OverflowError, OSError)  # what a hostile tar may raise


def is_tar(path: Path) -> bool:
    """Whether a file is a tar, or claims to be one by its name."""
    if not path.is_file():
        return False
    if path.name.lower().endswith(SUFFIXES):
        return True
    try:
        with path.open("rb") as file:
            tarfile.TarInfo.frombuf(file.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
    except BROKEN:
        return False
    return True


class Bounded:
    """A file of which a reader of headers may read so much at a time."""

    def __init__(self, file: BinaryIO):
        self.file, self.left = file, MAX_HEADERS
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        """Raises Unfit for more than the headers of a member may take."""
        self.left -= size
        if size < 0 or self.left < 0:
            raise Unfit("a header is too large")
        return self.file.read(size)


def list_tars(path: Path, shards: list[str], maximum: float = math.inf) -> Listing:
    """What tars hold: `path` itself where `shards` is [""], else files in it. Links, devices are only counted.

    Raises: UserError for a file that is no tar, or a compressed one; TooMany.
    """
    entries: list[Entry] = []
    folders: set[str] = set()
    notes: list[str] = []
    ignored: Counter[str] = Counter()
    for shard in shards:
        place, inner = (path / shard, f"{safe(shard)}/") if shard else (path, "")
        members, broken = _members(place, shard, inner, maximum - len(entries), ignored)
        if broken:
            said = f"after {len(members)} files ({broken})"
            notes.append(f"{safe(place.name)} is truncated or damaged {said}: what precedes is read")
        entries += members.values()
        folders |= {name.rpartition("/")[0] for name in members if "/" in name}
    hidden, climbing = ignored.pop(HIDDEN, 0), ignored.pop(OUTSIDE, 0)
    if climbing:
        notes.append(f"names that lead out of the tar, taken as names in it: {climbing}")
    if told := [f"{count} {kind}" for kind, count in ignored.items()]:
        notes.append(f"left out of the tar: {', '.join(told)}")
    return Listing(sorted(entries), folders, hidden, tuple(notes))


def _members(path: Path, shard: str, inner: str, maximum: float, ignored: Counter[str]) -> tuple[dict[str, Entry], str]:
    """(files by name, why there are no more of them or ""). Raises UserError, TooMany."""
    found: dict[str, Entry] = {}
    try:
        with path.open("rb") as file:
            if file.read(8).startswith(PACKED):
                raise UserError(
                    f"{safe(str(path))} is compressed, so nothing in it can be found without unpacking all before it. "
                    "Uncompress it once, for example by gunzip, and give the .tar."
                )
            file.seek(0)
            bounded, stamp = Bounded(file), path.stat().st_mtime_ns
            with tarfile.open(fileobj=bounded, mode="r:") as archive:  # type: ignore[call-overload]
                while (info := archive.next()) is not None:
                    archive.members.clear()  # or all of them are kept
                    bounded.left = MAX_HEADERS
                    if len(found) >= maximum:
                        raise TooMany
                    if info.size < 0:
                        raise Unfit("a size is negative")
                    if name := _name(info, inner, found, ignored):
                        found[name] = Entry(name, info.size, stamp, Piece(shard, info.offset_data, info.size))
    except BROKEN as error:
        if not found:
            raise UserError(
                f"{safe(str(path))} is no tar that can be read ({reason(error)}): truncated, renamed or of another "
                "kind. Pack it again, or give a folder."
            ) from error
        return found, reason(error)
    return found, ""


def _name(info: tarfile.TarInfo, inner: str, found: dict[str, Entry], ignored: Counter[str]) -> str:
    """The name of a plain file, safe to show; "" for anything else, which is counted."""
    if info.isdir():
        return ""
    parts = parts_within(info.name)
    if info.issym() or info.islnk():
        ignored["links"] += 1
    elif info.isdev():
        ignored["devices and pipes"] += 1
    elif not info.isreg() or info.issparse() or not parts:
        ignored["of unknown kind"] += 1
    elif any(map(is_hidden, parts)):
        ignored[HIDDEN] += 1
    else:
        name = inner + "/".join(parts)
        if name in found:
            ignored["with a later one of the same name"] += 1
        if info.name.startswith(("/", "\\")) or ".." in info.name.replace("\\", "/").split("/"):
            ignored[OUTSIDE] += 1
        return name
    return ""


# ---- what lies beside an image


def table_of(path: Path, images: list[Entry], others: list[Entry]) -> tuple[Table | None, list[Entry], tuple[str, ...]]:
    """(what .cls and .json files say of the images, the files that say nothing, notes)."""
    sidecars = [entry for entry in others if entry.name.lower().endswith((".cls", ".json"))]
    index: dict[tuple[str, str], list[int]] = {}
    for i, image in enumerate(images):
        index.setdefault(key_of(image), []).append(i)
    used = [entry for entry in sidecars if key_of(entry) in index]
    files = Files(path, tuple(e.name for e in used), tuple(e.file for e in used))
    table, broken = Table(len(images)), []
    for i, entry in enumerate(used):
        try:
            said = _said(files.read(i) if entry.size <= MAX_JSON else b"", entry)
        except (Unfit, ValueError, OSError) as error:
            broken.append(f"{entry.name} ({reason(error)})")
            continue
        for row in index[key_of(entry)]:
            for column, value in said.items():
                table.put(row, column, value)
    notes = []
    if broken:
        notes.append(f"files with labels that could not be read: {len(broken)} ({named(broken)})")
    many = sum(len(rows) > 1 for rows in index.values())
    if used and many:
        notes.append(f"keys with several images, each of which is read: {many}")
    told = set(used)
    return (table if table.columns else None), [entry for entry in others if entry not in told], tuple(notes)


def key_of(entry: Entry) -> tuple[str, str]:
    """(folder, name up to its first dot)."""
    folder, _, name = entry.name.rpartition("/")
    return folder, name.partition(".")[0]


def _said(data: bytes, entry: Entry) -> dict[str, object]:
    """Column -> value. Raises Unfit."""
    if entry.name.lower().endswith(".cls"):
        if len(data) > MAX_CLS or not data.strip():
            raise Unfit("not a class")
        return {"class": data.decode("utf-8", "replace").strip()}
    said = parse_json(data)
    if isinstance(said, int):
        return {"class": said}
    if not isinstance(said, dict):
        raise Unfit("it holds no names and values")
    return said
