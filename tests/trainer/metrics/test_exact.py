"""Measures of small sets, worked out on paper."""

import math

import numpy as np
import pytest

from trainer.metrics import nulls
from trainer.metrics.birthday import birthday, closest_pairs, median_distance, smallest_distance
from trainer.metrics.distances import blocks
from trainer.metrics.kid import kernel_distance, moments_are_cheaper, standardised_distance
from trainer.metrics.memorisation import copies
from trainer.metrics.modes import wilson
from trainer.metrics.ndb import different_bins
from trainer.metrics.plane import plane_modes
from trainer.metrics.prdc import in_own_class, knn_membership, on_flat, prdc, prdc_of, resolution, touched
from trainer.util.errors import UserError

LINE = np.arange(10.0)[:, None]
APART = np.array([[0.0], [10.0], [20.0], [30.0], [100.0]])
SAME = np.zeros((20, 4))


# ---- neighbourhoods


def test_a_fake_is_in_its_own_class_within_the_ball_of_a_real_that_is_read_alike():
    """k = 1: balls of radius 10, that of the last 70."""
    reals, fakes = np.array([[0, 0, 1, 1, 1], [0, 0, 0, 0, 1]]), np.array([[0, 1, 0], [0, 0, 1]])
    found = in_own_class(APART, np.array([[4.0], [14.0], [26.0]]), reals, fakes, 1)
    assert found.fakes.tolist() == [[True, True, False], [True, True, False]]
    assert found.covered.tolist() == [True, True, True, True, False]


def test_a_real_does_not_count_in_its_own_ball_when_it_stands_for_a_fake():
    """k = 2: radii 20, 10, 10, 20 and 80; what lies on the rim is outside."""
    labels = np.array([[0, 0, 1, 1, 1], [0, 1, 2, 3, 4]])
    found = in_own_class(APART, APART, labels, labels, 2, others=True)
    assert found.fakes.tolist() == [[False, True, True, True, False], [False] * 5]
    assert found.covered.tolist() == [True, False, False, True, True]


def test_balls_without_extent_hold_not_even_their_copies():
    found = knn_membership(real=SAME, fake=SAME)
    assert not any(part.any() for part in found)
    labels = np.zeros((1, 20), int)
    assert not in_own_class(SAME, SAME, labels, labels, 5).fakes.any()


def test_neighbourhoods_need_one_row_more_than_neighbours():
    labels = np.zeros((1, 5), int)
    for ask in (
        lambda: knn_membership(real=LINE, fake=LINE[:5]),
        lambda: in_own_class(LINE[:5], LINE, labels, labels, 5),
    ):
        with pytest.raises(UserError, match="needs at least 6"):
            ask()
    assert len(knn_membership(real=LINE[:6], fake=LINE[:6]).precise) == 6


def test_rows_are_one_up_to_rounding_wherever_they_lie():
    points = np.random.default_rng(0).normal(size=(50, 4))
    for size in (1, 1e3):
        wanted = [32 * 2**-52 * 2 * 4 * size**2] * 2  # sqrt(4) is 2
        assert resolution(np.array([[-size] * 4, [size] * 4])) == pytest.approx(wanted, rel=1e-9, abs=0)
    assert resolution(points + 1e3) == pytest.approx(resolution(points), rel=1e-6, abs=0)
    flat = np.arange(50) < 10
    assert on_flat(points + 1e-9, points, flat).tolist() == flat.tolist()
    assert touched(points, points + 1e-9, flat).tolist() == flat.tolist()
    assert not on_flat(points + 1e-6, points, flat).any()
    assert not touched(points, points + 1e-6, flat).any()


def test_rows_a_millionth_apart_are_not_one():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 8)).repeat(15, 0) + 1e-6 * rng.normal(size=(300, 8))
    found = prdc(real=rows, fake=rows.copy())
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)
    assert found["density"] == pytest.approx(1, abs=0.05)


def test_figures_are_undefined_where_more_than_half_of_the_reals_repeat():
    fake = np.array([[5.0], [15.0], [25.0]])
    half = prdc(real=np.array([[0.0], [0.0], [10.0], [20.0]]), fake=fake, k=1)
    maximum = prdc(real=np.array([[0.0], [0.0], [0.0], [10.0], [20.0]]), fake=fake, k=1)
    assert not any(map(math.isnan, half.values()))
    assert [key for key, value in maximum.items() if math.isnan(value)] == ["precision", "density", "coverage"]


def test_figures_are_undefined_where_more_than_a_twentieth_lies_on_reals_that_repeat():
    real = np.array([[0.0], [0.0], *LINE[5:]])
    for on_them, undefined in ((1, ["coverage"]), (2, ["precision", "recall", "density", "coverage"])):
        found, memberships = prdc_of(real, np.r_[np.zeros(on_them), np.linspace(50, 90, 20 - on_them)][:, None], k=1)
        assert [key for key, value in found.items() if math.isnan(value)] == undefined
        assert not memberships.precise[:on_them].any()


def test_the_fifth_neighbour_is_the_one_unless_another_is_asked_for():
    fake = LINE + 0.3
    assert prdc_of(LINE, fake)[0] == prdc_of(LINE, fake, 5)[0] == prdc(real=LINE, fake=fake)
    assert prdc(real=LINE, fake=fake, k=4) != prdc(real=LINE, fake=fake, k=5) != prdc(real=LINE, fake=fake, k=6)


def test_the_nearest_neighbour_is_on_the_rim_and_never_inside_however_it_is_rounded():
    real, labels = np.random.default_rng(0).normal(size=(300, 16)) + 50, np.zeros((1, 300), int)
    assert not in_own_class(real, real, labels, labels, 1, others=True).covered.any()


# ---- bins


@pytest.mark.parametrize(
    ("n", "level", "maximum"),
    [(40, 0.05, 28), (400, 0.05, 262), (400, 0.01, 279)],
)
def test_bins_differ_by_the_two_sided_test_of_two_proportions(n, level, maximum):
    """Half of 40 reals in each of two bins: |p - 1/2| / sqrt(q (1 - q) (1/40 + 1/n)), q pooled, is evaluated."""
    real = np.repeat([[0.0], [100.0]], 20, axis=0)
    for count, ndb in ((maximum, 0), (maximum + 1, 2), (n - maximum, 0), (n - maximum - 1, 2)):
        fake = np.where(np.arange(n) < count, 0.0, 100.0)[:, None]
        assert different_bins(real=real, fake=fake, level=level) == {"ndb": ndb, "ndb_bins": 2}


def test_there_is_a_bin_for_each_twenty_reals_each_distinct_real_and_no_more_than_asked_for():
    points = np.random.default_rng(0).normal(size=(2020, 2))
    bins = [different_bins(real=points[:n], fake=points[:50])["ndb_bins"] for n in (2, 39, 40, 59, 60, 2020)]
    assert bins == [1, 1, 2, 2, 3, 100]
    assert different_bins(real=points[:100], fake=points, bins=4)["ndb_bins"] == 4
    assert different_bins(real=np.array([[0.0], [-0.0], [1.0]]).repeat(20, 0), fake=points[:9, :1])["ndb_bins"] == 2


def test_the_interval_of_all_or_none_ends_at_1_or_0_exactly():
    low, high = wilson([0, 20], [20, 20])
    assert (low[0], high[1]) == (0, 1)
    assert [high[0], low[1]] == pytest.approx([0.1611, 1 - 0.1611], abs=5e-5)


# ---- distances of distributions


def test_moments_are_cheaper_where_rows_outnumber_the_square_of_the_width():
    """3 (n + m) w^2 / 2 < n^2 + n m + m^2; for n = m that is w^2 < n."""
    assert [moments_are_cheaper(n, n, 10) for n in (99, 100, 101)] == [False, False, True]
    assert [moments_are_cheaper(200, 100, w) for w in (12, 13)] == [True, False]  # 155.6
    assert [moments_are_cheaper(100, 200, w) for w in (12, 13)] == [True, False]


def test_the_kernel_distance_needs_three_rows_and_a_real_deviation_that_the_fakes_do_not_dwarf():
    for measure in (kernel_distance, standardised_distance):
        with pytest.raises(UserError, match="needs at least 3"):
            measure(real=SAME[:2, :1], fake=LINE)
        with pytest.raises(UserError, match="needs at least 3"):
            measure(real=LINE, fake=LINE[:2])
        assert all(map(math.isfinite, measure(real=LINE[:3], fake=LINE[:3] + 1).values()))
    far = [standardised_distance(real=1e-9 * LINE, fake=LINE + distance) for distance in (1e8, 1e13)]
    assert [math.isnan(found["kid_standardised"]) for found in far] == [False, True]  # 1e20 deviations lie between


# ---- near-duplicates


def test_the_closest_pairs_are_a_hundred_thousandth_and_at_least_one():
    assert [closest_pairs(n) for n in (2, 10, 448, 548, 549, 708, 1001, 2001)] == [1, 1, 1, 1, 2, 3, 5, 20]


def test_the_smallest_distances_of_a_line_are_9_times_1_and_8_times_2():
    found = [smallest_distance(LINE, rank) for rank in (1, 9, 10, 17, 18, 45)]
    assert found == pytest.approx([1, 1, 2, 2, 3, 9])


def test_duplicates_expected_grow_with_the_pairs():
    found = birthday(real=LINE, fake=np.arange(20.0)[:, None])  # 45 and 190 pairs
    assert found["duplicates_expected"] == pytest.approx(190 / 45)
    twice = birthday(real=np.repeat(LINE, 2, axis=0), fake=np.arange(21.0)[:, None])  # 10 of 190 pairs are copies
    assert twice["duplicates_expected"] == pytest.approx(10 * 210 / 190)


def test_the_median_distance_is_that_of_every_second_row_beyond_two_thousand():
    """The odd rows lie 1e6 away: among 2,002 rows they are left out, among 2,000 they are half."""
    points = np.where(np.arange(2002) % 2, 1e6, np.arange(2002.0) / 2002)[:, None]
    assert 0 < median_distance(points) < 1
    assert median_distance(points[:2000]) > 1e5
    assert median_distance(LINE[:4]) == pytest.approx(math.sqrt(2.5))  # 1 1 1 2 2 3, the squares' middle


# ---- copies, modes of the plane, blocks


def test_one_row_of_each_set_is_enough_to_find_a_copy():
    assert copies(real=LINE[:1], fake=LINE[:1], held_out=LINE[3:4]) == {"copy_fraction": 1, "nearest_ratio": 0}
    assert copies(real=LINE[:1], fake=LINE[6:7], held_out=LINE[3:4]) == {"copy_fraction": 0, "nearest_ratio": 2}


def test_a_mode_is_captured_up_to_three_deviations_from_its_centre():
    centres = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]])
    fake = np.array([[0.0, 6.0], [100.0, 6.01], [0.0, -1.0], [200.0, 0.0]])
    found = plane_modes(fake=fake, centres=centres, sigma=2.0)
    assert (found["plane_modes"], found["high_quality"]) == (2, 0.75)
    assert found["plane_kl"] == pytest.approx(2 / 3 * math.log(2) + 1 / 3 * math.log(1))
    alone = plane_modes(fake=fake[:1], centres=centres, sigma=2.0)
    assert alone["plane_kl"] == pytest.approx(math.log(3))
    nowhere = plane_modes(fake=fake[1:2], centres=centres, sigma=2.0)
    assert (nowhere["plane_modes"], nowhere["high_quality"]) == (0, 0)
    assert math.isnan(nowhere["plane_kl"])


def test_a_block_holds_two_million_numbers_and_a_row_at_least():
    assert list(blocks(5, 2**20)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert list(blocks(3, 2**22)) == [slice(0, 1), slice(1, 2), slice(2, 3)]
    assert list(blocks(2**21 + 1, 1)) == [slice(0, 2**21), slice(2**21, 2**21 + 1)]
    assert list(blocks(7, 0)) == [slice(0, 7)]
    assert list(blocks(0, 5)) == []


# ---- what healthy data give


def test_the_defaults_of_the_bounds_are_the_published_ones():
    sizes = {"n_real": 300, "n_fake": 200}
    assert nulls.coverage_null(**sizes) == nulls.coverage_null(**sizes, k=5, inflation=1.4)
    assert nulls.coverage_bound(**sizes) == nulls.coverage_bound(**sizes, k=5, alpha=0.001, dispersion=2)
    assert nulls.duplicates_bound(**sizes) == nulls.duplicates_bound(**sizes, alpha=0.001)
    assert nulls.copy_fraction_bound(n_fake=200, n_held_out=100) == nulls.copy_fraction_bound(
        n_fake=200, n_held_out=100, alpha=0.001
    )
    assert nulls.images_needed(share=0.5, k_classes=1) == 10  # 2^10 > 1000 > 2^9


def test_coverage_is_expected_from_one_real_more_than_neighbours_on():
    assert nulls.coverage_null(n_real=6, n_fake=1).expected == pytest.approx(5 / 6)  # 1 - 5/6 4/5 3/4 2/3 1/2
    with pytest.raises(UserError, match="n_real is 5; it must be at least 6"):
        nulls.coverage_null(n_real=5, n_fake=1)


def test_the_binomial_deviation_is_inflated():
    null = nulls.coverage_null(n_real=2, n_fake=1, k=1, inflation=1)
    assert null == pytest.approx((0.5, math.sqrt(0.5 * 0.5 / 2)))


@pytest.mark.parametrize("dispersion", [2, 4])
def test_empty_balls_have_so_many_times_the_variance_of_a_poisson(dispersion):
    """Of large numbers the law is normal: 3.09 deviations at a thousandth."""
    maximum = nulls.most_empty(10_000, 0.001, dispersion)
    assert maximum == pytest.approx(10_000 + 3.09 * math.sqrt(dispersion * 10_000), abs=15 * dispersion)
    if dispersion == 2:
        assert nulls.most_empty(10_000, 0.001) == maximum


def test_the_bound_of_coverage_is_never_below_0():
    assert nulls.coverage_bound(n_real=6, n_fake=1) == 0


def test_a_class_of_k_reals_counts_as_covered_and_one_of_more_does_not():
    """Six reals, one fake: a ball is empty with 5/6 4/5 3/4 2/3 1/2 = 1/6."""
    real, fake = np.repeat([0, 1], [5, 6]), np.array([0, 1])
    found = nulls.empty_by_class(real_labels=real, fake_labels=fake, k_classes=2)
    assert found == pytest.approx([0, 1])
    assert nulls.empty_by_class(real_labels=real, fake_labels=[1], k_classes=2) == pytest.approx([0, 1])
    assert nulls.empty_by_class(real_labels=[0, 0], fake_labels=[0], k_classes=2, k=1) == pytest.approx([1, 0])


@pytest.mark.parametrize(
    ("bound", "smallest"),
    [
        (nulls.coverage_null, {"n_real": 2, "n_fake": 1, "k": 1}),
        (nulls.kl_threshold, {"n_fake": 1, "n_real": 1, "k_classes": 2}),
        (nulls.duplicates_bound, {"n_real": 2, "n_fake": 2}),
        (nulls.copy_fraction_bound, {"n_fake": 1, "n_held_out": 1}),
        (nulls.images_needed, {"share": 0.5, "k_classes": 1}),
    ],
)
def test_bounds_are_given_from_the_smallest_numbers_on(bound, smallest):
    bound(**smallest)
    for name, value in smallest.items():
        for wrong in (value - 1, math.nan):
            with pytest.raises(UserError, match=f"{name} is "):
                bound(**smallest | {name: wrong})


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 1.1])
def test_a_chance_lies_between_0_and_1(alpha):
    for ask in (
        lambda: nulls.coverage_bound(n_real=9, n_fake=9, alpha=alpha),
        lambda: nulls.kl_threshold(n_fake=9, k_classes=3, alpha=alpha),
        lambda: nulls.duplicates_bound(n_real=9, n_fake=9, alpha=alpha),
        lambda: nulls.copy_fraction_bound(n_fake=9, n_held_out=9, alpha=alpha),
        lambda: nulls.images_needed(share=0.5, k_classes=3, alpha=alpha),
        lambda: nulls.z_score(alpha),
    ):
        with pytest.raises(UserError, match="alpha is"):
            ask()
    with pytest.raises(UserError, match="share is"):
        nulls.images_needed(share=1.5, k_classes=3)
