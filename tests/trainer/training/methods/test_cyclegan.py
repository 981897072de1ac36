"""CycleGAN: the pool, the terms of its loss, what it cannot learn from, and that it resumes to the last bit."""

import itertools

import numpy as np
import pytest
import torch

from trainer.data import Dataset
from trainer.data.collections import beside
from trainer.metrics.base import FIGURES
from trainer.networks.resnet_pair import ResNetPair
from trainer.runs.run import Run
from trainer.training.config import TrainConfig, config_from
from trainer.training.loop import train
from trainer.training.methods import cyclegan
from trainer.training.methods.cyclegan import Pool, Translations
from trainer.training.setup import check_networks, new_state
from trainer.training.state_io import pack_state
from trainer.util.errors import UserError


@pytest.fixture
def config(tiny) -> TrainConfig:
    return tiny("resnet-pair", width=2, blocks=1, data="squares", data_a="others", kimg=0.032)


@pytest.fixture
def collections(config, squares) -> Dataset:
    return beside(squares(config, 10), squares(config, 7))


def numbered(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(-1, 1, 1, 1)


def test_a_pool_shows_the_new_images_until_it_is_full_and_then_half_of_them(monkeypatch):
    monkeypatch.setattr(cyclegan, "POOL", 4)
    pool, rng = Pool(1, 1), torch.Generator().manual_seed(0)
    assert torch.equal(pool.exchange(numbered(0, 1), rng), numbered(0, 1))
    assert torch.equal(pool.exchange(numbered(2, 3), rng), numbered(2, 3))
    earlier, count = {0, 1, 2, 3}, 0
    for value in range(4, 404):
        shown = int(pool.exchange(numbered(value), rng))
        assert shown in {*earlier, value}
        if shown != value:
            count += 1
            earlier = earlier - {shown} | {value}
        assert {*pool.images.flatten().int().tolist()} == earlier
    assert count / 400 == pytest.approx(0.5, abs=0.1)


def test_saving_and_resuming_equals_training_straight_through(config, collections, fabric, tmp_path, monkeypatch):
    monkeypatch.setattr(cyclegan, "POOL", 6)
    straight = new_state(config, collections, fabric)
    assert len(list(train(straight, collections, config))) == 8
    first = new_state(config, collections, fabric)
    list(itertools.islice(train(first, collections, config), 4))
    run = Run(tmp_path, "halved")
    run.save_state(first)
    resumed = new_state(config, collections, fabric)
    assert run.load_state(resumed)
    list(train(resumed, collections, config))
    (tensors, _), (others, _) = pack_state(straight), pack_state(resumed)
    assert tensors["pool.filled"] == tensors["pool_a.filled"] == 6
    assert tensors.keys() == others.keys()
    assert [name for name in tensors if not torch.equal(tensors[name], others[name])] == []


def test_each_term_of_a_step_has_a_chart(config, collections, fabric):
    report = next(train(new_state(config, collections, fabric), collections, config))
    assert {"loss_d", "loss_d_a", "loss_g", "loss_g_a", "cycle_a", "cycle_b", "identity_a", "identity_b"} <= {
        *report.values
    }
    assert [name for name in report.values if not FIGURES[name].chart] == []


def test_a_pair_that_changes_nothing_has_no_cycle_and_no_identity_error(config, collections, fabric):
    method, state = cyclegan.CycleGan(config), new_state(config, collections, fabric)
    batch = cyclegan_batch(config, collections, fabric)
    a, b = batch.given.requires_grad_(), batch.real.requires_grad_()
    values = method.step_g(state, batch, Translations(a, b, a, b, b, a))
    errors = [float(values[name]) for name in ("cycle_a", "cycle_b", "identity_a", "identity_b")]
    assert errors == [0, 0, 0, 0]
    off = method.step_g(state, batch, Translations(a, b, a + 0.5, b - 0.25, b, a))
    assert float(off["cycle_a"]) == pytest.approx(0.5)
    assert float(off["cycle_b"]) == pytest.approx(0.25)


def cyclegan_batch(config, collections, fabric):
    from trainer.training.batches import Batches

    return Batches(collections, config, fabric).at(0)


def test_both_generators_and_both_critics_learn(config, collections, fabric):
    state = new_state(config, collections, fabric)
    before = {name: tensor.clone() for name, tensor in pack_state(state)[0].items()}
    list(itertools.islice(train(state, collections, config), 1))
    after = pack_state(state)[0]
    # A constant before an instance norm leaves its output as it is, so that such biases have no gradient.
    still = {name for name in before if torch.equal(before[name], after[name]) and name.endswith("weight")}
    assert still == set()


def test_a_translation_and_the_way_back_have_the_shapes_of_their_collections():
    pair = ResNetPair(16, channels=3, given_channels=1, width=2, blocks=1)
    made = pair(torch.zeros(2, 1, 16, 16))
    assert made.shape == (2, 3, 16, 16)
    assert pair.back(made).shape == (2, 1, 16, 16)
    assert made.abs().max() <= 1


@pytest.mark.parametrize("resolution", [8, 12, 30])
def test_a_side_that_cannot_be_halved_twice_is_refused(resolution):
    with pytest.raises(UserError, match=rf"^The resolution is {resolution}; .*multiple of 4 from 16"):
        ResNetPair(resolution, 3, 3)


def test_one_collection_is_not_enough(config, squares, fabric):
    with pytest.raises(UserError, match=r"Name the other one with --data-a\.$"):
        new_state(config, squares(config), fabric)


def test_grey_against_colour_needs_to_do_without_the_identity_loss(tiny, config, squares, fabric):
    mixed = beside(squares(config, 8, channels=3), squares(config, 8))
    with pytest.raises(UserError, match=r"others are grey, and those of squares in colour.*--identity-weight 0"):
        new_state(config, mixed, fabric)
    without = tiny("resnet-pair", width=2, blocks=1, data="squares", data_a="others", identity_weight=0.0)
    report = next(train(new_state(without, mixed, fabric), mixed, without))
    assert all(np.isfinite(float(value)) for value in report.values.values())


def test_collections_of_two_sizes_are_refused(tiny, squares):
    small, large = tiny("resnet-pair", resolution=16), tiny("resnet-pair", resolution=20)
    with pytest.raises(UserError, match="are 20 x 20, and those of squares 16 x 16"):
        beside(squares(small), squares(large))


def test_a_collection_is_not_translated_into_itself():
    with pytest.raises(UserError, match=r"needs two collections"):
        config_from({"arch": "resnet-pair", "data": "avatars", "data_a": "avatars"})


def test_another_method_takes_no_other_collection():
    with pytest.raises(UserError, match=r"^--data-a does not apply to --arch dcgan"):
        check_networks(config_from({"arch": "dcgan", "resolution": 16, "data_a": "mnist"}))
