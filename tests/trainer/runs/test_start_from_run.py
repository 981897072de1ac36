"""A run that begins with the latest snapshot of another: that run's own D comes along where it can."""

import shutil
from dataclasses import replace

import pytest
import torch

from trainer.checkpoints.checkpoint import load_network, read_info
from trainer.util.errors import UserError

from ..training.methods.test_restoring import RESTORING, stripes
from ..training.methods.test_translation import pairs
from .test_warm_start import same, tensors


@pytest.mark.parametrize("conditional", [False, True])
def test_a_run_gives_its_d_with_its_latest_snapshot(conditional, go, tiny):
    first = go("first", tiny("dcgan", conditional=conditional))
    notes = []
    run = go("better", tiny("dcgan", conditional=conditional, start_from="first", seed=1), tell=notes.append)
    assert same(tensors(run, 0, "d"), tensors(first, 20, "d"))
    assert notes == ["Begins with the weights of first/snapshots/latest (20 images seen)."]
    run = go("other", tiny("dcgan", conditional=conditional, start_from="first", d_norm="none"), tell=notes.append)
    assert same(tensors(run, 0, "g"), load_network(first.latest, read_info(first.latest)).state_dict())
    assert "D, of which none is kept that fits, begins anew" in notes[1]


def test_a_translator_gives_its_critic_unless_that_never_learned(go, tiny):
    config, notes = tiny("unet", batch=6, kimg=0.012), []
    first = go("first", config, pairs(config))
    run = go("better", replace(config, start_from="first", seed=1), pairs(config), tell=notes.append)
    assert same(tensors(run, 0, "d"), tensors(first, 12, "d"))
    assert "begins anew" not in notes[0]


@pytest.mark.parametrize("arch", RESTORING)
def test_what_restores_images_gives_its_critic_unless_that_never_learned(arch, go, tiny):
    notes = []
    for weight in (0.0, 0.1):
        config = tiny(arch, batch=6, kimg=0.012, adversarial_weight=weight, resolution=16)
        go(f"first{weight}", config, stripes(config))
        config = replace(config, start_from=f"first{weight}", adversarial_weight=0.1)
        go(f"better{weight}", config, stripes(config), tell=notes.append)
    assert "D, of which none is kept that fits, begins anew" in notes[0]
    assert "begins anew" not in notes[1]


def test_half_a_run_gives_its_d_too(go, tiny):
    config = tiny("stylegan-lite", min_channels=8)
    first = go("first", config)
    run = go("larger", replace(config, start_from="first", resolution=16, min_channels=4))
    assert torch.equal(tensors(run, 0, "d")["last_linear.weight"], tensors(first, 20, "d")["last_linear.weight"])


def test_a_snapshot_is_found_wherever_its_folder_lies_and_whatever_that_is_called(go, tiny, tmp_path, monkeypatch):
    first, notes = go("first", tiny("mlp")), []
    monkeypatch.chdir(first.latest)
    go("near", tiny("mlp", start_from="."), tell=notes.append)
    assert "begins anew" not in notes[0]
    shutil.copytree(first.folder, tmp_path / "an old run (2)")
    go("far", tiny("mlp", start_from=str(tmp_path / "an old run (2)" / "snapshots" / "latest")), tell=notes.append)
    assert "D, of which none is kept that fits, begins anew" in notes[1]


def test_a_snapshot_whose_state_is_gone_or_damaged(go, tiny):
    first = go("first", tiny("dcgan"))
    states = [*first.folder.rglob("*.safetensors")]
    states = [path for path in states if path.name != "model.safetensors"]
    for path in states:
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match="safetensors has no critic that can be read") as told:
        go("better", tiny("dcgan", start_from="first"))
    assert told.value.field == "start_from"
    for path in states:
        path.unlink()
    notes = []
    go("alone", tiny("dcgan", start_from="first"), tell=notes.append)
    assert "D, of which none is kept that fits, begins anew" in notes[0]
