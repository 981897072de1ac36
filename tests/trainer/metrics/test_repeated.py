"""Sets whose rows repeat, or are nearly all the same: what has no value is undefined, and what has one tells it."""

import json
import math

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from trainer.metrics.birthday import birthday, smallest_distance
from trainer.metrics.kid import kernel_distance, standardised_distance
from trainer.metrics.prdc import knn_membership, prdc, prdc_figures
from trainer.reports.measure import as_json, as_table, measured

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(300, 8))
TEN = np.repeat(POINTS[:20], 15, axis=0)


REPEATED = {
    "constant": np.full((300, 8), 3.0),
    "zero": np.zeros((300, 8)),
    "each 15 times": TEN,
    "each 6 times": np.repeat(POINTS[:50], 6, axis=0),
    "half of one image": np.concatenate([np.full((150, 8), 2.0), POINTS[:150]]),
    "a tenth of one image": np.concatenate([np.full((30, 8), 2.0), POINTS[:270]]),
    "each 15 times but for rounding": TEN + 1e-10 * RNG.normal(size=TEN.shape),
    "the same in a smaller unit": 1e12 * (TEN + 1e-8 * RNG.normal(size=TEN.shape)),
    "far from 0": TEN + 1e6,
    "one column": TEN[:, :1],
}


@pytest.mark.parametrize("name", REPEATED)
def test_of_identical_sets_with_repeated_rows_the_neighbourhoods_are_undefined(name):
    rows = REPEATED[name]
    found = prdc(real=rows, fake=rows.copy())
    assert all(map(math.isnan, found.values())), found


@pytest.mark.parametrize("times", [1, 2, 5])
def test_rows_that_occur_up_to_k_times_have_neighbourhoods_and_identical_sets_are_covered(times):
    rows = np.repeat(POINTS[: 300 // times], times, axis=0)
    found = prdc(real=rows, fake=rows.copy())
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)


def test_a_few_repeated_rows_are_in_the_figures_as_they_are():
    rows = np.concatenate([np.tile(POINTS[:1], (7, 1)), RNG.normal(size=(1000, 8))])
    found, plain = prdc(real=rows, fake=rows.copy()), prdc_figures(knn_membership(real=rows, fake=rows.copy()))
    assert found == plain
    assert found["coverage"] == pytest.approx(1000 / 1007)


def test_healthy_sets_have_the_values_that_the_memberships_give():
    fake = RNG.normal(size=(300, 8))
    assert prdc(real=POINTS, fake=fake) == prdc_figures(knn_membership(real=POINTS, fake=fake))


def test_of_a_collapsed_set_recall_is_0_and_only_real_rows_that_repeat_make_the_others_undefined():
    collapsed = np.tile(POINTS[:1] + 0.1, (300, 1))
    found = prdc(real=POINTS, fake=collapsed)
    assert found["recall"] == 0
    assert not any(map(math.isnan, found.values()))
    assert [key for key, value in prdc(real=TEN, fake=POINTS).items() if math.isnan(value)] == [
        "precision", "density", "coverage",
    ]  # fmt: skip


def test_undefined_is_null_in_json_and_a_word_with_its_reason_in_the_table():
    found = measured({"real": REPEATED["constant"], "fake": REPEATED["constant"]})
    read = json.loads(as_json(found))
    assert read["fid"] == 0
    assert [read[key] for key in ("precision", "recall", "density", "coverage", "kid_standardised")] == [None] * 5
    assert "occur more than k = 5 times" in read["undefined"]["recall"]
    assert read["undefined"]["kid_standardised"] == "the real rows are all the same"
    table = as_table(found)
    assert "undefined: precision, recall, density, coverage, rarity: " not in table
    assert "undefined: precision, recall, density, coverage: rows that occur more than k = 5 times" in table
    assert "undefined" not in measured({"real": POINTS, "fake": POINTS + 0.1})


@pytest.mark.slow
def test_every_figure_that_is_undefined_says_why():
    """On the sets above, constant and repeated, against each other."""
    for real in REPEATED.values():
        fake = np.full_like(real, 7.0)
        for inputs in ({"real": real, "fake": fake}, {"real": fake, "fake": real, "held_out": fake}):
            found = measured(inputs)
            assert {key for key, value in found.items() if value is None} == found.get("undefined", {}).keys()
            assert all(found.get("undefined", {"": "why"}).values())


# ---- near-duplicates


def test_the_smallest_distances_are_those_of_all_pairs_sorted():
    points = np.random.default_rng(1).normal(size=(60, 3))
    ranks = np.arange(1, 500, 2)
    found = [smallest_distance(points, rank) for rank in ranks]
    assert found == pytest.approx(np.sort(pdist(points))[ranks - 1])


@pytest.mark.parametrize("noise", [0.0, 1e-9, 1e-4, 1e-2])
def test_a_collapsed_set_is_one_image(noise):
    found = birthday(real=POINTS, fake=np.tile(POINTS[:1], (300, 1)) + noise * RNG.normal(size=(300, 8)))
    assert found["duplicates"] == pytest.approx(300 * 299 / 2)
    assert found["support"] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("scale", [0.06, 0.1, 0.5, 1.0, 2.0])
def test_blurred_images_which_lie_nearer_together_are_no_duplicates(scale):
    fake = RNG.normal(size=(300, 8))
    assert birthday(real=POINTS, fake=scale * fake) == birthday(real=POINTS, fake=fake)


def test_copies_among_the_real_images_are_expected_among_the_generated_ones():
    found = birthday(real=TEN, fake=TEN.copy())
    assert found["duplicates"] == found["duplicates_expected"] == 20 * 15 * 14 / 2


# ---- the kernel distance in a unit of its own


def test_the_standardised_kernel_distance_depends_on_neither_scale_nor_place():
    real, fake = POINTS, RNG.normal(0.3, 1.2, size=(200, 8))
    found = standardised_distance(real=real, fake=fake)
    for scale, shift in ((30.0, 0.0), (1e-3, 0.0), (1.0, 50.0), (7.0, -3.0)):
        other = standardised_distance(real=scale * real + shift, fake=scale * fake + shift)
        assert other == pytest.approx(found, rel=1e-6)
    assert kernel_distance(real=30 * real, fake=30 * fake)["kid"] > 1000 * kernel_distance(real=real, fake=fake)["kid"]


def test_on_features_of_mean_0_and_deviation_1_it_is_the_plain_one():
    real = (POINTS - POINTS.mean(0)) / POINTS.std(0, ddof=1)
    fake = RNG.normal(0.5, 1, size=(200, 8))
    found, plain = standardised_distance(real=real, fake=fake), kernel_distance(real=real, fake=fake)
    assert found["kid_standardised"] == pytest.approx(plain["kid"])
    assert found["kid_standardised_se"] == pytest.approx(plain["kid_se"])


def test_a_feature_that_hardly_varies_does_not_outweigh_the_others():
    dead = np.column_stack([POINTS, 1e-9 * RNG.normal(size=300)])
    fake = np.column_stack([RNG.normal(size=(300, 8)), np.full(300, 0.1)])
    assert abs(standardised_distance(real=dead, fake=fake)["kid_standardised"]) < 0.1


@pytest.mark.parametrize("value", [0.0, 3.0, 0.1, 1e9])
def test_reals_that_are_all_the_same_have_no_deviation_to_measure_by(value):
    found = standardised_distance(real=np.full((50, 4), value), fake=RNG.normal(size=(50, 4)))
    assert all(map(math.isnan, found.values()))
