"""Data sets of the Hugging Face Hub, by address: their images, tars, tables or archives, read as a folder is."""

import re
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from trainer.data.base import DATASETS, Request, Source
from trainer.data.folder import source_at
from trainer.data.listing import EXTENSIONS, named
from trainer.data.metadata import TABLES
from trainer.data.parquet import INSTALL
from trainer.data.ways import name_and_way
from trainer.util.errors import UserError
from trainer.util.hub import Limits, fetched
from trainer.util.hub_refusals import NothingWanted, TooLarge
from trainer.util.reading import Unfit, read_bytes

MANY = (".tar", ".parquet")  # files of many images
ARCHIVES = (".zip", ".npz", ".npy")
SUFFIXES = [*sorted(EXTENSIONS), ".tar", *ARCHIVES]
TABLE = "*.parquet"
WANTED = (*TABLES, *(f"*/{table}" for table in TABLES), *(f"*{end}" for s in SUFFIXES for end in (s, s.upper())))
LICENCE = re.compile(r"\A---\n.*?^license:\s*(?:\n\s*-\s*)?[\"']?(\w[\w.+-]*)", re.MULTILINE | re.DOTALL)
MAX_CARD = 2**20


@DATASETS.add("hf")
def hub_dataset(request: Request) -> Source:
    """A data set of the Hugging Face Hub: hf://datasets/USER/REPO, with @REVISION, /PATH, :pad or :stretch."""
    rest, way = name_and_way(request.argument, lambda name: False)
    if not rest:
        raise UserError("No address given. Write hf://datasets/user/repo.")
    if not rest.startswith("//"):
        raise UserError(f"'hf:{rest}' is no address on the Hub. Write hf://datasets/user/repo.")
    from trainer.util.hub_download import parsed  # slow to import

    address = f"hf:{rest}"
    uri = parsed(address)
    if uri.type != "dataset":
        raise UserError(f"{address} is a {uri.type} on the Hub. A data set is hf://datasets/user/repo.")
    source = source_at(holding_images(address, brought(address)), way, request)
    page = f"https://huggingface.co/datasets/{uri.id}"
    return replace(
        source,
        name=uri.id,
        licence=licence_of(f"hf://datasets/{uri.id}{f'@{uri.revision}' if uri.revision else ''}"),
        credit=f"the data set {uri.id} of the Hugging Face Hub ({page})",
    )


def brought(address: str, limits: Limits | None = None) -> Path:
    """Where the images of an address are, downloaded if need be. Raises UserError, also for an address without any."""
    can_read = find_spec("pyarrow") is not None  # else gigabytes would come that nothing here reads
    try:
        return fetched(address, (*WANTED, TABLE) if can_read else WANTED, limits)
    except TooLarge as error:
        raise UserError(f"{error} Put the path of a part of it behind the address.") from error
    except NothingWanted as error:
        hint = f" Tables of parquet need {INSTALL}." if not can_read and ".parquet" in error.found else ""
        raise UserError(
            f"{address} has no images, tars, tables or archives (found in the repository: {error.found}).{hint}"
        ) from error


def holding_images(address: str, place: Path) -> Path:
    """What of a repository's files is read: its folder, or an archive that is alone in it. Raises UserError."""
    if place.is_file():
        return place
    files = sorted(path for path in place.rglob("*") if path.is_file())
    archives = [path for path in files if path.suffix.lower() in ARCHIVES]
    if not archives or any(path.suffix.lower() in {*EXTENSIONS, *MANY} for path in files):
        return place
    if len(archives) > 1:
        names = named(path.relative_to(place).as_posix() for path in archives)
        raise UserError(f"{address} has several archives: {names}. Put the name of one behind the address.")
    return archives[0]


def licence_of(address: str) -> str:
    """The licence that a repository's card names."""
    with suppress(UserError, Unfit, OSError):
        text = read_bytes(fetched(address, ("README.md",)) / "README.md", MAX_CARD).decode("utf-8", "replace")
        if found := LICENCE.match(text.replace("\r\n", "\n")):
            return found[1]
    return "not stated"
