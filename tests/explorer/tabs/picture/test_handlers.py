"""The dialog's requests: a picture becomes a recipe, and whatever is wrong is a sentence."""

import base64
import io
import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.inversion import inverter as inverters
from explorer.core.inversion.encoder import Course
from explorer.core.inversion.inverter import Inverter
from explorer.core.library import Library
from explorer.core.recipe import Recipe
from explorer.tabs.picture import handlers
from tests.conftest import own_reference


def encoded(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.fixture(scope="module")
def folder(checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with a reference, whose encoder and yardstick are there."""
    place = tmp_path_factory.mktemp("made") / "faces"
    shutil.copytree(checkpoint("stylegan-lite"), place)
    own_reference(place, count=200)
    made = Inverter(inverters.Model(place), Course(steps=30, batch=8))
    for _ in [*made.prepare(), *made.measure_real()]:
        pass
    return place


@pytest.fixture
def filled(library: Library, folder: Path) -> Library:
    shutil.copytree(folder, library.checkpoints / "faces")
    return library


def question(**changes) -> dict:
    plain = {"checkpoint": "faces", "picture": encoded(Image.new("RGB", (20, 20), "teal"))}
    return {**plain, "hidden": None, "side": 0, "label": None, "starts": 1, **changes}


def finished(library: Library, asked: dict) -> dict:
    """Start a search and ask until it is done."""
    return ended(library, handlers.search(library, asked))


def ended(library: Library, started: dict) -> dict:
    """The last look at a job."""
    seen = 0
    for _ in range(5000):
        answer = handlers.search_look(library, {"job": started["job"], "seen": seen})
        json.dumps(answer)
        if "error" in answer or answer["ended"]:
            return answer
        seen = answer["taken"]
        threading.Event().wait(0.02)
    raise AssertionError("the search did not end")


def test_a_picture_becomes_a_recipe_of_the_model(filled: Library):
    answer = finished(filled, question())
    assert len(answer["found"]) == 1
    recipe = Recipe.from_dict(answer["found"][0]["recipe"])
    assert filled.model("faces").images([recipe]).shape[0] == 1
    assert len(answer["sentences"]) == 3
    assert isinstance(answer["makeable"], bool)


def test_a_branch_is_tuned_to_the_picture_from_what_was_found(filled: Library):
    asked = question()
    found = finished(filled, asked)
    assert found["tunable"] is True
    pivot = found["found"][0]["recipe"]
    answer = ended(filled, handlers.tune(filled, {"recipe": pivot, "picture": asked["picture"]}))
    assert answer["tuned"] is True
    assert answer["sentences"][0].startswith("Tuned to this picture")
    recipe = Recipe.from_dict(answer["found"][0]["recipe"])
    assert recipe.tuned
    assert replace(recipe, tuned="").to_dict() == pivot
    assert filled.model("faces").image(recipe).shape == (8, 8, 3)


def test_several_answers_to_a_picture_of_which_a_part_was_rubbed_out(filled: Library):
    drawing = Image.new("L", (64, 64), 0)
    drawing.paste(255, (0, 0, 32, 64))
    answer = finished(filled, question(hidden=encoded(drawing), starts=2))
    assert len({found["recipe"]["w"] for found in answer["found"]}) == 2
    assert "invented" in answer["sentences"][0]
    assert answer["tunable"] is False


def test_the_dialog_is_told_what_a_model_offers(filled: Library, checkpoint):
    shutil.copytree(checkpoint("dcgan", 3), filled.checkpoints / "shapes")
    assert handlers.look(filled, {"checkpoint": "faces"})["ready"] is True
    told = handlers.look(filled, {"checkpoint": "shapes"})
    assert told["classes"] == ["round", "square", "star"]
    assert told["tries_all"] is True
    assert told["ready"] is told["reference"] is False


def test_a_second_search_is_refused_while_one_runs_and_cancelling_makes_room(filled: Library):
    job = handlers.search(filled, question())["job"]
    refused = handlers.search(filled, question())
    assert refused["busy"] is True
    assert "Too many requests for searches for a picture" in refused["error"]
    assert handlers.search_cancel(filled, {"job": job}) == {}
    assert "was cancelled" in handlers.search_look(filled, {"job": job, "seen": 0})["error"]
    for _ in range(5000):
        again = handlers.search(filled, question())
        if "job" in again:
            break
        threading.Event().wait(0.02)
    handlers.search_cancel(filled, again)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"picture": base64.b64encode(b"no picture at all").decode()}, "The picture cannot be opened: not an image"),
        ({"picture": "%"}, "did not arrive whole"),
        ({"side": 10**6}, "side is 1000000"),
        ({"starts": 9}, "starts is 9"),
        ({"label": 5}, "There is no class 5"),
        ({"checkpoint": "nobody"}, "nobody"),
        ({"hidden": encoded(Image.new("L", (16, 16), 255))}, "Nearly all of the picture is rubbed out"),
    ],
)
def test_whatever_is_wrong_is_a_sentence(filled: Library, changes: dict, sentence: str):
    answer = handlers.search(filled, question(**changes))
    assert sentence in answer["error"]


def test_a_picture_is_never_written_to_a_disk(filled: Library, tmp_path: Path):
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    finished(filled, question())
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_the_browser_cannot_decode_the_server_does(library: Library):
    buffer = io.BytesIO()
    Image.fromarray(np.full((30, 2000, 3), 77, np.uint8)).save(buffer, "TIFF")
    answer = handlers.decode(library, {"data": base64.b64encode(buffer.getvalue()).decode()})
    assert answer["image"].startswith("data:image/webp")
    assert "cannot be opened" in handlers.decode(library, {"data": ""})["error"]


def test_the_nearest_real_images_of_a_recipe_and_of_a_picture(filled: Library):
    for asked in ({"recipe": {"checkpoint": "faces", "seed": 1}}, question()):
        answer = handlers.nearest(filled, asked)
        assert len(answer["seen"]) == len(answer["real"]) == 6
        assert answer["text"].startswith("Its nearest")


def test_a_checkpoint_without_a_reference_has_no_nearest_ones(library: Library, checkpoint):
    shutil.copytree(checkpoint("dcgan"), library.checkpoints / "digits")
    assert "no reference" in handlers.nearest(library, {"recipe": {"checkpoint": "digits"}})["error"]
