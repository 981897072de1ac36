"""Long work that a page starts, watches and cancels: one piece at a time for the whole app, none for nobody.

A piece is known by a token that only who started it knows; whoever does not ask for a while has left, and it ends.
"""

import atexit
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from explorer.core.limits import Gate
from trainer.util.errors import UserError

PATIENCE = 20.0  # seconds without a question after which nobody waits
LAST_WAIT = 10.0  # seconds for a step that is under way when the app ends
FINISHED = 8  # pieces whose results are kept until they are asked for
SEARCHING = Gate("searches for a picture", at_once=1, waiting=0)
GONE = "This search is no longer known: it was cancelled, or the app was started anew. Start it again."


class Job:
    """A piece of work in a thread of its own.

    Attributes:
        newest: what its iterator gave last; None before its first item.
        count: how many items there were.
        done: whether it has ended, by itself, by an error or cancelled.
        error: what it raised.
    """

    def __init__(self, work: Callable[[], Iterator[Any]]):
        self.newest: Any = None
        self.count = 0
        self.done = self.cancelled = False
        self.error: Exception | None = None
        self.asked = time.monotonic()
        self.work = work
        self.thread: threading.Thread | None = None

    def run(self, place: ExitStack) -> None:
        """All of it; then the place is free for the next."""
        try:
            with place:
                for item in self.work():
                    self.newest, self.count = item, self.count + 1
                    if self.cancelled or time.monotonic() - self.asked > PATIENCE:
                        self.cancelled = True
                        break
        except Exception as error:  # told to who asks next
            self.error = error
        finally:
            self.done = True
            del self.work  # and with it the picture


class Jobs:
    """The pieces of an app by their tokens. Thread-safe."""

    def __init__(self, gate: Gate = SEARCHING):
        self.gate = gate
        self.jobs: OrderedDict[str, Job] = OrderedDict()
        self.lock = threading.Lock()

    def start(self, work: Callable[[], Iterator[Any]]) -> str:
        """Begin; the token by which it is asked about. Raises Busy while another one runs."""
        place = ExitStack()
        place.enter_context(self.gate.place())
        job, token = Job(work), secrets.token_urlsafe(16)
        with self.lock:
            self.jobs[token] = job
            for old in [known for known, other in self.jobs.items() if other.done][:-FINISHED]:
                del self.jobs[old]
        job.thread = threading.Thread(target=job.run, args=(place,), name="inversion", daemon=True)
        job.thread.start()
        return token

    def of(self, token: str) -> Job:
        """The piece of a token, which somebody still waits for. Raises UserError for none, and what it raised."""
        with self.lock:
            job = self.jobs.get(token)
        if job is None or job.cancelled:
            raise UserError(GONE)
        job.asked = time.monotonic()
        if job.error is not None:
            raise job.error
        return job

    def cancel(self, token: str) -> None:
        """End a piece after its present step, and forget it; nothing where there is none."""
        with self.lock:
            job = self.jobs.pop(token, None)
        if job is not None:
            job.cancelled = True

    def close(self) -> None:
        """End all pieces and wait for them: a thread inside of PyTorch must not outlive the interpreter."""
        with self.lock:
            known = list(self.jobs.values())
        for job in known:
            job.cancelled = True
        for job in known:
            if job.thread is not None:
                job.thread.join(LAST_WAIT)


JOBS = Jobs()
atexit.register(JOBS.close)
