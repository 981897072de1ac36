"""Tables of parquet: images in them, as data sets on the Hub have them, or what is known of images beside them.

Read by pyarrow, which is large and not always there.
"""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from trainer.data.base import Refused
from trainer.data.columns import LeftOut, Table
from trainer.data.listing import Entry, Piece, named, safe
from trainer.util.errors import UserError
from trainer.util.reading import reason

MAGIC = b"PAR1"
INSTALL = "pyarrow: `pip install -r requirements-parquet.txt`"
HINT = f"a table of parquet, which needs {INSTALL}"
SAFE = 15  # the first pyarrow that never unpickles an extension's type
LIKELY = ("image", "img", "jpg", "png", "bytes", "content")  # columns of bytes that may be images, the likeliest first
MAX_GROUP = 2**30  # bytes of a group of rows, which is read at once
MAX_COLUMN = 2**27  # bytes of any other column


def is_parquet(path: Path) -> bool:
    """Whether a file is a table of parquet, or claims to be one by its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == MAGIC or path.suffix.lower() == ".parquet"


@contextmanager
def _opened(source: Any, name: str) -> Iterator[Any]:
    """A pyarrow.parquet.ParquetFile. Raises UserError where pyarrow is missing, or the table cannot be read."""
    try:
        from pyarrow import __version__
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise UserError(f"{name} is {HINT}") from error
    if int(__version__.partition(".")[0]) < SAFE:
        raise UserError(f"{name} is {HINT}; the older {__version__} that is here may run what a table holds")
    try:
        with ParquetFile(source, memory_map=False) as file:
            yield file
    except (UserError, Refused):
        raise
    except Exception as error:  # whatever its C++ finds
        raise UserError(f"{name} is no table of parquet that can be read ({reason(error)}). Write it again.") from error


def rows_in(data: bytes) -> list[dict[str, Any]]:
    """All rows of a table, by column. Raises UserError."""
    with _opened(io.BytesIO(data), "it") as file:
        size = sum(file.metadata.row_group(g).total_byte_size for g in range(file.metadata.num_row_groups))
        if size > MAX_COLUMN:
            raise UserError(f"it unpacks to {size / 1e6:.0f} MB, more than the limit of {MAX_COLUMN / 1e6:.0f} MB")
        return list(file.read().to_pylist())


def list_tables(path: Path, shards: list[str]) -> tuple[list[Entry], Table]:
    """(images in tables, what their other columns say). `path`: a table where `shards` is [""], or their folder.

    Raises: UserError for a table that cannot be read or has no images.
    """
    entries: list[Entry] = []
    parts: list[tuple[int, dict[str, Any]]] = []
    names: dict[str, list[str]] = {}
    column = ""
    for shard in shards:
        place = path / shard if shard else path
        with _opened(place, safe(str(place))) as file:
            here = image_column(file, place)
            if column and here != column:
                raise UserError(f"The images of {safe(str(place))} are in column {here}, those before in {column}.")
            column = here
            prefix, stamp = safe(shard or path.name), place.stat().st_mtime_ns
            first = len(entries)
            for group in range(file.metadata.num_row_groups):
                for row in range(file.metadata.row_group(group).num_rows):
                    name = f"{prefix}/{len(entries) - first}"
                    entries.append(Entry(name, 0, stamp, Piece(shard, row, 0, group)))
            parts.append((first, other_columns(file, column)))
            names |= class_names(file)
    table = Table(len(entries))
    table.names = names
    for first, columns in parts:
        for name, values in columns.items():
            if isinstance(values, LeftOut):
                table.columns[name] = values
                continue
            for row, value in enumerate(values, first):
                table.put(row, name, value)
    return entries, table


def image_column(file: Any, place: Path) -> str:
    """The name of the column that holds images. Raises UserError if there is none."""
    import pyarrow as pa

    def holds_bytes(kind: Any) -> bool:
        if pa.types.is_struct(kind):
            return bool(kind.get_field_index("bytes") >= 0)
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    found = [field.name for field in file.schema_arrow if holds_bytes(field.type)]
    structs = [name for name in found if pa.types.is_struct(file.schema_arrow.field(name).type)]
    likely = [name for name in LIKELY if name in found]
    if chosen := [*likely, *structs, *(found if len(found) == 1 else ())]:
        return str(chosen[0])
    raise UserError(
        f"{safe(str(place))} has no column of images (found: {named(map(safe, file.schema_arrow.names))}). "
        "Images are bytes of PNG, JPEG or WebP in a column 'image', as `datasets` writes them."
    )


def other_columns(file: Any, images: str) -> dict[str, Any]:
    """Column -> its values, or why they are left out."""
    import pyarrow.types as types

    found: dict[str, Any] = {}
    plain = (types.is_boolean, types.is_integer, types.is_floating, types.is_string, types.is_large_string,
             types.is_string_view, types.is_dictionary, types.is_date, types.is_timestamp)  # fmt: skip
    for field in file.schema_arrow:
        if field.name == images:
            continue
        if not any(fits(field.type) for fits in plain):
            found[field.name] = LeftOut("not one value for an image")
        else:
            found[field.name] = _values(file, field.name)
    return found


def _values(file: Any, column: str) -> list[Any] | LeftOut:
    """A column's values, or why it is left out. Its size is counted as it is read: what a table declares may end
    pyarrow's process when it is asked for."""
    values: list[Any] = []
    size = 0
    for batch in file.iter_batches(columns=[column]):
        size += batch.nbytes
        if size > MAX_COLUMN:
            return LeftOut(f"more than {MAX_COLUMN / 1e6:.0f} MB of text")
        values += batch.column(0).to_pylist()
    return [v if v is None or isinstance(v, bool | int | float | str) else str(v) for v in values]


def class_names(file: Any) -> dict[str, list[str]]:
    """Column -> the names of its whole numbers, where `datasets` wrote them into the table."""
    try:
        features = json.loads((file.schema_arrow.metadata or {})[b"huggingface"])["info"]["features"]
        found = {name: of.get("names") for name, of in features.items() if of.get("_type") == "ClassLabel"}
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
    return {
        name: names
        for name, names in found.items()
        if isinstance(names, list) and all(isinstance(n, str) for n in names)
    }


def read_cell(path: Path, group: int, row: int) -> bytes:
    """The bytes of an image in a table. Raises Refused where there are none."""
    value = _group(path, path.stat().st_mtime_ns, os.getpid(), group)[row].as_py()
    data = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(data, bytes):
        where = value.get("path") if isinstance(value, dict) else None
        raise Refused("only the path of a file, not its bytes" if where else "no image")
    return data


@lru_cache(maxsize=1)
def _group(path: Path, modified: int, process: int, group: int) -> Any:
    """The images of a group of rows, read anew when the table has changed, and in each process."""
    try:
        with _opened(path, safe(path.name)) as file:
            column = image_column(file, path)
            if (size := file.metadata.row_group(group).total_byte_size) > MAX_GROUP:
                raise Refused(f"a group of rows has {size / 1e6:.0f} MB, which is too large")
            return file.read_row_group(group, columns=[column]).column(0)
    except UserError as error:
        raise Refused("damaged in the table") from error
