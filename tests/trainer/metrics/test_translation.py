"""Measures of translations, in closed form."""

import numpy as np
import pytest

from trainer.metrics.diversity import ms_ssim
from trainer.metrics.translation import cycle_error, likeness, style_diversity
from trainer.util.errors import UserError


def images(seed: int = 0, side: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (4, 3, side, side))


def test_a_constant_error_has_its_own_l1_and_psnr():
    found = likeness(fake_truth=images(), fake_images=images() + 0.2)
    assert found["truth_l1"] == pytest.approx(0.2)
    assert found["psnr"] == pytest.approx(20.0)  # 10 log10(2 ** 2 / 0.2 ** 2)


def test_a_copy_is_perfect():
    assert likeness(fake_truth=images(), fake_images=images()) == {"truth_l1": 0, "psnr": np.inf, "ssim": 1.0}


def test_ssim_of_flat_images_is_the_luminance_term_alone():
    black, grey = np.full((1, 1, 16, 16), -1.0), np.zeros((1, 1, 16, 16))
    c1 = 0.01**2
    expected = (2 * 0 * 0.5 + c1) / (0**2 + 0.5**2 + c1)
    assert likeness(fake_truth=black, fake_images=grey)["ssim"] == pytest.approx(expected)


def test_ssim_of_one_scale_is_that_of_the_multi_scale_measure():
    first, second = images(0), images(1)
    both = np.maximum(ms_ssim(first=first, second=second), 0).mean()
    assert max(likeness(fake_truth=first, fake_images=second)["ssim"], 0) == pytest.approx(both, abs=0.02)


def test_small_images_have_no_ssim():
    found = likeness(fake_truth=images(side=8), fake_images=images(side=8))
    assert np.isnan(found["ssim"])


def test_two_sets_of_other_shapes_are_told():
    with pytest.raises(UserError, match="each image needs one that it belongs to"):
        likeness(fake_truth=images(), fake_images=images()[:3])


def test_the_cycle_error_is_the_mean_absolute_difference():
    assert cycle_error(first=images(), again=images()) == 0
    assert cycle_error(first=images(), again=images() - 0.25) == pytest.approx(0.25)


def test_the_diversity_of_styles_is_the_mean_of_consecutive_distances():
    line = np.arange(20.0)[None, :, None] * np.array([3.0, 4.0])  # each style 5 further than the last
    assert style_diversity(styled=np.repeat(line, 7, axis=0)) == pytest.approx(5.0)
    assert style_diversity(styled=np.ones((3, 20, 2))) == 0
    with pytest.raises(UserError, match="2 or more codes"):
        style_diversity(styled=np.ones((3, 1, 2)))
