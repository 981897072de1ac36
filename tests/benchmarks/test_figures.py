"""The arithmetic behind the published figures."""

import json

import numpy as np
import pytest
import torch

from benchmarks import pytorch_dcgan
from benchmarks.common import as_json, markdown, p95
from benchmarks.inpainting import hole_error, mean_fill, seam
from benchmarks.mnist_quality import verdict
from benchmarks.slide import lags, positions
from benchmarks.super_resolution import tiles
from benchmarks.train_speed import operations, parameters


def test_lists_of_numbers_take_one_line_and_read_back_the_same():
    record = {"a": [1, 2.5, -3e-05], "b": {"c": [[1], []], "d": ["x"]}}
    assert '"a": [1, 2.5, -3e-05]' in as_json(record)
    assert json.loads(as_json(record)) == record


def test_a_table_has_its_head_a_line_and_its_rows():
    assert markdown(["a", "b"], [["x", 1]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_the_95th_percentile_of_0_to_100_is_95():
    assert p95(range(101)) == pytest.approx(95)


@pytest.mark.parametrize("count", [6, 60, 120])
def test_a_drag_visits_each_position_of_the_slider_once(count: int):
    values = positions(count)
    assert sorted(values) == pytest.approx([-3 + 6 * k / count for k in range(count)])
    turn = values.index(max(values))
    assert values[turn - 1 : turn + 1] == sorted(values[turn - 1 : turn + 1])


def test_an_images_lag_counts_from_the_latest_event_at_its_position():
    events = [[0, 1.0], [10, 2.0], [20, 1.0], [30, 2.0]]
    shown = [[15, 111], [26, 222], [34, 222], [40, 999]]  # the last one looks like no position
    assert lags({"events": events, "shown": shown}, {111: [1.0], 222: [2.0]}) == [15, 16, 4]


def test_a_verdict_counts_digits_and_sureness():
    found = verdict(np.array([0, 0, 3, 9]), np.array([0.95, 0.5, 0.91, 0.9]))
    assert found["counts"] == [2, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert found["shares"][0] == 0.5
    assert found["sure"] == 0.5  # 0.9 is not over 0.9


@pytest.mark.slow
def test_the_restated_example_has_its_published_sizes_and_shapes():
    g, d = pytorch_dcgan.generator(), pytorch_dcgan.discriminator()
    assert (parameters(g), parameters(d)) == (3_576_704, 2_765_568)
    images = g(torch.randn(2, 100, 1, 1))
    assert images.shape == (2, 3, 64, 64)
    assert d(images).shape == (2,)
    real = iter([torch.zeros(2, 3, 64, 64)] * 2)
    assert all(np.isfinite(list(pytorch_dcgan.train(g, d, real))).ravel())


def test_squares_are_cut_row_by_row():
    image = np.arange(4).reshape(1, 2, 1, 2, 1, 1).repeat(64, 2).repeat(64, 4).reshape(1, 128, 128, 1)
    assert [int(square.mean()) for square in tiles(image)] == [0, 1, 2, 3]
    assert all(np.ptp(square) == 0 for square in tiles(image))


def test_a_flat_fill_has_the_mean_of_what_is_known_and_no_other_error_counts():
    images = np.full((1, 4, 4, 3), 10, np.uint8)
    images[0, :2], images[0, 3] = 200, 0
    holes = np.zeros((1, 4, 4), bool)
    holes[0, :2] = True
    filled = mean_fill(images, holes)
    assert (filled == 5).all()
    assert hole_error(filled, images, holes) == pytest.approx((195 / 127.5) ** 2)


def test_a_seam_is_the_step_that_the_truth_does_not_have():
    images = np.full((1, 4, 4, 3), 10, np.uint8)
    holes = np.zeros((1, 4, 4), bool)
    holes[0, 2:] = True
    assert seam(np.where(holes[..., None], 30, images), images, holes) == 20
    assert seam(images, images, holes) == 0


@pytest.mark.parametrize(("penalised", "passes"), [(False, 2), (True, 5)])
def test_the_operations_of_a_step_are_counted_with_gradients_of_gradients(penalised: bool, passes: int):
    layer, images = torch.nn.Conv2d(1, 1, 3, padding=1, bias=False), torch.randn(2, 1, 4, 4, requires_grad=penalised)
    once = 2 * 16 * 9  # a product and a sum for each pixel and each weight

    def steps():
        while True:
            out = layer(images).square().sum()
            if penalised:
                (gradient,) = torch.autograd.grad(out, images, create_graph=True)
                out = gradient.square().sum()
            out.backward(inputs=[layer.weight])
            yield

    # Forth, and back to the weights; a penalty: forth, back to the images, and three more to the weights through both.
    assert operations(steps(), batch=2) == passes * once
