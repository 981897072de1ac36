"""Uncovered real samples of a model that is shown truncated: some of them it can make, but they never come."""

import re
import shutil
import threading

import pytest

from explorer.core.inversion.encoder import Course
from explorer.core.inversion.inverter import Inverter
from explorer.core.library import Library
from explorer.core.model import Model
from explorer.tabs.diagnosis import makeable
from tests.conftest import own_reference


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, checkpoint) -> Library:
    """`faces` with a reference of its own images, ready to be searched."""
    folder = tmp_path_factory.mktemp("tried")
    shutil.copytree(checkpoint("stylegan-lite"), folder / "faces")
    own_reference(folder / "faces")
    for _ in Inverter(Model(folder / "faces"), Course(steps=60, batch=16)).prepare():
        pass
    return Library(folder, folder / "runs")


def question(**changes) -> dict:
    return {"checkpoint": "faces", "psi": 0.3, "label": None, "n": 300} | changes


def finished(library: Library, answer: dict) -> dict:
    assert "job" in answer, answer
    asked = {"job": answer["job"], "seen": 0}
    for _ in range(5000):
        news = makeable.search_look(library, asked)
        if "error" in news or news["ended"]:
            return news
        threading.Event().wait(0.02)
    raise AssertionError("the search did not end")


def test_some_of_what_a_truncated_model_never_samples_it_can_make(library: Library):
    found = finished(library, makeable.try_uncovered(library, question()))
    can, cannot = map(int, re.search(r"(\d+) \(\d+ %\) can be made .* (\d+) \(\d+ %\) cannot", found["text"]).groups())
    assert can + cannot == 24
    assert can > 0
    assert found["html"].count('alt="real image"') == 24
    again = finished(library, makeable.try_uncovered(library, question()))
    assert again["text"] == found["text"]


def test_one_real_image_is_tried(library: Library):
    found = finished(library, makeable.try_row(library, question(row=3)))
    assert found["text"] in (makeable.CAN, makeable.CANNOT)
    assert found["html"].count('alt="real image"') == 1


def test_a_row_that_is_none_is_refused(library: Library):
    assert "There is no point 100000" in makeable.try_row(library, question(row=100_000))["error"]
