"""Answers that are remembered within a limit in bytes, and work of which only so much runs at once."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Generic, TypeVar

from trainer.util.errors import UserError

T = TypeVar("T")

UPLOADS = 2_000_000_000  # bytes, at most, of one upload


class Busy(UserError):
    """Too much of a kind of work is asked for just now; the page asks again by itself."""


class Kept(Generic[T]):
    """Key -> value, the least recently used forgotten first. Thread-safe.

    Args: maximum: bytes of all values together; a larger one is not kept. size: bytes of a value.
        count: how many at most, whatever their size. idle: seconds without use after which a value is forgotten.
    """

    def __init__(self, maximum: int, size: Callable[[T], int], count: int = 10_000, idle: float = math.inf):
        self.maximum, self.size, self.count, self.idle = maximum, size, count, idle
        self.values: OrderedDict[Hashable, tuple[T, int, float]] = OrderedDict()  # value, bytes, when last used
        self.bytes = 0
        self.lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The value, which now counts as the most recently used; None if it is not kept."""
        with self.lock:
            self._forget_idle()
            if key not in self.values:
                return None
            value, size, _ = self.values.pop(key)
            self.values[key] = (value, size, time.monotonic())
            return value

    def put(self, key: Hashable, value: T) -> None:
        """Keep a value, in place of an older one of this key; the least recently used go until the limits hold."""
        size = self.size(value)
        with self.lock:
            self._forget_idle()
            self.bytes -= self.values.pop(key, (value, 0, 0.0))[1]
            if size > self.maximum:
                return
            self.values[key] = (value, size, time.monotonic())
            self.bytes += size
            while self.bytes > self.maximum or len(self.values) > self.count:
                self._forget_oldest()

    def _forget_idle(self) -> None:
        while self.values and time.monotonic() - next(iter(self.values.values()))[2] > self.idle:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self.bytes -= self.values.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self.values)


class Gate:
    """Lets so many work at once and so many wait; who comes then is told so at once, and holds no thread.

    The threads of the server are few, and who waits in one keeps everybody else from being answered.
    """

    def __init__(self, what: str, at_once: int, waiting: int):
        self.what = what
        self.places = threading.Semaphore(at_once)
        self.tickets = threading.Semaphore(at_once + waiting)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place. Raises Busy where too many wait already."""
        if not self.tickets.acquire(blocking=False):
            raise Busy(f"Too many requests for {self.what} at the moment. Try again shortly.")
        try:
            with self.places:
                yield
        finally:
            self.tickets.release()

    def __call__(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: every call needs a place."""

        @wraps(work)
        def inside(*args: Any) -> Any:
            with self.place():
                return work(*args)

        return inside
