"""What of a picture counts, on paper."""

import math

import pytest
import torch

from explorer.core.inversion.target import Target, psnr, rmse


def test_the_error_is_the_mean_square_of_the_seen_pixels_alone():
    picture, image = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    image[..., :2] = 0.5
    assert float(Target(picture).error(image)) == pytest.approx(0.125)
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., :2] = 1
    assert float(Target(picture, mask).error(image)) == pytest.approx(0.25)
    assert float(Target(picture, 1 - mask).error(image)) == 0


def test_a_smaller_view_sees_means_alone():
    board = torch.ones(1, 1, 4, 4)
    board[..., ::2] = -1
    assert float(Target(torch.zeros(1, 1, 2, 2)).error(board)) == pytest.approx(0, abs=0.05)
    assert float(Target(torch.zeros(1, 1, 4, 4)).error(board)) == 1


def test_what_was_rubbed_out_is_filled_from_the_guess():
    mask = torch.tensor([[1.0, 0.0], [1.0, 1.0]])[None, None]
    filled = Target(torch.full((1, 3, 2, 2), 0.3), mask).filled(torch.full((1, 3, 2, 2), -1.0))
    assert filled[0, :, 0, 1].tolist() == [-1, -1, -1]
    assert filled[0, 0, 1, 1] == pytest.approx(0.3)


def test_a_difference_of_one_step_of_8_bits_everywhere():
    error = (1 / 127.5) ** 2
    assert rmse(error) == pytest.approx(1)
    assert psnr(error) == pytest.approx(20 * math.log10(255))
