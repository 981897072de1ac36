"""Whatever a visitor asks, there is an answer that JSON can carry, in one sentence, without a path of this machine."""

import logging
import shutil

import numpy as np
import pytest

from benchmarks.hostile_asking import HANDLERS, fuzzed, nothing_starts
from benchmarks.hostile_requests import CHECKPOINT, RUN, SOUND, TRANSLATOR, questions
from explorer.core.library import Library
from tests.conftest import give_critic, own_reference
from tests.translators import make_translator
from trainer.data import Attribute, Dataset
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.run import Run
from trainer.training.config import config_from


@pytest.fixture(scope="module")
def library(tmp_path_factory, checkpoint) -> Library:
    """A checkpoint with a reference, and a run of three steps."""
    place = tmp_path_factory.mktemp("hostile")
    shutil.copytree(checkpoint("stylegan-lite", 3), place / "checkpoints" / CHECKPOINT)
    give_critic(place / "checkpoints" / CHECKPOINT)
    own_reference(place / "checkpoints" / CHECKPOINT, count=200)
    make_translator(place / "checkpoints" / TRANSLATOR, "styled-unet", critic=True)
    settings = {"arch": "stylegan-lite", "resolution": 8, "width": 8, "z_dim": 8, "batch": 4, "threads": 1}
    config = config_from(settings | {"kimg": 0.012, "save_kimg": 0.004, "diagnose": False})
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
    data = Dataset("d", images, np.zeros((12, 1), int), (Attribute("shape", ("a",)),), "CC0", "the tests", "d")
    list(run_training(Run(place / "runs", RUN), config, places=Paths(place, place), dataset=data))
    return Library(place / "checkpoints", place / "runs", place / "recordings")


@pytest.fixture(autouse=True)
def nothing_is_started():
    with nothing_starts():
        yield


def test_every_handler_is_asked():
    assert set(SOUND) == set(HANDLERS)


@pytest.mark.slow
def test_the_sound_questions_are_answered(library: Library):
    sound = set(SOUND) - {  # these need a file, or a process
        "open_png", "stop", "tell", "answer_of", "search_look", "search_cancel", "look_learning", "stop_learning",
        "import_directions", "drag_look", "drag_cancel",
        "complete",  # a translator that reads a mask
    }  # fmt: skip
    errors = {name: HANDLERS[name](library, SOUND[name]).get("error") for name in sound}
    assert {name: error for name, error in errors.items() if error} == {}


def test_equal_seeds_are_equal_questions():
    assert repr(list(questions(3, 40))) == repr(list(questions(3, 40))) != repr(list(questions(4, 40)))


@pytest.mark.slow
def test_hostile_questions_get_a_sentence(library: Library, caplog):
    caplog.set_level(logging.CRITICAL)
    assert fuzzed(library, seed=1, count=1000) == []
