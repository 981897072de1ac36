"""metadata.csv, .jsonl or .parquet beside images, as ImageFolder has it: a column `file_name`, and any others.

A file's name is seen from the folder of the table that names it. The values are attributes of the images.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from trainer.data.columns import Table
from trainer.data.listing import DRIVE, Entry, named, safe
from trainer.data.reading import Files
from trainer.util.reading import Unfit, parse_json, reason

TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
FILE_NAME = "file_name"
MAX_BYTES = 64 * 2**20  # of a table
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
Row = dict[str, Any]


def is_table(entry: Entry) -> bool:
    """Whether a file is called as a table of metadata is."""
    return entry.name.rpartition("/")[2].lower() in TABLES


def read_tables(path: Path, tables: list[Entry], images: list[Entry]) -> tuple[Table | None, list[Entry], list[str]]:
    """(what tables say of the images, the tables that say nothing, notes on all that could not be used)."""
    table, unused, notes = Table(len(images)), [], []
    index = {image.name: i for i, image in enumerate(images)}
    known: set[int] = set()
    for entry in tables:
        try:
            rows, wrong = rows_of(path, entry)
            seen, missed = _join(rows, PurePosixPath(entry.name).parent, index, table, known)
        except Exception as error:  # a broken table may raise anything
            notes.append(f"{entry.name} was not read: {reason(error)}")
            unused.append(entry)
            continue
        known |= seen
        notes += [f"{entry.name}: {told}" for told in [*wrong, *missed]]
    if not known:
        return None, unused, notes
    without = [image.name for i, image in enumerate(images) if i not in known]
    if without:
        notes.append(f"images without a row in the metadata: {len(without)} ({named(without)})")
    return table, unused, notes


def _join(
    rows: Iterable[Row], folder: PurePosixPath, index: dict[str, int], table: Table, known: set[int]
) -> tuple[set[int], list[str]]:
    """Put the rows' values into `table`. Returns (the images that they name, notes)."""
    seen: set[int] = set()
    absent, outside, repeated, nameless = [], [], [], 0
    for row in rows:
        file = row.get(FILE_NAME)
        if not isinstance(file, str) or not file.strip():
            nameless += 1
            continue
        name = within(folder, file.strip())
        if name is None:
            outside.append(safe(file))
        elif name not in index:
            absent.append(safe(file))
        elif index[name] in seen or index[name] in known:
            repeated.append(safe(file))
        else:
            seen.add(index[name])
            for column, value in row.items():
                if column != FILE_NAME:
                    table.put(index[name], column, value)
    told = {
        "rows for files outside of the folder": outside,
        "rows for files that are not there, or no images": absent,
        "rows that repeat an image, of which the first counts": repeated,
    }
    notes = [f"{what}: {len(names)} ({named(names)})" for what, names in told.items() if names]
    return seen, [*notes, *([f"rows without a {FILE_NAME}: {nameless}"] if nameless else [])]


def within(folder: PurePosixPath, name: str) -> str | None:
    """A file's name as the listing has it; None for one that leads out of it."""
    if name.startswith(("/", "\\")) or DRIVE.match(name):
        return None
    parts = [*folder.parts]
    for part in name.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(safe(part))
    return "/".join(parts)


# ---- one table


def rows_of(path: Path, entry: Entry) -> tuple[Iterable[Row], list[str]]:
    """(rows by column, notes). Raises Unfit, or whatever reading it does, and UserError where a package is missing."""
    if entry.size > MAX_BYTES:
        raise Unfit(f"it has {entry.size / 1e6:.0f} MB, more than the limit of {MAX_BYTES / 1e6:.0f} MB")
    data = Files(path, (entry.name,), (entry.file,)).read(0)
    kind = entry.name.rpartition(".")[2].lower()
    if kind == "parquet":
        from trainer.data.parquet import rows_in

        rows, notes = rows_in(data), list[str]()
    else:
        text = data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig", "surrogateescape")
        rows, notes = (csv_rows if kind == "csv" else json_rows)(text)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if FILE_NAME not in columns:
        raise Unfit(f"it has no column {FILE_NAME} (found: {named(map(safe, columns)) or 'nothing'})")
    return rows, notes


def csv_rows(text: str) -> tuple[list[Row], list[str]]:
    """Rows of a table whose cells a comma, semicolon or tab parts. Raises csv.Error."""
    first = text.partition("\n")[0]
    split = max(",;\t", key=lambda mark: FILE_NAME in [cell.strip('" \r') for cell in first.split(mark)])
    cells = csv.reader(io.StringIO(text, newline=""), delimiter=split)
    header = [name.strip() for name in next(cells, [])]
    rows, wrong = [], []
    for found in cells:
        if len(found) > len(header) or (found and len(found) < len(header)):
            wrong.append(f"line {cells.line_num}")
        elif found:
            rows.append(dict(zip(header, found, strict=True)))
    twice = [name for name, count in Counter(header).items() if count > 1]
    notes = [f"columns of the same name, of which the last counts: {named(map(safe, twice))}"] if twice else []
    if wrong:
        notes.append(f"rows left out, as they do not have {len(header)} cells: {len(wrong)} ({named(wrong)})")
    return rows, notes


def json_rows(text: str) -> tuple[list[Row], list[str]]:
    """Rows of a file that has an object of JSON in each line."""
    rows, wrong = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
            if not isinstance(row, dict):
                raise Unfit("no object")
            rows.append(row)
        except Unfit:
            wrong.append(f"line {number}")
    return rows, [f"lines left out, as they are no objects of JSON: {len(wrong)} ({named(wrong)})"] if wrong else []
