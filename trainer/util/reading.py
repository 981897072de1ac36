"""Reading what somebody else may have written: regular files, inside of their folder, of a bounded size and depth.

The folders that a person names (of the checkpoints, of the runs, of one checkpoint) may be links; a file in one that
leads out of it is not read. Nothing is mapped into memory: a mapped file that is cut short ends the process (SIGBUS).
"""

import json
import math
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

MAX_JSON = 2**20  # bytes of a JSON file
MAX_DEPTH = 32  # brackets within brackets
MAX_WHOLE = 2**63  # what a database, a tensor and the page's JSON can hold
TAIL = 2**16  # bytes at the end of a log
MAX_PREVIEW = 8 * 2**20  # bytes of a preview
MAX_SHEET = 64 * 2**20  # bytes of a sheet of samples
MAX_PIXELS = 8192**2  # of a sheet: 8 x 8 images of 1024 pixels a side
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Unfit(ValueError):
    """A file that is not read, and why, in words that name no path."""


def is_inside(path: Path, folder: Path) -> bool:
    """Whether `path`, its links followed, lies in `folder`, which may itself be a link."""
    try:
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
    except (OSError, ValueError):  # a name with a null byte
        return False


def is_own_file(path: Path, folder: Path | None = None) -> bool:
    """Whether there is a regular file that lies inside of `folder`, by default the one that it is named in."""
    try:
        return stat.S_ISREG(path.stat().st_mode) and is_inside(path, folder or path.parent)
    except (OSError, ValueError):
        return False


def is_own_folder(path: Path, folder: Path) -> bool:
    """Whether there is a folder that lies inside of another."""
    return path.is_dir() and is_inside(path, folder)


def opened(path: Path, maximum: int, folder: Path | None = None) -> BinaryIO:
    """Open a regular file of at most so many bytes. Raises Unfit for anything else, OSError where there is none.

    Args: folder: what the file must lie in, its links followed; by default the folder that it is named in.
    """
    if not is_inside(path, folder or path.parent):
        raise Unfit("it is a link that leads out of its folder")
    if not stat.S_ISREG(path.stat().st_mode):
        raise Unfit("it is not a regular file")
    file = os.fdopen(os.open(path, FLAGS), "rb")  # not blocking: it may have become a pipe since
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode) or found.st_size > maximum:
        file.close()
        raise Unfit(f"it has {found.st_size / 1e6:,.0f} MB, more than the limit of {maximum / 1e6:,.0f} MB")
    return file


def read_bytes(path: Path, maximum: int, folder: Path | None = None) -> bytes:
    """A whole file. Errors as `opened`."""
    with opened(path, maximum, folder) as file:
        data = file.read(maximum + 1)
    if len(data) > maximum:
        raise Unfit("it grew while it was read")
    return data


def read_json(path: Path, folder: Path | None = None, maximum: int = MAX_JSON) -> Any:
    """What a JSON file holds, as `parse_json`. Raises Unfit and OSError as `opened`."""
    return parse_json(read_bytes(path, maximum, folder))


def parse_json(text: str | bytes) -> Any:
    """Plain values of JSON, bounded in depth and with text that can be sent. Raises Unfit for anything else."""
    try:
        return plain(json.loads(text), 0)
    except RecursionError as error:
        raise Unfit(f"it is nested deeper than {MAX_DEPTH}") from error
    except (ValueError, TypeError, MemoryError) as error:
        if isinstance(error, Unfit):
            raise
        why = f"it is not valid JSON: {error}" if isinstance(error, json.JSONDecodeError) else "it has invalid content"
        raise Unfit(why) from error


def plain(value: Any, depth: int) -> Any:
    """A value of JSON with its text made printable and whole numbers of over 64 bits made fractional, as most readers
    of JSON do. Raises Unfit for one that is too deep."""
    if depth > MAX_DEPTH:
        raise Unfit(f"it is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        return {printable(key): plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner, depth + 1) for inner in value]
    if isinstance(value, int) and not -MAX_WHOLE <= value < MAX_WHOLE:
        return float(value) if abs(value) < 10**300 else math.inf
    return printable(value) if isinstance(value, str) else value


def printable(text: str) -> str:
    """Text that can be sent: bytes of a file name that are no UTF-8 are written out, as in caf\\xe9."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half of a pair, which stands for no byte
        return text.encode("utf-8", "backslashreplace").decode()


def last_line(path: Path, folder: Path | None = None) -> str:
    """The last line of a log with anything in it, "" if there is none; progress bars end theirs with a return."""
    try:
        with opened(path, MAX_WHOLE, folder) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
            text = file.read(TAIL).decode(errors="replace")
    except (OSError, Unfit):
        return ""
    return next((line.strip() for line in reversed(text.replace("\r", "\n").split("\n")) if line.strip()), "")


def read_webp(path: Path, folder: Path | None = None, maximum: int = MAX_SHEET) -> bytes:
    """The bytes of a WebP image of a size that can be shown; its pixels are not decoded. Errors as `opened`."""
    data = read_bytes(path, maximum, folder)
    checked_webp(data)
    return data


def checked_webp(data: bytes) -> tuple[int, int]:
    """Width and height of a WebP image, from its header. Raises Unfit if it is none, or has too many pixels."""
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            width, height = image.size
    except Exception as error:  # Pillow raises whatever its decoders do
        raise Unfit("it is not a WebP image") from error
    if width * height > MAX_PIXELS:
        raise Unfit(f"it has {width} x {height} pixels")
    return width, height


def place(path: Path) -> str:
    """Where a file lies, without the machine's folders: mnist-dcgan/config.json, RUN/snapshots/latest/config.json."""
    parts = path.parts
    start = -4 if parts[-3:-2] == ("snapshots",) else -3 if parts[-2:-1] in (("state",), ("samples",)) else -2
    return printable("/".join(parts[start:]))


def reason(error: BaseException) -> str:
    """An exception's text on one line; of the system's own errors without the path."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:200]
