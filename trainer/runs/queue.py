"""One training at a time: a queued one waits until no other run of the same folder is being trained."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from trainer.runs.run import Run, is_held
from trainer.util.atomic_io import cannot_write, write_text
from trainer.util.errors import UserError

LOOK = 0.5  # seconds from one look to the next


@contextmanager
def queue_slot(run: Run, tell: Callable[[str], object]) -> Iterator[None]:
    """Wait for the turn, first come first served, and hold it until the training ends, however it does.

    Trainings that were started without a queue are waited for, but wait for nobody. Raises UserError if the run itself
    is being trained or waits already, and for a folder that cannot be written.
    """
    if run.is_training():
        raise UserError(f"Run {run.name!r} is being trained by another process. Wait for it or stop it.")
    with run.folder_made(), waited(run, tell):
        yield


@contextmanager
def waited(run: Run, tell: Callable[[str], object]) -> Iterator[None]:
    """What `queue_slot` does, in a folder that is there."""
    waiting = FileLock(run.folder / "queued", timeout=1)  # longer than who only asks whether it is held
    place = FileLock(run.folder.parent / ".turn.lock", timeout=0)
    try:
        waiting.acquire()
        os.utime(run.folder / "queued")
        write_text(run.folder / "pid", str(os.getpid()))
    except Timeout:
        raise UserError(f"Run {run.name!r} is already waiting in the queue.") from None
    except OSError as error:
        raise cannot_write(run.folder, error) from error
    try:
        reported = ""
        while not (is_next(run) and taken(place)):
            ahead = ", ".join(repr(other.name) for other in others(run) if other.is_training()) or "another one"
            if ahead != reported:
                tell(f"waiting for {ahead} to finish training")
            reported = ahead
            time.sleep(LOOK)
        waiting.release()
        yield
    finally:
        waiting.release()
        place.release()
        (run.folder / "pid").unlink(missing_ok=True)


def others(run: Run) -> list[Run]:
    """The other runs of the same folder that a process has to do with, or had when it was killed."""
    root = run.folder.parent
    found = []
    for path in root.glob("*/pid"):
        with suppress(UserError):  # a folder of a name that no run can have
            found.append(Run(root, path.parent.name))
    return [other for other in found if other.name != run.name]


def is_next(run: Run) -> bool:
    """Whether nobody trains, and nobody has waited longer."""
    mine = (run.folder / "queued").stat().st_mtime_ns
    for other in others(run):
        mark = other.folder / "queued"
        if other.is_training() or (is_held(mark) and mark.stat().st_mtime_ns < mine):
            return False
    return True


def taken(place: FileLock) -> bool:
    """Whether the one place is ours now."""
    try:
        place.acquire()
    except Timeout:
        return False
    return True
