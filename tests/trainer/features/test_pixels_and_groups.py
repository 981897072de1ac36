"""The space of pixels, and groups of alike images."""

import numpy as np
import pytest
import torch

from trainer.features.feature_set import extract
from trainer.features.groups import GROUPS, MIN_GROUP, Grouped, grouped
from trainer.features.pixels import COMPONENTS, as_images, fit_pixels


@pytest.fixture
def smooth():
    """60 images of 16 pixels in colour that are sums of 3 patterns, as uint8 (60, 16, 16, 3)."""
    rng = np.random.default_rng(0)
    patterns = rng.normal(size=(3, 16, 16, 3))
    images = np.einsum("nk,khwc->nhwc", rng.uniform(-15, 15, (60, 3)), patterns) + 128
    return images.round().clip(0, 255).astype(np.uint8)


class Flat(torch.nn.Module):
    """The image's first two pixels are its features."""

    name, version, dim, heads = "flat", "1", 2, ()

    def forward(self, images):
        return images[:, 0, 0, :2], []


def test_an_image_of_the_space_is_drawn_again(smooth):
    space = fit_pixels(smooth)
    again = space.images(space(as_images(smooth)))
    assert again.shape == smooth.shape
    assert abs(again.astype(int) - smooth).max() <= 2  # the coordinates hold 50 of 60 directions, in 16 bits


def test_the_coordinates_of_what_coordinates_draw_are_themselves(smooth):
    space = fit_pixels(smooth)
    rows = space(as_images(smooth)) @ space.axes + space.mean  # before pixels are made whole numbers
    images = torch.from_numpy(rows).reshape(-1, 3, 16, 16)
    assert space(images) == pytest.approx(space(as_images(smooth)), abs=0.02)


def test_distances_in_the_space_are_those_of_pixels(smooth):
    space = fit_pixels(smooth)
    rows = as_images(smooth).flatten(1).numpy()
    found = space(as_images(smooth))
    wanted = np.linalg.norm(rows[1:] - rows[:-1], axis=1)
    assert np.linalg.norm(found[1:] - found[:-1], axis=1) == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize(("n", "side", "components"), [(7, 16, 7), (60, 4, 48), (60, 16, 50)])
def test_the_space_has_no_more_axes_than_the_images_allow(n, side, components):
    noise = np.random.default_rng(0).integers(0, 256, (n, side, side, 3), dtype=np.uint8)
    space = fit_pixels(noise)
    assert space.axes.shape == (components, side * side * 3)
    assert components <= COMPONENTS
    assert space.axes @ space.axes.T == pytest.approx(np.eye(components), abs=2e-3)


def test_larger_images_are_averaged_down_to_32():
    tones = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 1), dtype=np.uint8)
    space = fit_pixels(tones.repeat(2, 1).repeat(2, 2))
    assert (space.side, space.channels) == (32, 1)
    assert space.images(space(as_images(tones))).shape == (20, 32, 32, 1)


def test_the_same_images_give_the_same_space(smooth):
    a, b = fit_pixels(smooth), fit_pixels(smooth.copy())
    assert np.array_equal(a.axes, b.axes)
    assert np.array_equal(a.mean, b.mean)


@pytest.fixture
def blobs():
    """Features of 50 images in two clumps, ten apart; the first 20 lie in the first."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(50, 2)) + np.where(np.arange(50) < 20, 0, 10)[:, None]).astype(np.float32)


def test_two_clumps_are_two_groups(blobs):
    made = grouped(Flat(), blobs)
    assert [head.name for head in made.heads] == ["group"]
    assert made.heads[0].values == ("1", "2")
    images = torch.zeros(50, 1, 8, 8)
    images[:, 0, 0, :2] = torch.from_numpy(blobs)
    found = extract(made, images)
    assert np.array_equal(found.features, blobs)
    labels = found.labels(0)
    assert len(set(labels[:20])) == len(set(labels[20:])) == 1
    assert labels[0] != labels[20]
    assert found.probabilities[0].max(1).min() > 0.99
    assert made.variance == pytest.approx(1, rel=0.3)  # each clump is a unit Gaussian


def test_half_way_between_two_groups_both_are_as_likely(blobs):
    made = Grouped(Flat(), np.array([[0, 0], [4, 0]], np.float32), 1.0)
    images = torch.zeros(2, 1, 8, 8)
    images[0, 0, 0, 0] = 2
    found = extract(made, images).probabilities[0]
    assert found[0] == pytest.approx([0.5, 0.5])
    assert found[1, 0] == pytest.approx(1 / (1 + np.exp(-8)))  # exp(-d^2 / 2), d = 0 and 4


def test_groups_are_two_to_ten_and_hold_twenty_images_on_average():
    rng = np.random.default_rng(0)
    for n, groups in ((10, 2), (2 * MIN_GROUP + 1, 2), (5 * MIN_GROUP, 5), (50 * MIN_GROUP, GROUPS)):
        assert len(grouped(Flat(), rng.normal(size=(n, 2)).astype(np.float32)).heads[0].values) == groups


def test_other_centres_are_another_version(blobs):
    versions = {grouped(Flat(), points).version for points in (blobs, blobs.copy(), blobs + 1)}
    assert len(versions) == 2
    assert all(version.startswith("1-") for version in versions)


def test_images_that_are_all_alike_are_no_division_by_zero():
    made = grouped(Flat(), np.zeros((50, 2), np.float32))
    assert np.isfinite(extract(made, torch.zeros(3, 1, 8, 8)).probabilities[0]).all()
