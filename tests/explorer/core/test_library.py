"""The chooser's entries: the sound ones, the damaged ones with their reason, and what has changed on the disk."""

import shutil
from pathlib import Path

import pytest

from explorer.core.library import Library
from trainer.util.errors import UserError


@pytest.fixture
def library(tmp_path: Path, checkpoint) -> Library:
    shutil.copytree(checkpoint("dcgan"), tmp_path / "checkpoints" / "sound")
    shutil.copytree(checkpoint("dcgan"), tmp_path / "checkpoints" / "damaged")
    (tmp_path / "checkpoints" / "damaged" / "model.safetensors").write_bytes(b"xx")
    for root, name in (("runs", "now"), ("recordings", "now"), ("recordings", "then")):
        for which in ("latest", "best", "00012345"):
            shutil.copytree(checkpoint("stylegan-lite"), tmp_path / root / name / "snapshots" / which)
        (tmp_path / root / name / "config.json").write_text("{}")
    return Library(tmp_path / "checkpoints", tmp_path / "runs", tmp_path / "recordings")


def test_published_checkpoints_and_snapshots_of_runs_are_named(library: Library):
    assert set(library.folders()) == {"sound", "damaged", "run:now", "run:then"}


def test_a_run_comes_before_a_recording_of_the_same_name(library: Library):
    assert library.run("now").folder == library.runs / "now"
    assert library.run("then").folder == library.recordings / "then"
    assert [library.is_recording(library.run(name)) for name in ("now", "then")] == [False, True]
    with pytest.raises(UserError, match=r"no run 'gone' here \(found: now, then\)"):
        library.run("gone")


def test_earlier_snapshots_are_not_listed_but_can_be_named(library: Library):
    for which in ("best", "00012345", "12345"):
        assert library.model(f"run:then@{which}").folder == library.run("then").snapshot(which)
    assert not library.usable("run:then@777")
    with pytest.raises(UserError, match=r"no run 'gone'"):
        library.folder("run:gone@best")


def test_a_folder_that_no_run_can_have_as_its_name_is_passed_over(library: Library):
    (library.runs / "-odd").mkdir()
    (library.runs / "-odd" / "config.json").write_text("{}")
    assert set(library.all_runs()) == {"now", "then"}


def test_of_many_snapshots_only_the_newest_models_stay_in_memory(library: Library, monkeypatch):
    library.models.kept = 2
    for name in ("run:now", "run:now@best", "run:then", "run:then@best"):
        library.model(name)
    assert sum(loaded.model is not None for loaded in library.models.folders.values()) == 2
    known = library.entries()
    monkeypatch.setattr("explorer.core.library.built", lambda name, folder: pytest.fail("what is known is built again"))
    assert library.entries() == known


def test_a_damaged_checkpoint_stands_last_with_its_reason(library: Library):
    entries = library.entries()
    assert [entry.usable for entry in entries] == [True, True, True, False]
    assert entries[-1].label == "damaged (unusable)"
    assert "model.safetensors" in entries[-1].about


def test_a_model_is_loaded_once_and_again_when_its_weights_change(library: Library, checkpoint):
    first = library.model("sound")
    assert library.model("sound") is first
    shutil.copytree(checkpoint("stylegan-lite"), library.checkpoints / "sound", dirs_exist_ok=True)
    assert library.model("sound").num_ws > 1


def test_a_checkpoint_that_is_gone_is_told_with_what_there_is(library: Library):
    with pytest.raises(UserError, match=r"no checkpoint 'gone'.*sound"):
        library.model("gone")
