"""What a verdict makes of measurements written by hand, and the bands of healthy data in numbers."""

from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm, pearson3

from tests.trainer.diagnosis.paper import HEALTHY, REALS, REFERENCE, attribute, labelled, measurements, share
from trainer.diagnosis import FINDINGS, Finding
from trainer.diagnosis.classes import ClassShare
from trainer.diagnosis.measurements import Measurement, band, copies, coverage, duplicates, readable
from trainer.diagnosis.verdicts import Diagnosis, found_in, gravity, looks_bad
from trainer.metrics import nulls
from trainer.metrics.birthday import scale
from trainer.metrics.prdc import KnnMembership


def test_healthy_is_told_with_coverage_and_of_classes_only_where_there_are_some():
    (one,) = found_in(measurements(), REFERENCE, REALS)
    assert (one.kind, one.fakes) == ("healthy", tuple(range(10)))
    assert one.text == (
        "Nothing tells these 10 samples from real data. 90.0 % of the real images have a generated image nearby "
        "(expected: at least 80.0 %)."
    )


def test_classes_that_cannot_be_read_are_not_out_of_proportion():
    off = measurements(attributes=(attribute(share("0", 0.5, 0.6)),), values={"density": 0.7})
    for clear, kinds in ((True, ["imbalance", "quality"]), (False, ["quality"])):
        assert [one.kind for one in found_in(replace(off, readable=clear), REFERENCE, REALS)] == kinds


def test_how_grave_each_finding_is_and_what_is_looked_for_beside_it():
    assert {name: kind.grade for name, kind in FINDINGS.items()} == {
        "too-few": 1, "total-collapse": 2, "out-of-distribution": 2, "mode-dropping": 2, "intra-mode-collapse": 2,
        "memorised": 2, "label-ignored": 1, "imbalance": 1, "quality": 1, "healthy": 0,
    }  # fmt: skip
    assert {name for name, kind in FINDINGS.items() if kind.alone} == {"total-collapse", "out-of-distribution"}
    assert {name for name, kind in FINDINGS.items() if kind.reads_classes} == {"label-ignored", "imbalance"}


def test_what_is_weak_comes_last_whatever_its_kind():
    order = [Finding("quality", ""), Finding("mode-dropping", "", weak=True), Finding("imbalance", "", weak=True)]
    assert sorted([order[2], order[1], order[0]], key=gravity) == order
    assert gravity(order[0]) == (False, list(FINDINGS).index("quality"))


@pytest.mark.parametrize(
    ("key", "value", "bad"),
    [("precision", 0.1, True), ("precision", 9, False), ("kid", 9, True), ("kid", -9, False), ("vendi", 9, True),
     ("vendi", -9, True), ("vendi", 0.5, False), ("no figure", 9, True)],
)  # fmt: skip
def test_a_reading_looks_bad_on_the_side_that_is_bad(key, value, bad):
    assert looks_bad(Measurement(key, value, 0.2, 0.8)) is bad


def test_the_verdict_is_the_first_finding_and_no_finding_changes_afterwards():
    worse, milder = Finding("mode-dropping", "Worse."), Finding("quality", "Milder.")
    found = Diagnosis(10, (worse, milder), measurements())
    assert found.verdict is worse
    assert "measurements=" not in repr(found)
    for one, name in ((found, "n"), (worse, "text"), (measurements(), "n")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, None)
    assert (worse.fakes, worse.reals, worse.sources, worse.classes, worse.weak) == ((), (), (), (), False)


def test_out_of_distribution_makes_moot_what_does_not_look_bad_and_hides_the_classes():
    measured = measurements(values={"precision": 0.1}, attributes=(attribute(share("0", 1.0, 1.0)),))
    verdicts = {kind: Diagnosis(10, (Finding(kind, ""),), measured) for kind in FINDINGS}
    assert verdicts["out-of-distribution"].moot == set(HEALTHY) - {"precision"}
    assert {kind for kind, one in verdicts.items() if not one.attributes} == {"out-of-distribution", "total-collapse"}
    assert not any(one.moot for kind, one in verdicts.items() if kind != "out-of-distribution")
    nothing = Diagnosis(10, (Finding("too-few", ""),), None)
    assert (nothing.attributes, nothing.moot) == ((), frozenset())


@pytest.mark.parametrize(
    ("value", "below", "above"), [(0.2, False, False), (0.8, False, False), (0.1, True, False), (0.9, False, True)]
)
def test_a_band_holds_its_ends(value, below, above):
    reading = Measurement("kid", value, 0.2, 0.8)
    assert (reading.below, reading.above, reading.abnormal) == (below, above, below or above)
    assert not Measurement("kid", value, None, None).abnormal
    assert ClassShare("0", 0.5, value, 0.2, 0.8, 0, 1, 0, 0, False).abnormal == (below or above)


def test_duplicates_say_how_many_images_differ():
    assert measurements(values={"duplicates": 5}).different == 9  # 45 pairs
    assert measurements().different == 45


def test_an_attribute_is_abnormal_by_a_class_or_by_their_divergence():
    assert not attribute(share("0", 0.5, 0.5), kl=0.1).abnormal
    assert attribute(share("0", 0.5, 0.5), kl=0.11).abnormal
    assert attribute(share("0", 0.5, 0.56), kl=0.0).abnormal


# ---- the bands


def test_a_band_is_normal_where_the_splits_are_symmetrical_and_skew_where_they_are_not():
    """-1, 0, 1: mean 0, deviation 1, and a new value deviates by sqrt(1 + 1/3) of it."""
    reach = 1.96 * np.sqrt(4 / 3)
    assert band(np.array([-1.0, 0, 1]), 0.05) == pytest.approx((-reach, reach), rel=1e-4)
    usual = norm.ppf(1 - 0.005 / 7 / 3) * np.sqrt(4 / 3)  # ALPHA over 7 tests, this one over 3 figures
    assert band(np.array([-1.0, 0, 1])) == pytest.approx((-usual, usual))
    law = pearson3(0.75, 1, 2 * np.sqrt(5 / 4))  # 0 0 0 4: mean 1, deviation 2, skewness (27 - 3) / 8 / 4
    assert band(np.array([0.0, 0, 0, 4]), 0.1) == pytest.approx((law.ppf(0.05), law.ppf(0.95)))


@pytest.mark.parametrize("healthy", [None, np.zeros(0), np.zeros(2), np.array([1, 2, np.nan])])
def test_there_is_no_band_of_two_splits_or_of_undefined_ones(healthy):
    assert band(healthy) == (None, None)


def test_the_band_of_a_figure_that_never_varies_is_its_value():
    assert band(np.full(3, 0.5)) == (0.5, 0.5)


def test_the_bound_of_coverage_is_that_of_these_numbers_of_images():
    found = coverage(KnnMembership(np.ones(300, bool), np.ones(300, int), np.arange(400) < 300, np.ones(400, bool)))
    bound = nulls.coverage_bound(n_real=400, n_fake=300, k=5, alpha=0.005 / 7)
    assert found == Measurement("pixel_coverage", 0.75, bound, None)
    assert bound > 0


def test_duplicates_are_counted_at_the_distance_of_the_closest_real_pair_times_the_spread():
    """Of six real images two are 1 apart. Of fakes twice as far apart two are near-duplicates, but none to the eye."""
    reals = np.array([[0.0], [1], [3], [7], [15], [31]])  # 15 pairs
    reading = Measurement(
        "duplicates", 1, None, float(nulls.duplicates_bound(n_real=6, n_fake=6, alpha=0.005 / 7 / 1000))
    )
    assert duplicates(reals, reals, scale(real=reals, fake=reals)) == (reading, 1 / 15, pytest.approx(1))
    assert duplicates(reals, 2 * reals, scale(real=reals, fake=2 * reals)) == (reading, 0, pytest.approx(2))


def test_copies_lie_as_near_as_the_nearest_unseen_image():
    reference = SimpleNamespace(unseen_distances=np.array([3.0, 1.0, 2.0]), seen=np.array([[0.0], [10.0]]))
    reading, copied, source, distance = copies(reference, np.array([[1.0], [8.0], [3.0]]), 1.0)
    bound = nulls.copy_fraction_bound(n_fake=3, n_held_out=3, alpha=0.005 / 7)
    assert reading == Measurement("copy_fraction", 1 / 3, None, bound)
    assert (copied.tolist(), source.tolist(), distance.tolist()) == ([True, False, False], [0, 1, 0], [1, 2, 3])


@pytest.mark.parametrize(("nearer", "copies_found"), [(2.0, 2), (1.0, 2), (0.9, 1), (0.4, 0)])
def test_images_that_lie_nearer_to_each_other_have_to_be_as_much_nearer_to_what_they_copy(nearer, copies_found):
    """The nearest unseen image is 1 away; two of the generated ones are 0.5 and 0.95 away. Further apart helps none."""
    reference = SimpleNamespace(unseen_distances=np.array([3.0, 1.0, 2.0]), seen=np.array([[0.0], [10.0]]))
    assert copies(reference, np.array([[0.5], [10.95], [3.0]]), nearer)[1].sum() == copies_found


@pytest.mark.parametrize(("unsure", "clear"), [(3, True), (4, True), (5, False)])
def test_classes_are_readable_while_a_third_more_is_unsure_than_of_real_images(unsure, clear):
    """One of ten real images is read with less than 0.9; what the second attribute is plays no part."""

    def doubted(count: int):
        probabilities = np.full((10, 2), 0.1)
        probabilities[:, 0] = np.where(np.arange(10) < count, 0.89, 0.9)
        return replace(labelled([0] * 10), probabilities=(probabilities, np.full((10, 2), 0.5)))

    assert readable(SimpleNamespace(real=doubted(1)), doubted(unsure)) is clear
    assert readable(SimpleNamespace(real=doubted(0)), doubted(1).take(slice(3)))  # a third more exactly
