"""Which files a folder or zip holds, under names that are safe to show; hidden ones are only counted."""

import math
import os
import re
import stat
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from trainer.data.decoding import is_image, unread_kind
from trainer.util.errors import UserError

EXTENSIONS = {
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff", ".tga", ".jp2", ".ppm",
    ".pgm",
}  # fmt: skip
HEAD = 256  # bytes that tell what a file of any other name is
NAMED = 5  # folders or kinds named in a note before they are only counted
LONGEST = 100  # characters of a name that is shown
ZIP_BYTES, ZIP_RATIO = 4e9, 100  # a zip may unpack to so many bytes, and to so many times its own size besides
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")  # would break a line, or turn it
SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
DRIVE = re.compile(r"^[A-Za-z]:(?=[\\/])")


class Piece(NamedTuple):
    """Where an image lies in a file of many: a tar, or a table with images in it."""

    shard: str  # that file in the folder; "" where it is what was named
    start: int  # byte of a tar, row of a table's group
    size: int  # bytes in a tar
    group: int = -1  # of rows; -1 in a tar


class Entry(NamedTuple):
    """One file of a folder, zip or tar."""

    name: str  # relative to the folder or zip, parts joined by "/", safe to show
    size: int  # bytes, unpacked
    stamp: int  # changes with the contents: modification time in ns, or the zip's checksum
    file: str | Piece  # what opens it: its path in the folder, its name in the zip, as it really is, or where it lies


@dataclass(frozen=True)
class Listing:
    """The files of a folder or zip, sorted by name.

    Attributes:
        entries: all files but hidden ones.
        folders: all folders' names, whether there is anything in them or not.
        hidden: how many files and folders were left out as hidden.
        notes: sentences worth showing.
    """

    entries: list[Entry]
    folders: set[str]
    hidden: int
    notes: tuple[str, ...] = ()


class TooMany(Exception):
    """There are more files than whoever asked wants to wait for."""


def safe(name: str) -> str:
    """A name that can be shown, saved and sent: bytes that are no UTF-8, and control characters, as \\xe9."""
    if name.isascii() and name.isprintable():
        return name
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def shortened(names: Iterable[str]) -> dict[str, str]:
    """Name -> the same in at most LONGEST characters; different names stay different."""
    short: dict[str, str] = {}
    for name in sorted(set(names), key=lambda name: (len(name), name)):
        wanted, number = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…", 1
        while wanted in short.values() and len(name) > LONGEST:
            number += 1
            wanted = f"{name[: LONGEST - 8]}… ({number})"
        short[name] = wanted
    return short


def named(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(shortened(listed[:NAMED])[name] for name in listed[:NAMED]) + more


def list_files(path: Path, maximum: float = math.inf) -> Listing:
    """What a folder or zip holds. Raises UserError for anything else, TooMany for more than `maximum` files."""
    if path.is_dir():
        return list_folder(path, maximum)
    if not path.is_file():
        raise UserError(f"{safe(str(path))} is neither a folder nor a file. Give a folder of images, or a zip.")
    return list_zip(path, maximum)


def list_folder(path: Path, maximum: float = math.inf) -> Listing:
    """Every file below `path`. Follows links; a folder that two names lead to is read once, by its own name if it can.

    Raises: UserError if the folder itself cannot be opened; TooMany.
    """
    entries: list[Entry] = []
    folders: set[str] = set()
    seen: set[str] = set()
    hidden, twice = 0, []
    closed: list[OSError] = []
    roots = deque([path])
    while roots:
        root = roots.popleft()
        for place, inside, files in os.walk(root, onerror=closed.append):
            here, real = Path(place), os.path.realpath(place)
            if real in seen:
                twice.append(_shown(here, path))
                inside.clear()
                continue
            seen.add(real)
            folders.add(_shown(here, path))
            if len(entries) + len(folders) + len(files) > maximum:
                raise TooMany
            hidden += sum(map(is_hidden, [*inside, *files]))
            inside[:] = sorted(f for f in inside if not is_hidden(f))
            roots.extend(here / f for f in inside if (here / f).is_symlink())
            inner = "" if here == path else here.relative_to(path).as_posix() + "/"
            entries += [e for f in files if not is_hidden(f) for e in _entries(os.path.join(place, f), inner + f)]  # noqa: PTH118 (a path a file takes seconds)
    if closed and not entries:
        raise UserError(f"The folder {safe(str(path))} cannot be opened ({closed[0].strerror}).")
    notes = []
    if twice:
        notes.append(f"left out, as they link to folders that are already read: {named(twice)}")
    if closed:
        where = named(_shown(Path(error.filename), path) for error in closed)
        notes.append(f"folders that could not be opened: {where}")
    return Listing(sorted(entries), folders - {"."}, hidden, tuple(notes))


def _shown(place: Path, path: Path) -> str:
    return safe(place.relative_to(path).as_posix())


def _entries(place: str, file: str) -> list[Entry]:
    """The file as an entry; none for a dangling link, a pipe or a device."""
    try:
        status = os.stat(place)  # noqa: PTH116
    except OSError:
        return []
    if not stat.S_ISREG(status.st_mode):
        return []
    return [Entry(safe(file), status.st_size, status.st_mtime_ns, file)]


def list_zip(path: Path, maximum: float = math.inf, unpacked_bytes: float = ZIP_BYTES) -> Listing:
    """Every file in the zip at `path`; of files of the same name the last, as unzip would leave it.

    Raises: UserError if it is no zip, broken, a bomb, or protected by a password; TooMany.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UserError(
            f"{safe(str(path))} is neither a folder nor a readable zip ({error}). Pack it again as .zip."
        ) from error
    if len(infos) > maximum:
        raise TooMany
    whole = {i.filename: i for i in infos if not i.filename.endswith("/")}
    if any(i.flag_bits & 1 for i in whole.values()):
        raise UserError(
            f"{safe(str(path))} is password-protected. Unpack it and give the folder, or pack it without a password."
        )
    if bomb := bomb_size(path, whole.values(), unpacked_bytes):
        raise UserError(
            f"{safe(str(path))} would unpack to {bomb / 1e9:.1f} GB, implausible for images. "
            "If that is right, give the unpacked folder."
        )
    parts = {name: parts_within(name) for name in whole}
    open_ones = [name for name, of in parts.items() if of and not any(map(is_hidden, of))]
    entries = [Entry("/".join(parts[n]), whole[n].file_size, whole[n].CRC, n) for n in open_ones]
    folders = {"/".join(parts_within(i.filename)[: None if i.filename.endswith("/") else -1]) for i in infos}
    twice = sum(not i.filename.endswith("/") for i in infos) - len(whole)
    notes = (f"{twice} files of the zip were left out, as a later one has the same name",) if twice else ()
    shown = {f for f in folders if f and not any(map(is_hidden, f.split("/")))}
    return Listing(sorted(entries), shown, len(whole) - len(open_ones), notes)


def bomb_size(path: Path, infos: Iterable[zipfile.ZipInfo], unpacked_bytes: float) -> int:
    """Bytes that files of a zip would unpack to, where these are implausibly many for its size; else 0."""
    unpacked = sum(info.file_size for info in infos)
    return unpacked if unpacked > unpacked_bytes + ZIP_RATIO * path.stat().st_size else 0


def parts_within(name: str) -> list[str]:
    """A name in a zip or tar, of whatever system packed it, as folders and file: no drive, no root, no way up."""
    parts: list[str] = []
    for part in re.split(r"[\\/]", DRIVE.sub("", name, count=1)):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(safe(part))
    return parts


def is_hidden(part: str) -> bool:
    """Whether a file or folder of that name is the system's own business."""
    return part.startswith(".") or part == "__MACOSX"


class Sorted(NamedTuple):
    """The files of a listing by what they are."""

    images: list[Entry]  # those of kinds that nothing here decodes among them: they will be told
    others: list[Entry]
    unread: Counter[str]  # those kinds, as far as a suffix did not hide them


def sort_out(listing: Listing, head: Callable[[Entry], bytes]) -> Sorted:
    """Find the images. An image's suffix is believed; of any other file, its first bytes decide."""
    found = Sorted([], [], Counter())
    for entry in listing.entries:
        if f".{entry.name.rpartition('.')[2].lower()}" in EXTENSIONS:
            found.images.append(entry)
            continue
        first = head(entry)
        (found.images if is_image(first) else found.others).append(entry)
        if unread := unread_kind(first):
            found.unread[unread] += 1
    return found


def kinds(others: list[Entry], hidden: int) -> str:
    """Files that are no images, counted by kind: `3 .txt, 1 .json, 2 hidden`; "" for none."""
    counted = Counter(_kind(entry) for entry in others)
    if hidden:
        counted["hidden"] = hidden
    commonest = counted.most_common(NAMED)
    rest = sum(counted.values()) - sum(n for _, n in commonest)
    return ", ".join([*(f"{n} {kind}" for kind, n in commonest), *([f"{rest} of other kinds"] if rest else [])])


def _kind(entry: Entry) -> str:
    suffix = PurePosixPath(entry.name).suffix.lower()
    if not suffix:
        return "without a suffix"
    return suffix if SUFFIX.fullmatch(suffix) else "of unknown kind"
