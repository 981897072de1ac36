"""Your own images: a folder, zip, tar, NumPy file or table of parquet; its subfolders, if any, are the classes."""

import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from trainer.data.array_images import array_source, look_at_arrays
from trainer.data.arrays import is_array_file
from trainer.data.base import DATASETS, LabelledImage, Request, Show, Source, Unreadable
from trainer.data.decoding import formats, opened, reason, to_rgb
from trainer.data.gathering import gather
from trainer.data.listing import HEAD, safe
from trainer.data.ranges import Range
from trainer.data.reading import Files
from trainer.data.survey import survey
from trainer.data.ways import Way, evenly, exists, path_and_way, squared
from trainer.util.errors import UserError

VERSION = 2  # of what becomes of a folder's files; raising it makes folders be packed anew


@DATASETS.add("folder")
def folder(request: Request) -> Source:
    """Your own images: PATH of a folder, zip, tar, .npz, .parquet, PATH:pad, :stretch; subfolders are classes."""
    if not request.argument:
        raise UserError("No folder or zip given. Give its path, such as ./images or folder:images.zip.")
    path, way = path_and_way(request.argument)
    if not exists(path):
        raise UserError(f"There is no folder or zip at {safe(str(path.absolute()))}.")
    return source_at(path, way, request)


def source_at(path: Path, way: Way, request: Request) -> Source:
    """The images at a path. Raises UserError for none, and NoHeldOut where all are trained on."""
    if way.swapped:
        raise UserError(f"{safe(str(path))}:ba asks for pairs from B to A; write pairs:{safe(path.name)}:ba for them.")
    if is_array_file(path):
        return array_source(path, way, request)
    images, known, left_out, disk, labelled = gather(path, held_out=request.held_out)
    chosen = evenly(len(images), request.limit)
    files = Files(path, tuple(e.name for e in images), tuple(e.file for e in images))
    said = [VERSION, "HEIF" in formats(), images, left_out, len(chosen), *way.said(), *labelled]
    return Source(
        name=safe(path.absolute().name),
        count=len(chosen),
        channels=3,
        attributes=known.attributes,
        licence="not stated",
        credit=f"the images in {safe(path.absolute().name)}",
        key=hashlib.sha256(json.dumps(said).encode()).hexdigest(),
        draw=FileDrawer(files=files.some(chosen), fit=way.fit, labels=tuple(known.labels[i] for i in chosen)),
        parallel=True,
        notes=(*known.notes, *left_out),
        prepare=partial(prepared, files=files, disk=disk, given=way.given),
        found=True,
    )


def look(path: Path, maximum: int) -> tuple[str, ...]:
    """What to know of a path's files for whoever only considers it, in sentences.

    Raises: UserError for none that can be read, TooMany for more than `maximum` files.
    """
    if is_array_file(path):
        return look_at_arrays(path)
    return gather(path, maximum).notes


def prepared(source: Source, show: Show, *, files: Files, disk: int, given: Range | None) -> Source:
    """The source, once all of its images were looked at. Raises UserError for a set that is a decompression bomb."""
    ranges, notes = survey(source, files, disk, given, show)
    assert isinstance(source.draw, FileDrawer)
    return replace(source, draw=replace(source.draw, ranges=ranges), notes=(*source.notes, *notes))


@dataclass(frozen=True)
class FileDrawer:
    """Reads, turns upright, makes square and resizes; callable, so that it travels to another process."""

    files: Files
    fit: str
    labels: tuple[tuple[int, ...], ...]
    ranges: dict[str, Range] = field(default_factory=dict)  # of the whole set, by kind of values; see `to_rgb`

    def __call__(self, index: int, resolution: int) -> LabelledImage:
        """The image of number `index`, (R, R, 3). Raises Unreadable for any file that is no whole image."""
        image = upright(self.files, index, self.ranges)
        try:
            square = np.asarray(squared(image, self.fit, resolution))
        except Exception as error:
            raise Unreadable(self.files.names[index], reason(error)) from error
        cropped = self.fit == "crop" and image.width != image.height
        return LabelledImage(square, self.labels[index], min(image.size) < resolution, cropped)


def upright(files: Files, index: int, ranges: dict[str, Range]) -> Image.Image:
    """File number `index` as an image in colour. Raises Unreadable for any file that is no whole image."""
    data = b""
    try:
        data = files.read(index)
        with opened(io.BytesIO(data), len(data)) as image:
            return to_rgb(image, ranges, data)
    except Exception as error:  # a decoder may raise anything at all on a broken file
        raise Unreadable(files.names[index], reason(error, data[:HEAD])) from error
