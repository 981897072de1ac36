"""Loss of variety within classes, from measurements written by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.trainer.diagnosis.paper import attribute, labelled, measurements, share
from trainer.diagnosis.classes import IntraClassStats
from trainer.diagnosis.findings.intra_mode_collapse import as_good, intra_mode_collapse, uncovered
from trainer.metrics import nulls
from trainer.metrics.prdc import KnnMembership

N = 400
HALVES = attribute(share("0", 0.5, 0.5), share("1", 0.5, 0.5))
REALS = labelled([0, 1] * (N // 2), 2)
REFERENCE = SimpleNamespace(real=REALS, heads=(SimpleNamespace(values=("0", "1")),), nulls={})


def measured(empty: list[int], **changes):
    """400 images on each side; the real ones of these rows have no generated one near."""
    covered = np.ones(N, bool)
    covered[empty] = False
    pixels = KnnMembership(np.ones(N, bool), np.ones(N, int), covered, np.ones(N, bool))
    return replace(measurements(**changes), n=N, rows=np.arange(N), pixels=pixels)


def bound(share_of_chance: float, n: int) -> int:
    """As many empty ones as are just no finding, of n real and as many generated images."""
    usual = n * (1 - nulls.coverage_null(n_real=n, n_fake=n).expected)
    return int(nulls.most_empty(usual, 0.005 / 7 * share_of_chance))


def test_without_classes_uncovered_samples_are_more_empty_neighbourhoods_than_chance_leaves():
    maximum = bound(1, N)
    assert uncovered(measured(list(range(maximum))), REFERENCE, REALS) == ([], [], [])
    text, rows, names = uncovered(measured(list(range(50, 50 + maximum + 1))), REFERENCE, REALS)
    expected = 100 * (1 - nulls.coverage_null(n_real=N, n_fake=N).expected)
    assert f"but {(maximum + 1) / 4:.1f} % of the real images have no generated image nearby" in text[0]
    assert f"(expected: {expected:.1f} %)" in text[0]
    assert (rows, names) == (list(range(50, 62)), [])


def test_uncovered_samples_of_one_class_are_told_of_it_and_those_of_all_of_all():
    one, both = bound(1 / 4, N // 2), bound(1 / 2, N)
    ones = list(range(1, N, 2))
    assert uncovered(measured(ones[:one], attributes=(HALVES,)), REFERENCE, REALS) == ([], [], [])
    text, rows, names = uncovered(measured(ones[: one + 1], attributes=(HALVES,)), REFERENCE, REALS)
    assert f"{100 * (one + 1) / 200:.1f} % of the real images of 1 have no generated image nearby" in text[0]
    usual = 100 * (1 - nulls.coverage_null(n_real=N // 2, n_fake=N // 2).expected)
    assert text[0].endswith(f"(expected: {usual:.1f} %).")
    assert (rows, names) == (ones[:12], ["1"])
    text, rows, names = uncovered(measured(ones[: both + 3], attributes=(HALVES,)), REFERENCE, REALS)
    assert f"{100 * (both + 3) / 400:.1f} % of the real images have no" in text[0]
    assert (rows, names) == (ones[:12], ["1"])
    spread = list(range(both + 1))  # half of each class: no class shows it by itself
    assert uncovered(measured(spread[:-1], attributes=(HALVES,)), REFERENCE, REALS) == ([], [], [])
    text, rows, names = uncovered(measured(spread, attributes=(HALVES,)), REFERENCE, REALS)
    assert f"{100 * (both + 1) / 400:.1f} % of the real images have no" in text[0]
    assert (rows, names) == (spread[:12], [])
    assert text[0].endswith(f"(expected: {usual:.1f} %).")  # two of 200 as one of 200


def test_of_a_class_that_hardly_leaves_an_empty_neighbourhood_a_few_are_holes():
    """Of 20 real ones, 20 generated: 0.6 are expected to be uncovered."""
    few = labelled([0] * 380 + [1] * 20, 2)
    reference = SimpleNamespace(real=few, heads=REFERENCE.heads, nulls={})
    maximum = bound(1 / 4, 20)
    assert uncovered(measured(list(range(380, 380 + maximum)), attributes=(HALVES,)), reference, few) == ([], [], [])
    _, _, names = uncovered(measured(list(range(380, 380 + maximum + 1)), attributes=(HALVES,)), reference, few)
    assert names == ["1"]


@pytest.mark.parametrize(("real", "names"), [(9, []), (10, ["1"])])
def test_a_class_of_under_ten_real_images_is_not_evaluated_by_itself(real, names):
    """Of five, each has all others within reach, so that a single empty one would be beyond all expectation."""
    few = labelled([0] * (N - real) + [1] * real, 2)
    reference = SimpleNamespace(real=few, heads=REFERENCE.heads, nulls={})
    all_of_it = list(range(N - real, N))
    assert uncovered(measured(all_of_it, attributes=(HALVES,)), reference, few)[2] == names


@pytest.mark.parametrize(
    ("values", "good"),
    [({}, True), ({"precision": 0.7}, False), ({"density": 0.7}, False), ({"pixel_density": 0.4}, False),
     ({"pixel_density": 1.6}, True), ({"kid": 0.2}, True), ({"pixel_density": 1.6, "kid": 0.2}, False),
     ({"density": np.nan}, False), ({"pixel_density": np.nan}, False), ({"precision": np.nan}, False)],
)  # fmt: skip
def test_images_are_as_good_as_real_ones_unless_a_figure_says_otherwise(values, good):
    assert as_good(measurements(values=values), REFERENCE) is good


@pytest.mark.parametrize(("precise", "good"), [(9, True), (8, False)])
def test_where_nothing_is_known_of_healthy_data_nine_tenths_of_the_expected_precision_are_as_good(precise, good):
    """The expected precision is 1 where nothing is kept, and the mean of what is kept of another size."""
    found = measurements(precise=precise)
    found.by_key["precision"] = found.by_key["precision"]._replace(low=None)
    assert as_good(found, SimpleNamespace(nulls={})) is good
    assert as_good(found, SimpleNamespace(nulls={500: {"precision": np.array([0.7, 0.9])}}))


def test_a_collapse_within_classes_is_told_by_duplicates_by_variety_and_by_uncovered_samples():
    """Pairs of equal images; one class that varies by a fifth, another by two fifths; and uncovered samples."""
    intra_class = (IntraClassStats("0", 200, 0.4, 0, None), IntraClassStats("1", 200, 0.2, 0, None))
    found = measured(
        list(range(200)), attributes=(HALVES,), intra_class=intra_class, values={"duplicates": 30}, closer=30
    )
    pixels = np.arange(N, dtype=np.float32)[:, None] * 10
    pixels[1::2] = pixels[::2]  # each image twice
    fake = replace(REALS, pixels=pixels)
    (one,) = intra_mode_collapse(found, REFERENCE, fake)
    assert one.text.startswith(
        "30 pairs of generated images are near-duplicates (expected: up to 5): about 2,660 different images are "
        "generated. Within 0 and 1, the samples vary less than half as much as real images (1: 20.0 %). The samples "
        "are as good as real images, but 50.0 % of the real images have no generated image nearby"
    )
    assert one.fakes == (*range(12),)
    assert one.reals == (1, 3, 5, 7, 9, 11, 0, 1, 2, 3, 4, 5)
    assert one.classes == ("0", "1")


def test_without_duplicates_the_narrow_class_is_shown_on_both_sides():
    intra_class = (IntraClassStats("0", 200, 1.0, 0, None), IntraClassStats("1", 200, 0.2, 0, None))
    (one,) = intra_mode_collapse(measured([], attributes=(HALVES,), intra_class=intra_class), REFERENCE, REALS)
    assert one.fakes == one.reals == (1, 3, 5, 7, 9, 11)
    assert one.classes == ("1",)
    assert not list(intra_mode_collapse(measured([], attributes=(HALVES,)), REFERENCE, REALS))


def test_uncovered_samples_are_not_told_of_bad_images_nor_where_another_attribute_is_out_of_proportion():
    off = attribute(share("red", 0.5, 0.6), name="colour")
    reference = SimpleNamespace(real=REALS, heads=REFERENCE.heads * 2, nulls={})
    empty = list(range(200))
    assert list(intra_mode_collapse(measured(empty, attributes=(HALVES,)), REFERENCE, REALS))
    assert not list(intra_mode_collapse(measured(empty, attributes=(HALVES, off)), reference, REALS))
    assert not list(
        intra_mode_collapse(measured(empty, attributes=(HALVES,), values={"density": 0.5}), REFERENCE, REALS)
    )
    first = attribute(share("0", 0.5, 0.6), share("1", 0.5, 0.4))  # the first attribute's are taken account of
    assert list(intra_mode_collapse(measured(empty, attributes=(first,)), REFERENCE, REALS))


def test_of_several_attributes_it_is_the_first_whose_classes_are_looked_into():
    """The second attribute has one class, which all images are of."""
    colours = attribute(share("red", 1.0, 1.0), name="colour")
    both = replace(REALS, probabilities=(REALS.probabilities[0], np.ones((N, 1), np.float32)))
    reference = SimpleNamespace(real=both, heads=(*REFERENCE.heads, SimpleNamespace(values=("red",))), nulls={})
    intra_class = (IntraClassStats("0", 200, 1.0, 0, None), IntraClassStats("1", 200, 0.0, 0, None))
    empty = list(range(1, 61, 2))
    (one,) = intra_mode_collapse(
        measured(empty, attributes=(HALVES, colours), intra_class=intra_class), reference, both
    )
    assert one.text.startswith("Within digit: 1, the samples vary less than half as much as real images (1: 0.0 %).")
    assert "but 15.0 % of the real images of digit: 1 have no generated image nearby" in one.text
    assert one.classes == ("digit: 1",)
    assert one.fakes == (1, 3, 5, 7, 9, 11)
    assert one.reals == (1, 3, 5, 7, 9, 11, 1, 3, 5, 7, 9, 11)


def test_of_many_near_duplicates_six_pairs_are_shown():
    pixels = np.arange(N, dtype=np.float32)[:, None] * 10
    pixels[1::2] = pixels[::2]
    (one,) = intra_mode_collapse(
        measured([], values={"duplicates": 30}, closer=30), REFERENCE, replace(REALS, pixels=pixels)
    )
    assert one.fakes == (*range(12),)
    assert (one.reals, one.classes) == ((), ())
