"""The form and the buttons: what they are told, and that nothing happens that a terminal could not do."""

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core import sources
from explorer.core.library import Library
from explorer.tabs.train import control, jobs, watching
from explorer.tabs.train.form import schema
from trainer.data.idx import FILES
from trainer.runs.run import Run
from trainer.training.config import OPTIONS, config_from, that_are
from trainer.training.presets import PRESETS
from trainer.util.errors import UserError


def question(name: str = "new", preset: str = "mnist-dcgan", **settings) -> dict:
    return {"name": name, "preset": preset, "settings": asdict(config_from({}, preset)) | settings}


def data_of(words: list[str]) -> str:
    """The data set that a command names."""
    return words[words.index("--data") + 1]


def test_every_setting_has_its_place_in_the_form():
    found = schema(Path("nowhere"))
    assert [field["name"] for field in found["fields"]] == list(OPTIONS)
    for fact in ("mutable", "branchable"):
        assert [field["name"] for field in found["fields"] if field[fact]] == that_are(fact)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_the_form_with_what_the_terminal_would_take(name: str):
    (preset,) = [preset for preset in schema(Path("nowhere"))["presets"] if preset["name"] == name]
    assert preset["settings"] == asdict(config_from({}, name))


def test_the_form_begins_with_what_needs_no_download(library: Library):
    assert control.form(library, {})["first"] == "points"
    raw = sources.data_dir(library) / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in FILES:
        (raw / f"{name}.gz").touch()
    assert control.form(library, {})["first"] == "mnist-dcgan"


def test_a_sound_form_has_its_command_and_no_errors(library: Library):
    answer = control.check(library, question(kimg=200))
    assert answer["errors"] == {}
    assert answer["command"] == "python -m trainer train --run new --preset mnist-dcgan --kimg 200 --queue"


def test_the_form_tells_what_no_image_will_come_of(library: Library):
    folder = sources.data_dir(library) / "own"
    folder.mkdir(parents=True)
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 8)).save(folder / name)
    (folder / "notes.txt").write_text("text")
    (folder / "c.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    (folder / "d.svg").write_text("<svg>")
    answer = control.check(library, question(data=f"{folder}:pad:range=0-4095"))
    assert answer["errors"] == {}
    assert answer["note"].startswith("Data: left out, as they are not images: 1 .txt; images of unsupported formats")
    assert "1 SVG" in answer["note"]


def test_the_form_says_nothing_of_a_folder_that_takes_too_long_to_look_through(tmp_path):
    from explorer.tabs.train.looking import note_on_data

    (tmp_path / "many").mkdir()
    for name in "abc":
        (tmp_path / "many" / f"{name}.txt").write_text("text")
    assert "has no images (found: 3 .txt)" in note_on_data(str(tmp_path / "many"))
    assert note_on_data(str(tmp_path / "many"), max_files=2) == ""


def test_the_form_takes_what_a_terminal_takes_behind_a_path(library: Library):
    (sources.data_dir(library) / "mine").mkdir(parents=True)
    assert control.check(library, question(data="folder:mine:stretch"))["errors"] == {}
    errors = control.check(library, question(data="mine:range=9-1"))["errors"]
    assert "is not a range of values" in errors["data"]


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({"lr": -1.0}, "lr", "must be above 0"),
        ({"batch": 2.5}, "batch", "must be a whole number"),
        ({"kimg": None}, "kimg", "Enter a number"),
        ({"resolution": 33}, "resolution", "cannot generate 33 x 33"),
        ({"data": "/nowhere/at all"}, "data", "not a known data set, nor a folder or zip"),
        ({"data": ""}, "data", "not a known data set"),
        ({"augment": "twirl"}, "augment", "Unknown augmentation 'twirl'"),
        ({"batch": 7, "devices": 2}, "batch", "does not give each of 2 processes"),
    ],
)
def test_a_bad_value_is_told_beside_its_field(library: Library, settings: dict, field: str, message: str):
    answer = control.check(library, question(**settings))
    assert message in answer["errors"][field]
    assert answer["command"] == ""


def test_several_bad_values_are_told_at_once(library: Library):
    assert set(control.check(library, question(lr=-1.0, batch=0))["errors"]) == {"lr", "batch"}


@pytest.mark.parametrize("name", ["../out", "", "con", "a b"])
def test_a_bad_name_is_told_beside_the_name(library: Library, name: str):
    assert "cannot name a run" in control.check(library, question(name))["errors"]["name"]


def test_a_run_begun_with_other_settings_is_refused_and_one_with_the_same_resumes(library: Library):
    run = Run(library.runs, "old")
    run.write_config(config_from({"kimg": 10.0}, "mnist-dcgan"))
    run.state_file.parent.mkdir()
    run.state_file.touch()
    assert "resumes it" in control.check(library, question("old"))["note"]
    message = control.check(library, question("old", width=64))["errors"]["name"]
    assert "--width was 32, now 64" in message


def test_a_start_is_the_command_that_was_shown(library: Library, started: list):
    shown = control.check(library, question())["command"]
    answer = control.start(library, question())
    assert answer == {"name": "new", "said": "Started new."}
    assert f"python {' '.join(started[0])}" == shown
    assert "must be above 0" in control.start(library, question(lr=0.0))["error"]
    assert len(started) == 1


def test_settings_that_nobody_knows_are_refused(library: Library):
    assert "Unknown settings: evil" in control.start(library, question(evil=1))["error"]


def test_who_waits_is_told_for_whom(library: Library, started: list):
    run = Run(library.runs, "first")
    with run.lock():
        run.write_config(config_from({}))
        assert "wait until first has finished" in control.check(library, question())["note"]
        assert "wait until first has finished" in control.start(library, question())["said"]


def test_a_command_goes_to_the_store_of_a_run_that_trains(library: Library):
    run = Run(library.runs, "r")
    run.write_config(config_from({}))
    ask = {"run": "r", "kind": "set", "argument": {"lr": 0.5}}
    assert "is not training now" in control.tell(library, ask)["error"]
    with run.lock():
        id = control.tell(library, ask)["id"]
        assert control.answer_of(library, {"run": "r", "id": id}) == {"said": None}
        run.store().answer(id, "Changed.")
        assert control.answer_of(library, {"run": "r", "id": id}) == {"said": "Changed."}
        assert "--width cannot be changed" in control.tell(library, ask | {"argument": {"width": 3}})["error"]
        assert "Unknown command" in control.tell(library, ask | {"kind": "explode"})["error"]
    assert [command.kind for command in run.store().commands("")] == ["set"]


@pytest.mark.parametrize("handler", [control.tell, control.stop, control.resume, control.branch])
def test_a_recording_cannot_be_controlled(library: Library, handler, started: list):
    folder = library.recordings / "shown"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    asked = {"run": "shown", "kind": "pause", "images_seen": None, "name": "twig"}
    assert "is a recorded run" in handler(library, asked)["error"]
    assert started == []


def test_a_name_that_is_published_already_is_not_overwritten(library: Library, started: list):
    (library.checkpoints / "mine").mkdir()
    (library.runs / "r").mkdir()
    (library.runs / "r" / "config.json").write_text("{}")
    answer = control.publish(library, {"run": "r", "snapshot": "latest", "name": "mine"})
    assert "A checkpoint 'mine' already exists" in answer["error"]


OUTSIDE = ["/etc", "/etc/passwd", "/nowhere/at/all", "../..", "~", "/", "a\0b", "x" * 5000, "data/../../etc", "."]


def test_whether_a_path_exists_outside_of_the_data_folder_is_never_told(library: Library, started: list):
    (library.runs.parent / "data").mkdir()
    (library.runs.parent / "secret").mkdir()
    places = [*OUTSIDE, "secret", "../secret", str(library.runs.parent / "secret"), str(library.runs), "data"]
    messages = {control.check(library, question(data=place))["errors"].get("data") for place in places}
    assert len(messages) == 1
    assert "not a known data set, nor a folder or zip in data/" in messages.pop()
    assert {control.start(library, question(data=place))["error"] for place in places} == {
        control.check(library, question(data="/nowhere"))["errors"]["data"]
    }
    assert started == []


def test_what_lies_in_the_data_folder_may_be_named(library: Library, started: list):
    folder = library.runs.parent / "data" / "uploads" / "mine"
    folder.mkdir(parents=True)
    for place in ("data/uploads/mine", "uploads/mine", str(folder)):
        assert control.check(library, question(data=place))["errors"] == {}
        assert "error" not in control.start(library, question(data=place))
        assert data_of(started[-1]) == str(folder)


def test_the_machines_owner_may_name_any_folder_but_check_does_not_look(library: Library, started: list):
    library.any_folder = True
    answers = [control.check(library, question(data=place)) for place in ("/etc", "/nowhere/at/all")]
    assert [answer["errors"] for answer in answers] == [{}, {}]
    control.start(library, question(data="/etc"))
    assert data_of(started[-1]) == "/etc"
    assert "not a known data set" in control.check(library, question(data="mnits"))["errors"]["data"]


def test_a_data_set_of_the_hub_is_for_the_machines_owner_alone(library: Library, started: list):
    address = "hf://datasets/user/repo"
    assert "not a known data set" in control.start(library, question(data=address))["error"]
    library.any_folder = True
    assert "error" not in control.start(library, question(data=address))
    assert data_of(started[-1]) == address


def test_the_form_tells_what_of_a_file_of_arrays_is_no_image(library: Library):
    place = library.runs.parent / "data"
    place.mkdir(exist_ok=True)
    np.savez(place / "own.npz", x=np.zeros((2, 8, 8), np.uint8), z=np.zeros(3))
    assert control.check(library, question(data="data/own.npz"))["note"].endswith(
        "Data: left out of the file: z (3, float64)."
    )


def test_a_runs_own_folder_is_told_by_its_name_and_found_again(library: Library, started: list, tmp_path: Path):
    images = tmp_path / "elsewhere" / "images"
    Run(library.runs, "far").write_config(config_from({"data": str(images)}, "mnist-dcgan"))
    answer = watching.watch(library, {"runs": {"far": {}}})
    assert answer["news"]["far"]["now"]["settings"]["data"] == "…/images"
    assert str(tmp_path) not in str(answer)
    assert "error" not in control.start(library, question(data="…/images"))
    assert data_of(started[-1]) == str(images)
    Run(library.runs, "farther").write_config(config_from({"data": "/other/images"}, "mnist-dcgan"))
    assert "several folders" in control.start(library, question(data="…/images"))["error"]
    assert "no folder" in control.start(library, question(data="…/passwd"))["error"]


def test_a_start_in_a_read_only_folder_is_one_sentence(library: Library, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(library.runs / "new"))

    monkeypatch.setattr(jobs, "start", refuse)
    assert control.start(library, question()) == {
        "error": "Cannot write runs/new: Permission denied. Choose a writable folder."
    }


def test_a_branch_that_cannot_start_is_not_made(library: Library):
    run = Run(library.runs, "one")
    with run.lock():
        run.write_config(config_from({}))
    with ExitStack() as training:
        for i in range(jobs.MAX_RUNS):
            training.enter_context(Run(library.runs, f"r{i}").lock())
        error = control.branch(library, {"run": "one", "name": "twig", "images_seen": None, "settings": {}})["error"]
    assert "are training or queued" in error
    assert not (library.runs / "twig").exists()


@pytest.mark.parametrize("data", ["avatar-pairs:lines", "avatars:pixel-art", "horse2zebra:zebras"])
def test_a_name_may_have_an_argument(library: Library, data: str):
    assert sources.found(library, data) == data


@pytest.mark.parametrize("data", ["/etc", "pairs:/etc", "folder:/etc", "pairs:hf://a/b"])
def test_no_spelling_leads_out_of_the_data_folder(library: Library, data: str):
    with pytest.raises(UserError, match=r"^--data-a is not a known data set"):
        sources.found(library, data, "data_a")


def test_a_place_of_pairs_is_shown_without_the_folders_of_the_machine(library: Library):
    shown = sources.shown(library, {"data": "pairs:/home/somebody/shoes:ba", "data_a": "/home/somebody/a", "lr": 1.0})
    assert shown == {"data": "pairs:…/shoes:ba", "data_a": "…/a", "lr": 1.0}
