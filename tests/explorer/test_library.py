"""The chooser's entries: the sound ones, the damaged ones with their reason, and what has changed on the disk."""

import shutil
from pathlib import Path

import pytest

from explorer.library import Library
from trainer.errors import UserError


@pytest.fixture
def library(tmp_path: Path, checkpoint) -> Library:
    shutil.copytree(checkpoint("dcgan"), tmp_path / "checkpoints" / "sound")
    shutil.copytree(checkpoint("dcgan"), tmp_path / "checkpoints" / "damaged")
    (tmp_path / "checkpoints" / "damaged" / "model.safetensors").write_bytes(b"xx")
    shutil.copytree(checkpoint("stylegan-lite"), tmp_path / "runs" / "now" / "snapshots" / "latest")
    return Library(tmp_path / "checkpoints", tmp_path / "runs")


def test_published_checkpoints_and_snapshots_of_runs_are_named(library: Library):
    assert set(library.folders()) == {"sound", "damaged", "run:now"}


def test_a_damaged_checkpoint_stands_last_with_its_reason(library: Library):
    entries = library.entries()
    assert [entry.usable for entry in entries] == [True, True, False]
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
