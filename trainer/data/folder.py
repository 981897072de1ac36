"""A folder or zip of your own pictures; its subfolders, if any, are the classes."""

import hashlib
import io
import json
import os
import stat
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from trainer.data.base import DATASETS, Attribute, NoHeldOut, Picture, Request, Source, Unreadable
from trainer.errors import UserError
from trainer.registry import Registry

EXTENSIONS = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff", ".tga"}
SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # no class is called so
LANCZOS = Image.Resampling.LANCZOS
MAX_FILE_BYTES = 256 * 2**20  # a larger file is no picture for a GAN, and may be a zip bomb


Fit = Callable[[Image.Image, int], Image.Image]
FITS: Registry[Fit] = Registry("way to make pictures square")
FITS["crop"] = lambda picture, side: ImageOps.fit(picture, (side, side), LANCZOS)
FITS["pad"] = lambda picture, side: ImageOps.pad(picture, (side, side), LANCZOS, color="white")
FITS["stretch"] = lambda picture, side: picture.resize((side, side), LANCZOS)


class Entry(NamedTuple):
    """One file of a folder or zip."""

    name: str  # relative to the folder or zip, parts joined by "/"
    size: int  # bytes, unpacked
    stamp: int  # changes with the contents: modification time in ns, or the zip's checksum


@DATASETS.add("folder")
def folder(request: Request) -> Source:
    """Your own pictures: PATH of a folder or zip, or PATH:pad, PATH:stretch; its subfolders are the classes."""
    if request.held_out:
        raise NoHeldOut
    if not request.argument:
        raise UserError("Which folder or zip? Give its path, such as ./pictures or folder:pictures.zip.")
    path, fit = path_and_fit(request.argument)
    if not path.exists():
        raise UserError(f"There is no folder or zip at {path.absolute()}.")
    entries = list_folder(path) if path.is_dir() else list_zip(path)
    pictures = [e for e in entries if PurePosixPath(e.name).suffix.lower() in EXTENSIONS]
    if not pictures:
        ignored = f" (ignored: {len(entries)} files that are no pictures)" if entries else " (it is empty)"
        raise UserError(f"{path} holds no pictures{ignored}. Pictures end in {', '.join(sorted(EXTENSIONS))}.")
    classes, of_picture, notes = find_classes([e.name for e in pictures])
    chosen = _evenly(len(pictures), request.limit)
    drawer = FileDrawer(
        path=path,
        fit=fit,
        names=tuple(pictures[i].name for i in chosen),
        labels=tuple((of_picture[i],) if classes else () for i in chosen),
    )
    return Source(
        name=path.absolute().name,
        count=len(chosen),
        channels=3,
        attributes=(Attribute("class", classes),) if classes else (),
        licence="not stated",
        credit=f"the pictures in {path.absolute().name}",
        key=hashlib.sha256(json.dumps([pictures, len(chosen), *([fit] if fit != "crop" else [])]).encode()).hexdigest(),
        draw=drawer,
        parallel=True,
        notes=notes,
    )


def path_and_fit(argument: str) -> tuple[Path, str]:
    """`pictures:pad` -> (path, way to make pictures square), crop where nothing is said. A path that exists wins."""
    path, _, fit = argument.rpartition(":")
    if Path(argument).expanduser().exists() or fit not in FITS:
        return Path(argument).expanduser(), "crop"
    return Path(path).expanduser(), fit


def list_folder(path: Path) -> list[Entry]:
    """Every file below `path`, hidden ones left out, sorted by name. Follows links, each folder once."""
    entries, seen = [], set()
    for place, folders, files in os.walk(path, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = [] if real in seen else [f for f in folders if not _hidden(f)]
        if real in seen:
            continue
        seen.add(real)
        for file in map(Path(place).joinpath, filter(lambda f: not _hidden(f), files)):
            try:
                status = file.stat()
            except OSError:
                continue  # a dangling link
            if stat.S_ISREG(status.st_mode):
                entries.append(Entry(file.relative_to(path).as_posix(), status.st_size, status.st_mtime_ns))
    return sorted(entries)


def list_zip(path: Path) -> list[Entry]:
    """Every file in the zip at `path`, hidden ones left out, sorted by name.

    Raises: UserError if it is no zip, broken, or protected by a password.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [i for i in archive.infolist() if not i.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UserError(f"{path} is neither a folder nor a readable zip ({error}). Pack it again as .zip.") from error
    if any(i.flag_bits & 1 for i in infos):
        raise UserError(f"{path} is protected by a password. Unpack it and give the folder, or pack it without one.")
    entries = (Entry(i.filename, i.file_size, i.CRC) for i in infos)
    return sorted(e for e in entries if not any(map(_hidden, PurePosixPath(e.name).parts)))


def find_classes(names: list[str]) -> tuple[tuple[str, ...], list[int], tuple[str, ...]]:
    """Classes from relative file names: (sorted class names, class of each file or -1, notes).

    The class is the topmost folder, after a folder that holds everything and folders such as train and test are taken
    off. No folders left, or only one: no classes.
    """
    folders = _without_shared([PurePosixPath(name).parts[:-1] for name in names])
    notes: tuple[str, ...] = ()
    splits = sorted({parts[0] for parts in folders if parts})
    if all(folders) and len(splits) > 1 and SPLITS.issuperset(map(str.lower, splits)):
        notes = (f"the folders {', '.join(splits)} are read together; classes are the folders in them",)
        folders = _without_shared([parts[1:] for parts in folders])
    classes = sorted({parts[0] for parts in folders if parts})
    index = {name: i for i, name in enumerate(classes)}
    return tuple(classes), [index[parts[0]] if parts else -1 for parts in folders], notes


def to_rgb(image: Image.Image) -> Image.Image:
    """Any mode -> RGB, over white where it is transparent; 16 bits a channel are scaled to 8."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        values = values / 257 if image.mode.startswith("I;16") or values.max() > 255 else values
        return Image.fromarray(values.round().clip(0, 255).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    over = image.convert("RGBA")
    white = Image.new("RGBA", over.size, "white")
    white.alpha_composite(over)
    return white.convert("RGB")


@dataclass(frozen=True)
class FileDrawer:
    """Reads, turns upright, makes square and resizes; callable, so that it travels to another process."""

    path: Path
    fit: str
    names: tuple[str, ...]
    labels: tuple[tuple[int, ...], ...]

    def __call__(self, index: int, resolution: int) -> Picture:
        """The picture of number `index`, (R, R, 3). Raises Unreadable for any file that is no whole picture."""
        name = self.names[index]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(io.BytesIO(self._read(name))) as image:
                    upright = to_rgb(ImageOps.exif_transpose(image))
        except Exception as error:  # a decoder may raise anything at all on a broken file
            raise Unreadable(name, _reason(error)) from error
        square = FITS[self.fit](upright, resolution)
        cropped = self.fit == "crop" and upright.width != upright.height
        return Picture(np.asarray(square), self.labels[index], min(upright.size) < resolution, cropped)

    def _read(self, name: str) -> bytes:
        if self.path.is_dir():
            size, read = (self.path / name).stat().st_size, (self.path / name).read_bytes
        else:
            archive = _archive(self.path, self.path.stat().st_mtime_ns, os.getpid())
            size, read = archive.getinfo(name).file_size, lambda: archive.read(name)
        if size > MAX_FILE_BYTES:
            raise ValueError(f"{size / 1e6:.0f} MB is too large")
        return read()


@lru_cache(maxsize=1)
def _archive(path: Path, modified: int, process: int) -> zipfile.ZipFile:
    """The zip, opened anew when it has changed, and in each process: forked ones share the position in the file."""
    return zipfile.ZipFile(path)


def _hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _without_shared(folders: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Take off the folders that hold everything: they tell nothing apart."""
    shared = 0
    while all(len(parts) > shared and parts[shared] == folders[0][shared] for parts in folders):
        shared += 1
    return [parts[shared:] for parts in folders]


def _evenly(count: int, limit: int | None) -> list[int]:
    """`limit` indices spread evenly over `count`, so that every class keeps its share."""
    wanted = min(count, limit or count)
    return [i * count // wanted for i in range(wanted)]


def _reason(error: Exception) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        return "no picture"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"more than {(Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} million pixels"
    if "truncated" in str(error).lower():
        return "truncated"
    return (str(error).splitlines() or [type(error).__name__])[0][:80]
