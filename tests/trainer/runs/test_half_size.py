"""A run that begins with a checkpoint of half its size: the levels that both have are taken over."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.checkpoints.checkpoint import load_network, read_info
from trainer.checkpoints.critic import load_critic
from trainer.checkpoints.sampling import sample
from trainer.runs.warm_start import opened
from trainer.training.config import config_from
from trainer.util.errors import UserError

from .test_warm_start import tensors

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("more", [{}, {"palette": 4, "noise_inputs": False, "convs_per_block": 2}], ids=str)
def test_a_checkpoint_of_half_the_size_is_enlarged(more, go, published, tiny):
    config = tiny("stylegan-lite", min_channels=8, **more)
    folder, notes = published(config), []
    larger = replace(config, start_from="old", seed=1, resolution=16, min_channels=4, noise_inputs=False)
    with pytest.raises(UserError, match="its noise_inputs is True") if config.noise_inputs else nullcontext():
        go("without", larger)
    larger = replace(larger, noise_inputs=config.noise_inputs)
    run = go("better", larger, tell=notes.append)
    info, begun = read_info(folder), run.snapshot("0")
    old, new = load_network(folder, info), load_network(begun, read_info(begun))
    small, large = (sample(g, range(8)).astype(float) for g in (old, new))
    assert np.abs(large.reshape(8, 8, 2, 8, 2, -1).mean((2, 4)) - small).mean() < small.std() / 4
    critic, d = load_critic(folder, info).state_dict(), tensors(run, 0, "d")
    assert torch.equal(d["blocks.1.down.weight"], critic["blocks.0.down.weight"].float())
    assert torch.equal(d["last_linear.weight"], critic["last_linear.weight"].float())
    assert "Its images have half the size: what makes 16 pixels of them begins anew." in notes[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"min_channels": 8},
            r"old, enlarged, has other networks: its min_channels is 4, here 8\. Add --min-channels 4",
        ),
        ({"resolution": 32}, r"its resolution is 8, here 32"),
    ],
    ids=str,
)
def test_what_is_not_exactly_half_is_refused(settings, message, published, tiny, tmp_path):
    published(tiny("stylegan-lite", min_channels=8, kimg=0.004), critic=False)
    config = replace(tiny("stylegan-lite", start_from="old", resolution=16, min_channels=4), **settings)
    with pytest.raises(UserError, match=message):
        opened(config, tmp_path / "checkpoints", tmp_path / "runs")


@pytest.mark.parametrize(
    ("preset", "name"),
    [
        ("avatars-stylegan", "avatars-stylegan"),
        ("avatars-stylegan-128", "avatars-stylegan"),
        ("avatars-stylegan-128", "avatars-stylegan-128"),
    ],
)
def test_the_presets_of_faces_may_begin_with_the_starts_in_the_repository(preset, name):
    place = ROOT / "starts" / name
    start = opened(config_from({"start_from": str(place)}, preset), ROOT, ROOT)
    assert load_critic(start.folder, start.info) is not None
