"""Growing networks: sizes fade in one after another, and nothing jumps."""

import pytest
import torch

from trainer.networks import ARCHITECTURES
from trainer.networks.dcgan import DcganDiscriminator
from trainer.training.methods.progressive import depth_at


def test_sizes_fade_in_one_after_another():
    assert [depth_at(n, 1.0, 2) for n in (0, 1000, 1500, 2000, 3000, 3500, 4000, 9000)] == [0, 0, 0.5, 1, 1, 1.5, 2, 2]


@pytest.mark.parametrize("arch", ["dcgan", "stylegan-lite"])
def test_a_growing_generator_makes_coarse_images_that_change_smoothly(arch):
    options = {"resolution": 32, "channels": 1, "z_dim": 8, "width": 8, "progressive": True}
    torch.manual_seed(0)
    g, d = ARCHITECTURES[arch].generator(**options).eval(), None
    d = ARCHITECTURES[arch].discriminator(resolution=32, channels=1, width=8, progressive=True).eval()
    z = torch.randn(4, 8)

    def at(depth: float) -> torch.Tensor:
        g.grown.fill_(depth)
        d.grown.fill_(depth)
        images = g(z)
        assert images.shape == (4, 1, 32, 32)
        assert d(images).shape == (4,)
        return images

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
    for depth in (0.9999, 1.0, 1.0001, 2.9999, 3.0):
        d.grown.fill_(depth)
        found.append(d(images))
    assert torch.allclose(found[0], found[1], atol=1e-3)
    assert torch.allclose(found[1], found[2], atol=1e-3)
    assert torch.allclose(found[3], found[4], atol=1e-3)
