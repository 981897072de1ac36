"""Whatever a visitor asks, there is an answer that JSON can carry, in one sentence, without a path of this machine."""

import json
import logging
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import orjson
import pytest

from benchmarks.hostile_requests import CHECKPOINT, RUN, SOUND, questions
from explorer import examination, inpage, jobs, serve, steering, training
from explorer.library import Library
from tests.conftest import own_reference
from trainer.config import config_from
from trainer.data import Attribute, Dataset
from trainer.live import Places
from trainer.runs import Run
from trainer.session import run_training

HANDLERS = {
    handler.__name__: handler
    for handler in (
        serve.render, serve.board, serve.keep, serve.png, serve.tiles, serve.sheet, serve.open_png, *inpage.PATH,
        *examination.HANDLERS, *training.HANDLERS, *steering.HANDLERS,
    )
}  # fmt: skip
PYTHONS = ("Error(", "Traceback", "object has no", "NoneType", "unhashable", "__init__", "errno", "not subscriptable")
SLOW = 10  # seconds that no answer may take
LARGEST = 50_000_000  # bytes of an answer


@pytest.fixture(scope="module")
def library(tmp_path_factory, checkpoint) -> Library:
    """A checkpoint with a reference, and a run of three steps."""
    place = tmp_path_factory.mktemp("hostile")
    shutil.copytree(checkpoint("stylegan-lite", 3), place / "checkpoints" / CHECKPOINT)
    own_reference(place / "checkpoints" / CHECKPOINT, count=200)
    settings = {"arch": "stylegan-lite", "resolution": 8, "width": 8, "z_dim": 8, "batch": 4, "threads": 1}
    config = config_from(settings | {"kimg": 0.012, "save_kimg": 0.004, "diagnose": False})
    pictures = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
    data = Dataset("d", pictures, np.zeros((12, 1), int), (Attribute("shape", ("a",)),), "CC0", "the tests", "d")
    list(run_training(Run(place / "runs", RUN), config, places=Places(place, place), dataset=data))
    return Library(place / "checkpoints", place / "runs", place / "recordings")


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch):
    """No training, no process, no copy: the questions alone are looked at."""

    class Done:
        returncode, stdout, stderr = 0, "about 100 pictures/s, about 50 MiB", ""

    monkeypatch.setattr(jobs, "start", lambda words, run, data_dir: None)
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: Done)
    monkeypatch.setattr("trainer.publish.publish", lambda *args, **options: None)


def flaws(answer: object, library: Library, seconds: float) -> list[str]:
    """What is wrong with an answer."""
    sent = orjson.dumps(answer).decode()  # as Gradio sends it
    json.dumps(answer, allow_nan=False)
    own = {str(library.runs.parent), str(Path(__file__).parents[2]), sys.prefix}
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


def test_every_handler_is_asked():
    assert set(SOUND) == set(HANDLERS)


def test_the_sound_questions_are_answered(library: Library):
    sound = set(SOUND) - {"open_png", "stop", "tell", "answer_of"}  # these need a file, or a process
    errors = {name: HANDLERS[name](library, SOUND[name]).get("error") for name in sound}
    assert {name: error for name, error in errors.items() if error} == {}


def test_equal_seeds_are_equal_questions():
    assert repr(list(questions(3, 40))) == repr(list(questions(3, 40))) != repr(list(questions(4, 40)))


def test_hostile_questions_get_a_sentence(library: Library, caplog):
    caplog.set_level(logging.CRITICAL)
    assert fuzzed(library, seed=1, count=1000) == []
