"""Draws a source's images in order, on every core where that pays."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from trainer.data.base import LabelledImage, Source, Unreadable
from trainer.util.errors import UserError

CHUNK = 64  # images that a worker draws at a time
Drawn = Generator[LabelledImage | Unreadable, None, None]


def drawn_images(source: Source, resolution: int, workers: int | None = None) -> Drawn:
    """All images of `source` in the order of their index; an unreadable one gives its reason instead.

    `workers`: processes to draw with; None = one a core if the source says that this pays. The images do not depend
    on it. Raises: UserError if a worker is killed.
    """
    if workers is None:
        workers = min(os.cpu_count() or 1, source.count // CHUNK) if source.parallel else 1
    starts = range(0, source.count, CHUNK)
    if workers < 2:
        for start in starts:
            yield from _draw_chunk(source.draw, range(start, min(start + CHUNK, source.count)), resolution)
        return
    pool = ProcessPoolExecutor(workers, initializer=_keep, initargs=(source.draw, source.count, resolution))
    try:
        for chunk in pool.map(_draw_kept, starts):
            yield from chunk
    except BrokenProcessPool:
        raise UserError(
            f"A process drawing {source.name} was killed, probably because memory ran out. "
            "Close other programs, or use fewer or smaller images, and try again."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _draw_chunk(draw: Callable, indices: range, resolution: int) -> list[LabelledImage | Unreadable]:
    drawn: list[LabelledImage | Unreadable] = []
    for index in indices:
        try:
            drawn.append(draw(index, resolution))
        except Unreadable as unreadable:
            drawn.append(unreadable)
    return drawn


_kept: dict[str, Any] = {}  # of a worker process: what it was started with, so that it is sent once


def _keep(draw: Callable, count: int, resolution: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _kept.update(draw=draw, count=count, resolution=resolution)


def _end_with_parent() -> None:
    """A pool's worker would otherwise wait for ever once its parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _draw_kept(start: int) -> list[LabelledImage | Unreadable]:
    return _draw_chunk(_kept["draw"], range(start, min(start + CHUNK, _kept["count"])), _kept["resolution"])
