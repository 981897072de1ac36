"""DCGAN against the paper (Radford et al. 2016) and PyTorch's example (pytorch/examples, dcgan/main.py)."""

import pytest
import torch
from torch import nn

from trainer.networks.dcgan import DcganDiscriminator, DcganGenerator, base_and_levels
from trainer.util.errors import UserError


@pytest.fixture(scope="module")
def published():
    torch.manual_seed(0)
    return DcganGenerator(64, 3, z_dim=100, width=64), DcganDiscriminator(64, 3, width=64)


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_the_sizes_are_the_published_ones_plus_the_biases_where_no_batch_norm_follows(published):
    g, d = published
    assert count(g) == 3_576_704 + 3  # the example has no bias in its last layer, before tanh
    assert count(d) == 2_765_568 + 64 + 1  # nor in D's first layer and in its last, the logit


def test_weights_start_with_a_deviation_of_0_02_and_gains_around_1(published):
    for module in [m for network in published for m in network.modules()]:
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.05)
            assert module.weight.mean().item() == pytest.approx(0, abs=0.001)
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.mean().item() == pytest.approx(1, abs=0.01)
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.35)
            assert not module.bias.any()


def test_batch_norm_is_everywhere_but_at_the_output_of_g_and_the_input_of_d(published):
    g, d = published
    block = ["BatchNorm2d", "ReLU", "ConvTranspose2d"]
    assert [type(m).__name__ for m in g.layers] == [*block * 4, "Tanh"]
    assert [type(m).__name__ for m in d.layers] == ["Conv2d", "LeakyReLU", *["Conv2d", "BatchNorm2d", "LeakyReLU"] * 3]
    assert {m.negative_slope for m in d.layers if isinstance(m, nn.LeakyReLU)} == {0.2}


def test_the_channels_halve_as_the_side_doubles(published):
    g, d = published
    assert [m.out_channels for m in [g.project, *g.layers] if isinstance(m, nn.ConvTranspose2d)] == [
        512,
        256,
        128,
        64,
        3,
    ]
    assert [m.out_channels for m in d.layers if isinstance(m, nn.Conv2d)] == [64, 128, 256, 512]


def test_w_is_z_and_images_lie_between_minus_one_and_one():
    g = DcganGenerator(16, 1, z_dim=5, width=4)
    z = 100 * torch.randn(3, 5)
    assert torch.equal(g.map(z), z[:, None])
    assert g(z).abs().max() <= 1


@pytest.mark.parametrize(
    ("resolution", "base", "levels"), [(16, 4, 2), (28, 7, 2), (32, 4, 3), (56, 7, 3), (128, 4, 5)]
)
def test_resolutions_are_reached_by_doubling(resolution, base, levels):
    assert base_and_levels(resolution) == (base, levels)
    assert base * 2**levels == resolution


def test_no_other_resolution_is_accepted():
    accepted = []
    for resolution in range(1, 300):
        try:
            base_and_levels(resolution)
        except UserError as error:
            assert f"{resolution} x {resolution}" in str(error)  # noqa: PT017 (a sweep, most of which raise)
        else:
            accepted.append(resolution)
    assert accepted == [16, 28, 32, 56, 64, 112, 128]


def test_early_features_are_the_first_activations():
    g = DcganGenerator(16, 1, z_dim=5, width=4).eval()
    ws = torch.randn(3, 1, 5)
    first = g.layers[:2](g.project(ws[:, 0, :, None, None]))
    assert torch.allclose(g.early_features(ws), first.flatten(1), atol=1e-6)


def test_the_style_matrix_is_the_linear_map_of_the_projection():
    g = DcganGenerator(16, 1, z_dim=5, width=4)
    w = torch.randn(5)
    assert torch.allclose(g.style_matrices()[0] @ w, g.project(w[None, :, None, None]).flatten(), atol=1e-6)
