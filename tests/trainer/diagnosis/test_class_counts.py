"""The classes of a verdict, from counts written by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.trainer.diagnosis.paper import labelled
from trainer.data import Attribute
from trainer.diagnosis.classes import (
    Good,
    Rule,
    compare_attribute,
    compare_classes,
    good_images,
    predicted,
    share_by_class,
    spread,
    within_classes,
)
from trainer.metrics import nulls

TEN = Attribute("kind", tuple("abcdefghij"))
TWO = Attribute("side", ("left", "right"))
EVEN = np.full(10, 10_000)


def first_missing(read: float = 1.0, good: float = 1.0, covered: float = 1.0, n: int = 100_000, **rule) -> bool:
    """Ten classes of 10,000. Of the first so many, times its even share, are read, are good, and are covered."""
    fake = EVEN.copy()
    fake[0] = round(read * fake[1:].sum() / (10 - read))
    made = np.r_[round(good * 9_000 / (10 - good)), [1000] * 9]
    found = compare_attribute(TEN, EVEN, fake, Good(n, made, EVEN, np.r_[covered, [1.0] * 9]), Rule(0.001, **rule))
    assert not any(share.missing for share in found.classes[1:])
    return found.classes[0].missing


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        ({"read": 0.24}, True),
        ({"read": 0.26}, False),
        ({"read": 0.24, "readable": False}, False),  # by labels alone, which are not to be trusted
        ({"read": 0.49, "good": 0.15, "n": 20_000}, True),
        ({"read": 0.51, "good": 0.15, "n": 20_000}, False),  # half of its share is read as it
        ({"read": 0.49, "good": 0.15, "n": 20_000, "rarely": 0.25}, False),
        ({"read": 0.49, "good": 0.17, "n": 20_000}, False),  # 0.4 squared is 0.16
        ({"read": 0.49, "good": 0.31, "covered": 0.5, "n": 20_000}, True),
        ({"read": 0.49, "good": 0.33, "covered": 0.5, "n": 20_000}, False),
        ({"read": 0.49, "good": 0.15, "n": 36_000}, True),  # just over a quarter of all are good
        ({"read": 0.49, "good": 0.15, "n": 37_000}, False),
        ({"read": 0.49, "good": 0.15, "n": 20_000, "readable": False}, True),
    ],
)
def test_a_class_is_dropped_by_what_is_read_as_it_or_by_its_good_images(case, missing):
    assert first_missing(**case) is missing


def test_what_is_rare_by_chance_is_not_dropped():
    """None of two images, of a class of which one in ten is real."""
    found = compare_attribute(
        TEN, EVEN, np.r_[0, 2, [0] * 8], Good(2, np.zeros(10, int), EVEN, np.ones(10)), Rule(0.001)
    )
    assert not any(share.missing or share.abnormal for share in found.classes)


@pytest.mark.parametrize(("good", "missing"), [(5, True), (6, False)])
def test_good_images_that_are_few_by_chance_do_not_drop_a_class(good, missing):
    """Of about 200, six are the fewest that chance leaves at 0.001 divided among ten classes."""
    made = np.r_[good, [22] * 9]
    found = compare_attribute(TEN, EVEN, np.r_[6, [21] * 9], Good(200, made, EVEN, np.r_[0.1, [1.0] * 9]), Rule(0.001))
    assert [share.missing for share in found.classes] == [missing] + [False] * 9


def test_a_class_at_the_fraction_itself_is_not_dropped():
    """A quarter of half of all by its labels, half of it by its good images."""
    even = np.array([5000, 5000])
    good, poor = (Good(1000, np.array([n, 500]), even, np.array([c, 1.0])) for n, c in ((500, 1.0), (0, 0.0)))
    for read, found, missing in ((125, good, False), (124, good, True), (250, poor, False), (249, poor, True)):
        stats = compare_attribute(TWO, even, np.array([read, 1000 - read]), found, Rule(0.001))
        assert stats.classes[0].missing is missing


def test_good_images_are_read_for_sure_and_lie_in_the_ball_of_a_real_one_of_their_class():
    """Balls reach to the tenth neighbour. The left ones are all covered, the right ones are not."""
    real = replace(labelled([0] * 15 + [1] * 15, 2), features=np.r_[np.arange(15.0), 100 + np.arange(15.0)][:, None])
    fake = replace(labelled([0] * 11 + [1], 2), features=np.r_[np.arange(11.0), 5][:, None])
    fake.probabilities[0][:3] = [[0.99, 0.01], [0.98, 0.02], [0.02, 0.98]]
    (found,) = good_images(SimpleNamespace(heads=(TWO,), extractor="mnist"), real, fake)
    assert (found.n, found.fake.tolist(), found.real.tolist()) == (12, [9, 0], [15, 15])
    assert found.covered.tolist() == [2, 0]
    far = replace(fake, features=fake.features - 1000)
    assert good_images(SimpleNamespace(heads=(TWO,), extractor="mnist"), real, far)[0].covered.tolist() == [0, 0]


def test_shares_are_those_of_the_counts_each_within_its_wilson_interval():
    good = Good(50, np.array([10, 5]), np.array([8, 2]), np.ones(2))
    found = compare_attribute(TWO, np.array([30, 10]), np.array([20, 20]), good, Rule(0.1))
    left, right = found.classes
    assert (left.name, left.real, left.fake, right.real, right.fake) == ("left", 0.75, 0.5, 0.25, 0.5)
    assert (left.good, right.good, left.due, right.due) == pytest.approx((0.2, 0.1, 0.8 * 15 / 50, 0.2 * 15 / 50))
    assert (left.minimum, left.maximum) == pytest.approx((0.352, 0.648), abs=1e-3)
    low, high = predicted(np.array([30, 10]), 40, 0.1 / 2)
    assert [share.low * 40 for share in found.classes] == pytest.approx(low)
    assert [share.high * 40 for share in found.classes] == pytest.approx(high)
    assert found.kl == pytest.approx(0.5 * np.log(0.5 / 0.75) + 0.5 * np.log(2))


@pytest.mark.parametrize(("fake", "tested"), [(10, True), (9, False), (1000, True)])
def test_the_divergence_is_tested_from_five_images_of_the_rarest_class_on(fake, tested):
    """Ten of twenty real ones: of ten images five are expected. More generated than real ones do not help: 10 are."""
    none = Good(9, np.zeros(2), np.zeros(2), np.ones(2))
    found = compare_attribute(TWO, np.array([10, 10]), np.array([fake, 0]), none, Rule(0.1))
    bound = nulls.kl_threshold(n_fake=fake, n_real=20, k_classes=2, alpha=0.1)
    assert found.kl_bound == (bound if tested else np.inf)


def test_real_images_that_are_too_few_do_not_test_the_divergence_however_many_are_generated():
    none = Good(9, np.zeros(2), np.zeros(2), np.ones(2))
    assert compare_attribute(TWO, np.array([4, 9]), np.array([500, 500]), none, Rule(0.1)).kl_bound == np.inf


def test_the_chance_is_divided_among_attributes_and_classes_and_several_ask_for_rarer_ones():
    """A class at 0.3 of its share whose good images are gone is dropped where the attribute is the only one."""
    labels = [0] * 150 + [1] * 850
    good = Good(1000, np.array([0, 850]), np.array([500, 500]), np.array([0.0, 1.0]))
    one = SimpleNamespace(heads=(TWO,), counts=(np.array([5000, 5000]),))
    two = SimpleNamespace(heads=(TWO, TWO), counts=one.counts * 2)
    fake = labelled(labels, 2)
    both = type(fake)(fake.features, fake.probabilities * 2, fake.pixels)
    alone, several = compare_classes(one, fake, (good,)), compare_classes(two, both, (good, good))
    assert (alone[0].classes[0].missing, several[0].classes[0].missing) == (True, False)
    for found, chance in ((alone[0], 0.005 / 7), (several[1], 0.005 / 14)):
        low, high = predicted(np.array([5000, 5000]), 1000, chance / 2)
        assert (found.classes[0].low, found.classes[0].high) == (low[0] / 1000, high[0] / 1000)
    rare = labelled([0] * 100 + [1] * 900, 2)
    healthy = Good(1000, np.array([500, 500]), np.array([500, 500]), np.ones(2))
    assert compare_classes(one, rare, (healthy,))[0].classes[0].missing
    assert not compare_classes(one, rare, (healthy,), readable=False)[0].classes[0].missing


def test_a_count_is_predicted_from_half_an_image_more_in_each_class():
    """Three real ones and none: the next is of the first class with chance 3.5 / 4."""
    real = np.array([3, 0])
    assert [bound.tolist() for bound in predicted(real, 1, 0.3)] == [[1, 0], [1, 0]]
    assert [bound.tolist() for bound in predicted(real, 1, 0.2)] == [[0, 0], [1, 1]]


def test_the_share_found_of_a_class_without_images_is_all():
    assert share_by_class(np.array([True, False, True]), np.array([0, 0, 1]), 3).tolist() == [0.5, 1, 1]


def test_spread_is_a_ratio_of_deviations():
    line = np.arange(5.0)[:, None]
    assert spread(3 * line + 7, line) == pytest.approx(3)
    assert spread(line[:1], line) == 0
    assert spread(line, line[:1]) == pytest.approx(np.sqrt(2e12))  # of no deviation at all


def test_within_a_class_variety_is_evaluated_from_thirty_on_and_what_is_asked_for_is_counted():
    """The left ones vary 1/4 as much as real ones; all together vary half as much."""
    at = np.r_[np.linspace(-1, 1, 30), np.linspace(-1, 1, 29)][:, None].astype(np.float32)
    labels = [0] * 30 + [1] * 29
    real = labelled([0] * 30 + [1] * 30, 2)
    real = type(real)(real.features, real.probabilities, np.r_[at[:30], at[:30]])
    fake = labelled(labels, 2)
    fake = type(fake)(fake.features, fake.probabilities, np.r_[at[:30] / 4, at[30:] * 0.7])
    reference = SimpleNamespace(real=real, heads=(TWO,), real_accuracy=())
    left, right = within_classes(reference, fake, np.array([0] * 20 + [1] * 39))
    assert (left.name, left.fake, left.asked, left.label_accuracy) == ("left", 30, 20, 1.0)
    assert (right.fake, right.asked, right.label_accuracy, right.variety) == (29, 39, 29 / 39, None)
    assert left.variety == pytest.approx(0.25 / spread(fake.pixels, real.pixels))
    unasked = within_classes(reference, fake, None)
    assert [(one.asked, one.label_accuracy) for one in unasked] == [(0, None)] * 2
    wide = type(fake)(fake.features, fake.probabilities, fake.pixels * 100)  # more than real ones is no excuse
    assert within_classes(reference, wide, None)[0].variety == pytest.approx(25)
