"""Inpainting and super-resolution learn from images alone: the loss falls, a stopped run goes on to the same bits."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.trainer.training.resuming import unlike_after_a_stop
from trainer.data import Dataset
from trainer.networks import ARCHITECTURES
from trainer.training.batches import Batches
from trainer.training.config import config_from
from trainer.training.loop import train
from trainer.training.methods.base import method_for
from trainer.training.methods.restoring import over_made
from trainer.training.setup import new_state
from trainer.util.errors import UserError

RESTORING = [name for name, a in ARCHITECTURES.items() if a.method in ("inpainting", "srgan")]


def stripes(config, n: int = 12) -> Dataset:
    """Images of one colour with one stripe, always in the same place of a square of 4 pixels."""
    rng, side = np.random.default_rng(0), config.resolution
    images = rng.integers(0, 256, (n, 1, 1, 3), np.uint8).repeat(side, 1).repeat(side, 2)
    for image, at in zip(images, 1 + 4 * rng.integers(side // 4, size=n), strict=True):
        image[at] = 255 - image[at]
    return Dataset("stripes", images, np.zeros((n, 0), np.int64), (), "", "", "stripes")


def steps(config, fabric):
    data = stripes(config)
    return [report.values for report in train(new_state(config, data, fabric), data, config)]


@pytest.mark.parametrize("arch", RESTORING)
def test_the_distance_from_the_truth_falls(arch, tiny, fabric):
    values = steps(tiny(arch, kimg=0.4, batch=4, lr=2e-3, adversarial_weight=0.01, resolution=16), fabric)
    l1 = [float(value["l1"]) for value in values]
    assert np.mean(l1[-10:]) < 0.8 * np.mean(l1[:10])
    assert {"loss_d", "loss_g", "features", "grad_d", "grad_g"} <= values[-1].keys()


@pytest.mark.parametrize("arch", RESTORING)
def test_without_an_adversarial_weight_there_is_no_critic_to_learn(arch, tiny, fabric):
    config = tiny(arch, kimg=0.012, adversarial_weight=0.0, resolution=16)
    data = stripes(config)
    state = new_state(config, data, fabric)
    before = {name: value.clone() for name, value in state.bare("d").state_dict().items()}
    values = [report.values for report in train(state, data, config)]
    assert not {"loss_d", "loss_g", "features"} & values[-1].keys()
    assert all(torch.equal(value, before[name]) for name, value in state.bare("d").state_dict().items())


@pytest.mark.parametrize("arch", RESTORING)
@pytest.mark.parametrize("adversarial_weight", [0.0, 0.1])
def test_a_run_that_stops_goes_on_to_the_same_bits(arch, adversarial_weight, tiny, fabric, tmp_path):
    config = tiny(arch, kimg=0.03, batch=6, resolution=16, adversarial_weight=adversarial_weight)
    assert unlike_after_a_stop(config, stripes(config), fabric, tmp_path / "state.safetensors") == []


def test_the_critic_is_shown_what_is_known_as_it_is(tiny, fabric):
    config = tiny("inpainting", resolution=16)
    data = stripes(config)
    state = new_state(config, data, fabric)
    found = method_for(config).restore(state, Batches(data, config, fabric).at(0))
    same = (found.fake == found.real).all(dim=1, keepdim=True)
    assert torch.equal(same[found.made == 0], torch.ones_like(same[found.made == 0]))
    assert not same[found.made == 1].any()


def test_each_step_draws_holes_of_its_own_and_the_same_ones_again(tiny, fabric):
    config = tiny("inpainting", resolution=16)
    batches, method = Batches(stripes(config), config, fabric), method_for(config)
    first, again, later = (method.masks(batches.at(seen)) for seen in (0, 0, config.batch))
    assert torch.equal(first, again)
    assert not torch.equal(first, later)


def test_losses_are_those_of_the_patches_that_reach_into_the_hole():
    losses = torch.arange(16.0).view(1, 1, 4, 4)
    hole = torch.zeros(1, 1, 8, 8)
    hole[..., 3, 7] = 1
    assert over_made(losses, hole) == losses[0, 0, 1, 3]
    assert over_made(losses, None) == losses.mean()


def test_squares_are_cut_out_of_large_images(tiny, fabric):
    config = tiny("srresnet", resolution=32, crop=16)
    batches, method = Batches(stripes(config), config, fabric), method_for(config)
    whole, first, again = batches.at(0).real, method.cropped(batches.at(0)), method.cropped(batches.at(0))
    assert first.shape[2:] == (16, 16)
    assert torch.equal(first, again)
    places = whole.unfold(2, 16, 1).unfold(3, 16, 1)
    assert ((places == first[:, :, None, None]).flatten(4).all(4).all(1).flatten(1).any(1)).all()
    assert torch.equal(method_for(replace(config, crop=0)).cropped(batches.at(0)), whole)


def test_pixels_may_be_compared_by_squares(tiny, fabric):
    by_l1, by_mse = (
        steps(tiny("srresnet", resolution=16, kimg=0.008, adversarial_weight=0.0, pixel_loss=loss), fabric)
        for loss in ("l1", "mse")
    )
    assert by_l1[0]["l1"] == by_mse[0]["l1"]
    assert by_l1[1]["l1"] != by_mse[1]["l1"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"crop": 18}, r"--crop is 18, which --scale 4 does not divide\. Choose a multiple of it, or 0"),
        ({"crop": 8}, r"--crop is 8; a critic with --patch-levels 2 needs at least 12 pixels"),
    ],
)
def test_squares_that_cannot_be_made_smaller_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence) as refused:
        config_from({"arch": "srresnet"} | settings)
    assert refused.value.field == "crop"
