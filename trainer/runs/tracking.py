"""Mirrors a training into an experiment tracker, which may fail, or not answer: the training neither waits nor ends.

Whatever the tracker is told, a thread of its own tells it; what it does not take in time is left out.
"""

import importlib.util
import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

from trainer.util.errors import UserError
from trainer.util.registry import Registry

if TYPE_CHECKING:
    from trainer.runs.rows import Event
    from trainer.runs.run import Run
    from trainer.runs.runner import Progress

QUEUED = 1000  # reports that wait for the tracker
LAST_SECONDS = 20.0  # that it has for the rest once the training has ended
PROJECT = "latent-explorer"
LEVELS = {"alert": "warn", "rolled-back": "warn", "failed": "error"}  # of events; all others are information
TOLD = (*LEVELS, "resolved", "verdict", "best", "changed", "finished", "stopped")  # kinds of events that are mirrored


class Tracker(Protocol):
    """What a tracker is told, all of it by one thread. Whatever it raises ends the mirror, not the training."""

    package: str  # that it needs

    def start(self, name: str, config: dict[str, Any]) -> None:
        """A run of that name begins, or goes on."""

    def log(self, images_seen: int, values: dict[str, float]) -> None:
        """Numbers by name, at so many real images."""

    def image(self, images_seen: int, path: Path) -> None:
        """A new sheet of samples."""

    def alert(self, event: "Event", level: str) -> None:
        """Something has happened; `level`: info, warn or error."""

    def finish(self) -> None:
        """Nothing more will come."""


TRACKERS: Registry[type[Tracker]] = Registry("tracker")


@TRACKERS.add("trackio")
class Trackio:
    """Hugging Face's trackio: on this machine, or where its variables TRACKIO_SPACE_ID and TRACKIO_SERVER_URL say."""

    package = "trackio"

    def start(self, name: str, config: dict[str, Any]) -> None:
        """Open the run, which keeps its name when it is resumed."""
        import trackio

        self.trackio = trackio
        self.run = trackio.init(project=PROJECT, name=name, config=config, resume="allow", embed=False)

    def log(self, images_seen: int, values: dict[str, float]) -> None:
        """Numbers of one moment; its step is the real images seen."""
        self.run.log(values, step=images_seen)

    def image(self, images_seen: int, path: Path) -> None:
        """The sheet, which trackio copies."""
        self.run.log({"samples": self.trackio.Image(path, caption=f"{images_seen / 1000:g} kimg")}, step=images_seen)

    def alert(self, event: "Event", level: str) -> None:
        """An alert, at the moment that it speaks of."""
        title = str(event.detail.get("title") or event.kind)
        self.run.alert(title, event.text, getattr(self.trackio.AlertLevel, level.upper()), step=event.images_seen)

    def finish(self) -> None:
        """Send what is left."""
        self.run.finish()


class Mirror:
    """One training's reports on their way to a tracker."""

    def __init__(self, tracker: Tracker, run: "Run", tell: Callable[[str], object], queued: int = QUEUED):
        """`tell`: takes one sentence, if the tracker fails or is late."""
        self.tracker, self.run, self.tell = tracker, run, tell
        self.todo: Queue[Progress | None] = Queue(queued)
        self.left_out, self.failed = 0, False  # reports without a place
        self.seen = max((event.id for event in run.store().events()), default=0)  # these need no telling
        self.thread = Thread(target=self.work, daemon=True, name="tracker")
        self.thread.start()

    def add(self, now: "Progress") -> None:
        """Hand over a report. Never waits."""
        try:
            self.todo.put_nowait(now)
        except Full:
            self.left_out += 1

    def work(self) -> None:
        """All that the tracker is told, from its start to its end."""
        now = self.todo.get()  # from the first report on, the run has its settings
        if now is None:
            return
        try:
            self.tracker.start(self.run.name, asdict(self.run.config()))
            while now is not None:
                self.report(now)
                now = self.todo.get()
            self.report_events()
            self.tracker.finish()
        except (Exception, SystemExit) as error:
            self.failed = True
            self.todo = Queue()  # nobody waits for a place
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            self.tell(f"The tracker has failed ({reason}); the training goes on without it.")

    def report(self, now: "Progress") -> None:
        """Curves, then new samples, then what has happened."""
        values = now.values | {"images_per_s": now.images_per_s}
        finite = {name: value for name, value in values.items() if value is not None and math.isfinite(value)}
        self.tracker.log(now.images_seen, finite)
        sheet = self.run.folder / "samples" / f"{now.images_seen:08d}.webp"
        if now.saved and sheet.is_file():
            self.tracker.image(now.images_seen, sheet)
        self.report_events()

    def report_events(self) -> None:
        """What has happened since the last look."""
        for event in self.run.store().events(self.seen):
            if event.kind in TOLD:
                self.tracker.alert(event, LEVELS.get(event.kind, "info"))
            self.seen = event.id

    def end(self, seconds: float) -> None:
        """Let the tracker take the rest, for so many seconds at most."""
        until = time.monotonic() + seconds
        with suppress(Full):  # the tracker has not taken one of so many
            self.todo.put(None, timeout=seconds)
        self.thread.join(max(0.0, until - time.monotonic()))
        if self.thread.is_alive():
            self.tell(f"The tracker has not taken everything within {seconds:g} s; the run's folder holds it all.")
        elif self.left_out and not self.failed:
            self.tell(f"The tracker was too slow for {self.left_out} reports; the run's folder holds them.")


def check_tracker(name: str) -> None:
    """Raises UserError for an unknown tracker, and for one whose package is not installed."""
    package = TRACKERS[name].package
    if importlib.util.find_spec(package) is None:
        raise UserError(f"--track {name} needs a package: `pip install -r requirements-track.txt`.")


def with_tracker(
    progress: "Iterable[Progress]",
    run: "Run",
    tracker: Tracker,
    tell: Callable[[str], object],
    seconds: float = LAST_SECONDS,
) -> "Iterator[Progress]":
    """Pass progress through and mirror it: settings, curves, samples, alerts and the end.

    Args: tell: takes a sentence, if the tracker fails or is late; seconds: that it has for the rest at the end.
    """
    mirror = Mirror(tracker, run, tell)
    try:
        for now in progress:
            mirror.add(now)
            yield now
    finally:
        mirror.end(seconds)
