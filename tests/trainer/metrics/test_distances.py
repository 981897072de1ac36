"""Neighbours: right, exact for copies, and never all pairs in memory at once."""

import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from trainer.metrics import distances
from trainer.metrics.birthday import birthday
from trainer.metrics.distances import (
    blocks,
    close_pairs,
    kth_radius,
    nearest,
    neighbours,
    pair_distances,
    squared_distances,
)
from trainer.metrics.diversity import mean_distance
from trainer.metrics.kid import kernel_distance
from trainer.metrics.prdc import prdc
from trainer.metrics.rarity import rarity


def points(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def test_neighbours_are_those_of_all_distances_sorted():
    a, b = points(50, 3), points(70, 3, seed=1)
    assert nearest(a, b, 4) == pytest.approx(np.sort(cdist(a, b), axis=1)[:, :4])
    assert kth_radius(a, 2) == pytest.approx(np.sort(cdist(a, a), axis=1)[:, 2])


def test_a_copy_is_at_distance_zero_exactly_however_far_from_the_origin():
    a = points(40, 64) + 1e3
    assert (nearest(a, a.copy(), 1) == 0).all()
    assert (kth_radius(np.repeat(a, 3, axis=0), 2) == 0).all()
    assert (kth_radius(np.repeat(a, 3, axis=0), 3) > 0).all()


def test_a_large_offset_does_not_confuse_neighbours():
    a = points(200, 8)
    assert kth_radius(a + 1e6, 5) == pytest.approx(kth_radius(a, 5), rel=1e-6)


@pytest.mark.parametrize("block", [1, 100, 10**6])
def test_blocks_give_the_same_distances_whatever_their_size(block):
    a, b = points(23, 5), points(31, 5, seed=1)
    whole = np.vstack([square for _, square in squared_distances(a, b, ties=+1, block=block)])
    assert np.sqrt(whole) == pytest.approx(cdist(a, b))
    pairs = np.concatenate(list(pair_distances(a, block)))
    assert np.sort(np.sqrt(pairs)) == pytest.approx(np.sort(pdist(a)))
    assert sum(part.stop - part.start for part in blocks(23, 31, block)) == 23


def test_rounding_goes_the_way_that_is_asked_for():
    a = points(60, 64) + 1e2
    exact = cdist(a, a) ** 2
    above = np.vstack([square for _, square in squared_distances(a, a, ties=+1)])
    below = np.concatenate(list(pair_distances(a)))
    assert (above >= exact).all()
    assert (below <= pdist(a) ** 2).all()
    assert above == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("block", [1, 200, 10**6])
def test_rows_of_neighbours_are_where_the_distances_are_to(block):
    a, b = points(40, 6), points(60, 6, seed=1)
    distance, rows = neighbours(a, b, 3, block)
    whole = cdist(a, b)
    assert distance == pytest.approx(np.sort(whole, axis=1)[:, :3])
    assert np.take_along_axis(whole, rows, 1) == pytest.approx(distance)
    assert np.array_equal(rows, np.argsort(whole, axis=1)[:, :3])
    assert (neighbours(b[[7, 3]], b, 1, block)[1] == [[7], [3]]).all()


def test_neighbours_of_half_as_wide_numbers_are_the_same():
    a, b = points(40, 6), points(60, 6, seed=1)
    wide, narrow = neighbours(a, b, 3), neighbours(a.astype(np.float32), b, 3)
    assert np.array_equal(wide[1], narrow[1])
    assert narrow[0] == pytest.approx(wide[0], rel=1e-5)


@pytest.mark.parametrize("block", [1, 300, 10**6])
@pytest.mark.parametrize("distance", [0, 0.5, 1.2, 100])
def test_close_pairs_are_those_of_all_pairs_tried(distance, block):
    a = points(50, 4)
    a[30] = a[10]
    near = cdist(a, a) <= distance
    wanted = [[i, j] for i in range(50) for j in range(i + 1, 50) if near[i, j]]
    assert close_pairs(a, distance, 10**4, block).tolist() == wanted
    assert close_pairs(a, distance, 3, block).tolist() == wanted[:3]
    assert [10, 30] in wanted
    assert close_pairs(a[:10], 0, 5, block).shape == (0, 2)


def test_copies_are_close_pairs_at_distance_0_wherever_they_lie():
    twice = np.repeat(points(100, 64), 2, axis=0)
    assert close_pairs(twice, 0, 10**4).tolist() == [[i, i + 1] for i in range(0, 200, 2)]
    assert close_pairs(np.full((2, 1), 3.0), 0, 5).tolist() == [[0, 1]]
    assert np.concatenate(list(pair_distances(twice))).min() == 0


def test_close_pairs_are_looked_for_until_there_are_enough(monkeypatch):
    looked = []
    monkeypatch.setattr(distances, "blocks", lambda *_: (looked.append(i) or slice(i, i + 1) for i in range(5)))
    assert close_pairs(np.zeros((5, 1)), 0, 4).tolist() == [[0, 1], [0, 2], [0, 3], [0, 4]]
    assert looked == [0]


@pytest.mark.slow
@pytest.mark.parametrize("measure", [prdc, kernel_distance, birthday, rarity, lambda real, fake: mean_distance(real)])
def test_memory_stays_far_below_that_of_all_pairs(measure):
    real, fake = points(4000, 8), points(4000, 8, seed=1)
    measure(real=real[:20], fake=fake[:20])
    tracemalloc.start()
    measure(real=real, fake=fake)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80e6  # all pairs take 128 MB
