"""The data sets of the papers on translation by name: downloaded once from where their authors offer them.

Pairs lie side by side in one image. An archive is read where it lies; one that is packed as a whole is unpacked once.
"""

import gzip
import hashlib
import json
import urllib.request
import zlib
from dataclasses import replace
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from trainer.data.base import DATASETS, Request, Source
from trainer.data.folder import FileDrawer, prepared
from trainer.data.listing import list_files
from trainer.data.pairs import pairs_at
from trainer.data.reading import Files
from trainer.data.ways import SWAPPED, Way, evenly
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError

HOST = "http://efrosgans.eecs.berkeley.edu"
PIECE = 2**20  # bytes a read
MAX_BYTES = 8 * 2**30  # of an archive
FAILURES = (OSError, HTTPException, EOFError, ValueError, zlib.error)  # of a network, a disk, a damaged archive


class Classic(NamedTuple):
    """One of them.

    Attributes:
        address: of its archive below HOST; size: of the download, in words.
        licence, credit: as a Source has them.
    """

    name: str
    address: str
    size: str
    licence: str
    credit: str


FACADES = Classic(
    "facades", "pix2pix/datasets/facades.tar.gz", "30 MB", "not stated", "CMP Facade Database (Tylecek and Sara 2013)"
)
MAPS = Classic(
    "maps", "pix2pix/datasets/maps.tar.gz", "250 MB", "not stated; images of Google Maps", "Isola et al. 2017"
)
SHOES = Classic(
    "edges2shoes",
    "pix2pix/datasets/edges2shoes.tar.gz",
    "2.1 GB",
    "for academic, non-commercial use (UT Zappos50K)",
    "UT Zappos50K (Yu and Grauman 2014), edges by Isola et al. 2017",
)
HORSES = Classic(
    "horse2zebra",
    "cyclegan/datasets/horse2zebra.zip",
    "110 MB",
    "for non-commercial research (ImageNet)",
    "ImageNet (Deng et al. 2009), chosen by Zhu et al. 2017",
)
SIDES = {"horses": "A", "zebras": "B"}


@DATASETS.add("facades")
def facades(request: Request) -> Source:
    """400 pairs: photograph -> labels of a facade; facades:ba the other way, as in pix2pix. Downloaded, 30 MB."""
    return paired(FACADES, request)


@DATASETS.add("maps")
def maps(request: Request) -> Source:
    """1,096 pairs: aerial photograph -> map; maps:ba the other way. Downloaded, 250 MB."""
    return paired(MAPS, request)


@DATASETS.add("edges2shoes")
def edges2shoes(request: Request) -> Source:
    """50,000 pairs: edges -> shoe; edges2shoes:ba the other way. Downloaded, 2 GB."""
    return paired(SHOES, request)


@DATASETS.add("horse2zebra")
def horse2zebra(request: Request) -> Source:
    """Two collections of photographs without pairs: horse2zebra:horses and :zebras. Downloaded, 110 MB."""
    if request.argument not in SIDES:
        raise UserError(
            f"horse2zebra is two collections, got {request.argument!r:.40}. Choose horse2zebra:horses as --data-a and "
            "horse2zebra:zebras as --data."
        )
    path = archive(HORSES, request)
    listing = list_files(path)
    folder = f"{'test' if request.held_out else 'train'}{SIDES[request.argument]}"
    inside = [entry for entry in listing.entries if folder in entry.name.split("/")[:-1]]
    entries = [inside[row] for row in evenly(len(inside), request.limit)] if inside else []
    files = Files(path, tuple(e.name for e in entries), tuple(e.file for e in entries))
    return Source(
        name=f"horse2zebra:{request.argument}",
        count=len(entries),
        channels=3,
        attributes=(),
        licence=HORSES.licence,
        credit=HORSES.credit,
        key=hashlib.sha256(json.dumps(["horse2zebra", entries]).encode()).hexdigest(),
        draw=FileDrawer(files, "crop", ((),) * len(entries)),
        parallel=True,
        prepare=partial(prepared, files=files, disk=sum(entry.size for entry in entries), given=None),
    )


def paired(classic: Classic, request: Request) -> Source:
    """Its pairs, in one direction or the other."""
    if request.argument not in ("", SWAPPED):
        raise UserError(
            f"{classic.name}:{request.argument:.40} is unknown. Write {classic.name}, or {classic.name}:ba."
        )
    way = Way(swapped=request.argument == SWAPPED)
    found = pairs_at(archive(classic, request), way, request)
    return replace(found, name=classic.name, licence=classic.licence, credit=classic.credit)


def archive(classic: Classic, request: Request) -> Path:
    """Where its archive, or what was unpacked of it, lies; downloads it if it lies nowhere. UserError if it cannot."""
    home = request.data_dir
    packed = classic.address.rpartition("/")[2]
    place = home / packed.removesuffix(".gz")
    for known in (home / classic.name, place):
        if known.exists():
            return known
    address = f"{HOST}/{classic.address}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(address, timeout=request.patience) as answer:
            whole = gzip.GzipFile(fileobj=answer) if packed.endswith(".gz") else answer
            write_atomically(place, lambda part: copied(whole, part))
    except FAILURES as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{classic.name} ({classic.size}) is not in {home.absolute()} and could not be downloaded ({reason}). "
            f"Unpack {packed} of {address} there, or train on pairs of your own: pairs:PATH."
        ) from error
    return place


def copied(source: Any, path: Path) -> None:
    """Write all of a download down. Raises ValueError for one without an end."""
    left = MAX_BYTES
    with path.open("wb") as file:
        while piece := read(source):
            left -= len(piece)
            if left < 0:
                raise ValueError(f"it is larger than {MAX_BYTES / 2**30:.0f} GB")
            file.write(piece)


def read(source: Any) -> bytes:
    """The next bytes of a download. Raises ValueError where none come, which is no failure of the disk."""
    try:
        piece: bytes = source.read(PIECE)
    except FAILURES as error:
        raise ValueError(str(error)) from error
    return piece
