"""MS-SSIM piece by piece, worked out without its convolutions."""

import numpy as np
import pytest

from trainer.metrics import diversity
from trainer.metrics.diversity import fake_ms_ssim, halved, ms_ssim, real_ms_ssim, similarities, smooth

OFFSET = np.arange(-5, 6)
WINDOW = np.exp(-np.square(OFFSET) / 4.5)  # a deviation of 1.5
WINDOW /= WINDOW.sum()


def test_the_window_is_gaussian_and_laid_only_where_it_fits():
    for row, column in ((5, 5), (0, 5), (3, 10)):
        image = np.zeros((1, 1, 11, 11))
        image[0, 0, row, column] = 1
        assert smooth(image) == pytest.approx(np.full((1, 1, 1, 1), WINDOW[row] * WINDOW[column]))
    assert smooth(np.ones((2, 3, 15, 12))) == pytest.approx(np.ones((2, 3, 5, 2)))


def test_halving_takes_means_of_2_x_2_and_leaves_an_odd_row_and_column_out():
    image = np.arange(35.0).reshape(1, 1, 5, 7)
    assert halved(image)[0, 0].tolist() == [[4, 6, 8], [18, 20, 22]]


def test_similarity_at_one_position_is_that_of_weighted_moments():
    first, second = np.random.default_rng(0).uniform(0, 1, (2, 11, 11))
    weights = np.outer(WINDOW, WINDOW)
    mean1, mean2 = (weights * first).sum(), (weights * second).sum()
    variances = (weights * (first - mean1) ** 2).sum() + (weights * (second - mean2) ** 2).sum()
    covariance = (weights * (first - mean1) * (second - mean2)).sum()
    structure = (2 * covariance + 9e-4) / (variances + 9e-4)
    luminance = (2 * mean1 * mean2 + 1e-4) / (mean1**2 + mean2**2 + 1e-4)
    found = similarities(first[None, None], second[None, None])
    assert [float(part.item()) for part in found] == pytest.approx([structure, luminance * structure])


@pytest.mark.parametrize(
    ("side", "share"),
    [(21, 1.0), (22, 0.2856 / 0.3304), (44, 0.3001 / 0.6305), (88, 0.2363 / 0.8668), (176, 0.1333 / 1.0001),
     (352, 0.1333 / 1.0001)],
)  # fmt: skip
def test_there_are_as_many_scales_as_leave_eleven_pixels_and_five_at_most(side, share):
    """Of constant images the luminance term alone counts, at the last scale and with its share of the weights."""
    dark, light = np.full((1, 1, side, side), -0.5), np.full((1, 1, side, side), 0.5)
    luminance = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert ms_ssim(first=dark, second=light) == pytest.approx([luminance**share])


def test_the_shorter_side_decides_how_many_scales_there_are():
    dark, light = np.full((2, 1, 1, 11, 44), [[[[[-0.5]]]], [[[[0.5]]]]])
    luminance = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert ms_ssim(first=dark, second=light) == pytest.approx([luminance])
    turned = ms_ssim(first=dark.swapaxes(2, 3), second=light.swapaxes(2, 3))
    assert turned == pytest.approx([luminance])


@pytest.mark.parametrize(("images", "pairs"), [(2, 1), (7, 3), (999, 499), (1010, 500)])
def test_half_as_many_pairs_as_images_are_compared_and_five_hundred_at_most(images, pairs, monkeypatch):
    compared = []
    monkeypatch.setattr(diversity, "ms_ssim", lambda first, second: compared.extend(first) or np.ones(len(first)))
    fake_ms_ssim(fake_images=np.zeros((images, 1, 11, 11)))
    assert len(compared) == pairs


def test_channels_are_averaged():
    dark = np.full((1, 3, 11, 11), -0.5)
    light = dark.copy()
    light[:, 0] = 0.5
    luminance = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert ms_ssim(first=dark, second=light) == pytest.approx([(luminance + 2) / 3])


def test_no_image_is_in_two_pairs_and_the_seed_draws_them():
    """Of three images one pair is drawn, the same again from the same seed."""
    images = np.random.default_rng(0).uniform(-1, 1, (30, 1, 11, 11))
    assert fake_ms_ssim(fake_images=images) == fake_ms_ssim(fake_images=images, seed=0)
    assert real_ms_ssim(real_images=images) == fake_ms_ssim(fake_images=images)
    assert fake_ms_ssim(fake_images=images) != fake_ms_ssim(fake_images=images, seed=1)
    pairs = [ms_ssim(first=images[[i]], second=images[[j]]).item() for i, j in ((0, 1), (0, 2), (1, 2))]
    assert fake_ms_ssim(fake_images=images[:3]) in [pytest.approx(value) for value in pairs]
