"""w in deviations: what the axes are, and what a distance means."""

import pytest
import torch

from explorer.core.directions.base import sample_ws
from explorer.core.inversion.latent import LatentSpace
from explorer.core.model import Model


def test_the_ws_of_a_plain_model_are_standard_normal_in_its_axes(plain: Model):
    """There w is z, so that the centre is near 0 and every axis about 1 long."""
    space = LatentSpace.fit(plain.generator)
    assert space.rank == plain.z_dim
    assert space.means.abs().max() < 0.05
    assert space.axes.norm(dim=1).numpy() == pytest.approx(1, abs=0.1)


def test_the_models_own_samples_lie_one_deviation_from_the_centre(layered: Model):
    space = LatentSpace.fit(layered.generator)
    w = sample_ws(layered.generator, 500, seed=5)[:, 0] - space.means
    u = w @ (space.axes / space.axes.square().sum(1, keepdim=True)).T
    assert float(space.distance(u[:, None]).square().mean()) == pytest.approx(1, abs=0.1)
    assert space.farther_than(0) == 0
    assert space.farther_than(100) == 1
    assert space.farther_than(float(space.distances[256])) == pytest.approx(0.5, abs=0.01)


def test_the_vector_of_a_class_is_no_axis_but_part_of_its_mean(checkpoint):
    model = Model(checkpoint("dcgan", 3))
    space = LatentSpace.fit(model.generator)
    assert space.rank == model.z_dim < model.w_dim
    labels = torch.arange(3)
    ws = space.ws(torch.zeros(3, 1, space.rank), labels)
    assert torch.allclose(ws[:, 0, model.z_dim :], model.generator.embed(labels), atol=1e-5)


def test_one_u_is_that_of_all_layers_and_several_are_each_layers_own(layered: Model):
    space = LatentSpace.fit(layered.generator)
    one = torch.randn(2, 1, space.rank, generator=torch.Generator().manual_seed(0))
    shared = space.ws(one, torch.zeros(2, dtype=torch.int64))
    assert shared.shape == (2, layered.num_ws, layered.w_dim)
    assert torch.equal(shared[:, 0], shared[:, -1])
    apart = one.repeat(1, layered.num_ws, 1)
    apart[:, -1] += 1
    changed = space.ws(apart, torch.zeros(2, dtype=torch.int64))
    assert torch.allclose(changed[:, 0], shared[:, 0])
    assert not torch.allclose(changed[:, -1], shared[:, -1])
