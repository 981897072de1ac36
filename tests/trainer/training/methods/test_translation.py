"""Translators learn from pairs: the loss falls, a stopped run goes on to the same bits, and their inputs count."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.trainer.training.resuming import unlike_after_a_stop
from trainer.data import Dataset
from trainer.data.base import Given
from trainer.networks import ARCHITECTURES
from trainer.networks.translator import PatchCritic
from trainer.training.batches import Batches
from trainer.training.loop import train
from trainer.training.setup import check_dataset, new_state
from trainer.util.errors import UserError

PAIRED = [name for name, a in ARCHITECTURES.items() if a.method in ("pix2pix", "bicycle")]


def pairs(config, n: int = 12) -> Dataset:
    """The image is what it is made from, upside down and in the other colours."""
    rng = np.random.default_rng(0)
    side = config.resolution
    given = np.repeat(np.repeat(rng.integers(0, 256, (n, 4, 4, 1), np.uint8), side // 4, 1), side // 4, 2)
    images = 255 - given[:, ::-1].repeat(3, axis=3)
    data = Dataset("pairs", images, np.zeros((n, 0), np.int64), (), "", "", "pairs")
    return replace(data, given=Given("image", 1), given_images=given, paired=True)


@pytest.mark.parametrize("arch", PAIRED)
def test_the_distance_from_the_truth_falls(arch, tiny, fabric):
    config = tiny(arch, kimg=0.6, batch=6, lr=2e-3)
    data = pairs(config)
    values = [report.values for report in train(new_state(config, data, fabric), data, config)]
    l1 = [float(value["l1"]) for value in values]
    assert np.mean(l1[-5:]) < 0.6 * np.mean(l1[:5])
    assert {"loss_d", "loss_g", "grad_g", "d_accuracy_real"} <= values[-1].keys()


@pytest.mark.parametrize("arch", PAIRED)
def test_a_run_that_stops_goes_on_to_the_same_bits(arch, tiny, fabric, tmp_path):
    config = tiny(arch, kimg=0.03, batch=6)
    assert unlike_after_a_stop(config, pairs(config), fabric, tmp_path / "state.safetensors") == []


def test_both_sides_of_a_pair_are_mirrored_together(tiny, fabric):
    config = tiny("unet", mirror=True, batch=12)
    data = pairs(config)
    batch = Batches(data, config, fabric).at(0)
    torch.testing.assert_close(batch.real, -batch.given.flip(2).expand(-1, 3, -1, -1))
    assert not torch.equal(batch.real, Batches(data, replace(config, mirror=False), fabric).at(0).real)


def test_images_without_pairs_are_refused_with_the_way(tiny, squares):
    config = tiny("unet")
    with pytest.raises(UserError, match=r"learns from pairs of images, and .* has none\. Choose a data set of pairs"):
        check_dataset(config, squares(config))


@pytest.mark.parametrize(("levels", "sees"), [(1, 16), (2, 34), (3, 70)])
def test_a_critic_of_patches_sees_as_far_as_it_says(levels, sees):
    critic = PatchCritic(96, 1, width=2, patch_levels=levels).eval()
    for module in critic.modules():  # a norm looks at the whole image
        if isinstance(module, torch.nn.InstanceNorm2d):
            module.forward = lambda x: x
    image = torch.zeros(1, 1, 96, 96, requires_grad=True)
    logits = critic(image)
    middle = logits.shape[2] // 2
    logits[0, 0, middle, middle].backward()
    seen = image.grad[0, 0].abs().sum(0).nonzero()
    assert int(seen.max() - seen.min()) + 1 == sees


def test_images_too_small_for_the_patches_are_refused():
    with pytest.raises(UserError, match="needs images of at least 12 pixels a side; these have 8"):
        PatchCritic(8, 1)
