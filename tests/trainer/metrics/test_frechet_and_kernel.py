"""Distances between distributions: closed forms, symmetry, and a jackknife done the slow way."""

import numpy as np
import pytest

from trainer.metrics import kid
from trainer.metrics.fid import covariance_root, frechet_distance
from trainer.metrics.kid import extended, kernel_distance, sums_by_moments, sums_by_pairs


def test_frechet_distance_of_a_shift_is_its_squared_length(rng):
    real = rng.normal(size=(500, 8))
    assert frechet_distance(real=real, fake=real + 0.5) == pytest.approx(8 * 0.5**2)


def test_frechet_distance_of_a_scaling_is_that_of_each_deviation(rng):
    real = rng.normal(size=(500, 8))
    real -= real.mean(0)
    assert frechet_distance(real=real, fake=3 * real) == pytest.approx((3 - 1) ** 2 * real.var(0, ddof=1).sum())


def test_frechet_distance_in_one_dimension(rng):
    real, fake = rng.normal(size=(50, 1)), 2 * rng.normal(size=(70, 1)) + 1
    expected = (real.mean() - fake.mean()) ** 2 + (real.std(ddof=1) - fake.std(ddof=1)) ** 2
    assert frechet_distance(real=real, fake=fake) == pytest.approx(expected)


def test_frechet_distance_of_sets_on_two_orthogonal_axes_is_the_sum_of_their_variances(rng):
    """Both covariances are singular and their product is 0, where the usual root gives half the digits."""
    real, fake = np.zeros((2, 100, 5))
    real[:, 0], fake[:, 3] = rng.normal(size=(2, 100))
    real -= real.mean(0)
    fake -= fake.mean(0)
    assert frechet_distance(real=real, fake=fake) == pytest.approx(real.var(ddof=1, axis=0)[0] + fake[:, 3].var(ddof=1))


def test_frechet_distance_to_itself_is_zero_to_rounding(case):
    real, _ = case
    assert 0 <= frechet_distance(real=real, fake=real) <= 1e-12 * np.asarray(real, np.float64).var(0).sum()


def test_frechet_distance_is_symmetric_and_blind_to_order_and_to_rotation(case, rng):
    real, fake = (np.asarray(array, np.float64) for array in case)
    value = frechet_distance(real=real, fake=fake)
    turn = np.linalg.qr(rng.normal(size=(real.shape[1],) * 2))[0]
    for a, b in ((fake, real), (real[::-1], rng.permutation(fake)), (real @ turn, fake @ turn), (real + 9, fake + 9)):
        assert frechet_distance(real=a, fake=b) == pytest.approx(value)


@pytest.mark.parametrize(
    "scales",
    [np.ones(6), np.logspace(0, -1.9, 6), np.logspace(0, -4, 6), np.logspace(0, -7, 6), np.r_[1, 1e-3, 1e-9, 0, 0, 0]],
)
def test_the_root_of_a_covariance_is_as_precise_as_that_of_a_qr(rng, scales):
    points = rng.normal(size=(400, 6)) * scales @ np.linalg.qr(rng.normal(size=(6, 6)))[0]
    points -= points.mean(0)
    direct = np.linalg.qr(points / np.sqrt(399), mode="r")
    ours = covariance_root(points)
    singular = [np.linalg.svd(root, compute_uv=False) for root in (ours, direct)]
    assert singular[0] == pytest.approx(singular[1], rel=1e-9, abs=1e-14)
    assert ours.T @ ours == pytest.approx(np.cov(points, rowvar=False), abs=1e-14)


@pytest.mark.parametrize(("shape", "rows"), [((3, 5), 3), ((5, 5), 5), ((9, 5), 5)])
def test_the_root_of_a_covariance_has_the_fewer_rows(rng, shape, rows):
    points = rng.normal(size=shape)
    root = covariance_root(points - points.mean(0))
    assert root.shape == (rows, 5)
    assert root.T @ root == pytest.approx(np.cov(points, rowvar=False))


def kid_by_loops(real, fake):
    """The definition, one pair at a time."""
    kernel = lambda a, b: (a @ b / len(a) + 1) ** 3  # noqa: E731
    within = [np.mean([kernel(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j]) for s in (real, fake)]
    return sum(within) - 2 * np.mean([kernel(a, b) for a in real for b in fake])


def test_kid_is_its_definition_and_its_error_is_the_jackknife(rng):
    real, fake = rng.normal(size=(7, 3)), rng.normal(size=(5, 3)) + 1
    found = kernel_distance(real=real, fake=fake)
    assert found["kid"] == pytest.approx(kid_by_loops(real, fake))
    without_real = [kid_by_loops(np.delete(real, i, 0), fake) for i in range(7)]
    without_fake = [kid_by_loops(real, np.delete(fake, i, 0)) for i in range(5)]
    assert found["kid_se"] == pytest.approx(np.sqrt(6 * np.var(without_real) + 4 * np.var(without_fake)))


def test_moments_and_pairs_give_the_same_sums(rng):
    real, fake = extended(rng.normal(size=(60, 4)) + 5), extended(rng.normal(size=(50, 4)))
    for ours, slow in zip(sums_by_moments(real, fake), sums_by_pairs(real, fake), strict=True):
        assert ours == pytest.approx(slow, rel=1e-12)


@pytest.mark.parametrize(("n", "way"), [(121, "sums_by_pairs"), (122, "sums_by_moments")])
def test_the_sums_are_made_the_way_that_takes_fewer_products(rng, n, way, monkeypatch):
    """Of n rows and as many with ten columns, and the one that the kernel adds: moments where n is above its square."""
    taken = []
    for name in ("sums_by_pairs", "sums_by_moments"):
        made = getattr(kid, name)
        monkeypatch.setattr(kid, name, lambda *sets, name=name, made=made: taken.append(name) or made(*sets))
    kernel_distance(real=rng.normal(size=(n, 10)), fake=rng.normal(size=(n, 10)))
    assert taken == [way]


def test_kid_is_symmetric_blind_to_order_and_grows_with_a_shift(case, rng):
    real, fake = case
    value = kernel_distance(real=real, fake=fake)
    assert kernel_distance(real=fake, fake=real) == pytest.approx(value)
    assert kernel_distance(real=real[::-1], fake=rng.permutation(fake)) == pytest.approx(value)
    near, far = (kernel_distance(real=real, fake=real + shift)["kid"] for shift in (1, 2))
    assert near < far


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "minimum", "maximum"), [(0.5, 0.85, 1.15), (0.0, 1.0, 1.55)])
def test_the_error_of_kid_is_its_deviation_over_repeated_draws(rng, shift, minimum, maximum):
    draws = [
        kernel_distance(real=rng.normal(size=(200, 8)), fake=rng.normal(size=(300, 8)) + shift) for _ in range(300)
    ]
    ratio = np.mean([draw["kid_se"] for draw in draws]) / np.std([draw["kid"] for draw in draws])
    assert minimum < ratio < maximum
