"""rosinality's StyleGAN2: files of state dicts, drawn as the original draws."""

import math
from argparse import Namespace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.trainer.checkpoints.importers.nvidia_models import (
    GAIN,
    kernel,
    modulated,
    resampled,
    second_moment,
)
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.importers import import_file, look
from trainer.checkpoints.sampling import seed_noise
from trainer.util.errors import UserError

CLOSE = 1e-3  # of a pixel in [-1, 1]


class Buffer(nn.Module):
    """A filter, as it stands in the state dict."""

    def __init__(self):
        super().__init__()
        self.register_buffer("kernel", kernel((1, 3, 3, 1)) * 4)


class Parameters(nn.Module):
    """Tensors by name."""

    def __init__(self, **shapes):
        super().__init__()
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(torch.randn(shape)))


class ModulatedConv2d(Parameters):
    def __init__(self, c_in, c_out, size, style_dim, up=False):
        super().__init__(weight=(1, c_out, c_in, size, size))
        self.modulation, self.up, self.scale = (
            Parameters(weight=(c_in, style_dim), bias=(c_in,)),
            up,
            1 / math.sqrt(c_in * size**2),
        )
        if up:
            self.blur = Buffer()

    def forward(self, x, style, demodulate=True):
        weight, bias = self.modulation.weight, self.modulation.bias
        style = style @ weight.T / math.sqrt(weight.shape[1]) + bias
        taps = self.blur.kernel / 4 if self.up else None
        return modulated(x, self.weight[0] * self.scale, style, 2 if self.up else 1, taps, demodulate)


class StyledConv(nn.Module):
    def __init__(self, c_in, c_out, style_dim, up=False):
        super().__init__()
        self.conv = ModulatedConv2d(c_in, c_out, 3, style_dim, up)
        self.noise, self.activate = Parameters(weight=(1,)), Parameters(bias=(c_out,))

    def forward(self, x, style, noise):
        x = self.conv(x, style) + self.noise.weight * noise
        return F.leaky_relu(x + self.activate.bias[:, None, None], 0.2) * GAIN


class ToRGB(nn.Module):
    def __init__(self, c_in, style_dim, upsample=True):
        super().__init__()
        if upsample:
            self.upsample = Buffer()
        self.conv, self.bias = ModulatedConv2d(c_in, 3, 1, style_dim), nn.Parameter(torch.randn(1, 3, 1, 1))

    def forward(self, x, style, skip):
        x = self.conv(x, style, demodulate=False) + self.bias
        return x if skip is None else x + resampled(skip, self.upsample.kernel / 4, up=2, pad=(2, 1))


class Generator(nn.Module):
    def __init__(self, size, style_dim, n_mlp, widths):
        super().__init__()
        layers = [Parameters(weight=(style_dim, style_dim), bias=(style_dim,)) for _ in range(n_mlp)]
        self.style = nn.Sequential(nn.Identity(), *layers)
        self.input = Parameters(input=(1, widths[0], 4, 4))
        self.conv1 = StyledConv(widths[0], widths[0], style_dim)
        self.to_rgb1 = ToRGB(widths[0], style_dim, upsample=False)
        self.convs, self.to_rgbs, self.noises = nn.ModuleList(), nn.ModuleList(), nn.Module()
        self.noises.register_buffer("noise_0", torch.randn(1, 1, 4, 4))
        for k, (a, b) in enumerate(pairwise(widths)):
            self.convs.append(StyledConv(a, b, style_dim, up=True))
            self.convs.append(StyledConv(b, b, style_dim))
            self.to_rgbs.append(ToRGB(b, style_dim))
            for j in (1, 2):
                self.noises.register_buffer(f"noise_{2 * k + j}", torch.randn(1, 1, 8 << k, 8 << k))
        assert size == 4 << len(self.to_rgbs)
        for layer in layers:
            layer.weight.data *= 100

    def mean_style(self, z):
        x = second_moment(z)
        for layer in self.style[1:]:
            x = F.leaky_relu(x @ layer.weight.T * (0.01 / math.sqrt(x.shape[1])) + layer.bias * 0.01, 0.2) * GAIN
        return x

    def forward(self, z, truncation=1.0, average=0.0):
        style = average + truncation * (self.mean_style(z) - average)
        noise = [getattr(self.noises, f"noise_{k}") for k in range(len(self.convs) + 1)]
        x = self.conv1(self.input.input.repeat(len(z), 1, 1, 1), style, noise[0])
        skip = self.to_rgb1(x, style, None)
        for k, to_rgb in enumerate(self.to_rgbs):
            x = self.convs[2 * k](x, style, noise[2 * k + 1])
            x = self.convs[2 * k + 1](x, style, noise[2 * k + 2])
            skip = to_rgb(x, style, skip)
        return skip


@torch.no_grad()
def generator(size=16, style_dim=8, n_mlp=3, widths=(12, 8, 4)):
    torch.manual_seed(0)
    return Generator(size, style_dim, n_mlp, widths).requires_grad_(False).eval()


def difference(original, ours, truncation=1.0, average=0.0):
    z = torch.randn(3, ours.z_dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        theirs = original(z, truncation, average)
        found = ours.synthesize(ours.truncate(ours.map(z), truncation), seed_noise(ours, [0, 1, 2], ["fixed"] * 3))
    assert theirs.std() > 0.3
    return (theirs - found).abs().max()


KINDS = [
    {},
    {"size": 8, "widths": (6, 6), "n_mlp": 8},
    {"size": 64, "widths": (16, 16, 16, 8, 4), "style_dim": 16},
    {"size": 128, "widths": (8, 8, 8, 8, 8, 4)},
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.get("size", 16)))
def test_images_are_the_originals(kind, tmp_path):
    original, average = generator(**kind), torch.randn(kind.get("style_dim", 8))
    torch.save({"g_ema": original.state_dict(), "latent_avg": average}, tmp_path / "a.pt")
    ours = load_generator(import_file(tmp_path / "a.pt", tmp_path / "out", print), read_info(tmp_path / "out"))
    for truncation in (1.0, 0.5):
        assert difference(original, ours, truncation, average) < CLOSE


def test_a_state_of_training_with_its_arguments_is_read(tmp_path):
    original, other = generator(), generator()
    other.conv1.activate.bias.data += 1
    tree = {
        "g": other.state_dict(),
        "g_ema": original.state_dict(),
        "args": Namespace(lr=0.002, size=16),
        "ada_aug_p": 0.1,
    }
    torch.save(tree | {"g_optim": torch.optim.Adam([nn.Parameter(torch.ones(2))]).state_dict()}, tmp_path / "a.pt")
    found = look(tmp_path / "a.pt")
    assert difference(original, found.load().generator) < CLOSE
    assert dict(found.preview.facts)["found at"] == "g_ema"


def test_without_a_mean_w_it_is_estimated_and_told(tmp_path):
    original = generator()
    torch.save({"g_ema": original.state_dict()}, tmp_path / "a.pt")
    found = look(tmp_path / "a.pt")
    z = torch.randn(10_000, 8, generator=torch.Generator().manual_seed(3))
    mean = original.mean_style(z).mean(0)
    assert found.load().generator.w_avg.numpy() == pytest.approx(mean.numpy(), abs=0.1)
    assert "it is estimated from 10,000 z" in " ".join(found.preview.lost)


def test_what_differs_is_refused_by_name(tmp_path):
    state = dict(generator().state_dict())
    for change, told in (
        ({"convs.0.conv.blur.kernel": torch.ones(4, 4)}, r"convs\.0\.conv\.blur\.kernel is another filter"),
        (
            {"convs.1.conv.weight": torch.ones(1, 7, 8, 3, 3)},
            r"convs\.2\.conv\.weight is 7 x 8 x 3 x 3 where 8 x 8 x 3 x 3",
        ),
        ({"convs.1.conv.weight": torch.ones(7, 8, 3, 3)}, "has 4 axes; 5 are expected"),
    ):
        torch.save({"g_ema": state | change}, tmp_path / "a.pt")
        with pytest.raises(UserError, match=told):
            look(tmp_path / "a.pt").load()
    del state["convs.1.noise.weight"]
    torch.save({"g_ema": state}, tmp_path / "a.pt")
    with pytest.raises(UserError, match=r"and has no convs\.1\.noise\.weight"):
        look(tmp_path / "a.pt")
