"""Measures that ask who lies near whom."""

import numpy as np
import pytest
from scipy.stats import poisson

from trainer.metrics.birthday import birthday, near, pairs_of, pairs_within, scale
from trainer.metrics.memorisation import copies, copy_rank
from trainer.metrics.ndb import different_bins
from trainer.metrics.prdc import knn_membership, prdc, prdc_figures
from trainer.metrics.rarity import rarity, rarity_scores
from trainer.metrics.two_sample import one_nearest_neighbour
from trainer.util.errors import UserError

LINE = np.arange(10.0)[:, None]  # ten reals, 1 apart


def test_precision_to_coverage_on_a_line():
    """k = 1: every real's ball has radius 1 and is open. The fakes' radii are 0.5, 0.5 and 98."""
    fake = np.array([[2.5], [3.0], [101.0]])
    found = prdc(real=LINE, fake=fake, k=1)
    assert found["precision"] == pytest.approx(2 / 3)  # 2.5 and 3
    assert found["density"] == pytest.approx((2 + 1 + 0) / 3)  # 2.5 lies in the balls of 2 and 3, 3 in its own only
    assert found["coverage"] == pytest.approx(2 / 10)  # 2 and 3
    assert found["recall"] == pytest.approx(7 / 10)  # 3 in that of 3.0; 4 to 9 in the wide one of 101, 3 is at its rim


def test_identical_sets_are_perfect_although_every_ball_has_a_point_on_its_rim(rng):
    real = rng.normal(size=(300, 16)) + 50
    assert prdc(real=real, fake=real.copy()) == {"precision": 1, "recall": 1, "density": 1, "coverage": 1}
    assert prdc(real=real, fake=real[::-1]) == {"precision": 1, "recall": 1, "density": 1, "coverage": 1}


def test_who_lies_in_whose_ball_on_a_line():
    """As above: balls of the reals have radius 1; those of the fakes 0.5, 0.5 and 98."""
    found = knn_membership(real=LINE, fake=np.array([[2.5], [3.0], [101.0]]), k=1)
    assert found.precise.tolist() == [True, True, False]
    assert found.around.tolist() == [2, 1, 0]
    assert np.flatnonzero(found.covered).tolist() == [2, 3]
    assert np.flatnonzero(found.recalled).tolist() == [3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("k", [1, 5])
def test_figures_of_the_memberships_are_those_of_prdc(case, k):
    real, fake = case
    found = knn_membership(real=real, fake=fake, k=k)
    defined = {key: value for key, value in prdc(real=real, fake=fake, k=k).items() if not np.isnan(value)}
    assert {key: prdc_figures(found, k)[key] for key in defined} == defined
    assert len(defined) == 4 or k == 1  # where rows repeat, balls to the nearest have no extent
    assert [len(part) for part in found] == [len(fake), len(fake), len(real), len(real)]
    swapped = knn_membership(real=fake, fake=real, k=k)
    assert np.array_equal(swapped.precise, found.recalled)


def test_balls_of_radius_zero_hold_nothing():
    same = np.full((20, 4), 0.1)
    found = knn_membership(real=same, fake=same)
    assert prdc_figures(found) == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}
    assert all(map(np.isnan, prdc(real=same, fake=same).values()))  # which says nothing of sets that are the same


def test_swapping_the_sets_swaps_precision_and_recall(case, rng):
    real, fake = case
    there, back = prdc(real=real, fake=fake), prdc(real=fake, fake=rng.permutation(real))
    for one, other in ((there["precision"], back["recall"]), (there["recall"], back["precision"])):
        assert one == other or np.isnan(other)  # real rows that mostly repeat say nothing of precision


def test_each_fault_shows_in_the_measure_that_is_made_for_it(sets):
    healthy, dropped = (prdc(real=real, fake=fake) for real, fake in map(sets, ("healthy", "dropped")))
    assert healthy["density"] == pytest.approx(1, abs=0.1)
    assert dropped["precision"] == pytest.approx(healthy["precision"], abs=0.05)
    assert dropped["recall"] == pytest.approx(0.7 * healthy["recall"], abs=0.06)
    assert dropped["coverage"] == pytest.approx(0.7 * healthy["coverage"], abs=0.06)


def test_fewer_rows_than_neighbours_are_refused():
    with pytest.raises(UserError, match="fake has 5 rows; this measure needs at least 6"):
        prdc(real=LINE, fake=LINE[:5])


def test_rarity_is_the_smallest_ball_around():
    real = np.array([[0.0], [1.0], [3.0], [7.0]])  # k = 1: radii 1, 1, 2, 4
    scores = rarity_scores(real=real, fake=np.array([[0.5], [2.5], [6.0], [50.0], [11.0]]), k=1)
    assert scores == pytest.approx([1, 2, 4, np.nan, np.nan], nan_ok=True)


def test_rarity_is_the_mean_over_the_fakes_that_lie_within_at_the_fifth_neighbour():
    """A line of ten reals: the ball of the first reaches 5 far, those of the middle 3."""
    scores = rarity_scores(real=LINE, fake=np.array([[0.0], [-4.5], [-5.0], [4.4], [1000.0]]))
    assert scores == pytest.approx([3, 5, np.nan, 3, np.nan], nan_ok=True)
    assert rarity(real=LINE, fake=np.array([[-4.5], [4.4], [1000.0]])) == pytest.approx(4)
    with pytest.raises(UserError, match="at least 6"):
        rarity_scores(real=LINE[:5], fake=LINE)
    assert len(rarity_scores(real=LINE[:6], fake=LINE[:1])) == 1
    with pytest.raises(UserError, match="fake has 0 rows; this measure needs at least 1"):
        rarity_scores(real=LINE, fake=LINE[:0])


def test_rarity_is_undefined_where_nothing_lies_within():
    assert np.isnan(rarity(real=LINE, fake=LINE + 1000))
    assert np.isnan(rarity(real=np.full((6, 1), 3.0), fake=np.full((1, 1), 3.0)))  # a ball without extent


def test_a_copy_of_the_neighbour_that_a_ball_reaches_to_is_outside_however_it_is_rounded(rng):
    real = rng.normal(size=(200, 8)) + 50
    distance = np.sqrt(np.square(real[:, None] - real).sum(2))
    radius = np.sort(distance, axis=1)[:, 2]
    smallest = np.where(distance < radius, radius, np.inf).min(1)
    assert rarity_scores(real=real, fake=real.copy(), k=2) == pytest.approx(smallest)


def test_nearest_neighbours_of_sets_far_apart_alike_and_copied(rng):
    real, fake = rng.normal(size=(2, 500, 4))
    assert one_nearest_neighbour(real=real, fake=fake + 100) == {"nn_real": 1, "nn_fake": 1}
    assert one_nearest_neighbour(real=real, fake=real.copy()) == {"nn_real": 0, "nn_fake": 0}
    assert one_nearest_neighbour(real=real, fake=fake) == pytest.approx({"nn_real": 0.5, "nn_fake": 0.5}, abs=0.1)


def test_clumped_fakes_show_on_their_side_alone(rng):
    real = rng.normal(size=(500, 8))
    clumped = rng.normal(size=(20, 8)).repeat(25, 0) + 0.01 * rng.normal(size=(500, 8))
    found = one_nearest_neighbour(real=real, fake=clumped)
    assert found["nn_fake"] > 0.99
    assert found["nn_real"] > 0.3


def test_equal_distances_count_half():
    found = one_nearest_neighbour(real=np.array([[0.0], [2.0]]), fake=np.array([[-2.0], [4.0]]))
    assert found == {"nn_real": 0.5, "nn_fake": 0.0}  # 0 and 2 have one of each kind at 2; -2 and 4 have a real nearer


def test_copies_are_found_and_held_out_images_are_none(rng):
    train, held_out, fresh = rng.normal(size=(3, 1000, 6))
    assert copies(real=train, fake=train[:50], held_out=held_out) == {"copy_fraction": 1, "nearest_ratio": 0}
    healthy = copies(real=train, fake=fresh, held_out=held_out)
    assert healthy["copy_fraction"] == pytest.approx(0.01, abs=0.015)
    assert healthy["nearest_ratio"] == pytest.approx(1, abs=0.1)
    tenth = np.vstack([train[:100], fresh[:900]])
    assert copies(real=train, fake=tenth, held_out=held_out)["copy_fraction"] == pytest.approx(0.11, abs=0.015)
    noisy = copies(real=train, fake=fresh + 3 * rng.normal(size=fresh.shape), held_out=held_out)
    assert noisy["copy_fraction"] < 0.005
    assert noisy["nearest_ratio"] > 1.5


def test_the_copy_threshold_is_the_hundredth_of_the_held_out():
    assert [copy_rank(n) for n in (1, 98, 99, 198, 199, 999)] == [1, 1, 1, 1, 2, 10]
    assert copies(real=LINE[:1], fake=LINE[1:3], held_out=LINE[1:4])["copy_fraction"] == 0.5  # 1 is the nearest
    for fake in (LINE, LINE + 0.5):
        assert np.isnan(copies(real=LINE, fake=fake, held_out=LINE)["nearest_ratio"])
    with pytest.raises(UserError, match="fake has 0 rows; this measure needs at least 1"):
        copies(real=LINE, fake=LINE[:0], held_out=LINE)


def test_bins_of_the_same_set_do_not_differ_and_those_of_another_place_all_do(rng):
    real = rng.normal(size=(400, 4))
    assert different_bins(real=real, fake=real) == {"ndb": 0, "ndb_bins": 20}
    assert different_bins(real=real, fake=real[:1].repeat(400, 0))["ndb"] == 20
    assert different_bins(real=np.ones((50, 2)), fake=np.zeros((50, 2))) == {"ndb": 0, "ndb_bins": 1}


def test_a_dropped_cluster_is_a_different_bin(rng):
    centres = 100 * np.eye(10)
    real = centres.repeat(40, 0) + rng.normal(size=(400, 10))
    fake = centres[:9].repeat(40, 0) + rng.normal(size=(360, 10))
    found = different_bins(real=real, fake=fake, bins=10)
    assert found == {"ndb": 1, "ndb_bins": 10}


def test_bins_differ_by_chance_as_often_as_the_level_says(rng):
    found = [different_bins(real=rng.normal(size=(600, 3)), fake=rng.normal(size=(600, 3))) for _ in range(20)]
    share = sum(f["ndb"] for f in found) / sum(f["ndb_bins"] for f in found)
    assert share == pytest.approx(0.05, abs=0.04)


def test_duplicates_are_counted_and_give_the_support(rng):
    real, fake = rng.normal(size=(2, 600, 8))
    fake[300:] = fake[:300] + 1e-9  # each of 300 images twice
    found = birthday(real=real, fake=fake)
    assert found["duplicates"] == pytest.approx(300, abs=6)
    assert found["support"] == pytest.approx(600 * 599 / 2 / 300, rel=0.03)
    assert found["support_low"] < found["support"]


def test_without_duplicates_the_support_is_that_of_the_birthday_rule(rng):
    real = rng.normal(size=(300, 8))
    spread = np.eye(40) * 100
    found = birthday(real=np.hstack([real, np.zeros((300, 32))]), fake=spread)
    assert found["duplicates"] == 0
    assert found["support"] == pytest.approx(40 * 39 / 2 / np.log(2))
    assert found["support_low"] == pytest.approx(40 * 39 / 2 / 3.6889, rel=1e-4)  # -ln 0.025


def test_blur_is_no_duplicate_because_distances_are_scaled(rng):
    real, fake = rng.normal(size=(2, 800, 16))
    assert birthday(real=real, fake=0.1 * fake) == pytest.approx(birthday(real=real, fake=fake))


def test_what_a_near_duplicate_is_and_how_many_there_are():
    assert near(LINE) == pytest.approx(1)  # the closest of 45 pairs
    for unit in (1, 1e-3):
        assert scale(real=unit * LINE, fake=unit * (3 * LINE + 7)) == pytest.approx(3)
    assert scale(real=np.ones((5, 2)), fake=LINE[:, [0, 0]]) == 1
    assert [scale(real=times * LINE, fake=LINE) for times in (20, 21)] == [0.05, 1]  # blur brings no images nearer
    assert [pairs_within(LINE, distance) for distance in (0.5, 1, 2.5, 9)] == [0, 9, 17, 45]
    assert pairs_of(LINE) == 45


def test_duplicates_are_the_pairs_within_the_scaled_distance(case):
    real, fake = (np.asarray(points, np.float64) for points in case)
    wanted = pairs_within(fake, near(real) * scale(real=real, fake=fake))
    assert birthday(real=real, fake=fake)["duplicates"] == wanted


def test_total_collapse_is_all_duplicates():
    found = birthday(real=LINE, fake=np.ones((10, 1)))
    assert found["duplicates"] == 45
    rates = [45 / found[key] for key in ("support", "support_low")]  # of which 45 or fewer come with this chance
    assert poisson.cdf(45, rates) == pytest.approx([0.5, 0.025])
