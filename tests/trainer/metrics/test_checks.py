"""Where inputs of the measures begin to be refused."""

import numpy as np
import pytest

from trainer.metrics.checks import LARGEST, counts, features, finite, image_batch, probabilities
from trainer.util.errors import UserError


def test_features_need_two_rows_unless_more_or_fewer_are_asked_for_and_a_column():
    assert features(real=np.zeros((2, 1)))[0].shape == (2, 1)
    assert features(minimum=1, real=np.zeros((1, 1)))[0].shape == (1, 1)
    for values, message in (
        (np.zeros((1, 1)), "has 1 rows"),
        (np.zeros((3, 0)), "shape"),
        (np.zeros((2, 2, 2)), "shape"),
    ):
        with pytest.raises(UserError, match=message):
            features(real=values)


def test_features_are_refused_beyond_the_largest_number_on_either_side():
    assert LARGEST == 1e20
    for sign in (1, -1):
        assert features(real=np.full((2, 1), sign * 1e20))[0][0, 0] == sign * 1e20
        with pytest.raises(UserError, match="overflow"):
            features(real=np.full((2, 1), sign * 1.01e20))


def test_numbers_of_every_real_type_are_taken_as_float64():
    for kind in (bool, np.uint8, np.int64, np.float16, np.float32):
        assert finite("real", np.ones(3, kind)).dtype == np.float64
    assert finite("real", np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_counted_and_the_first_is_named(wrong):
    values = np.zeros((4, 2))
    values[1, 0] = values[3, 1] = wrong
    with pytest.raises(UserError, match="in 2 of 4 rows, first in row 1"):
        finite("real", values)


def test_labels_are_whole_numbers_below_the_number_of_classes():
    assert counts("labels", [0, 1, 1], 2).tolist() == [1, 2]
    assert counts("labels", [0], 4).tolist() == [1, 0, 0, 0]
    with pytest.raises(UserError, match="from 0 to 1"):
        counts("labels", [0, 2], 2)
    with pytest.raises(UserError, match="at least 2 classes"):
        counts("labels", [0], 1)


@pytest.mark.parametrize("row", [[0.0, 1.0], [0.25, 0.7509], [0.25, 0.7491]])
def test_probabilities_add_up_to_1_but_for_a_thousandth(row):
    assert probabilities("p", [row, row], 2).tolist() == [row, row]


@pytest.mark.parametrize(
    ("values", "message"),
    [([[0.5, 0.5], [0.25, 0.7512]], "row 1"), ([[0.25, 0.7488]], "row 0"), ([[-0.1, 1.1]], "row 0"),
     ([[1.0]], "k of 2"), ([0.5, 0.5], "shape"), (np.zeros((0, 2)), "0 rows")],
)  # fmt: skip
def test_what_is_no_distribution_is_refused(values, message):
    with pytest.raises(UserError, match=message):
        probabilities("p", values, 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("value", [-1.0005, 1.0005])
def test_images_may_be_just_as_small_and_few_as_is_asked_and_a_rounding_beyond_1(channels, value):
    images = np.full((2, channels, 11, 12), value)
    assert image_batch("images", images, 2, 11) is images


@pytest.mark.parametrize(
    ("images", "message"),
    [(np.zeros((2, 2, 11, 11)), "C = 1 or 3"), (np.zeros((2, 11, 11)), "shape"), (np.zeros((1, 1, 11, 11)), "1 images"),
     (np.zeros((2, 1, 11, 10)), "11 x 10"), (np.zeros((2, 1, 10, 11)), "10 x 11"),
     (np.zeros((2, 1, 11, 11), int), "int"), (np.full((2, 1, 11, 11), 1.002), "1.002"),
     (np.full((2, 1, 11, 11), -1.002), "-1.002")],
)  # fmt: skip
def test_other_images_are_refused(images, message):
    with pytest.raises(UserError, match=message):
        image_batch("images", images, 2, 11)
