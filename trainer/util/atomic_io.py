"""Writing files so that a reader, or a crash, never meets half of one."""

import errno
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from trainer.util.errors import UserError

Write = Callable[[Path], object]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices of Windows, with any extension


def check_name(name: str, what: str) -> None:
    """Raise UserError unless every file system takes `name` as the name of a folder."""
    if not NAME.fullmatch(name) or name.endswith(".") or RESERVED.fullmatch(name):
        raise UserError(
            f"{name!r} cannot name a {what}: use up to 64 letters, digits, dots, dashes and underscores, with a letter "
            "or digit first and no dot last, and none of Windows' reserved names (con, nul, com1, ...)."
        )


def write_atomically(path: Path, write: Write) -> None:
    """Let `write` fill a temporary file beside `path`, flush it to the disk and rename it into place.

    Raises UserError when the disk is full or the folder cannot be written; what stood at `path` stays as it was.
    """
    write_together(path.parent, {path.name: write})


def write_together(folder: Path, files: Mapping[str, Write], seal: str | None = None) -> None:
    """Write several files: all temporary ones first, then rename them in order.

    `seal` names the file whose presence says that the others belong together: it is taken away before the first rename
    and is best the last of `files`. Raises UserError as `write_atomically`; then nothing has changed.
    """
    staged = {name: folder / f".{name}.{os.getpid()}.tmp" for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, write in files.items():
            write(staged[name])
            with staged[name].open("r+b") as file:
                os.fsync(file.fileno())
        if seal:
            (folder / seal).unlink(missing_ok=True)
        for name, temporary in staged.items():
            temporary.replace(folder / name)
    except OSError as error:
        raise cannot_write(folder / next(iter(files)), error) from error
    finally:
        for temporary in staged.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically; errors as `write_atomically`."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def copy_atomically(source: Path, path: Path) -> None:
    """Put a copy of a file at `path`; errors as `write_atomically`."""
    write_atomically(path, lambda temporary: shutil.copyfile(source, temporary))


def link_or_copy(source: Path, path: Path) -> None:
    """Put the file at `path` too; where the file system can, without taking the space twice.

    For files that are only ever replaced, never written into. Errors as `write_atomically`.
    """

    def write(temporary: Path) -> None:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)

    write_atomically(path, write)


def sweep(folder: Path) -> None:
    """Remove the temporary files of writers that were killed. Only for who is sure to be the one writer."""
    for leftover in folder.rglob(".*tmp*"):
        with suppress(OSError):
            leftover.unlink()


def cannot_write(path: Path, error: OSError) -> UserError:
    """An OSError of writing, as a sentence."""
    if error.errno == errno.ENOSPC:
        return UserError(f"The disk that holds {path} is full. Free some space; earlier saves are intact.")
    return UserError(f"Cannot write {path}: {error.strerror or error}. Choose a writable folder.")
