"""Asks the page's handlers hostile questions, and says what is wrong with their answers."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import orjson

from benchmarks.hostile_requests import questions
from explorer.core.library import Library
from explorer.rendering import client, server
from explorer.tabs.diagnosis import handlers as examination
from explorer.tabs.diagnosis import makeable
from explorer.tabs.picture import handlers as picture
from explorer.tabs.slide import directions, dragging
from explorer.tabs.train import control, jobs, watching
from explorer.tabs.translate import completing
from explorer.tabs.translate import handlers as translate

HANDLERS = {
    handler.__name__: handler
    for handler in (
        server.render, server.rebase, server.png, server.tiles, server.scores, server.sheet, server.open_png,
        *client.PATH, *directions.HANDLERS, *dragging.HANDLERS, *examination.HANDLERS, *makeable.HANDLERS,
        *picture.HANDLERS, *watching.HANDLERS, *control.HANDLERS, *translate.HANDLERS, *completing.HANDLERS,
    )
}  # fmt: skip
PYTHONS = ("Error(", "Traceback", "object has no", "NoneType", "unhashable", "__init__", "errno", "not subscriptable")
SLOW = 10  # seconds that no answer may take
LARGEST = 50_000_000  # bytes of an answer


@contextmanager
def nothing_starts() -> Iterator[None]:
    """No training, no process, no copy: the questions alone are looked at."""
    done = SimpleNamespace(returncode=0, stdout='{"images_per_s": 100.4, "memory": 5e7, "seconds": 9.5}', stderr="")
    with (
        patch.object(jobs, "start", lambda *asked: None),
        patch("explorer.core.inversion.jobs.start", lambda steps: "a" * 32),
        patch.object(directions.LEARNING, "start", lambda visitor, steps, about: "a" * 32),
        patch.object(dragging.JOBS, "start", lambda visitor, steps: "a" * 32),
        patch.object(subprocess, "run", lambda *args, **options: done),
        patch("trainer.runs.publish.publish", lambda *args, **options: None),
    ):
        yield


def flaws(answer: object, library: Library, seconds: float) -> list[str]:
    """What is wrong with an answer."""
    sent = orjson.dumps(answer).decode()  # as Gradio sends it
    json.dumps(answer, allow_nan=False)
    own = {str(library.runs.parent), str(Path(__file__).parents[1]), sys.prefix}
    found = [f"tells {place}" for place in own if place in sent]
    if isinstance(answer, dict) and "error" in answer:
        found += [f"says {word}" for word in PYTHONS if word in answer["error"]]
        found += ["no sentence"] if not 10 < len(answer["error"]) < 2000 or "\n" in answer["error"] else []
    return found + ([f"took {seconds:.0f} s"] if seconds > SLOW else []) + (["huge"] if len(sent) > LARGEST else [])


def fuzzed(library: Library, seed: int, count: int) -> list[str]:
    """What was wrong with the answers to so many hostile questions."""
    bad = []
    for name, question in questions(seed, count):
        start = time.monotonic()
        try:
            found = flaws(HANDLERS[name](library, question), library, time.monotonic() - start)
        except Exception as error:
            found = [f"raised {error!r:.200}"]
        bad += [f"{name}: {flaw} at {question!r:.300}" for flaw in found]
    return bad
