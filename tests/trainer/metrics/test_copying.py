"""C_T: generated images that hug the training images, and those that are off the data."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from trainer.metrics import METRICS
from trainer.metrics.copying import data_copying, standardised_u


def sets(seed: int = 0, n: int = 300):
    """Training, generated and held-out points of one law of three clusters."""
    rng = np.random.default_rng(seed)
    centres = 9 * np.eye(3, 5)
    return [centres[rng.integers(0, 3, n)] + rng.normal(size=(n, 5)) for _ in range(3)]


def test_u_is_that_of_scipy_standardised():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 9, 40).astype(float), rng.integers(0, 12, 70).astype(float)
    u = mannwhitneyu(first, second, alternative="less").statistic
    assert u == (first[:, None] > second).sum() + (first[:, None] == second).sum() / 2
    assert standardised_u(first, second) == pytest.approx((u - 1400) / np.sqrt(40 * 70 * 111 / 12))
    assert standardised_u(second, first) == -standardised_u(first, second)


def test_healthy_data_lie_about_0_and_copies_and_blur_do_not():
    scores = []
    for seed in range(20):
        real, fake, held_out = sets(seed)
        scores.append(data_copying(real=real, fake=fake, held_out=held_out))
    assert abs(np.mean(scores)) < 0.5
    assert max(map(abs, scores)) < 3
    assert data_copying(real=real, fake=real + 0.1, held_out=held_out) < -5
    assert data_copying(real=real, fake=fake * 1.5, held_out=held_out) > 5


def test_a_cell_counts_by_its_held_out_images_and_not_without_generated_ones():
    real, fake, held_out = sets()
    of = [points.argmax(1) for points in (real, fake, held_out)]
    assert set(of[0]) == {0, 1, 2}
    cells = [
        (np.sum(of[2] == i), standardised_u(*(distances(points[which == i], real[of[0] == i])
                                              for points, which in ((fake, of[1]), (held_out, of[2])))))
        for i in range(3)
    ]  # fmt: skip
    weights, scores = np.array(cells).T
    whole = data_copying(real=real, fake=fake, held_out=held_out, cells=3)
    assert whole == pytest.approx(np.average(scores, weights=weights))
    without = data_copying(real=real, fake=fake[of[1] != 2], held_out=held_out, cells=3)
    assert without == pytest.approx(np.average(scores[:2], weights=weights[:2]))
    assert np.isnan(METRICS["data-copying"](real=real, fake=fake[:15], held_out=held_out)["data_copying"])


def distances(points: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - known, axis=2).min(1)
