"""What a table says of images, column by column, as attributes: few named values each, -1 where nothing is known."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from trainer.data.base import Attribute
from trainer.data.listing import named, safe, shortened

CLASS = {"class", "classes", "label", "labels", "target", "targets", "y", "cls", "fine_label"}  # "the class", so first
MAX_CLASSES = 1000  # values of such a column
MAX_VALUES = 100  # of any other column of text
FEW = 10  # different values that need not recur: of more, each has to be there twice, or it is a text of its own
MAX_NUMBERS = 20  # different numbers of a column, of more they are taken in groups
GROUPS = 4  # quarters of the images
MAX_COLUMNS = 100
MOST_COLUMNS = 10 * MAX_COLUMNS  # of which only the number is told
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Known(NamedTuple):
    """What is known of N images.

    Attributes:
        attributes: A of them, the class first where there is one.
        labels: A indices an image, -1 = unknown.
        notes: sentences on columns that were left out or grouped.
    """

    attributes: tuple[Attribute, ...]
    labels: list[tuple[int, ...]]
    notes: tuple[str, ...]


class LeftOut(Exception):
    """Why a column is no attribute, in a few words."""


class Table:
    """What is known of a number of images, by column; None where nothing is.

    Attributes:
        columns: name -> a plain value for each image, or why there are none to be had.
        names: of columns whose whole numbers stand for these names, in order.
    """

    def __init__(self, count: int):
        self.count, self.columns = count, dict[str, list[Any] | LeftOut]()
        self.names: dict[str, list[str]] = {}

    def put(self, row: int, column: str, value: Any) -> None:
        """Note a value of an image; of very many columns only the first are kept."""
        if column not in self.columns and len(self.columns) < MOST_COLUMNS:
            self.columns[column] = [None] * self.count
        values = self.columns.get(column)
        if isinstance(values, list):
            values[row] = value


def attributes_of(table: Table) -> Known:
    """The attributes that a table's plain values give: text, numbers, booleans; None, NaN and "" are unknown."""
    found: dict[str, tuple[Attribute, list[int]]] = {}
    left_out, grouped = [], []
    order = sorted(table.columns, key=lambda name: not is_class(name))
    short = shortened(map(safe, order))
    for name in order[:MAX_COLUMNS]:
        shown = short[safe(name)]
        try:
            values, labels = _coded(table.columns[name], is_class(name), table.names.get(name))
        except LeftOut as why:
            left_out.append(f"{shown} ({why})")
            continue
        if len(values) > 1 and values[0].startswith("up to ") and values[-1].startswith("above "):
            grouped.append(f"{shown} ({', '.join(values)})")
        found[shown] = Attribute(shown, tuple(values)), labels
    notes = []
    if left_out:
        notes.append(f"columns that are not attributes: {named(left_out)}")
    if grouped:
        notes.append(f"numbers taken in groups of as many images: {named(grouped)}")
    if len(order) > MAX_COLUMNS:
        notes.append(f"{len(order) - MAX_COLUMNS} columns beyond the first {MAX_COLUMNS} were left out")
    rows = [labels for _, labels in found.values()]
    return Known(
        tuple(a for a, _ in found.values()), list(zip(*rows, strict=True)) if rows else [()] * table.count, tuple(notes)
    )


def is_class(name: str) -> bool:
    """Whether a column of that name tells the class."""
    return name.strip().lower() in CLASS


def _coded(column: Sequence[Any] | LeftOut, is_class: bool, names: list[str] | None) -> tuple[list[str], list[int]]:
    """(names of the values, an index for each image). Raises LeftOut."""
    if isinstance(column, LeftOut):
        raise column
    values = [_plain(value) for value in column]
    present = {value for value in values if value is not None}
    if not present:
        raise LeftOut("no values")
    if names and all(isinstance(v, float) and 0 <= v < len(names) and v.is_integer() for v in present):
        short = shortened(map(safe, names))
        if len(short) == len(names):
            return [short[safe(name)] for name in names], [-1 if v is None else int(v) for v in values]
    if len(present) == 1:
        raise LeftOut(f"always {named([safe(_text(*present))])}")
    numeric = all(isinstance(value, float) for value in present)
    known = sum(value is not None for value in values)
    if not is_class and numeric and len(present) > MAX_NUMBERS:
        return _grouped(values, known)
    if len(present) > (MAX_CLASSES if is_class else MAX_VALUES) or (not is_class and FEW < len(present) > known / 2):
        raise LeftOut(f"{len(present)} different values in {known} images")
    listed = sorted(present, key=lambda value: (isinstance(value, str), value))
    index = {value: i for i, value in enumerate(listed)}
    short = shortened(safe(_text(value)) for value in listed)
    return [short[safe(_text(value))] for value in listed], [-1 if v is None else index[v] for v in values]


def _grouped(values: Sequence[Any], known: int) -> tuple[list[str], list[int]]:
    """Numbers in groups of about as many images. Raises LeftOut for numbers that only tell images apart."""
    numbers = np.array([math.nan if value is None else value for value in values])
    there = numbers[~np.isnan(numbers)]
    if len(np.unique(there)) == known and (there == there.round()).all():
        raise LeftOut("a different number for each image")
    edges = sorted({float(f"{edge:.4g}") for edge in np.quantile(there, np.arange(1, GROUPS) / GROUPS)})
    group = np.searchsorted(edges, there)
    edges = [edge for i, edge in enumerate(edges) if (group == i).any() and (group > i).any()]
    if not edges:
        raise LeftOut("nearly always the same number")
    texts = [f"{edge:.4g}" for edge in edges]
    between = [f"{low} to {high}" for low, high in pairwise(texts)]
    labels = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers))
    return [f"up to {texts[0]}", *between, f"above {texts[-1]}"], labels.tolist()


def _plain(value: Any) -> str | float | None:
    """A cell as text or number, None where it says nothing. Raises LeftOut for lists and the like."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        text = value.strip()
        number = float(text) if NUMBER.fullmatch(text) else math.nan
        return number if math.isfinite(number) else None if text.lower() in ("", "nan") else text
    if value is None:
        return None
    raise LeftOut("not one value for an image")


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else str(int(value)) if value.is_integer() else f"{value:.12g}"
