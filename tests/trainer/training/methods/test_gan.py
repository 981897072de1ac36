"""The game: when each player steps, what is reported of it, its codes, and the map of points."""

import math

import numpy as np
import pytest
import torch

from trainer.data import Attribute, Dataset
from trainer.networks.dcgan import DcganDiscriminator
from trainer.networks.mlp import MlpDiscriminator
from trainer.networks.stylegan_lite import StyleGanDiscriminator
from trainer.training.batches import Batches
from trainer.training.config import config_from
from trainer.training.loop import train
from trainer.training.methods.gan import logits_of_both
from trainer.training.portrait import SIDE, portrait
from trainer.training.setup import new_state


def test_g_steps_once_for_every_few_steps_of_d(tiny, squares, fabric):
    config = tiny("mlp", loss="wasserstein", penalty="clip", n_critic=3, kimg=0.024)
    data = squares(config)
    reports = list(train(new_state(config, data, fabric), data, config))
    assert ["loss_g" in report.values for report in reports] == [False, False, True] * 2


def test_what_has_no_meaning_under_a_loss_is_not_reported(tiny, squares, fabric):
    found = {}
    for loss, penalty in (("wasserstein", "gp"), ("relativistic", "none"), ("hinge", "none"), ("minimax", "none")):
        config = tiny("mlp", loss=loss, penalty=penalty)
        data = squares(config)
        found[loss] = set(next(iter(train(new_state(config, data, fabric), data, config))).values)
    assert "distance" in found["wasserstein"]
    assert "d_accuracy_real" not in found["wasserstein"] | found["relativistic"]
    assert "d_accuracy_real" in found["hinge"]
    assert [loss for loss in found if "jsd" in found[loss]] == ["minimax"]


@pytest.mark.slow
def test_codes_are_learned_by_the_head_that_reads_them(tiny, squares, fabric):
    config = tiny("mlp", codes_categorical=3, z_dim=8, width=32, kimg=8.0, batch=32, lr=5e-3)
    data = squares(config, n=40)
    losses = [float(r.values["code_loss"]) for r in train(new_state(config, data, fabric), data, config)]
    assert np.mean(losses[:3]) == pytest.approx(math.log(3), rel=0.2)
    assert np.mean(losses[-5:]) < 0.7 * math.log(3)


@pytest.fixture
def points():
    """100 points in two modes."""
    rng = np.random.default_rng(0)
    modes = np.arange(100) % 2
    images = (np.stack([modes - 0.5, np.zeros(100)], 1) + 0.01 * rng.standard_normal((100, 2))).astype(np.float32)
    return Dataset(
        "points", images.reshape(100, 1, 1, 2), modes[:, None], (Attribute("mode", ("0", "1")),), "CC0", "", "points"
    )


def test_points_train_in_their_own_numbers_and_have_a_portrait(points, fabric):
    config = config_from({"batch": 8, "width": 8, "z_dim": 2, "kimg": 0.016, "pac_size": 2}, "points")
    state = new_state(config, points, fabric)
    real = Batches(points, config, fabric).at(0).real
    assert real.shape == (8, 2, 1, 1)
    assert set(np.round(real[:, 0].flatten().numpy()).tolist()) <= {-1.0, 0.0, 1.0}
    assert np.isin(real[:, 0, 0, 0].numpy(), points.images).all()
    next(train(state, points, config))
    image = portrait(state.ema.module, points.images, state.bare("d"))
    assert image.size == (SIDE, SIDE)
    assert len(set(image.getdata())) > 10


TOGETHER = {
    "stylegan-lite": StyleGanDiscriminator(16, 3, width=8, num_classes=3),
    "dcgan": DcganDiscriminator(16, 3, width=4, d_norm="instance", minibatch_stddev=True),
    "mlp": MlpDiscriminator(16, 3, width=8, minibatch_stddev=True),
}


@pytest.mark.parametrize("d", TOGETHER.values(), ids=TOGETHER)
def test_one_pass_of_d_gives_both_sides_the_logits_of_two(d):
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 8, 3, 16, 16, generator=rng).unbind()
    label = torch.arange(8) % 3 if d.conditional else None
    assert d.judges_together(8)
    for found, wanted in zip(logits_of_both(d, real, fake, label), (d(real, label), d(fake, label)), strict=True):
        assert torch.allclose(found, wanted, atol=1e-5)


def test_d_judges_apart_where_neighbours_would_mix():
    assert not DcganDiscriminator(16, 3, width=4, d_norm="batch").judges_together(8)
    assert not MlpDiscriminator(16, 3, width=8, pac_size=2).judges_together(8)
    assert not TOGETHER["stylegan-lite"].judges_together(6)
