"""The contract of base.py, for every registered architecture."""

import inspect
import math
import re
from dataclasses import replace

import pytest
import torch
from torch import nn

from trainer.networks import ARCHITECTURES, Discriminator, latent_architectures
from trainer.training.config import config_from, flag
from trainer.training.methods.base import method_for, options_for
from trainer.training.setup import build_networks, check_networks
from trainer.util.errors import UserError

N = 4
CASES = [(arch, channels, classes) for arch in latent_architectures() for channels in (1, 3) for classes in (0, 3)]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}-{'classes' if case[2] else 'plain'}")
def pair(request, tiny):
    """(generator, discriminator, labels) of one case, with w_avg away from zero."""
    arch, channels, classes = request.param
    config = tiny(arch, conditional=bool(classes))
    networks = build_networks(config, channels=channels, num_classes=classes)
    g = networks.pop(method_for(config).checkpoint)
    (d,) = networks.values()
    g.w_avg.normal_(generator=torch.Generator().manual_seed(1))
    return g.eval(), d.eval(), torch.arange(N) % classes if classes else None


def latents(g, seed=0):
    return torch.randn(N, g.z_dim, generator=torch.Generator().manual_seed(seed))


def noise_of(g, seed=0):
    return g.draw_noise(N, torch.Generator().manual_seed(seed))


def test_images_have_the_promised_shape_and_are_finite(pair):
    g, _, label = pair
    images = g(latents(g), label)
    assert images.shape == (N, g.channels, g.resolution, g.resolution)
    assert images.isfinite().all()
    assert images.std() > 0


def test_map_then_synthesize_is_forward(pair):
    g, _, label = pair
    ws = g.map(latents(g), label)
    assert ws.shape == (N, g.num_ws, g.w_dim)
    assert torch.equal(g.synthesize(ws, noise_of(g)), g(latents(g), label, noise_of(g)))


def test_noise_inputs_have_the_promised_sides(pair):
    g, _, _ = pair
    assert [tuple(layer.shape) for layer in noise_of(g)] == [(N, 1, s, s) for s in g.noise_sizes]


def test_style_mixing_takes_the_layers_from_the_crossover_on_from_the_second_latent(pair):
    g, _, label = pair
    crossover = torch.arange(N) % (g.num_ws + 1)
    mixed = g(latents(g), label, z_mix=latents(g, 1), crossover=crossover)
    first, second = g.map(latents(g), label), g.map(latents(g, 1), label)
    by_hand = torch.stack([torch.cat([first[i, : crossover[i]], second[i, crossover[i] :]]) for i in range(N)])
    assert torch.equal(mixed, g.synthesize(by_hand))


def test_truncation_goes_on_a_line_to_the_mean(pair):
    g, _, label = pair
    ws = g.map(latents(g), label)
    assert torch.equal(g.truncate(ws, 1.0), ws)
    assert torch.allclose(g.truncate(ws, 0.0), g.w_avg.expand_as(ws), atol=1e-6)
    assert torch.allclose(g.truncate(ws, 0.5), (ws + g.w_avg) / 2, atol=1e-6)
    assert torch.equal(g.truncate(ws, 0.5, cutoff=0), ws)
    assert torch.allclose(g.truncate(ws, 0.5, cutoff=1)[:, 0], (ws[:, 0] + g.w_avg) / 2, atol=1e-6)
    assert torch.equal(g.truncate(ws, 0.5, cutoff=1)[:, 1:], ws[:, 1:])


def test_there_is_a_style_matrix_for_each_w(pair):
    g, _, _ = pair
    matrices = g.style_matrices()
    assert len(matrices) == g.num_ws
    assert all(matrix.ndim == 2 and matrix.shape[1] == g.w_dim for matrix in matrices)


def test_early_features_are_one_row_a_latent_and_differ(pair):
    g, _, label = pair
    features = g.early_features(g.map(latents(g), label))
    assert features.ndim == 2
    assert len(features.unique(dim=0)) == N


def answer_of(d, images, label):
    """A discriminator's logits, or the mean that an encoder gives."""
    answer = d(images, label)
    return answer[0] if isinstance(answer, tuple) else answer


def test_labels_matter_where_there_are_classes_and_only_there(pair):
    g, d, label = pair
    one, other = torch.zeros(N, dtype=torch.long), torch.ones(N, dtype=torch.long)
    assert torch.equal(g(latents(g), one), g(latents(g), other)) == (label is None)
    images = torch.randn(N, g.channels, g.resolution, g.resolution)
    if takes_labels(d):
        first, second = (answer_of(d, images, label) for label in (one, other))
        assert torch.equal(first, second) == (label is None)


def takes_labels(network: nn.Module) -> bool:
    return "label" in inspect.signature(network.forward).parameters


def test_the_discriminator_gives_one_logit_a_image(pair):
    g, d, label = pair
    if not isinstance(d, Discriminator):
        return
    logits = d(torch.randn(N, g.channels, g.resolution, g.resolution), label)
    assert logits.shape == (N,)
    assert logits.isfinite().all()


def test_every_parameter_gets_a_gradient(pair):
    g, d, label = pair
    g.train(), d.train()
    noise = [layer + 1 for layer in noise_of(g)]
    images = g(latents(g), label, noise)
    answer = d(images, label) if takes_labels(d) else d(images)
    answer = torch.cat(answer, dim=1) if isinstance(answer, tuple) else answer
    answer = answer.reshape(N, -1).sum(1)
    (answer * torch.arange(1, N + 1)).sum().backward()
    for name, parameter in [*g.named_parameters(), *d.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("arch", latent_architectures())
def test_the_seed_alone_decides_the_initial_weights(arch, tiny):
    config = tiny(arch)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    name = method_for(config).checkpoint
    first = build_networks(config, channels=1, num_classes=0)[name]
    assert torch.equal(torch.random.get_rng_state(), before), "the global generator was touched"
    torch.manual_seed(2)
    again = build_networks(config, channels=1, num_classes=0)[name]
    other = build_networks(replace(config, seed=1), channels=1, num_classes=0)[name]
    weights = [torch.cat([p.flatten() for p in g.parameters()]) for g in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("arch", latent_architectures())
@pytest.mark.parametrize("resolution", [4, 31, 33, 1000])
def test_an_impossible_resolution_names_the_possible_ones_before_anything_is_allocated(arch, resolution):
    """Those that double sizes refuse them all; any other may make a size, or has to say so, too."""
    config = config_from({"arch": arch, "resolution": resolution, "width": 2**14, "z_dim": 2**14})
    told = ""
    try:
        check_networks(config)
    except UserError as error:
        told = str(error)
    assert told or (arch not in ("dcgan", "stylegan-lite", "vae") and (arch, resolution) != ("mlp", 1000))
    assert not told or re.search(rf"{arch}.*{resolution} x {resolution}.*--resolution .*32", told)


@pytest.mark.parametrize(("option", "value"), [("convs_per_block", 2), ("min_channels", 16)])
def test_an_option_of_another_architecture_is_refused(option, value):
    with pytest.raises(UserError, match=rf"{flag(option)} does not apply to --arch dcgan"):
        check_networks(config_from({"arch": "dcgan", option: value}))


@pytest.mark.parametrize("arch", latent_architectures())
def test_a_generator_is_rebuilt_from_its_options_alone(arch, tiny):
    config = tiny(arch)
    network = ARCHITECTURES[arch].generator
    options = options_for(network, config) | {"resolution": config.resolution, "channels": 3, "num_classes": 2}
    g = network(**options)
    assert (g.resolution, g.channels, g.num_classes) == (config.resolution, 3, 2)
    assert math.isclose(float(g.w_avg.abs().sum()), 0)
