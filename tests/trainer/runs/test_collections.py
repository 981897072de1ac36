"""A run that is trained on two collections: where they come from, and that it goes on with no others."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.checkpoints.checkpoint import read_info
from trainer.checkpoints.patch_critic import load_patch_critic
from trainer.runs import trained_critic
from trainer.runs.known_data import FILE, known
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.run import Run
from trainer.runs.session import Caller
from trainer.util.errors import UserError


def noise(folder: Path, seed: int, count: int = 6) -> Path:
    folder.mkdir()
    for i in range(count):
        pixels = np.random.default_rng([seed, i]).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def go(tmp_path, tiny):
    """(data_a, settings) -> (run, notes): train the run `r` on by one step, towards the folder b."""
    run, b = Run(tmp_path / "runs", "r"), noise(tmp_path / "b", 1)

    def train(data_a, **settings):
        seen = run.store().images_seen() if run.exists() else 0
        small = {"width": 2, "blocks": 1, "kimg": (seen + 4) / 1000, "data": str(b), "data_a": str(data_a)}
        config, notes = tiny("resnet-pair", **small | settings), []
        list(run_training(run, config, places=Paths(tmp_path / "data", tmp_path), caller=Caller(tell=notes.append)))
        return run, notes

    return train


def test_a_run_remembers_both_collections_and_goes_on_with_them_alone(go, tmp_path):
    a = noise(tmp_path / "a", 0)
    run, notes = go(a)
    assert notes == []
    assert json.loads((run.folder / FILE).read_text())["other"]["name"] == "a"
    noise(tmp_path / "others", 2)
    with pytest.raises(UserError, match=r"the images of others \(6\) are not those it has seen: .* trained on a \(6\)"):
        go(tmp_path / "others")
    shutil.move(a, tmp_path / "moved")
    with pytest.raises(UserError, match=r"no longer at .*/a\. .*--data-a, and the run continues"):
        go(a)
    assert go(tmp_path / "moved")[0].store().images_seen() == 8
    assert known(run).other.name == "moved"


def test_what_is_published_keeps_the_critic_of_its_translations(go, tmp_path):
    run, _ = go(noise(tmp_path / "a", 0))
    folder = publish(run, "pair", tmp_path / "checkpoints")
    info = read_info(folder)
    critic = load_patch_critic(folder, info)
    assert (critic.channels, critic.given_channels) == (3, 0)
    assert info.data["given"]["kind"] == "image"


def test_a_large_critic_of_patches_is_kept_when_it_is_asked_for(go, tmp_path, monkeypatch):
    run, _ = go(noise(tmp_path / "a", 0))
    monkeypatch.setattr(trained_critic, "MAX_KEPT", 10)
    for asked in (None, True):
        folder = publish(run, "pair", tmp_path / "checkpoints", critic=asked)
        assert (load_patch_critic(folder, read_info(folder)) is not None) is bool(asked)


def test_what_cannot_be_read_says_that_it_is_the_other_collection(go, tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(UserError, match=r"^--data-a: .*has no images \(it is empty\)") as told:
        go(tmp_path / "a")
    assert told.value.field == "data_a"
