"""Every member of the family trains, resumes and does what its paper says, on tiny pictures."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from trainer.data import Attribute, Dataset
from trainer.networks import ARCHITECTURES
from trainer.networks.base import minibatch_stddev_of, packed, uniform
from trainer.networks.dcgan import DcganDiscriminator, DcganGenerator
from trainer.networks.mlp import MlpDiscriminator, MlpGenerator
from trainer.training.augment import ADA_IMAGES, update_ada_p
from trainer.training.batches import Batches
from trainer.training.config import config_from
from trainer.training.loop import train
from trainer.training.losses import LOSSES
from trainer.training.methods.progressive import doublings
from trainer.training.methods.vae import elbo
from trainer.training.portrait import SIDE, portrait
from trainer.training.setup import new_state
from trainer.training.state_io import pack_state, unpack_state

WAYS = {
    "loss-" + name: ("mlp", {"loss": name, "penalty": "gp" if name == "wasserstein" else "none"}) for name in LOSSES
} | {
    "clip": ("mlp", {"loss": "wasserstein", "penalty": "clip", "clip": 0.05}),
    "gp on dcgan": ("dcgan", {"loss": "wasserstein", "penalty": "gp", "d_norm": "instance", "d_steps": 2}),
    "r1r2": ("dcgan", {"loss": "relativistic", "penalty": "r1r2", "r1_gamma": 1.0, "r1_every": 1, "d_norm": "none"}),
    "spectral norm": ("dcgan", {"spectral_norm": True, "d_norm": "none", "loss": "hinge"}),
    "packed": ("dcgan", {"pack": 2}),
    "packed stylegan": ("stylegan-lite", {"pack": 2}),
    "instance noise": ("mlp", {"instance_noise": 0.5}),
    "minibatch": ("mlp", {"minibatch_stddev": True}),
    "two rates": ("mlp", {"d_lr": 1e-3}),
    "uniform prior": ("dcgan", {"prior": "uniform"}),
    "codes": ("dcgan", {"codes_categorical": 3, "codes_continuous": 2}),
    "ada": ("dcgan", {"augment": "color,cutout", "ada_target": 0.6}),
    "adain": ("stylegan-lite", {"styles": "adain"}),
    "path length": ("stylegan-lite", {"path_length": 2.0}),
    "progressive dcgan": ("dcgan", {"progressive": True, "grow_kimg": 0.004}),
    "progressive stylegan": ("stylegan-lite", {"progressive": True, "grow_kimg": 0.004}),
    "vae": ("vae", {}),
    "conditional vae": ("vae", {"conditional": True}),
    "conditional mlp": ("mlp", {"conditional": True}),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request, tiny):
    arch, settings = request.param
    return tiny(arch, kimg=0.032, **settings)


def test_each_member_trains_and_resumes_to_the_same_bits(way, squares, fabric):
    data = squares(way)
    straight = new_state(way, data, fabric)
    first = [report.values for report in train(straight, data, way)]
    assert len(first) == 8
    assert all(torch.isfinite(value) for values in first for value in values.values())

    half = new_state(way, data, fabric)
    for _ in train(half, data, replace(way, kimg=0.012)):
        pass
    tensors, scalars = pack_state(half)
    again = new_state(way, data, fabric)
    unpack_state(again, {name: tensor.clone() for name, tensor in tensors.items()}, scalars)
    if way.instance_noise:  # it falls to zero at the end, which the shorter run has reached before
        return
    for _ in train(again, data, way):
        pass
    wanted, found = pack_state(straight)[0], pack_state(again)[0]
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)


def test_g_steps_once_for_every_few_steps_of_d(tiny, squares, fabric):
    config = tiny("mlp", loss="wasserstein", penalty="clip", d_steps=3, kimg=0.024)
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


def test_packing_joins_neighbours_in_the_channels():
    images = torch.arange(4.0)[:, None, None, None].expand(4, 2, 3, 3)
    joined = packed(images, 2)
    assert joined.shape == (2, 4, 3, 3)
    assert joined[0, :, 0, 0].tolist() == [0, 0, 1, 1]
    d = MlpDiscriminator(resolution=3, channels=2, width=8, pack=2)
    assert d(images).shape == (2,)


def test_a_batch_of_copies_has_no_spread():
    assert minibatch_stddev_of(torch.ones(8, 5)).max() < 1e-3
    assert minibatch_stddev_of(torch.randn(8, 5, generator=torch.Generator().manual_seed(0))).min() > 0.3


def test_spectral_norm_bounds_every_layer():
    d = DcganDiscriminator(resolution=16, channels=1, width=8, d_norm="none", spectral_norm=True).train()
    images = torch.randn(4, 1, 16, 16)
    for _ in range(30):  # the power iteration runs in each pass
        d(images)
    assert torch.linalg.matrix_norm(d.head.weight, 2).item() == pytest.approx(1, abs=0.02)


def test_a_uniform_prior_is_uniform_and_codes_are_a_choice_and_numbers():
    z = torch.randn(20_000, 7, generator=torch.Generator().manual_seed(0))
    flat = uniform(z[:, 0])
    assert torch.histc(flat, 4, -1, 1).tolist() == pytest.approx([5000] * 4, rel=0.05)
    g = MlpGenerator(resolution=8, channels=1, z_dim=7, width=8, codes=(3, 1))
    latent = g.latent(z)
    assert torch.equal(latent[:, :3], z[:, :3])
    assert latent[:, 3:6].sum(0).tolist() == pytest.approx([20_000 / 3] * 3, rel=0.05)
    assert latent[:, 3:6].sum(1).unique().tolist() == [1]
    assert latent[:, 6].abs().max() < 1


def test_codes_are_learned_by_the_head_that_reads_them(tiny, squares, fabric):
    config = tiny("mlp", codes_categorical=3, z_dim=8, width=32, kimg=8.0, batch=32, lr=5e-3)
    data = squares(config, n=40)
    losses = [float(r.values["code_loss"]) for r in train(new_state(config, data, fabric), data, config)]
    assert np.mean(losses[:3]) == pytest.approx(math.log(3), rel=0.2)
    assert np.mean(losses[-5:]) < 0.7 * math.log(3)


def test_sizes_fade_in_one_after_another():
    assert [doublings(n, 1.0, 2) for n in (0, 1000, 1500, 2000, 3000, 3500, 4000, 9000)] == [0, 0, 0.5, 1, 1, 1.5, 2, 2]


@pytest.mark.parametrize("arch", ["dcgan", "stylegan-lite"])
def test_a_growing_generator_makes_coarse_pictures_that_change_smoothly(arch):
    options = {"resolution": 32, "channels": 1, "z_dim": 8, "width": 8, "progressive": True}
    torch.manual_seed(0)
    g, d = ARCHITECTURES[arch].generator(**options).eval(), None
    d = ARCHITECTURES[arch].discriminator(resolution=32, channels=1, width=8, progressive=True).eval()
    z = torch.randn(4, 8)

    def at(grown: float) -> torch.Tensor:
        g.grown.fill_(grown)
        d.grown.fill_(grown)
        pictures = g(z)
        assert pictures.shape == (4, 1, 32, 32)
        assert d(pictures).shape == (4,)
        return pictures

    for level in range(g.levels):
        block = 32 // (4 << level)
        coarse = at(float(level))
        assert torch.equal(
            coarse, coarse[:, :, ::block, ::block].repeat_interleave(block, 2).repeat_interleave(block, 3)
        )
        assert (at(level + 1e-4) - coarse).abs().max() < 1e-2
        assert (at(level + 1 - 1e-4) - at(level + 1.0)).abs().max() < 1e-2


def test_a_growing_d_does_not_jump_when_a_size_begins_to_fade_in():
    d = DcganDiscriminator(resolution=32, channels=1, width=8, progressive=True, d_norm="none").eval()
    images = torch.randn(4, 1, 32, 32)
    found = []
    for grown in (0.9999, 1.0, 1.0001, 2.9999, 3.0):
        d.grown.fill_(grown)
        found.append(d(images))
    assert torch.allclose(found[0], found[1], atol=1e-3)
    assert torch.allclose(found[1], found[2], atol=1e-3)
    assert torch.allclose(found[3], found[4], atol=1e-3)


def test_ada_augments_more_while_d_is_too_sure_and_stays_within_bounds():
    assert update_ada_p(0.5, sign=0.9, target=0.6, images=ADA_IMAGES // 10) == pytest.approx(0.6)
    assert update_ada_p(0.5, sign=0.1, target=0.6, images=ADA_IMAGES // 10) == pytest.approx(0.4)
    assert update_ada_p(0.0, sign=0.1, target=0.6, images=100) == 0
    assert update_ada_p(1.0, sign=0.9, target=0.6, images=100) == 1


def test_the_bound_of_a_vae_is_its_closed_form():
    real = torch.zeros(2, 1, 2, 2)
    reconstruction, divergence = elbo(real, real + 0.5, torch.tensor([[1.0], [0.0]]), torch.zeros(2, 1))
    assert reconstruction.item() == pytest.approx(4 / 2 * math.log(0.25), abs=1e-4)
    assert divergence.item() == pytest.approx(0.25)  # mean of 1/2 and 0


def test_a_vae_learns_to_reconstruct(tiny, squares, fabric):
    config = tiny("vae", kimg=2.0, batch=8, lr=2e-3)
    data = squares(config)
    errors = [float(r.values["reconstruction"]) for r in train(new_state(config, data, fabric), data, config)]
    assert np.mean(errors[-10:]) < 0.5 * np.mean(errors[:3])


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
    config = config_from({"batch": 8, "width": 8, "z_dim": 2, "kimg": 0.016, "pack": 2}, "points")
    state = new_state(config, points, fabric)
    real = Batches(points, config, fabric).at(0).real
    assert real.shape == (8, 2, 1, 1)
    assert set(np.round(real[:, 0].flatten().numpy()).tolist()) <= {-1.0, 0.0, 1.0}
    assert np.isin(real[:, 0, 0, 0].numpy(), points.images).all()
    next(train(state, points, config))
    picture = portrait(state.ema.module, points.images, state.bare("d"))
    assert picture.size == (SIDE, SIDE)
    assert len(set(picture.getdata())) > 10


def test_a_decoder_is_dcgans_generator():
    options = {"resolution": 16, "channels": 1, "z_dim": 8, "width": 8}
    vae = ARCHITECTURES["vae"].generator(**options)
    assert {n: p.shape for n, p in vae.named_parameters()} == {
        n: p.shape for n, p in DcganGenerator(**options).named_parameters()
    }
