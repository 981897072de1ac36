"""What the page asks for when points are dragged, and what it is told for nonsense."""

import base64
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from explorer.core.jobs import Jobs
from explorer.core.library import Library
from explorer.core.limits import Gate
from explorer.core.recipe import Recipe
from explorer.tabs.slide import dragging
from explorer.tabs.slide.dragging import drag_cancel, drag_look, drag_start, mask_of


@pytest.fixture
def library(tmp_path: Path, checkpoint) -> Library:
    for name, arch in (("faces", "stylegan-lite"), ("digits", "dcgan")):
        shutil.copytree(checkpoint(arch), tmp_path / name)
    return Library(tmp_path, tmp_path / "runs")


@pytest.fixture(autouse=True)
def jobs(monkeypatch) -> Jobs:
    """Jobs of this test alone."""
    own: Jobs = Jobs("drag of points", Gate("dragging points", at_once=2, waiting=0))
    monkeypatch.setattr(dragging, "JOBS", own)
    return own


def question(library: Library, **fields) -> dict:
    side = library.model("faces").resolution
    pairs = [[side / 2, side / 2, side / 2 + 4, side / 2]]
    return {"recipe": {"checkpoint": "faces", "seed": 4}, "pairs": pairs, "mask": "", "visitor": "a"} | fields


def ended(library: Library, job: str) -> dict:
    for _ in range(3000):
        look = drag_look(library, {"job": job})
        if look.get("error") or look["ended"]:
            return look
        time.sleep(0.02)
    raise AssertionError(look)


def test_a_drag_is_begun_looked_at_and_ends_with_a_recipe_of_the_nearest_step(library):
    last = ended(library, drag_start(library, question(library))["job"])
    side = library.model("faces").resolution
    assert last["outcome"] in ("arrived", "stuck", "cap")
    assert (last["width"], last["height"], len(last["handles"])) == (side, side, 1)
    assert len(last["distances"]) == last["steps"] + 1
    assert last["distances"][last["best"]] == min(last["distances"])
    assert (last["recipe"] is None) == (last["best"] == 0)
    if last["recipe"]:
        assert Recipe.from_dict(last["recipe"]).w


def test_a_cancelled_drag_ends_and_a_second_waits_for_it(library):
    job = drag_start(library, question(library))["job"]
    second = drag_start(library, question(library))
    if "error" in second:  # the first may have ended already
        assert "A second drag of points cannot begin while the first one runs" in second["error"]
    assert drag_cancel(library, {"job": job}) == {}
    assert ended(library, job)["ended"]


def test_a_job_of_nobody_is_refused(library):
    for ask in (drag_look, drag_cancel):
        assert "no longer known to the server" in ask(library, {"job": "f" * 32})["error"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pairs": []}, "There is no handle to drag"),
        ({"pairs": [[4, 4, 8, 8]] * 9}, "There are 9 handles; at most 8"),
        ({"pairs": [[4, 4, 8, 8]] * 1000}, "at most 80 are possible"),
        ({"pairs": [[4, 4, 4, 4]]}, "No target is more than 1 px from its handle"),
        ({"pairs": [[1e9, 4, 8, 8]]}, "outside the image"),
        ({"pairs": [[4, -1e300, 8, 8]]}, "it must be a number from"),
        ({"pairs": [[4, float("nan"), 8, 8]]}, "infinite, NaN or too large"),
        ({"pairs": [[4, "4", 8, 8]]}, "y is '4'; it must be a number"),
        ({"pairs": [[4, 4, 8]]}, "it must be [x, y, target x, target y]"),
        ({"pairs": ["4488"]}, "it must be [x, y, target x, target y]"),
        ({"pairs": "4488"}, "it must be a list"),
        ({"mask": "AA=="}, "The mask has 8 pixels"),
        ({"mask": "no base64"}, "The mask cannot be read"),
        ({"mask": 7}, "it must be text"),
        ({"visitor": None}, "it must be text"),
        ({"recipe": {"checkpoint": "digits"}}, "needs a style-based model"),
        ({"recipe": 3}, "This is not a recipe"),
    ],
)
def test_nonsense_gets_a_sentence_and_begins_nothing(library, jobs, fields, sentence):
    answer = drag_start(library, question(library, **fields))
    assert sentence in answer["error"]
    assert jobs.jobs == {}


def test_a_mask_travels_as_a_bit_a_pixel():
    mask = np.random.default_rng(0).random((12, 12)) < 0.5
    packed = base64.b64encode(np.packbits(mask).tobytes()).decode()
    assert np.array_equal(mask_of(packed, 12), mask)
    assert mask_of("", 12) is None
