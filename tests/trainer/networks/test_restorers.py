"""Networks that restore images: known pixels stay, only what is known counts, and sizes that cannot be are refused."""

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from trainer.networks.inpainting import Inpainter
from trainer.networks.masks import draw_masks
from trainer.networks.srresnet import SRResNet, reduced
from trainer.util.errors import UserError

RNG = torch.Generator().manual_seed(0)


def given_with_hole(n: int = 2, side: int = 16) -> torch.Tensor:
    mask = torch.zeros(n, 1, side, side)
    mask[:, :, 3:9, 5:12] = 1
    return torch.cat([torch.rand(n, 3, side, side, generator=RNG) * 2 - 1, mask], dim=1)


def test_known_pixels_come_out_bit_for_bit_and_the_hole_is_painted():
    given = given_with_hole()
    made = Inpainter(16, 3, width=4).translate(given)
    hole = given[:, 3:].expand_as(made) > 0
    assert torch.equal(made[~hole], given[:, :3][~hole])
    assert (made[hole] != given[:, :3][hole]).all()


def test_what_lies_in_the_hole_is_not_read_and_what_is_known_is():
    given, network = given_with_hole(), Inpainter(16, 3, width=4)
    other = given.clone()
    other[:, :3, 3:9, 5:12] = 0.5
    assert torch.equal(network.translate(given), network.translate(other))
    other[:, :3, 0, 0] = 0.5
    assert not torch.equal(network.translate(given), network.translate(other))


def test_a_far_corner_counts_in_the_whole_hole():
    network, given = Inpainter(64, 1, width=4), torch.zeros(1, 2, 64, 64)
    given[:, 1, 16:48, 16:48] = 1
    given.requires_grad_(True)
    network.translate(given)[0, 0, 47, 47].backward()
    assert given.grad[0, 0, 0, 0] != 0


@pytest.mark.parametrize("resolution", [4, 8, 24, 65, 100])
def test_a_resolution_without_levels_is_refused_with_those_that_have_some(resolution):
    with pytest.raises(UserError, match=rf"of {resolution} x {resolution}: .* Choose --resolution 16, 32"):
        Inpainter(resolution, 3)


def test_each_mask_has_a_hole_and_leaves_half():
    masks = draw_masks(200, 32, np.random.default_rng(0))
    missing = (masks > 0).mean(axis=(1, 2))
    assert set(np.unique(masks)) == {0, 255}
    assert 0 < missing.min() < 0.1
    assert 0.25 < missing.max() <= 0.5
    boxes = [np.ptp(np.nonzero(m)[0]) + 1 for m in masks], [np.ptp(np.nonzero(m)[1]) + 1 for m in masks]
    full = np.prod(boxes, axis=0) == (masks > 0).sum(axis=(1, 2))
    assert 0.3 < full.mean() < 0.8  # some are boxes, some are strokes
    assert np.array_equal(masks, draw_masks(200, 32, np.random.default_rng(0)))


def test_what_an_inpainter_is_given_of_an_image_is_the_image_but_for_the_hole():
    images = np.random.default_rng(1).integers(1, 255, (3, 16, 16, 3), np.uint8)
    given = Inpainter(16, 3, width=4).given_of(images, np.random.default_rng(0))
    assert given.shape == (3, 16, 16, 4)
    known = given[..., 3] == 0
    assert np.array_equal(given[known][:, :3], images[known])
    assert (given[~known] == [128, 128, 128, 255]).all()


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_an_enlarger_begins_as_the_enlarged_input(scale):
    network = SRResNet(32, 3, scale, width=4, blocks=1)
    given = torch.rand(2, 3, 32 // scale, 32 // scale, generator=RNG)
    assert (network.given_resolution, network.scale) == (32 // scale, scale)
    assert torch.allclose(network.translate(given), interpolate(given, scale_factor=float(scale), mode="bilinear"))


def test_it_takes_images_of_other_sides_than_it_learned():
    network = SRResNet(32, 1, 4, width=4, blocks=1)
    assert network.translate(torch.zeros(1, 1, 20, 12)).shape == (1, 1, 80, 48)


def test_made_smaller_an_image_is_the_means_of_its_squares_in_8_bits():
    images = np.zeros((1, 16, 16, 3), np.uint8)
    images[:, :4, :4] = 4 * np.arange(48).reshape(4, 4, 3)
    given = SRResNet(16, 3, 4, width=4, blocks=1).given_of(images, np.random.default_rng(0))
    assert given.shape == (1, 4, 4, 3)
    assert given[0, 0, 0].tolist() == images[0, :4, :4].mean(axis=(0, 1)).tolist()
    assert not given[0, 1:].any()
    floats = reduced(torch.rand(1, 3, 16, 16, generator=RNG), 4) * 127.5 + 127.5
    assert torch.allclose(floats, floats.round(), atol=1e-4)


@pytest.mark.parametrize(
    ("resolution", "scale", "sentence"),
    [
        (30, 4, r"images of 30 x 30 by --scale 4: choose a --resolution that is a multiple of 4, from 16 on"),
        (8, 4, r"images of 8 x 8 by --scale 4"),
        (64, 3, r"cannot enlarge 3 times\. Choose --scale 2, 4 or 8"),
    ],
)
def test_sizes_that_the_scale_does_not_allow_are_refused(resolution, scale, sentence):
    with pytest.raises(UserError, match=sentence):
        SRResNet(resolution, 3, scale)
