"""Which checkpoints the form starts a training from, and what it says of others."""

import shutil

import pytest

from explorer.core import sources
from explorer.core.library import Library
from explorer.tabs.train import control
from trainer.checkpoints.checkpoint import read_info
from trainer.training.options import MAIN

from .test_control import question


@pytest.fixture
def from_faces(library: Library, checkpoint):
    """(where the checkpoint lies, settings...) -> a question that starts from it; `faces` is one of the library."""
    shutil.copytree(checkpoint("mlp"), library.checkpoints / "faces")
    options = read_info(library.checkpoints / "faces").options
    fitting = {name: options[name] for name in ("resolution", "z_dim", "width")}
    return lambda start, **settings: question(preset="mlp", **fitting | {"start_from": start} | settings)


def test_a_training_starts_from_a_checkpoint_of_the_list(library: Library, started: list, from_faces):
    (field,) = [field for field in control.form(library, {})["fields"] if field["name"] == "start_from"]
    assert (field["choices"], field["open"]) == (["faces"], True)
    assert field["group"] != MAIN  # in what is folded away
    answer = control.check(library, from_faces("faces"))
    assert answer["errors"] == {}
    assert "--start-from faces" in answer["command"]
    control.start(library, from_faces("faces"))
    assert started[-1][started[-1].index("--start-from") + 1] == "faces"
    errors = control.check(library, from_faces("faces", width=24))["errors"]
    assert errors.keys() == {"start_from"}
    assert "Add --width 8." in errors["start_from"]


@pytest.mark.parametrize("place", ["/etc", "hf://user/repo", "../elsewhere", "a\0b", "x" * 2000])
def test_a_checkpoint_that_is_not_in_the_list_is_for_the_machines_owner_alone(library: Library, from_faces, place):
    errors = control.check(library, from_faces(place))["errors"]
    assert errors["start_from"].startswith("--start-from is neither a published checkpoint here nor a run")


def test_the_machines_owner_may_start_from_any_folder_and_it_is_shown_by_its_name(library, started, from_faces):
    library.any_folder = True
    place = library.checkpoints.parent / "elsewhere"
    shutil.copytree(library.checkpoints / "faces", place)
    assert control.check(library, from_faces(str(place)))["errors"] == {}
    control.start(library, from_faces(str(place)))
    assert started[-1][started[-1].index("--start-from") + 1] == str(place)
    assert "There is no checkpoint" in control.check(library, from_faces("/etc"))["errors"]["start_from"]
    assert control.check(library, from_faces("hf://user/repo"))["errors"] == {}  # not fetched before the training
    assert sources.shown(library, {"start_from": str(place)}) == {"start_from": "…/elsewhere"}
