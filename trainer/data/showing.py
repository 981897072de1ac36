"""Shows how far a long piece of work is: a bar in a terminal, a plain line now and then where there is none."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tqdm import tqdm


def shown(work: Iterable[Any], words: str, total: int) -> Iterator[Any]:
    """Pass `work` on, one by one, and tell on standard error how many of `total` are done."""
    if sys.stderr.isatty():
        yield from tqdm(work, desc=words, total=total, unit="img")
    else:
        yield from in_lines(work, words, total)


def in_lines(work: Iterable[Any], words: str, total: int, every: float = 15.0) -> Iterator[Any]:
    """The same without a terminal: a line at most every so many seconds, each of them whole."""
    last = time.monotonic()
    for done, one in enumerate(work):
        if time.monotonic() - last >= every:
            last = time.monotonic()
            print(f"{words}: {done} of {total}", file=sys.stderr, flush=True)
        yield one


def silent(work: Iterable[Any], words: str, total: int) -> Iterator[Any]:
    """Pass `work` on and tell nothing."""
    yield from work
