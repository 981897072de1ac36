"""Work in steps, each in a thread of its own: who started it looks at its newest step, and may cancel it."""

import atexit
import secrets
import threading
import time
import weakref
from collections.abc import Hashable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from explorer.core.limits import Gate
from trainer.util.errors import UserError

T = TypeVar("T")

PATIENCE = 60.0  # seconds without a look, after which nobody waits: the work stops, what it made is forgotten
LAST_WAIT = 10.0  # seconds for steps that are under way when the app ends
KEPT = 20  # finished jobs, at most, whose last step can still be looked at


class Look(NamedTuple, Generic[T]):
    """What a job has come to.

    Attributes:
        step: the newest one, None before the first.
        taken: how many steps there have been.
        ended: whether no more will come, for whatever reason.
        cancelled: whether that was asked for.
    """

    step: T | None
    taken: int
    ended: bool
    cancelled: bool


@dataclass
class Job(Generic[T]):
    """One piece of work. `about`: see `Jobs.start`. `asked`: when somebody last looked, by the monotonic clock."""

    visitor: str
    about: Hashable = None
    asked: float = field(default_factory=time.monotonic)
    step: T | None = None
    taken: int = 0
    error: Exception | None = None
    cancelled: bool = False
    ended: bool = False

    @property
    def abandoned(self) -> bool:
        """Whether nobody has looked for so long that nobody will."""
        return time.monotonic() - self.asked > PATIENCE


class Jobs(Generic[T]):
    """The jobs of one kind: one at a time for each visitor, and so many at once for all.

    Only the newest step of each is kept, so that memory does not grow with the work: a step that needs those before it,
    such as a curve, carries them itself. A job is known by a name that cannot be guessed.

    Args: what: the kind, as in "a second ... cannot begin". gate: how many run at once, its `waiting` 0; several kinds
        may share one.
    """

    def __init__(self, what: str, gate: Gate):
        self.what, self.gate = what, gate
        self.jobs: dict[str, Job[T]] = {}
        self.lock = threading.Lock()
        ALL.add(self)

    def start(self, visitor: str, steps: Iterator[T], about: Hashable = None) -> str:
        """Begin to take the steps, in a thread. Returns the name under which `look` and `cancel` know the job.

        Args: visitor: who asks, by whatever tells one from another. steps: of a generator whose arguments have been
            looked at, so that nonsense is refused before this call; it is dropped after a step of a cancelled job.
            about: what the work belongs to, where it is everybody's: while a job about the same runs, its name is
            returned, and the steps are not begun.
        Raises UserError while this visitor's last job runs, and Busy where as many run as may.
        """
        with self.lock:
            self._forget()
            if same := self.running(about):
                return same
            if any(job.visitor == visitor and not job.ended for job in self.jobs.values()):
                raise UserError(
                    f"A second {self.what} cannot begin while the first one runs. Stop that, or wait for it."
                )
            with ExitStack() as place:
                place.enter_context(self.gate.place())
                name, job = secrets.token_hex(16), Job[T](visitor, about)
                thread = threading.Thread(
                    target=self._work, args=(job, steps, place.pop_all()), name=f"job-{name[:6]}", daemon=True
                )
                self.jobs[name] = job
                thread.start()
        return name

    def running(self, about: Hashable) -> str:
        """The name of the job about something that has not ended; "" where there is none."""
        found = (name for name, job in list(self.jobs.items()) if job.about == about and not job.ended)
        return next(found, "") if about is not None else ""

    def look(self, name: str) -> Look[T]:
        """What the job has come to. Raises UserError for a name that is not known now, and the work's own error."""
        job = self._job(name)
        job.asked = time.monotonic()
        if job.error:
            raise job.error
        ended = job.ended  # read before the step: who sees the end sees the last step
        return Look(job.step, job.taken, ended, job.cancelled)

    def cancel(self, name: str) -> None:
        """Let the job end after the step it is at; its newest step stays. Raises UserError as `look` for the name."""
        self._job(name).cancelled = True

    def _job(self, name: str) -> Job[T]:
        job = self.jobs.get(name)
        if job is None:
            raise UserError(f"This {self.what} is no longer known to the server. Start it again.")
        return job

    def _work(self, job: Job[T], steps: Iterator[T], place: ExitStack) -> None:
        try:
            with place:
                for step in steps:
                    job.step, job.taken = step, job.taken + 1
                    if job.cancelled or job.abandoned:
                        break
        except Exception as error:  # told to whoever looks
            job.error = error
        finally:
            job.ended = True

    def _forget(self) -> None:
        """Drop finished jobs that nobody looks at, and the oldest of too many."""
        ended = [name for name, job in self.jobs.items() if job.ended]
        old = [name for name in ended if self.jobs[name].abandoned]
        for name in {*old, *ended[: max(0, len(ended) - KEPT + 1)]}:
            del self.jobs[name]


ALL: "weakref.WeakSet[Jobs[Any]]" = weakref.WeakSet()


def end_all() -> None:
    """End all jobs and wait for their last steps: a thread inside of PyTorch must not outlive the interpreter."""
    jobs = [job for kind in ALL for job in list(kind.jobs.values())]
    for job in jobs:
        job.cancelled = True
    until = time.monotonic() + LAST_WAIT
    while time.monotonic() < until and not all(job.ended for job in jobs):
        time.sleep(0.02)


atexit.register(end_all)
