"""Opens the files of a folder or zip, in whatever process."""

import io
import os
import stat
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from trainer.data.base import Refused

MAX_FILE_BYTES = 256 * 2**20  # a larger file is no image for a GAN, and may be a zip bomb


@dataclass(frozen=True)
class Files:
    """Files of a folder or zip; plain values, so that it travels to another process.

    Attributes:
        path: of the folder or zip.
        names: of the files, as they are shown.
        files: what opens each of them.
    """

    path: Path
    names: tuple[str, ...]
    files: tuple[str, ...]

    def open(self, index: int) -> tuple[BinaryIO, int]:
        """(file number `index`, its size in bytes). Raises Refused if it is too large, or no regular file."""
        if self.path.is_dir():
            file = self.path / self.files[index]
            status = file.stat()
            if not stat.S_ISREG(status.st_mode):
                raise Refused("no longer a regular file")
            _check(status.st_size)
            return file.open("rb"), status.st_size
        archive = _archive(self.path, self.path.stat().st_mtime_ns, os.getpid())
        info = archive.getinfo(self.files[index])
        _check(info.file_size)
        return io.BytesIO(archive.read(info)), info.file_size

    def read(self, index: int) -> bytes:
        """All bytes of file number `index`; errors as `open`."""
        file, _ = self.open(index)
        with file:
            return file.read(MAX_FILE_BYTES)


def first_bytes(path: Path, file: str, count: int) -> bytes:
    """The first bytes of a file of a folder or zip; b"" if it cannot be read."""
    try:
        if path.is_dir():
            with (path / file).open("rb") as opened:
                return opened.read(count)
        with _archive(path, path.stat().st_mtime_ns, os.getpid()).open(file) as member:
            return member.read(count)
    except Exception:  # a broken member of a zip may raise anything; whoever reads all of it will say so
        return b""


def _check(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise Refused(f"{size / 1e6:.0f} MB is too large")


@lru_cache(maxsize=1)
def _archive(path: Path, modified: int, process: int) -> zipfile.ZipFile:
    """The zip, opened anew when it has changed, and in each process: forked ones share the position in the file."""
    return zipfile.ZipFile(path)
