"""Opens the files of a folder, zip or tar, and the images in a table, in whatever process."""

import io
import os
import stat
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from trainer.data.base import Refused
from trainer.data.listing import Piece

MAX_FILE_BYTES = 256 * 2**20  # a larger file is no image for a GAN, and may be a zip bomb


@dataclass(frozen=True)
class Files:
    """Files of a folder, zip or tar; plain values, so that it travels to another process.

    Attributes:
        path: of the folder, zip, tar or table.
        names: of the files, as they are shown.
        files: what opens each of them.
    """

    path: Path
    names: tuple[str, ...]
    files: tuple[str | Piece, ...]

    def open(self, index: int) -> tuple[BinaryIO, int]:
        """(file number `index`, its size in bytes). Raises Refused if it is too large, or no regular file."""
        file = self.files[index]
        if isinstance(file, Piece):
            data = read_piece(self.path, file)
            return io.BytesIO(data), len(data)
        if self.path.is_dir():
            place = self.path / file
            status = place.stat()
            if not stat.S_ISREG(status.st_mode):
                raise Refused("no longer a regular file")
            _check(status.st_size)
            return place.open("rb"), status.st_size
        archive = _archive(self.path, self.path.stat().st_mtime_ns, os.getpid())
        info = archive.getinfo(file)
        _check(info.file_size)
        return io.BytesIO(archive.read(info)), info.file_size

    def read(self, index: int) -> bytes:
        """All bytes of file number `index`; errors as `open`."""
        file, _ = self.open(index)
        with file:
            return file.read(MAX_FILE_BYTES)

    def some(self, indices: list[int]) -> "Files":
        """Those of these numbers."""
        return Files(self.path, tuple(self.names[i] for i in indices), tuple(self.files[i] for i in indices))


def read_piece(path: Path, piece: Piece) -> bytes:
    """The bytes of an image in a tar or a table. Raises Refused where there are none, or too many."""
    place = path / piece.shard if piece.shard else path
    if piece.group >= 0:
        from trainer.data.parquet import read_cell  # needs a package that is not always there

        data = read_cell(place, piece.group, piece.start)
        _check(len(data))
        return data
    _check(piece.size)
    with place.open("rb") as file:
        file.seek(piece.start)
        data = file.read(piece.size)
    if len(data) < piece.size:
        raise Refused("truncated in the tar")
    return data


def first_bytes(path: Path, file: str | Piece, count: int) -> bytes:
    """The first bytes of a file of a folder, zip or tar; b"" if it cannot be read."""
    try:
        if isinstance(file, Piece):
            return read_piece(path, file._replace(size=min(file.size, count)))
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
