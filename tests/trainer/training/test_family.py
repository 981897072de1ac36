"""Every member of the family trains, resumes and does what its paper says, on tiny images."""

from dataclasses import replace

import pytest
import torch

from trainer.networks.base import minibatch_stddev_of, packed, uniform
from trainer.networks.dcgan import DcganDiscriminator
from trainer.networks.mlp import MlpDiscriminator, MlpGenerator
from trainer.training.loop import train
from trainer.training.losses import LOSSES
from trainer.training.setup import new_state
from trainer.training.state_io import pack_state, unpack_state

WAYS = {
    "loss-" + name: ("mlp", {"loss": name, "penalty": "gp" if name == "wasserstein" else "none"}) for name in LOSSES
} | {
    "clip": ("mlp", {"loss": "wasserstein", "penalty": "clip", "weight_clip": 0.05}),
    "gp on dcgan": ("dcgan", {"loss": "wasserstein", "penalty": "gp", "d_norm": "instance", "n_critic": 2}),
    "r1r2": ("dcgan", {"loss": "relativistic", "penalty": "r1r2", "r1_gamma": 1.0, "r1_every": 1, "d_norm": "none"}),
    "spectral norm": ("dcgan", {"spectral_norm": True, "d_norm": "none", "loss": "hinge"}),
    "packed": ("dcgan", {"pac_size": 2}),
    "packed stylegan": ("stylegan-lite", {"pac_size": 2}),
    "instance noise": ("mlp", {"instance_noise": 0.5}),
    "minibatch": ("mlp", {"minibatch_stddev": True}),
    "two rates": ("mlp", {"lr_d": 1e-3}),
    "uniform prior": ("dcgan", {"prior": "uniform"}),
    "codes": ("dcgan", {"codes_categorical": 3, "codes_continuous": 2}),
    "ada": ("dcgan", {"augment": "color,cutout", "ada_target": 0.6}),
    "adain": ("stylegan-lite", {"styles": "adain"}),
    "palette": ("stylegan-lite", {"palette": 4, "noise_inputs": False}),
    "growing palette": ("stylegan-lite", {"palette": 4, "progressive": True, "grow_kimg": 0.004}),
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


@pytest.mark.slow
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


def test_packing_joins_neighbours_in_the_channels():
    images = torch.arange(4.0)[:, None, None, None].expand(4, 2, 3, 3)
    joined = packed(images, 2)
    assert joined.shape == (2, 4, 3, 3)
    assert joined[0, :, 0, 0].tolist() == [0, 0, 1, 1]
    d = MlpDiscriminator(resolution=3, channels=2, width=8, pac_size=2)
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
