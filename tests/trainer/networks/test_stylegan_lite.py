"""StyleGAN-lite's layers against StyleGAN2's equations, written out the long way."""

import math

import pytest
import torch
import torch.nn.functional as F

from trainer.networks.layers import (
    LRELU_GAIN,
    EqualConv,
    EqualLinear,
    ModulatedConv,
    binomial_filter,
    filter_up,
    lrelu,
    minibatch_stddev,
)
from trainer.networks.styled import Palette, pixel_norm
from trainer.networks.stylegan_lite import StyleGanDiscriminator, StyleGanGenerator, widths_at

N, C_IN, C_OUT, SIDE = 3, 5, 4, 6


def zeros_between(x, length):
    """Pixels at the even places of an image of side `length`."""
    spread = torch.zeros(*x.shape[:2], length, length)
    spread[..., ::2, ::2] = x
    return spread


def low_pass(x, padding):
    """[1, 3, 3, 1] in both directions, four times as strong: it makes up for the zeros."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    kernel = 4 * torch.outer(taps, taps).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(F.pad(x, padding), kernel, groups=x.shape[1])


@pytest.mark.parametrize("demodulate", [False, True])
@pytest.mark.parametrize(("kernel", "up"), [(1, False), (3, False), (3, True)])
def test_modulated_convolution_is_the_grouped_form_of_stylegan2(up, demodulate, kernel):
    torch.manual_seed(0)
    conv = ModulatedConv(C_IN, C_OUT, 7, kernel, up=up, demodulate=demodulate)
    x, w = torch.randn(N, C_IN, SIDE, SIDE), torch.randn(N, 7)

    style = w @ conv.affine.weight.T / math.sqrt(7) + 1
    weight = conv.weight / math.sqrt(C_IN * kernel**2) * style[:, None, :, None, None]  # [N, C_OUT, C_IN, k, k]
    if demodulate:
        weight = weight * (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt() * LRELU_GAIN
    if up:
        spread, weight = F.pad(zeros_between(x, 2 * SIDE - 1), [2] * 4), weight.flip(3, 4)
    else:
        spread = F.pad(x, [kernel // 2] * 4)
    expected = F.conv2d(spread.flatten(0, 1)[None], weight.flatten(0, 1), groups=N)[0].unflatten(0, (N, C_OUT))
    expected = low_pass(expected, [1] * 4) if up else expected

    assert conv(x, w).shape == (N, C_OUT, SIDE * (1 + up), SIDE * (1 + up))
    assert torch.allclose(conv(x, w), expected, atol=1e-4)


def test_filter_up_is_zero_insertion_and_the_low_pass():
    x = torch.randn(2, 3, SIDE, SIDE)
    expected = low_pass(zeros_between(x, 2 * SIDE), [2, 1, 2, 1])
    assert torch.allclose(filter_up(x, binomial_filter(x.shape[1])), expected, atol=1e-6)


def test_filter_up_of_a_constant_image_is_constant_inside():
    up = filter_up(torch.full((1, 2, SIDE, SIDE), 3.0), binomial_filter(2))
    assert up.shape == (1, 2, 2 * SIDE, 2 * SIDE)
    assert torch.allclose(up[:, :, 1:-1, 1:-1], torch.tensor(3.0))
    assert up[0, 0, 0, 0].item() == pytest.approx(3 * (3 / 4) ** 2)  # beyond the edge lie zeros: 3 of 4 parts are left


def test_the_filter_is_binomial_and_sums_to_one():
    assert binomial_filter(2)[1, 0, 0].mul(16).tolist() == [1, 3, 3, 1]
    assert binomial_filter(2).sum().item() == 2 * 4


def test_minibatch_deviation_of_identical_images_is_nought():
    x = torch.randn(1, 3, 4, 4).expand(8, -1, -1, -1)
    out = minibatch_stddev(x)
    assert out.shape == (8, 4, 4, 4)
    assert torch.equal(out[:, :3], x)
    assert out[:, 3].max().item() == pytest.approx(1e-4)  # sqrt(1e-8)


def test_minibatch_deviation_of_two_constants_is_half_their_distance():
    out = minibatch_stddev(torch.tensor([1.0, 5.0]).view(2, 1, 1, 1).expand(2, 3, 4, 4))
    assert torch.allclose(out[:, 3], torch.tensor(2.0))


def test_minibatch_deviation_looks_at_groups_of_four():
    level = torch.tensor([0.0, 7.0, 2.0, 7.0, 0.0, 7.0, 2.0, 7.0])  # images 0, 2, 4, 6 are a group, and 1, 3, 5, 7
    out = minibatch_stddev(level.view(8, 1, 1, 1).expand(8, 1, 2, 2))
    assert torch.allclose(out[0::2, 1], torch.tensor(1.0))
    assert out[1::2, 1].max().item() == pytest.approx(1e-4)


@pytest.mark.parametrize("lr_multiplier", [1.0, 0.01])
def test_an_equalised_layer_keeps_unit_variance(lr_multiplier):
    torch.manual_seed(0)
    out = EqualLinear(256, 2000, lr_multiplier=lr_multiplier)(torch.randn(100, 256))
    assert out.var().item() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (4, 2)])
def test_an_equalised_convolution_keeps_unit_variance_inside(kernel, stride):
    torch.manual_seed(0)
    out = EqualConv(64, 256, kernel, stride=stride, gain=1)(torch.randn(4, 64, 12, 12))
    assert out.shape[-1] == 12 // stride
    assert out[..., 1:-1, 1:-1].var().item() == pytest.approx(1, rel=0.1)


def test_the_gain_of_the_leaky_relu_sits_in_the_layer_before_it():
    """StyleGAN2: lrelu(conv(x)) * sqrt(2). As lrelu is homogeneous: lrelu(sqrt(2) conv(x))."""
    torch.manual_seed(0)
    plain, gained = EqualConv(3, 4, 3, gain=1), EqualConv(3, 4, 3)
    gained.load_state_dict(plain.state_dict())
    x = torch.randn(2, 3, 5, 5)
    assert torch.allclose(lrelu(gained(x)), lrelu(plain(x)) * math.sqrt(2), atol=1e-6)


def test_demodulation_gives_unit_variance_whatever_the_style():
    torch.manual_seed(0)
    conv = ModulatedConv(64, 256, 16)
    out = conv(torch.randn(4, 64, 12, 12), 10 * torch.randn(4, 16)) / LRELU_GAIN
    assert out[..., 1:-1, 1:-1].var().item() == pytest.approx(1, rel=0.1)


def test_pixel_norm_makes_the_mean_square_one():
    assert torch.allclose(pixel_norm(torch.tensor([[3.0, 4.0]])), torch.tensor([[0.6, 0.8]]) * math.sqrt(2))


def test_widths_halve_towards_the_finest_level():
    assert widths_at([4, 8, 16, 32, 64], 128, 0) == [128, 128, 64, 32, 16]
    assert widths_at([4, 8, 16, 32, 64], 128, 32) == [128, 128, 128, 64, 32]
    assert widths_at([4, 8, 16], 4, 0) == [4, 2, 1]  # never none at all


@pytest.mark.parametrize("resolution", [8, 16, 32, 64, 256])
def test_ws_are_numbered_as_in_stylegan2(resolution):
    with torch.device("meta"):
        full = StyleGanGenerator(resolution, 3, width=8, convs_per_block=2)
        lite = StyleGanGenerator(resolution, 3, width=8)
    assert full.num_ws == 2 * math.log2(resolution) - 2
    assert lite.num_ws == math.log2(resolution)
    assert full.noise_sizes == tuple([4] + [s for s in (8, 16, 32, 64, 128, 256) if s <= resolution for _ in range(2)])


@pytest.mark.parametrize("convs_per_block", [1, 2])
def test_each_w_acts_on_the_layers_that_the_style_matrices_name(convs_per_block):
    """Moving ws[:, k] along the null space of its matrix changes nothing; moving it elsewhere does."""
    torch.manual_seed(0)
    g = StyleGanGenerator(8, 3, z_dim=32, width=4, min_channels=4, convs_per_block=convs_per_block).eval()
    ws = torch.randn(1, g.num_ws, 32)
    before = g.synthesize(ws)
    for k, matrix in enumerate(g.style_matrices()):
        _, _, rows = torch.linalg.svd(matrix, full_matrices=True)
        for direction, still in [(rows[-1], True), (rows[0], False)]:
            moved = ws.clone()
            moved[:, k] += 3 * direction
            assert torch.allclose(g.synthesize(moved), before, atol=1e-4) == still, k


def test_noise_enters_with_its_learned_strength_and_not_before():
    torch.manual_seed(0)
    g = StyleGanGenerator(8, 1, z_dim=8, width=4).eval()
    ws, noise = g.map(torch.randn(2, 8)), g.draw_noise(2, torch.Generator().manual_seed(0))
    assert torch.equal(g.synthesize(ws, noise), g.synthesize(ws))
    for conv in g.convs:
        conv.noise_strength.data.fill_(0.5)
    assert not torch.allclose(g.synthesize(ws, noise), g.synthesize(ws), atol=1e-3)
    assert torch.allclose(g.synthesize(ws, [n * 0 for n in noise]), g.synthesize(ws))


def test_w_avg_moves_two_thousandths_towards_the_mean_of_w_while_training_alone():
    g = StyleGanGenerator(8, 1, z_dim=8, width=4)
    z = torch.randn(5, 8)
    mean = g.eval().map(z)[:, 0].mean(0)
    assert not g.w_avg.any()
    g.train().map(z)
    assert torch.allclose(g.w_avg, 0.002 * mean, atol=1e-7)


def test_the_discriminator_sees_whether_a_batch_is_all_alike():
    """The same image gets another logit among different ones: minibatch deviation at work."""
    torch.manual_seed(0)
    d = StyleGanDiscriminator(8, 1, width=8)
    batch = torch.randn(4, 1, 8, 8)
    assert abs(d(batch)[0] - d(batch[:1].expand(4, -1, -1, -1))[0]) > 1e-3


def test_what_imported_generators_bring_changes_nothing_where_it_is_left_out():
    options = {"resolution": 8, "channels": 1, "z_dim": 4, "width": 4}
    assert StyleGanGenerator(**options).state_dict().keys() == StyleGanGenerator(**options, w_dim=4).state_dict().keys()


def test_w_may_be_wider_than_z():
    g = StyleGanGenerator(8, 1, z_dim=4, width=4, num_classes=3, w_dim=6)
    ws = g.map(torch.randn(2, 4), torch.tensor([0, 2]))
    assert ws.shape == (2, g.num_ws, 6)
    assert g.synthesize(ws).shape == (2, 1, 8, 8)


def test_activations_stay_within_the_limit():
    torch.manual_seed(0)
    g = StyleGanGenerator(8, 1, z_dim=4, width=4, conv_clamp=1)
    seen = []
    for layer in (*g.convs, *g.to_rgb):
        layer.bias.data.fill_(100.0)
        layer.register_forward_hook(lambda module, given, x: seen.append(float(x.detach().abs().max())))
    g(torch.randn(2, 4))
    assert seen == pytest.approx([1, 1, 1, 1])


def test_noise_that_came_with_the_weights_is_the_fixed_noise():
    g = StyleGanGenerator(8, 1, z_dim=4, width=4, noise_const=True)
    assert [tuple(layer.shape) for layer in g.fixed_noise()] == [(1, 1, 4, 4), (1, 1, 8, 8)]
    assert g.fixed_noise()[1] is g.noise_const.layer1


@pytest.mark.parametrize("convs_per_block", [1, 2])
def test_a_draft_is_the_image_before_the_finer_levels(convs_per_block):
    torch.manual_seed(0)
    g = StyleGanGenerator(32, 3, z_dim=4, width=4, convs_per_block=convs_per_block).eval()
    ws, noise = g.map(torch.randn(2, 4)), g.fixed_noise()
    assert g.draft_sides == (4, 8, 16)
    assert torch.equal(g.draft(ws, noise, 32), g.synthesize(ws, noise))
    for conv in g.to_rgb[-1:]:  # what the finest level adds
        conv.conv.weight.data.zero_()
    doubled = filter_up(g.draft(ws, noise, 16), g.taps)
    assert torch.allclose(g.synthesize(ws, noise), doubled, atol=1e-6)


def test_large_images_are_drawn_one_at_a_time():
    with torch.device("meta"):
        sizes = [StyleGanGenerator(side, 3, z_dim=4, width=4).pass_size for side in (256, 512, 1024)]
    assert sizes == [2, 1, 1]


def test_a_palette_mixes_its_colours_by_the_softmax_of_the_scores():
    torch.manual_seed(0)
    palette, w = Palette(7, 2, 3), torch.randn(2, 7)
    first, second = palette.affine(w).view(2, 2, 3).unbind(1)  # [N, channels] each
    scores = torch.tensor([[40.0, 0.0, math.log(3)], [0.0, 40.0, 0.0]]).view(1, 2, 1, 3).expand(2, -1, -1, -1)
    found = palette(scores, w)
    assert torch.allclose(found[:, :, 0, 0], first)
    assert torch.allclose(found[:, :, 0, 1], second)
    assert torch.allclose(found[:, :, 0, 2], 0.75 * first + 0.25 * second)


@pytest.fixture
def painter():
    torch.manual_seed(0)
    return StyleGanGenerator(16, 3, z_dim=8, width=8, palette=5, noise_inputs=False).eval()


def test_every_size_of_a_painted_image_lies_within_its_palette(painter):
    ws = painter.map(torch.randn(2, 8))
    colours = painter.palette.affine(ws[:, -1]).view(2, 5, 3)
    least, most = (limit[:, :, None, None] for limit in (colours.amin(1), colours.amax(1)))
    images = [painter.synthesize(ws), painter.draft(ws, None, 8), painter.features_at(ws, None, 8)[1]]
    for image, side in zip(images, (16, 8, 16), strict=True):
        assert image.shape == (2, 3, side, side)
        assert ((image >= least - 1e-6) & (image <= most + 1e-6)).all()


def test_the_last_w_chooses_the_colours_and_sefa_knows(painter):
    matrices = painter.style_matrices()
    assert [len(m) for m in matrices[:-1]] == [len(m) for m in StyleGanGenerator(16, 3, 8, 8).style_matrices()[:-1]]
    assert torch.equal(matrices[-1][-15:], painter.palette.affine.weight)


def test_without_noise_inputs_there_is_nothing_to_learn_of_them(painter):
    assert painter.noise_sizes == ()
    assert not painter.fixed_noise()
    assert not [name for name, _ in painter.named_parameters() if "noise" in name]


@pytest.mark.parametrize(("convs", "of_d", "refined"), [(1, 0, False), (2, 0, True), (2, 1, False), (1, 2, True)])
def test_d_has_as_many_convolutions_as_g_unless_it_is_told(convs, of_d, refined):
    d = StyleGanDiscriminator(16, 3, width=8, convs_per_block=convs, d_convs_per_block=of_d)
    assert [block.conv is not None for block in d.blocks] == [refined, refined]
