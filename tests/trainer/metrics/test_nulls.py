"""What healthy data give: the published figures, and simulations."""

import numpy as np
import pytest

from trainer.metrics import nulls
from trainer.metrics.birthday import birthday
from trainer.metrics.memorisation import copies
from trainer.metrics.modes import label_kl
from trainer.metrics.prdc import prdc
from trainer.util.errors import UserError


def test_coverage_expected_of_healthy_data():
    assert nulls.coverage_null(n_real=1000, n_fake=1000).expected == pytest.approx(0.969, abs=5e-4)
    assert nulls.coverage_null(n_real=1000, n_fake=5000).expected == pytest.approx(0.9999, abs=5e-5)
    assert nulls.coverage_null(n_real=2, n_fake=1, k=1).expected == pytest.approx(1 / 2)
    wide, narrow = (nulls.coverage_null(n_real=500, n_fake=500, inflation=i).deviation for i in (2, 1))
    assert wide == pytest.approx(2 * narrow)


def test_the_published_bounds():
    assert nulls.kl_threshold(n_fake=1000, k_classes=10) == pytest.approx(0.0139, abs=5e-5)
    assert nulls.kl_threshold(n_fake=1000, n_real=1000, k_classes=10) == pytest.approx(2 * 0.0139, abs=1e-4)
    assert nulls.images_needed(share=0.1, k_classes=10, alpha=0.01) == 66
    assert nulls.images_needed(share=0.001, k_classes=1000, alpha=0.01) == 11_508
    assert nulls.images_needed(share=1, k_classes=10) == 1
    assert nulls.z_score(0.001) == pytest.approx(3.09, abs=5e-4)


def test_bounds_by_the_exact_laws():
    """One held-out image: a fake is nearer than it with even odds. One closest real pair: geometric."""
    assert nulls.copy_fraction_bound(n_fake=1, n_held_out=1, alpha=0.4) == 1
    assert nulls.copy_fraction_bound(n_fake=1, n_held_out=1, alpha=0.6) == 0
    assert nulls.duplicates_bound(n_real=100, n_fake=100, alpha=0.001) == 9  # 1 / 2^10 < 0.001 < 1 / 2^9
    assert nulls.duplicates_bound(n_real=2, n_fake=3, alpha=0.001) == 24  # 0.75^25 < 0.001 < 0.75^24
    assert nulls.duplicates_bound(n_real=3, n_fake=2, alpha=0.001) == 4  # 1 / 4^5 < 0.001 < 1 / 4^4
    assert nulls.copy_fraction_bound(n_fake=10**6, n_held_out=10**6) == pytest.approx(0.01, abs=5e-4)


def test_bounds_widen_as_alpha_falls_and_narrow_as_n_grows():
    for bound in (
        lambda n, a: nulls.kl_threshold(n_fake=n, k_classes=10, alpha=a),
        lambda n, a: nulls.copy_fraction_bound(n_fake=n, n_held_out=n, alpha=a),
        lambda n, a: -nulls.coverage_bound(n_real=n, n_fake=n, alpha=a),
    ):
        assert bound(500, 0.001) > bound(500, 0.05)
        assert bound(500, 0.001) > bound(5000, 0.001)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: nulls.kl_threshold(n_fake=10, k_classes=1),
        lambda: nulls.kl_threshold(n_fake=10, k_classes=3, alpha=0),
        lambda: nulls.coverage_null(n_real=5, n_fake=5),
        lambda: nulls.images_needed(share=0, k_classes=3),
        lambda: nulls.duplicates_bound(n_real=1, n_fake=5),
    ],
)
def test_questions_without_an_answer_are_refused(ask):
    with pytest.raises(UserError):
        ask()


def test_coverage_of_simulated_healthy_data(rng):
    draws = [prdc(real=rng.normal(size=(100, 3)), fake=rng.normal(size=(150, 3)))["coverage"] for _ in range(100)]
    null = nulls.coverage_null(n_real=100, n_fake=150)
    assert np.mean(draws) == pytest.approx(null.expected, abs=3.5 * null.deviation / np.sqrt(100))


def test_the_bound_of_coverage_is_that_of_its_empty_balls():
    null = nulls.coverage_null(n_real=1000, n_fake=800)
    bound = nulls.coverage_bound(n_real=1000, n_fake=800, alpha=0.01)
    assert bound == pytest.approx(1 - nulls.most_empty(1000 * (1 - null.expected), 0.01) / 1000)
    maximum = [nulls.most_empty(expected, 0.001) for expected in (1, 10, 100)]
    assert maximum == sorted(maximum)
    assert all(found > expected for found, expected in zip(maximum, (1, 10, 100), strict=True))
    assert nulls.most_empty(100, 0.5) == pytest.approx(100, abs=2)  # the median lies near the mean


def test_empty_balls_of_one_class_are_those_that_coverage_expects():
    for n, m in ((200, 200), (50, 300), (300, 20)):
        labels = {"real_labels": np.zeros(n, int), "fake_labels": np.zeros(m, int), "k_classes": 2}
        expected = nulls.coverage_null(n_real=n, n_fake=m).expected
        assert nulls.empty_by_class(**labels).sum() == pytest.approx(n * (1 - expected))


def test_empty_balls_of_classes_add_up():
    real, fake = np.repeat([0, 1, 2], [100, 60, 5]), np.repeat([0, 2], [80, 40])
    first = 100 * (1 - nulls.coverage_null(n_real=100, n_fake=80).expected)
    found = nulls.empty_by_class(real_labels=real, fake_labels=fake, k_classes=3).sum()
    assert found == pytest.approx(first + 60)  # nobody is made near the second; the third has no more than k reals


def test_empty_balls_of_simulated_clusters_in_other_proportions(rng):
    centres, counts = 100 * np.eye(3), []
    real, fake = np.repeat([0, 1, 2], [60, 60, 60]), np.repeat([0, 1, 2], [120, 40, 20])
    for _ in range(40):
        a, b = (centres[labels] + rng.normal(size=(180, 3)) for labels in (real, fake))
        counts.append(180 * (1 - prdc(real=a, fake=b)["coverage"]))
    expected = nulls.empty_by_class(real_labels=real, fake_labels=fake, k_classes=3).sum()
    assert np.mean(counts) == pytest.approx(expected, abs=4 * np.std(counts) / np.sqrt(40))


def test_label_kl_of_simulated_healthy_data(rng):
    """Both histograms counted: at alpha = 0.1, 40 of 400 exceed, give or take 6."""
    threshold = nulls.kl_threshold(n_fake=500, n_real=800, k_classes=10, alpha=0.1)
    labels = rng.integers(0, 10, (400, 1300))
    kls = [label_kl(real_labels=row[:800], fake_labels=row[800:], k_classes=10) for row in labels]
    assert np.mean(np.array(kls) > threshold) == pytest.approx(0.1, abs=0.045)


@pytest.mark.slow
def test_copies_in_simulated_healthy_data(rng):
    """At alpha = 0.1 at most 20 of 200 exceed, give or take 4: the share of copies comes in steps."""
    bound = nulls.copy_fraction_bound(n_fake=300, n_held_out=300, alpha=0.1)
    train = rng.normal(size=(200, 4))
    draws = [copies(real=train, fake=f, held_out=h) for f, h in rng.normal(size=(200, 2, 300, 4))]
    assert 0.01 < np.mean([draw["copy_fraction"] > bound for draw in draws]) < 0.16


@pytest.mark.slow
@pytest.mark.parametrize("width", [2, 16, 64])
def test_bounds_hold_in_a_larger_simulation(rng, width):
    alpha, draws, n = 0.01, 600, 200
    beyond = {"coverage": 0, "duplicates": 0}
    for _ in range(draws):
        real, fake = rng.normal(size=(2, n, width))
        beyond["coverage"] += prdc(real=real, fake=fake)["coverage"] < nulls.coverage_bound(
            n_real=n, n_fake=n, alpha=alpha
        )
        beyond["duplicates"] += birthday(real=real, fake=fake)["duplicates"] > nulls.duplicates_bound(
            n_real=n, n_fake=n, alpha=alpha
        )
    for name, count in beyond.items():
        assert count / draws <= alpha + 3.3 * np.sqrt(alpha / draws), name
