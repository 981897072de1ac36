"""Writing files so that a reader, or a crash, never meets half of one."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from trainer.errors import UserError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, flush it to the disk and rename it into place.

    Raises UserError when the disk is full or the folder cannot be written; what stood at `path` stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically; errors as `write_atomically`."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def cannot_write(path: Path, error: OSError) -> UserError:
    """An OSError of writing, as a sentence."""
    if error.errno == errno.ENOSPC:
        return UserError(f"The disk that holds {path} is full. Free some space; what was saved before is intact.")
    return UserError(f"Cannot write {path}: {error.strerror or error}. Choose a folder that you may write to.")
