"""Your own pairs of images: a folder, zip or tar with A and B, files of one name, or both side by side in one image.

A is given and B is made of it; `:ba` asks for the other direction. Of folders such as train and test, only the first is
trained on.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from trainer.data.base import DATASETS, Given, LabelledImage, NoHeldOut, Refused, Request, Show, Source, Unreadable
from trainer.data.decoding import formats
from trainer.data.folder import upright
from trainer.data.listing import HEAD, Entry, Listing, list_files, named, safe, sort_out
from trainer.data.ranges import Range
from trainer.data.reading import Files, first_bytes
from trainer.data.survey import survey
from trainer.data.tars import is_tar, list_tars
from trainer.data.ways import Way, evenly, exists, path_and_way, squared
from trainer.util.errors import UserError

VERSION = 1  # of what becomes of the files
PLACE = re.compile(r"(train|test|val|validation)?[_-]?([ab])?", re.IGNORECASE)  # a folder's name: split, side
TRAIN, TEST = "train", "test"
ALIKE = 0.01  # sides of a pair may differ by so much in shape, as rounding makes them
HALVES = 1.5  # times as wide as high, at least, is an image of two side by side
MATCHED = 0.5  # of the larger side, so many must have a partner, or the names do not mean pairs


class Placed(NamedTuple):
    """What a file's folders say of it."""

    split: str  # TRAIN, TEST, or "" for neither
    side: str  # "a", "b", or "" for neither
    key: str  # what is left of its name, without a suffix: the same for both of a pair


@dataclass(frozen=True)
class Layout:
    """Which files belong together.

    Attributes:
        a, b: files in the order of the pairs; the same ones where both lie side by side in one image.
        split: TRAIN, TEST or "" of each pair.
    """

    a: list[Entry]
    b: list[Entry]
    split: list[str]
    beside: bool
    notes: tuple[str, ...] = ()

    def of(self, *splits: str) -> "Layout":
        """The pairs of these splits alone."""
        rows = [row for row, split in enumerate(self.split) if split in splits]
        return self.some(rows)

    def some(self, rows: Iterable[int]) -> "Layout":
        """The pairs with these numbers."""
        parts: dict[str, Any] = {name: [getattr(self, name)[row] for row in rows] for name in ("a", "b", "split")}
        return replace(self, **parts)


@DATASETS.add("pairs")
def pairs(request: Request) -> Source:
    """Your own pairs: PATH of a folder or zip with A and B, or of images side by side; PATH:ba makes A of B."""
    if not request.argument:
        raise UserError("No pairs given. Give the path of a folder or zip with A and B in it, such as pairs:./images.")
    path, way = path_and_way(request.argument)
    if not exists(path):
        raise UserError(f"There are no pairs at {safe(str(path.absolute()))}.")
    return pairs_at(path, way, request)


def pairs_at(path: Path, way: Way, request: Request) -> Source:
    """The pairs at a path. Raises UserError for none, and NoHeldOut where all are trained on."""
    found = layout_of(path)
    if request.held_out and TEST not in found.split:
        raise NoHeldOut
    if TEST in found.split and {TRAIN, ""} & {*found.split}:
        found = found.of(TEST) if request.held_out else found.of(TRAIN, "")
    some = found.some(evenly(len(found.a), request.limit))
    files = [Files(path, tuple(e.name for e in side), tuple(e.file for e in side)) for side in (some.a, some.b)]
    given, made = reversed(files) if way.swapped else files
    said = [VERSION, "HEIF" in formats(), some.a, some.b, found.beside, *way.said()]
    name = safe(path.absolute().name)
    return Source(
        name=name,
        count=len(some.a),
        channels=3,
        attributes=(),
        licence="not stated",
        credit=f"the images in {name}",
        key=hashlib.sha256(json.dumps(said).encode()).hexdigest(),
        draw=PairDrawer(given, made, way.fit, halves_of(found.beside, way.swapped)),
        parallel=True,
        notes=found.notes,
        prepare=partial(prepared, files=all_files(path, some), disk=disk_of(some), way=way),
        given=Given("image", 3),
    )


def layout_of(path: Path) -> Layout:
    """How pairs lie at a path. Raises UserError where there are none, or one side alone."""
    listing = list_tars(path, [""]) if is_tar(path) else list_files(path)
    images = sort_out(listing, lambda entry: first_bytes(path, entry.file, HEAD)).images
    if not images:
        raise UserError(f"{safe(str(path))} has no images. Put pairs in its folders A and B, with equal names.")
    placed = [placed_at(entry.name) for entry in images]
    sides = {place.side for place in placed}
    if sides == {""}:
        return Layout(images, images, [place.split for place in placed], beside=True, notes=listing.notes)
    if missing := [side for side in "ab" if side not in sides]:
        there = "B" if missing == ["a"] else "A"
        raise UserError(
            f"{safe(str(path))} has images of {there} ({len(images)}) and none of {missing[0].upper()}. Pairs need "
            "both, under equal names; two collections without pairs are two folders, given by --data-a and --data."
        )
    return matched(path, listing, images, placed)


def placed_at(name: str) -> Placed:
    """What the folders of a name such as `set/train/A/7.png`, `trainA/7.png` or `A/train/7.png` say."""
    *folders, file = PurePosixPath(name).parts
    split, side, rest = "", "", []
    for folder in folders:
        found = PLACE.fullmatch(folder)
        if found and (found[1] or found[2]) and not (split and found[1]) and not (side and found[2]):
            split = (TRAIN if found[1].lower() == TRAIN else TEST) if found[1] else split
            side = found[2].lower() if found[2] else side
        else:
            rest.append(folder)
    stem = PurePosixPath(file).stem
    return Placed(split, side, "/".join([*rest, without_side(stem, side)]))


def without_side(stem: str, side: str) -> str:
    """`7_A` of folder A -> `7`: some of the classic sets say the side again."""
    return stem[:-2] if side and stem.lower().endswith((f"_{side}", f"-{side}")) else stem


def matched(path: Path, listing: Listing, images: list[Entry], placed: list[Placed]) -> Layout:
    """Files of A and of B with equal names. Raises UserError where few have a partner."""
    of: dict[str, dict[tuple[str, str], Entry]] = {"a": {}, "b": {}}
    for entry, place in zip(images, placed, strict=True):
        if place.side:
            of[place.side][place.split, place.key] = entry
    keys = of["a"].keys() & of["b"].keys()
    alone = sorted(entry.name for side in of.values() for key, entry in side.items() if key not in keys)
    counts = f"A has {len(of['a'])} images and B {len(of['b'])}"
    if len(keys) < MATCHED * max(map(len, of.values())):
        raise UserError(
            f"The names in {safe(str(path))} do not match: {counts}, of which {len(keys)} have a partner of the same "
            f"name. Without one: {named(alone)}. Two of a pair have one name, such as A/7.png and B/7.jpg."
        )
    outside = sum(not place.side for place in placed)
    notes = [*listing.notes]
    if alone:
        notes.append(f"{counts}; left out, as they have no partner: {named(alone)}")
    if outside:
        notes.append(f"left out, as they lie neither in A nor in B: {outside} images")
    a, b = ([of[side][key] for key in sorted(keys)] for side in "ab")
    return Layout(a, b, [split for split, _ in sorted(keys)], beside=False, notes=tuple(notes))


def halves_of(beside: bool, swapped: bool) -> tuple[int, int] | None:
    """Which half of an image is given, and which is made: 0 left, 1 right."""
    if not beside:
        return None
    return (1, 0) if swapped else (0, 1)


def all_files(path: Path, layout: Layout) -> Files:
    """The files of both sides, each once."""
    entries = layout.a if layout.beside else [*layout.a, *layout.b]
    return Files(path, tuple(e.name for e in entries), tuple(e.file for e in entries))


def disk_of(layout: Layout) -> int:
    """Bytes that the files take."""
    return sum(entry.size for entry in (layout.a if layout.beside else [*layout.a, *layout.b]))


def prepared(source: Source, show: Show, *, files: Files, disk: int, way: Way) -> Source:
    """The source, once all of its images were looked at. Raises UserError for a set that is a decompression bomb."""
    ranges, notes = survey(source, files, disk, way.given, show)
    assert isinstance(source.draw, PairDrawer)
    return replace(source, draw=replace(source.draw, ranges=ranges), notes=(*source.notes, *notes))


@dataclass(frozen=True)
class PairDrawer:
    """Reads what is given and what is to be made of it; callable, so that it travels to another process."""

    given: Files
    made: Files
    fit: str
    halves: tuple[int, int] | None  # of one image that holds both; None where each has a file
    ranges: dict[str, Range] = field(default_factory=dict)

    def __call__(self, index: int, resolution: int) -> LabelledImage:
        """Pair number `index`. Raises Unreadable for a file that is no whole image, and for two that do not fit."""
        made = upright(self.made, index, self.ranges)
        given = made if self.halves else upright(self.given, index, self.ranges)
        try:
            if self.halves:
                given, made = (half(made, which) for which in self.halves)
            check_shapes(given, made)
            pair = [np.asarray(squared(image, self.fit, resolution)) for image in (made, given)]
        except Refused as error:
            raise Unreadable(self.made.names[index], str(error)) from error
        cropped = self.fit == "crop" and made.width != made.height
        return LabelledImage(pair[0], (), min(made.size) < resolution, cropped, given=pair[1])


def half(image: Image.Image, which: int) -> Image.Image:
    """The left (0) or right (1) half. Raises Refused for an image that does not hold two."""
    if image.width % 2:
        raise Refused(f"{image.width} pixels wide, an odd number, so it is not two images side by side")
    if image.width < HALVES * image.height:
        raise Refused(f"{image.width} x {image.height} is one image, not two side by side")
    middle = image.width // 2
    return image.crop((which * middle, 0, (which + 1) * middle, image.height))


def check_shapes(given: Image.Image, made: Image.Image) -> None:
    """Raise Refused for two images of other shapes, which cannot fit to the pixel."""
    shapes = [image.width / image.height for image in (given, made)]
    if abs(shapes[0] / shapes[1] - 1) > ALIKE:
        sizes = [f"{image.width} x {image.height}" for image in (given, made)]
        raise Refused(f"its pair is {sizes[0]} and it is {sizes[1]}, another shape")
