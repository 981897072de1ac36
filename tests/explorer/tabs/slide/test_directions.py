"""What Slide asks of directions: right questions get an answer, wrong ones a sentence, never an exception."""

import base64
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.core.library import Library
from explorer.core.recipe import Recipe, pack
from explorer.tabs.slide import directions
from tests.conftest import own_reference, shaken
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.networks import ARCHITECTURES

FACES = {"recipe": {"checkpoint": "faces", "seed": 3}}
SLIDER = {"id": "pca:0", "first": 0, "last": None, "low": -2, "high": 3}
BROKEN = [
    "pca:99", "nonesuch:0", "w:AAAA", "", 3, None, f"w:{pack(np.ones(7, np.float32))}",
    f"w:{pack(np.full(16, np.nan, np.float32))}", "learned:hair=long",
]  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, checkpoint) -> Library:
    """A style-based model, one with classes, one without styles, and one with codes; not to be written to."""
    folder = tmp_path_factory.mktemp("directions")
    for name, made in {
        "faces": checkpoint("stylegan-lite"),
        "shapes": checkpoint("stylegan-lite", 3),
        "digits": checkpoint("dcgan"),
    }.items():
        shutil.copytree(made, folder / name)
    options = {"resolution": 16, "channels": 1, "z_dim": 9, "width": 8, "codes": (3, 2)}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = shaken(ARCHITECTURES["dcgan"].generator(**options))
    save_checkpoint(folder / "codes", generator, CheckpointInfo("dcgan", options, 0, "coded", {}), "# A card\n")
    return Library(folder, folder / "runs")


def sentence(answer: dict) -> str:
    """The answer's sentence; fails where it is none, or where it is not one of ours."""
    assert set(answer) == {"error"}, answer
    assert "\n" not in answer["error"]
    assert "Traceback" not in answer["error"]
    assert "(directions)" not in answer["error"]
    return answer["error"]


def test_the_list_names_all_directions_and_those_to_begin_with(library: Library):
    answer = directions.directions(library, {"checkpoint": "faces"})
    ids = [one["id"] for one in answer["directions"]]
    assert {"pca:0", "sefa:0", "random:0"} <= set(ids)
    assert answer["chosen"] == [f"pca:{i}" for i in range(10)]
    assert answer["picked"] == []
    assert "trainer reference" in answer["learnable"]
    assert not answer["learned"]
    assert {"name", "title", "help"} == set(answer["methods"][0])
    assert answer["weights"] == library.model("faces").info.sha256[:16]


def test_the_values_of_a_categorical_code_are_picked_and_no_sliders(library: Library):
    answer = directions.directions(library, {"checkpoint": "codes"})
    assert answer["picked"] == ["codes:0", "codes:1", "codes:2"]
    assert answer["chosen"][:3] == ["codes:3", "codes:4", "pca:0"]
    assert not set(answer["picked"]) & set(answer["chosen"])


def test_previews_show_both_ends_of_every_direction(library: Library):
    other = {**SLIDER, "id": "sefa:1", "first": 1, "last": 2}
    ends = directions.direction_previews(library, {**FACES, "directions": [SLIDER, other]})["ends"]
    assert len(ends) == 2
    assert all(end["low"].startswith("data:image/webp") and end["low"] != end["high"] for end in ends)


def test_a_preview_replaces_the_edit_of_its_own_slider_and_keeps_the_others(library: Library):
    asked = [SLIDER, {**SLIDER, "id": "pca:1"}]
    bare = directions.direction_previews(library, {**FACES, "directions": asked})["ends"]
    recipe = {**FACES["recipe"], "edits": [["pca:0", 1.0, 0, None]]}
    after = directions.direction_previews(library, {"recipe": recipe, "directions": asked})["ends"]
    assert after[0] == bare[0]
    assert after[1] != bare[1]


def test_a_strip_leads_from_one_end_to_the_other(library: Library):
    answer = directions.direction_strip(library, {**FACES, "direction": SLIDER, "count": 7})
    assert answer["strip"].startswith("data:image/webp")


@pytest.mark.parametrize("broken", BROKEN)
def test_a_direction_that_is_none_or_another_models_is_a_sentence(library: Library, broken):
    slider = {**SLIDER, "id": broken}
    sentence(directions.direction_previews(library, {**FACES, "directions": [slider]}))
    sentence(directions.direction_strip(library, {**FACES, "direction": slider, "count": 7}))
    asked = {"checkpoint": "faces", "direction": slider, "fixed": [SLIDER]}
    sentence(directions.held_fixed(library, asked))
    sentence(directions.held_fixed(library, {**asked, "direction": SLIDER, "fixed": [slider]}))
    sentence(directions.export_directions(library, {"checkpoint": "faces", "directions": [{"id": broken}]}))


@pytest.mark.parametrize(
    "change",
    [
        {"high": 1e9}, {"low": float("nan")}, {"low": "3"}, {"first": -1}, {"first": 5000}, {"last": 900},
        {"last": "x"}, {"first": True},
    ],
)  # fmt: skip
def test_strengths_and_layers_beyond_all_bounds_are_a_sentence(library: Library, change):
    sentence(directions.direction_previews(library, {**FACES, "directions": [{**SLIDER, **change}]}))
    sentence(directions.direction_strip(library, {**FACES, "direction": {**SLIDER, **change}, "count": 7}))


def test_a_strength_of_1e9_in_the_recipe_is_a_sentence(library: Library):
    recipe = {"checkpoint": "faces", "edits": [["pca:0", 1e9, 0, None]]}
    assert "strength" in sentence(directions.direction_previews(library, {"recipe": recipe, "directions": [SLIDER]}))


@pytest.mark.parametrize("handler", directions.HANDLERS)
@pytest.mark.parametrize(
    "question",
    [{}, {"checkpoint": "nonesuch", "recipe": {"checkpoint": "nonesuch"}}, {"recipe": 3}, {"checkpoint": []}],
)
def test_every_handler_answers_nonsense_with_a_sentence(library: Library, handler, question):
    sentence(handler(library, question))


@pytest.mark.parametrize("asked", ["x", [3], [{}], [SLIDER] * 25, {"id": "pca:0"}])
def test_what_is_no_list_of_directions_is_a_sentence(library: Library, asked):
    sentence(directions.direction_previews(library, {**FACES, "directions": asked}))


@pytest.mark.parametrize("count", [1, 16, 10**9, "7", None])
def test_a_strip_of_too_many_images_is_a_sentence(library: Library, count):
    sentence(directions.direction_strip(library, {**FACES, "direction": SLIDER, "count": count}))


def seeds(*numbers: int, name: str = "faces") -> list[dict]:
    return [{"checkpoint": name, "seed": seed} for seed in numbers]


def test_an_own_direction_leads_from_one_image_to_another(library: Library):
    made = directions.own_direction(library, {"checkpoint": "faces", "plus": seeds(5), "minus": seeds(4)})["id"]
    model = library.model("faces")
    there = Recipe.from_dict({"checkpoint": "faces", "seed": 4, "edits": [[made, 1.0, 0, None]]})
    assert model.ws([there]).numpy() == pytest.approx(model.ws([Recipe("faces", 5)]).numpy(), abs=1e-5)


@pytest.mark.parametrize(
    ("plus", "minus", "told"),
    [
        ([], seeds(1), "at least one image"),
        (seeds(1), seeds(1), "same image"),
        (seeds(1), seeds(1, name="digits"), "must be faces's"),
        (seeds(*range(65)), seeds(1), "at most 64"),
        ("x", seeds(1), "must be a list"),
        ([3], seeds(1), "not a recipe"),
    ],
)
def test_images_that_make_no_direction_are_told(library: Library, plus, minus, told):
    answer = directions.own_direction(library, {"checkpoint": "faces", "plus": plus, "minus": minus})
    assert told in sentence(answer)


def test_up_to_two_directions_are_held_fixed(library: Library):
    fixed = [{**SLIDER, "id": "sefa:0"}, {**SLIDER, "id": "random:1"}]
    asked = {"checkpoint": "faces", "direction": SLIDER}
    made = directions.held_fixed(library, {**asked, "fixed": fixed})["id"]
    model = library.model("faces")
    step = np.broadcast_to(model.step(made, 1.0), (model.num_ws, model.w_dim)).mean(0)
    assert float(step @ model.step("sefa:0", 1.0)) == pytest.approx(0, abs=1e-4)
    assert "at most 2" in sentence(directions.held_fixed(library, {**asked, "fixed": [*fixed, SLIDER]}))
    assert "wholly along" in sentence(directions.held_fixed(library, {**asked, "fixed": [SLIDER]}))


def region(left: float, top: float, right: float, bottom: float) -> dict:
    return {"left": left, "top": top, "right": right, "bottom": bottom}


def test_channels_of_a_region_are_directions_of_single_layers(library: Library):
    found = directions.channels_in_region(library, {**FACES, "region": region(0, 0, 1, 1)})["directions"]
    assert found
    assert all(one["id"].startswith("w:") and one["layers"][0] == one["layers"][1] for one in found)


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (region(0.5, 0.5, 0.5, 0.6), "no pixel"), (region(0, 0, 1, 9), "from 0 to 1"), ({}, "no left"),
        (region(0.6, 0, 0.4, 1), "no pixel"), (None, "an object"), (region(0, 0, 1, float("inf")), "infinite"),
    ],
)  # fmt: skip
def test_a_region_that_is_none_is_told(library: Library, where, told):
    assert told in sentence(directions.channels_in_region(library, {**FACES, "region": where}))


def test_a_model_without_styles_has_no_channels(library: Library):
    asked = {"recipe": {"checkpoint": "digits"}, "region": region(0, 0, 1, 1)}
    assert "style-based" in sentence(directions.channels_in_region(library, asked))


def test_every_class_has_its_picture(library: Library):
    pictures = directions.class_pictures(library, {"recipe": {"checkpoint": "shapes", "seed": 2}})["classes"]
    assert len(pictures) == len(set(pictures)) == 3
    assert directions.class_pictures(library, FACES) == {"classes": []}


def test_every_value_of_a_code_has_its_picture_and_the_recipes_own_is_named(library: Library):
    model = library.model("codes")
    for seed in range(4):
        recipe = {"checkpoint": "codes", "seed": seed}
        answer = directions.code_pictures(library, {"recipe": recipe})
        w = model.ws([Recipe("codes", seed)])[0, 0].numpy()
        assert answer["now"] == w[4:7].argmax()  # z ends with 3 values and 2 continuous codes
        assert len(set(answer["codes"])) == 3
        other = (answer["now"] + 1) % 3
        edits = [[f"codes:{answer['now']}", -3, 0, None], [f"codes:{other}", 3, 0, None]]
        turned = directions.code_pictures(library, {"recipe": {**recipe, "edits": edits}})
        assert turned == answer  # edits of the code itself do not count
        drawn = model.images([Recipe.from_dict({**recipe, "edits": edits})])[0]
        assert directions.data_uri(drawn) == answer["codes"][other]
    assert directions.code_pictures(library, FACES) == {"codes": [], "now": None}


SHARED = {"id": "pca:1", "title": "smile", "first": 1, "last": 2, "low": -1, "high": 4, "note": "by hand"}


def exported(library: Library, name: str = "faces") -> dict:
    shared = SHARED if name == "faces" else {"id": "pca:0"}
    return directions.export_directions(library, {"checkpoint": name, "directions": [shared]})


def test_what_was_exported_is_imported(library: Library):
    file = exported(library)
    assert file["name"] == "faces-directions.safetensors"
    (found,) = directions.import_directions(library, {"checkpoint": "faces", "data": file["data"]})["directions"]
    assert {**found, "id": "pca:1"} == SHARED
    model = library.model("faces")
    assert np.array_equal(model.step(found["id"], 1.0), model.step("pca:1", 1.0))


def test_what_a_method_finds_here_too_is_imported_under_its_own_name(library: Library):
    made = directions.own_direction(library, {"checkpoint": "faces", "plus": seeds(5), "minus": seeds(4)})["id"]
    asked = [{"id": "pca:1"}, {"id": "pca:1", "first": 1, "last": 2}, {"id": made}]
    file = directions.export_directions(library, {"checkpoint": "faces", "directions": asked})
    found = directions.import_directions(library, {"checkpoint": "faces", "data": file["data"]})["directions"]
    assert [one["id"] for one in found[::2]] == ["pca:1", made]
    assert found[1]["id"].startswith("w:")  # on other layers it is another direction


@pytest.mark.parametrize("data", ["", "%%%", base64.b64encode(b"GIF89a").decode(), "AAAA" * 10_000, 3, None, []])
def test_a_file_that_is_none_is_a_sentence(library: Library, data):
    sentence(directions.import_directions(library, {"checkpoint": "faces", "data": data}))


def test_another_models_file_is_refused_by_name(library: Library):
    file = exported(library, "digits")
    told = sentence(directions.import_directions(library, {"checkpoint": "faces", "data": file["data"]}))
    assert "'digits'" in told
    assert "faces" in told


def test_a_model_that_nobody_reads_cannot_be_learned(library: Library):
    told = sentence(directions.learn_directions(library, {"checkpoint": "faces", "visitor": "me"}))
    assert "Nobody can read attributes" in told
    assert "no longer known" in sentence(directions.look_learning(library, {"job": "nonesuch"}))
    assert "no longer known" in sentence(directions.stop_learning(library, {"job": "nonesuch"}))


@pytest.mark.slow
def test_learning_runs_once_a_checkpoint_and_is_stopped(tmp_path: Path, checkpoint, hasty):
    for name in ("faces", "other"):
        shutil.copytree(checkpoint("stylegan-lite"), tmp_path / name)
        own_reference(tmp_path / name)
    library = Library(tmp_path, tmp_path / "runs")
    assert directions.directions(library, {"checkpoint": "faces"})["learnable"] == ""
    job = directions.learn_directions(library, {"checkpoint": "faces", "visitor": "me"})["job"]
    assert directions.directions(library, {"checkpoint": "faces"})["learning"] == job
    again = directions.learn_directions(library, {"checkpoint": "faces", "visitor": "somebody else"})
    assert again == {"job": job}  # the checkpoint's, whoever began it
    refused = directions.learn_directions(library, {"checkpoint": "other", "visitor": "somebody else"})
    assert set(refused) == {"error"}  # not busy: the page does not ask again
    assert "another model" in refused["error"]
    assert "second" in sentence(directions.learn_directions(library, {"checkpoint": "other", "visitor": "me"}))
    assert directions.directions(library, {"checkpoint": "other"})["learning"] == ""
    while not (look := directions.look_learning(library, {"job": job}))["of"]:
        assert not look["ended"]
        time.sleep(0.05)  # leaves the processor to the work
    assert "fitting" in look["doing"]
    assert not look["stopping"]
    assert directions.stop_learning(library, {"job": job}) == {}
    while not directions.look_learning(library, {"job": job})["ended"]:
        time.sleep(0.05)
    after = directions.directions(library, {"checkpoint": "faces"})
    assert not after["learned"]
    assert after["learning"] == ""
