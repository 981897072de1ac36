"""A folder or zip of your own images; its subfolders, if any, are the classes."""

import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from trainer.data.array_images import array_source, look_at_arrays
from trainer.data.arrays import is_array_file
from trainer.data.base import DATASETS, Attribute, LabelledImage, NoHeldOut, Request, Show, Source, Unreadable
from trainer.data.decoding import HEIC, HEIC_HINT, formats, opened, reason, to_rgb
from trainer.data.listing import HEAD, Entry, Listing, Sorted, kinds, list_files, named, safe, shortened, sort_out
from trainer.data.ranges import Range
from trainer.data.reading import Files, first_bytes
from trainer.data.survey import survey
from trainer.data.ways import evenly, exists, path_and_way, squared
from trainer.util.errors import UserError

VERSION = 2  # of what becomes of a folder's files; raising it makes folders be packed anew
SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # no class is called so


@DATASETS.add("folder")
def folder(request: Request) -> Source:
    """Your own images: PATH of a folder or zip, PATH:pad, :stretch, :range=0-4095; subfolders are classes."""
    if not request.argument:
        raise UserError("No folder or zip given. Give its path, such as ./images or folder:images.zip.")
    path, way = path_and_way(request.argument)
    if not exists(path):
        raise UserError(f"There is no folder or zip at {safe(str(path.absolute()))}.")
    if is_array_file(path):
        return array_source(path, way, request)
    if request.held_out:
        raise NoHeldOut
    listing = list_files(path)
    found = sorted_files(path, listing)
    images = found.images
    classes, of_image, notes = find_classes([e.name for e in images])
    chosen = evenly(len(images), request.limit)
    files = Files(path, tuple(e.name for e in images), tuple(e.file for e in images))
    left_out = notes_on(listing, found)
    said = [VERSION, "HEIF" in formats(), images, left_out, len(chosen), *way.said()]
    return Source(
        name=safe(path.absolute().name),
        count=len(chosen),
        channels=3,
        attributes=(Attribute("class", classes),) if classes else (),
        licence="not stated",
        credit=f"the images in {safe(path.absolute().name)}",
        key=hashlib.sha256(json.dumps(said).encode()).hexdigest(),
        draw=FileDrawer(
            files=Files(path, tuple(files.names[i] for i in chosen), tuple(files.files[i] for i in chosen)),
            fit=way.fit,
            labels=tuple((of_image[i],) if classes else () for i in chosen),
        ),
        parallel=True,
        notes=(*notes, *left_out),
        prepare=partial(prepared, files=files, disk=_disk(path, images), given=way.given),
        found=True,
    )


def sorted_files(path: Path, listing: Listing) -> Sorted:
    """The images and other files of a folder or zip. Raises UserError if there is no image."""
    found = sort_out(listing, lambda entry: first_bytes(path, entry.file, HEAD))
    if not found.images:
        ignored = kinds(found.others, listing.hidden)
        instead = f"found: {ignored}" if ignored else "it is empty"
        raise UserError(
            f"{safe(str(path))} has no images ({instead}). Images are files such as .png, .jpg, .webp or .tif."
        )
    return found


def notes_on(listing: Listing, found: Sorted) -> tuple[str, ...]:
    """What to know of a folder's files before any is decoded, in sentences."""
    notes = list(listing.notes)
    if ignored := kinds(found.others, listing.hidden):
        notes.append(f"left out, as they are not images: {ignored}")
    if without := empty_classes(listing, [e.name for e in found.images]):
        notes.append(f"folders without images are not classes: {named(without)}")
    if found.unread:
        hint = f" ({HEIC_HINT})" if HEIC in found.unread else ""
        notes.append(f"images of unsupported formats: {', '.join(f'{n} {k}' for k, n in found.unread.items())}{hint}")
    return tuple(notes)


def look(path: Path, maximum: int) -> tuple[str, ...]:
    """The same for whoever only considers it. Raises UserError, and TooMany for more than `maximum` files."""
    if is_array_file(path):
        return look_at_arrays(path)
    listing = list_files(path, maximum)
    return notes_on(listing, sorted_files(path, listing))


def _disk(path: Path, images: list[Entry]) -> int:
    return path.stat().st_size if path.is_file() else sum(e.size for e in images)


def prepared(source: Source, show: Show, *, files: Files, disk: int, given: Range | None) -> Source:
    """The source, once all of its images were looked at. Raises UserError for a set that is a decompression bomb."""
    ranges, notes = survey(source, files, disk, given, show)
    assert isinstance(source.draw, FileDrawer)
    return replace(source, draw=replace(source.draw, ranges=ranges), notes=(*source.notes, *notes))


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
    short = shortened(classes)
    return tuple(short[c] for c in classes), [index[parts[0]] if parts else -1 for parts in folders], notes


def empty_classes(listing: Listing, names: list[str]) -> list[str]:
    """The topmost folders in which there is not one image, though a folder beside them has some; sorted."""
    with_some = {name.rpartition("/")[0] for name in names}
    filled = {str(folder) for name in with_some for folder in (PurePosixPath(name), *PurePosixPath(name).parents)}
    beside = {str(PurePosixPath(name).parent) for name in with_some if name}
    bare = listing.folders - filled
    return sorted(f for f in bare if str(PurePosixPath(f).parent) in beside)


@dataclass(frozen=True)
class FileDrawer:
    """Reads, turns upright, makes square and resizes; callable, so that it travels to another process."""

    files: Files
    fit: str
    labels: tuple[tuple[int, ...], ...]
    ranges: dict[str, Range] = field(default_factory=dict)  # of the whole set, by kind of values; see `to_rgb`

    def __call__(self, index: int, resolution: int) -> LabelledImage:
        """The image of number `index`, (R, R, 3). Raises Unreadable for any file that is no whole image."""
        data = b""
        try:
            data = self.files.read(index)
            with opened(io.BytesIO(data), len(data)) as image:
                upright = to_rgb(image, self.ranges, data)
            square = np.asarray(squared(upright, self.fit, resolution))
        except Exception as error:  # a decoder may raise anything at all on a broken file
            raise Unreadable(self.files.names[index], reason(error, data[:HEAD])) from error
        cropped = self.fit == "crop" and upright.width != upright.height
        return LabelledImage(square, self.labels[index], min(upright.size) < resolution, cropped)


def _without_shared(folders: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Take off the folders that hold everything: they tell nothing apart."""
    shared = 0
    while all(len(parts) > shared and parts[shared] == folders[0][shared] for parts in folders):
        shared += 1
    return [parts[shared:] for parts in folders]
