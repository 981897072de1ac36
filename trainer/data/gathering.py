"""The images of a folder, zip, tar or table, and what is known of each, before any of them is decoded."""

import math
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from trainer.data.base import Attribute, NoHeldOut
from trainer.data.columns import Known, Table, attributes_of, is_class
from trainer.data.decoding import HEIC, HEIC_HINT
from trainer.data.listing import (
    HEAD,
    Entry,
    Listing,
    Piece,
    Sorted,
    kinds,
    list_files,
    named,
    safe,
    shortened,
    sort_out,
)
from trainer.data.metadata import is_table, read_tables
from trainer.data.parquet import is_parquet, list_tables
from trainer.data.reading import first_bytes
from trainer.data.shards import SPLITS, shards_to_read
from trainer.data.tars import is_tar, list_tars, table_of
from trainer.util.errors import UserError


class Gathered(NamedTuple):
    """What there is.

    Attributes:
        images: the files, or places in files, that are taken for images.
        known: attributes and labels of these.
        notes: what to know of the files.
        disk: bytes that they take.
        said: what tells their labels besides their names, as plain values; [] for nothing.
    """

    images: list[Entry]
    known: Known
    notes: tuple[str, ...]
    disk: int
    said: list[Any]


def gather(path: Path, maximum: float = math.inf, held_out: bool = False) -> Gathered:
    """The images of a folder, zip, tar or table. Raises UserError for none, TooMany for more files than `maximum`.

    Args:
        maximum: of whoever only looks, for whom no table of parquet is opened: a broken one may end the process.
        held_out: not those to train on but those of a test split. Raises NoHeldOut where all are trained on.
    """
    if is_tar(path) or is_parquet(path):
        if held_out:
            raise NoHeldOut
        return (gather_tars if is_tar(path) else gather_tables)(path, [""], maximum)
    listing = list_files(path, maximum)
    found = sort_out(listing, lambda entry: first_bytes(path, entry.file, HEAD))
    if path.is_dir() and not found.images:
        for suffix, reader in ((".tar", gather_tars), (".parquet", gather_tables)):
            if shards := [e for e in found.others if e.name.lower().endswith(suffix) and not is_table(e)]:
                chosen, notes = shards_to_read([str(entry.file) for entry in shards], held_out)
                gathered = reader(path, chosen, maximum)
                beside = kinds(sorted({*found.others} - {*shards}), listing.hidden)
                ignored = [f"left out beside them: {beside}"] if beside else []
                return gathered._replace(notes=(*listing.notes, *notes, *gathered.notes, *ignored))
    if held_out:
        raise NoHeldOut
    return gather_files(path, listing, found, maximum)


def gather_files(path: Path, listing: Listing, found: Sorted, maximum: float) -> Gathered:
    """The images of a folder or zip, with what a table of metadata says of them."""
    check_images(path, listing, found)
    tables = [entry for entry in found.others if is_table(entry)]
    opened = [table for table in tables if maximum == math.inf or not table.name.lower().endswith(".parquet")]
    table, unused, notes = read_tables(path, opened, found.images)
    used = {*tables} - {*unused}
    others = [entry for entry in found.others if entry not in used]
    known, said = known_of(found.images, table)
    disk = path.stat().st_size if path.is_file() else sum(entry.size for entry in found.images)
    return Gathered(found.images, known, (*notes_on(listing, found._replace(others=others)), *notes), disk, said)


def gather_tars(path: Path, shards: list[str], maximum: float) -> Gathered:
    """The images of tars, with what lies beside each."""
    listing = list_tars(path, shards, maximum)
    found = sort_out(listing, lambda entry: first_bytes(path, entry.file, HEAD))
    check_images(path, listing, found)
    table, others, notes = table_of(path, found.images, found.others)
    known, said = known_of(found.images, table)
    disk = sum(entry.size for entry in found.images)
    return Gathered(found.images, known, (*notes_on(listing, found._replace(others=others)), *notes), disk, said)


def gather_tables(path: Path, shards: list[str], maximum: float) -> Gathered:
    """The images in tables, with what their other columns say; nothing for whoever only looks."""
    if maximum < math.inf:
        return Gathered([], Known((), [], ()), (), 0, [])
    entries, table = list_tables(path, shards)
    known = attributes_of(table)
    disk = sum((path / shard if shard else path).stat().st_size for shard in shards)
    return Gathered(entries, known, (), disk, ["table", known.labels])


def known_of(images: list[Entry], table: Table | None) -> tuple[Known, list[Any]]:
    """(what folders and a table tell of the images, what of it the table does). A class in the table wins."""
    classes, of_image, notes = find_classes([inner_name(entry) for entry in images])
    folders = (Attribute("class", classes),) if classes else ()
    if table is None:
        return Known(folders, [(label,) if classes else () for label in of_image], notes), []
    told = attributes_of(table)
    if classes and not any(is_class(attribute.name) for attribute in told.attributes):
        labels = [(label, *more) for label, more in zip(of_image, told.labels, strict=True)]
        told = Known((*folders, *told.attributes), labels, (*notes, *told.notes))
    elif classes:
        told = told._replace(notes=(*told.notes, "the classes are those of the table, not the folders"))
    return told, ["table", told.labels]


def inner_name(entry: Entry) -> str:
    """A file's name in its folder, zip or tar."""
    shard = entry.file.shard if isinstance(entry.file, Piece) else ""
    return entry.name[len(safe(shard)) + 1 :] if shard else entry.name


def check_images(path: Path, listing: Listing, found: Sorted) -> None:
    """Raise UserError if there is no image."""
    if not found.images:
        ignored = kinds(found.others, listing.hidden)
        instead = f"found: {ignored}" if ignored else "it is empty"
        raise UserError(
            f"{safe(str(path))} has no images ({instead}). Images are files such as .png, .jpg, .webp or .tif."
        )


def notes_on(listing: Listing, found: Sorted) -> tuple[str, ...]:
    """What to know of files before any is decoded, in sentences."""
    notes = list(listing.notes)
    if ignored := kinds(found.others, listing.hidden):
        notes.append(f"left out, as they are not images: {ignored}")
    if without := empty_classes(listing, [e.name for e in found.images]):
        notes.append(f"folders without images are not classes: {named(without)}")
    if found.unread:
        hint = f" ({HEIC_HINT})" if HEIC in found.unread else ""
        notes.append(f"images of unsupported formats: {', '.join(f'{n} {k}' for k, n in found.unread.items())}{hint}")
    return tuple(notes)


def find_classes(names: list[str]) -> tuple[tuple[str, ...], list[int], tuple[str, ...]]:
    """Classes from relative file names: (sorted class names, class of each file or -1, notes).

    The class is the topmost folder, after a folder that holds everything and folders such as train and test are taken
    off. No folders left, or only one: no classes.
    """
    folders = _without_shared([PurePosixPath(name).parts[:-1] for name in names])
    notes: tuple[str, ...] = ()
    splits = sorted({parts[0] for parts in folders if parts})
    if all(folders) and len(splits) > 1 and set(SPLITS).issuperset(map(str.lower, splits)):
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


def _without_shared(folders: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Take off the folders that hold everything: they tell nothing apart."""
    shared = 0
    while all(len(parts) > shared and parts[shared] == folders[0][shared] for parts in folders):
        shared += 1
    return [parts[shared:] for parts in folders]
