"""Shares corrected for a reader's errors: on a made-up world whose probabilities are known exactly."""

import numpy as np
import pytest

from trainer.metrics.label_shift import corrected_shares, fitted_temperature, tempered, unexplained

MEANS = np.array(
    [[0.0, 0.0], [1.6, 0.0], [0.0, 1.6]]
)  # three classes that overlap: about two in three are read rightly
EQUAL = np.full(3, 1 / 3)


def drawn(shares, n, seed):
    """Points (n, 2), their classes, and the probabilities of each class under equal shares."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, n, p=shares)
    points = MEANS[labels] + rng.normal(size=(n, 2))
    return points, labels, read(points)


def read(points):
    likelihood = np.exp(-np.square(points[:, None] - MEANS).sum(2) / 2)
    return likelihood / likelihood.sum(1, keepdims=True)


@pytest.mark.parametrize("shares", [(1 / 3, 1 / 3, 1 / 3), (0.0, 0.5, 0.5), (0.03, 0.27, 0.7)])
def test_the_shares_come_out_although_a_third_is_misread(shares):
    _, _, real = drawn(EQUAL, 20_000, 0)
    _, labels, fake = drawn(shares, 20_000, 1)
    assert (real.argmax(1) == drawn(EQUAL, 20_000, 0)[1]).mean() < 0.75
    found = corrected_shares(real=real, fake=fake)
    assert found.fake == pytest.approx(np.bincount(labels, minlength=3) / len(labels), abs=0.02)
    assert found.fake.sum() == pytest.approx(1)
    assert ((found.low <= found.fake) & (found.fake <= found.high)).all()


def test_a_class_that_is_never_made_is_read_often_and_corrected_to_nearly_none():
    _, _, real = drawn(EQUAL, 20_000, 0)
    _, _, fake = drawn((0.0, 0.5, 0.5), 2000, 1)
    assert (fake.argmax(1) == 0).mean() > 0.1
    assert corrected_shares(real=real, fake=fake).high[0] < 0.05


def test_the_interval_holds_the_true_share_in_about_95_percent():
    _, _, real = drawn(EQUAL, 50_000, 0)
    inside = []
    for seed in range(100):
        found = corrected_shares(real=real, fake=drawn((0.2, 0.3, 0.5), 500, 100 + seed)[2])
        inside.append((found.low <= (0.2, 0.3, 0.5)) & (found.high >= (0.2, 0.3, 0.5)))
    assert 0.9 <= np.mean(inside) <= 0.99


@pytest.mark.parametrize("sharpened", [0.5, 1.0, 3.0])
def test_the_temperature_makes_up_for_a_reader_that_is_too_sure_or_not_sure_enough(sharpened):
    _, labels, right = drawn(EQUAL, 20_000, 0)
    told = tempered(right, 1 / sharpened)
    found = fitted_temperature(probabilities=told, labels=labels)
    assert found == pytest.approx(sharpened, rel=0.05)
    assert tempered(told, found) == pytest.approx(right, abs=0.02)


def test_proportions_explain_where_features_lie_and_a_shift_is_not_explained():
    points, _, real = drawn(EQUAL, 5000, 0)
    others, _, fake = drawn((0.0, 0.2, 0.8), 2000, 1)
    shares = corrected_shares(real=real, fake=fake)
    weights = real @ (shares.fake / shares.real)

    def moved(features, by):
        return unexplained(real=points, fake=features, weights=by, alpha=1e-6)

    assert moved(others, weights).squared <= moved(others, weights).probable
    assert moved(others, np.ones(len(points))).squared > 0.3  # not weighted: the proportions differ
    half = 0.5 * points.std(0)[0]
    covariance = np.cov(points.T)
    expected = half**2 * np.linalg.inv(covariance)[0, 0]
    same = drawn(EQUAL, 50_000, 2)[0]
    found = moved(same + np.array([half, 0.0]), np.ones(len(points)))
    assert found.squared == pytest.approx(expected, abs=0.03)
    assert found.squared > found.probable


def test_features_that_never_vary_do_not_count():
    rng = np.random.default_rng(0)
    real, fake = (np.column_stack([rng.normal(size=(n, 3)), np.zeros(n)]) for n in (1000, 500))
    found = unexplained(real=real, fake=fake, weights=np.ones(1000), alpha=1e-6)
    assert 0 <= found.squared <= found.probable
