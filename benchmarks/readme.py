"""Puts the tables of stored results into a text, between `<!-- bench:NAME -->` and `<!-- /bench -->`."""

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from benchmarks import ELSEWHERE, NAMES
from trainer.util.atomic_io import write_text
from trainer.util.errors import UserError

BLOCK = re.compile(r"(<!-- bench:(\S+) -->)(?:(?!<!-- bench:).)*?(<!-- /bench -->)", re.DOTALL)
START = re.compile(r"<!-- bench:(\S+) -->")


def with_tables(text: str, table: Callable[[str], str]) -> str:
    """The text with `table(name)` in each block, nothing else changed.

    Raises UserError for a name that is no benchmark and for a start without its end.
    """
    for name in START.findall(text):
        if name not in (*NAMES, *ELSEWHERE):
            raise UserError(f"<!-- bench:{name} --> names no benchmark. Choose from: {', '.join(NAMES)}.")
    if len(BLOCK.findall(text)) != len(START.findall(text)):
        raise UserError("A <!-- bench:NAME --> has no <!-- /bench --> after it. Add one.")
    return BLOCK.sub(lambda found: f"{found[1]}\n{table(found[2])}\n{found[3]}", text)


def stored_table(results: Path, name: str) -> str:
    """The table of a stored record. Raises UserError if it is missing or damaged."""
    path = results / f"{name}.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return import_module(f"benchmarks.{name}").table(record)
    except FileNotFoundError:
        raise UserError(f"There is no {path}. `python -m benchmarks {name}` measures it.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read ({error!r}). `python -m benchmarks {name}` writes it anew.") from error


def update(readme: Path, results: Path) -> list[str]:
    """Write the tables into the file; it stays as it was if one cannot be had. Returns the names, in order."""
    text = readme.read_text(encoding="utf-8")
    write_text(readme, with_tables(text, lambda name: stored_table(results, name)))
    return START.findall(text)
