"""lucidrains' StyleGAN2: the averaged networks of the file, drawn as the original draws."""

from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.trainer.checkpoints.importers.lucidrains_critics import Blur
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.importers import import_file, look
from trainer.checkpoints.onnx_export import export
from trainer.checkpoints.sampling import sample, seed_noise
from trainer.util.errors import UserError

CLOSE = 1e-3  # of a pixel in [-1, 1]


class EqualLinear(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(width, width)), nn.Parameter(torch.randn(width))

    def forward(self, x):
        return 0.1 * (x @ self.weight.T + self.bias)


class StyleVectorizer(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.net = nn.Sequential(*(layer for _ in range(depth) for layer in (EqualLinear(width), nn.LeakyReLU(0.2))))

    def forward(self, z):
        return self.net(z / z.norm(dim=1, keepdim=True))


class Conv2DMod(nn.Module):
    """Weights of its own for each image."""

    def __init__(self, c_in, c_out, size, demod=True):
        super().__init__()
        self.weight, self.demod = nn.Parameter(torch.randn(c_out, c_in, size, size)), demod

    def forward(self, x, style):
        w = self.weight[None] * (style[:, None, :, None, None] + 1)
        if self.demod:
            w = w / (w.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
        return torch.cat([F.conv2d(a[None], b, padding=w.shape[-1] // 2) for a, b in zip(x, w, strict=True)])


def doubling():
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)


class RGBBlock(nn.Module):
    def __init__(self, latent, c_in, upsample, channels):
        super().__init__()
        self.to_style, self.conv = nn.Linear(latent, c_in), Conv2DMod(c_in, channels, 1, demod=False)
        self.upsample = nn.Sequential(doubling(), Blur()) if upsample else None

    def forward(self, x, before, style):
        x = self.conv(x, self.to_style(style))
        x = x if before is None else x + before
        return x if self.upsample is None else self.upsample(x)


class GeneratorBlock(nn.Module):
    def __init__(self, latent, c_in, c_out, upsample=True, upsample_rgb=True, channels=3):
        super().__init__()
        self.upsample = doubling() if upsample else None
        self.to_style1, self.to_noise1, self.conv1 = (
            nn.Linear(latent, c_in),
            nn.Linear(1, c_out),
            Conv2DMod(c_in, c_out, 3),
        )
        self.to_style2, self.to_noise2, self.conv2 = (
            nn.Linear(latent, c_out),
            nn.Linear(1, c_out),
            Conv2DMod(c_out, c_out, 3),
        )
        self.to_rgb = RGBBlock(latent, c_out, upsample_rgb, channels)

    def forward(self, x, before, style, noise):
        x = x if self.upsample is None else self.upsample(x)
        noise = noise[:, : x.shape[2], : x.shape[3]]
        x = F.leaky_relu(self.conv1(x, self.to_style1(style)) + self.to_noise1(noise).permute(0, 3, 2, 1), 0.2)
        x = F.leaky_relu(self.conv2(x, self.to_style2(style)) + self.to_noise2(noise).permute(0, 3, 2, 1), 0.2)
        return x, self.to_rgb(x, before, style)


class Generator(nn.Module):
    def __init__(self, size, latent, capacity=2, fmap_max=512, channels=3):
        super().__init__()
        levels = size.bit_length() - 2
        filters = [min(fmap_max, capacity * 2 ** (k + 1)) for k in reversed(range(levels))]
        self.initial_block = nn.Parameter(torch.randn(1, filters[0], 4, 4))
        self.initial_conv = nn.Conv2d(filters[0], filters[0], 3, padding=1)
        self.blocks, self.attns = nn.ModuleList(), nn.ModuleList([None] * levels)
        for k, (a, b) in enumerate(pairwise([filters[0], *filters])):
            self.blocks.append(GeneratorBlock(latent, a, b, k != 0, k != levels - 1, channels))

    def forward(self, styles, noise):
        x, rgb = self.initial_conv(self.initial_block.expand(len(styles), -1, -1, -1)), None
        for style, block in zip(styles.transpose(0, 1), self.blocks, strict=True):
            x, rgb = block(x, rgb, style, noise)
        return rgb


class StyleGAN2(nn.Module):
    def __init__(self, size=16, latent=8, depth=3, **options):
        super().__init__()
        self.S, self.G = StyleVectorizer(latent, depth), Generator(size, latent, **options)
        self.SE, self.GE = StyleVectorizer(latent, depth), Generator(size, latent, **options)
        self.D = nn.Linear(2, 2)


@torch.no_grad()
def gan(**options):
    torch.manual_seed(0)
    return StyleGAN2(**options).requires_grad_(False)


def difference(original, ours, psi=1.0, n=3):
    """The largest difference of images in [-1, 1] from the original's, which lie in [0, 1]."""
    z = torch.randn(n, ours.z_dim, generator=torch.Generator().manual_seed(0))
    noise = seed_noise(ours, range(n), ["random"] * n)
    with torch.no_grad():
        uniform = torch.distributions.Normal(0, 1).cdf(noise[0])[:, 0, :, :, None]
        w = ours.w_avg + psi * (original.SE(z) - ours.w_avg)
        theirs = original.GE(w[:, None].expand(-1, ours.num_ws, -1), uniform) * 2 - 1
        found = ours.synthesize(ours.truncate(ours.map(z), psi), noise)
    assert theirs.std() > 0.3
    return (theirs - found).abs().max()


KINDS = [
    {},
    {"size": 8, "latent": 12, "depth": 8},
    {"size": 64, "fmap_max": 16},
    {"size": 32, "channels": 1},
    {"size": 128},
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.get("size", 16)))
def test_images_are_the_averaged_networks(kind, tmp_path):
    original = gan(**kind)
    torch.save({"GAN": original.state_dict(), "version": "1.8.9"}, tmp_path / "model_5.pt")
    ours = load_generator(import_file(tmp_path / "model_5.pt", tmp_path / "out", print), read_info(tmp_path / "out"))
    for psi in (1.0, 0.5):
        assert difference(original, ours, psi) < CLOSE


def test_the_mean_w_is_the_mean(tmp_path):
    original = gan()
    torch.save({"GAN": original.state_dict()}, tmp_path / "a.pt")
    found = look(tmp_path / "a.pt")
    w = original.SE(torch.randn(10_000, 8, generator=torch.Generator().manual_seed(3)))
    assert found.load().generator.w_avg.numpy() == pytest.approx(w.mean(0).numpy(), abs=0.02)
    assert dict(found.preview.facts)["image"] == "16 x 16, colour"


def test_without_noise_an_image_is_that_of_its_mean(tmp_path):
    original = gan()
    torch.save({"GAN": original.state_dict()}, tmp_path / "a.pt")
    ours = look(tmp_path / "a.pt").load().generator
    with torch.no_grad():
        ws = ours.map(torch.ones(1, 8))
        theirs = original.GE(ws, torch.full((1, 16, 16, 1), 0.5)) * 2 - 1
        assert torch.allclose(ours.synthesize(ws), theirs, atol=CLOSE)
        assert torch.allclose(ours.synthesize(ws, [torch.zeros(1, 1, 16, 16)]), theirs, atol=CLOSE)


def test_it_is_explored_like_any_other(tmp_path):
    torch.save({"GAN": gan().state_dict()}, tmp_path / "a.pt")
    ours = look(tmp_path / "a.pt").load().generator
    assert [m.shape for m in ours.style_matrices()] == [(48, 8), (32, 8), (16, 8)]
    assert np.array_equal(sample(ours, [3, 4])[0], sample(ours, [3])[0])
    assert export(ours, tmp_path / "onnx", half=False).difference < 1e-5


def without(state, name):
    return {key: value for key, value in state.items() if name not in key}


REFUSED = {
    "early": (lambda s: without(without(s, "initial_conv"), "upsample.1"), "an early version of lucidrains' package"),
    "attention": (lambda s: s | {"GE.attns.0.0.fn.g": torch.ones(1)}, "with attention or without a constant"),
    "other": (lambda s: s | {"GE.blocks.0.gate.weight": torch.ones(1)}, r"has a blocks\.0\.gate\.weight"),
    "missing": (lambda s: without(s, "GE.blocks.1.to_noise1"), "is missing where"),
    "shape": (lambda s: s | {"GE.blocks.1.conv2.weight": torch.ones(3, 8, 3, 3)}, "channels; tables that halve"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_differs_is_refused_by_name(case, tmp_path):
    change, told = REFUSED[case]
    torch.save({"GAN": change(dict(gan().state_dict()))}, tmp_path / "a.pt")
    with pytest.raises(UserError, match=told):
        look(tmp_path / "a.pt").load()
