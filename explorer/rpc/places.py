"""Keeps the folders of this machine out of what a visitor reads."""

import re
import sys
import tempfile
from functools import cache
from pathlib import Path

from explorer.core.library import Library

ROOT = Path(__file__).parents[2]
LONG = 20_000  # characters: longer answers are images, vectors and curves
PATH = re.compile(r"(?<![\w.:/<])(?:/[^\s/'\"<>|:;,()]+){2,}/?")  # an absolute one of two folders or more
MACHINE = {str(ROOT): "", sys.prefix: "python", sys.base_prefix: "python", tempfile.gettempdir(): "tmp"}
MACHINE |= {str(Path.home()): "~"}


def without_places(text: str, library: Library, *, prose: bool = True) -> str:
    """The text with this machine's folders told by their own names alone.

    Args: prose: then paths below folders that are not known here are shortened, too; elsewhere what looks like one may
        be base64.
    """
    if "/" not in text or (len(text) > LONG and not prose):
        return text
    pattern, names = folders_of(
        library.checkpoints, library.runs, library.recordings, tuple(library.extra.values()), Path.cwd()
    )
    text = pattern.sub(lambda found: names[found[1]] + (found[2] if names[found[1]] else ""), text)
    return PATH.sub(last, text) if prose else text


def anywhere(text: str) -> str:
    """`without_places` where no library is at hand."""
    return PATH.sub(last, text)


def last(found: re.Match) -> str:
    """The last name of a path."""
    return f"…/{found[0].rstrip('/').rpartition('/')[2]}"


@cache
def folders_of(
    checkpoints: Path, runs: Path, recordings: Path | None, extra: tuple[Path, ...], here: Path
) -> tuple[re.Pattern, dict[str, str]]:
    """What finds the folders that the app works in, and what a visitor reads instead of each: "" for those above."""
    above, own = runs.parent, [checkpoints, runs, recordings, runs.parent / "data", *extra]
    names = MACHINE | dict.fromkeys(spellings(above, here), "")
    names |= {spelling: path.name for path in own if path for spelling in spellings(path, here)}
    names = {path: name for path, name in names.items() if path.count("/") > 1}  # "/tmp" alone tells nothing
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})(/|(?![\\w-]))"), names


def spellings(path: Path, here: Path) -> set[str]:
    """All ways in which a message may spell a path: as given, from `here`, and with links resolved."""
    return {str(path), str(here / path), str(path.resolve())}
