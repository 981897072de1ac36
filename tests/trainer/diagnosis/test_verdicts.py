"""What the diagnosis says of healthy things, of too few, and of several faults at once."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.diagnosis.conftest import KINDS, N, kinds, shares
from trainer.diagnosis import FINDINGS as FAULTS
from trainer.diagnosis.findings.too_few import min_needed
from trainer.diagnosis.thresholds import ALPHA, TESTS
from trainer.metrics.birthday import pairs_within

TESTED = {"precision", "density", "kid", "pixel_coverage", "duplicates", "copy_fraction"}


def test_healthy_things_are_healthy(evaluate, world):
    fake = world.draw(N, seed=0)
    found = evaluate(fake)
    assert kinds(found) == ["healthy"]
    assert found.verdict.grade == 0
    assert "500 samples" in found.verdict.text
    assert found.measurements.n == N
    assert [attribute.name for attribute in found.measurements.attributes] == ["kind"]
    assert [one.name for one in found.measurements.intra_class] == list(KINDS)
    assert found.measurements.closer == pairs_within(fake.pixels.astype(np.float64), found.measurements.near / 2) == 0
    assert not any(one.abnormal for one in found.measurements.by_key.values() if one.key in TESTED)


@pytest.mark.slow
def test_healthy_things_hardly_ever_raise_a_false_alarm(evaluate, world):
    """ALPHA of 60 is 0.3, and more than 3 have a chance of 3 in 10,000; bands from 60 splits add a little to it."""
    verdicts = Counter(evaluate(world.draw(N, seed=seed)).verdict.kind for seed in range(60))
    assert verdicts["healthy"] >= 57


def test_more_images_than_there_are_healthy_values_for_count_for_the_classes(evaluate, world):
    found = evaluate(world.draw(1200, seed=3))
    assert kinds(found) == ["healthy"]
    assert (found.measurements.n, found.measurements.n_fake) == (500, 1200)
    assert len(found.measurements.copied) == len(found.measurements.source) == 1200
    assert sum(share.fake for share in found.measurements.attributes[0].classes) == pytest.approx(1)


@pytest.mark.parametrize("made", [shares(fox=0), shares(gnu=0.4, cat=2.2)])
def test_images_as_good_as_real_ones_in_other_proportions_are_not_of_lower_quality(made, evaluate, world):
    assert "quality" not in kinds(evaluate(world.draw(N, seed=1, shares=made)))


def test_fewer_images_than_there_are_healthy_values_for_are_not_told_to_be_as_good(evaluate, world):
    """300 images far from all real ones, where healthy values are kept for 500: nothing says that they are good."""
    fake = world.draw(300, seed=9)
    found = evaluate(replace(fake, features=fake.features + 100, pixels=fake.pixels + 100))
    assert found.verdict.grade > 0
    assert not any("as good as real" in finding.text for finding in found.findings)


def test_twenty_images_are_too_few(evaluate, world, reference):
    found = evaluate(world.draw(20, seed=12))
    assert kinds(found) == ["too-few"]
    assert found.measurements is None
    needed = min_needed(reference, None)
    assert f"20 samples cannot show whether a mode is missing; at least {needed} are needed" in found.verdict.text
    usual = np.median(reference.counts[0] / 3000)
    assert 10 * (1 - usual) ** needed <= ALPHA.value / TESTS.value < 10 * (1 - usual) ** (needed - 1)
    assert evaluate(world.draw(needed, seed=12)).measurements is not None


def test_a_label_asks_for_that_class_alone(evaluate, world):
    found = evaluate(world.draw(N, seed=13, shares=shares(**dict.fromkeys(set(KINDS) - {"dog"}, 0.0))), label=3)
    assert kinds(found) == ["healthy"]
    assert found.measurements.attributes == found.measurements.intra_class == ()
    assert found.measurements.n < 130  # the dogs among 1,000 real things
    assert not found.measurements.by_key["pixel_coverage"].abnormal
    assert kinds(evaluate(world.draw(49, seed=13), label=3)) == ["too-few"]


def test_with_a_label_another_class_is_not_healthy(evaluate, world):
    eels = world.draw(N, seed=14, shares=shares(**dict.fromkeys(set(KINDS) - {"eel"}, 0.0)))
    assert evaluate(eels, label=3).verdict.kind != "healthy"


def test_with_a_label_what_is_uncovered_is_found_and_shown_by_images_of_that_class(evaluate, world, reference):
    inside = np.random.default_rng(7).normal(size=(N, 12))
    inside[:, :4] = abs(inside[:, :4])
    found = evaluate(world.show(np.full(N, 3), inside), label=3)
    assert found.verdict.kind == "intra-mode-collapse"
    assert set(reference.real.labels(0)[list(found.verdict.reals)]) == {3}


def test_a_class_of_which_there_are_hardly_any_real_images_is_no_crash(evaluate, world, reference):
    dogs = reference.real.labels(0) == 3
    rows = np.concatenate([np.flatnonzero(~dogs), np.flatnonzero(dogs)[:4]])
    rare = replace(reference, real=reference.real.take(rows), thumbs=reference.thumbs[rows])
    assert kinds(evaluate(world.draw(N, seed=13), label=3, against=rare)) == ["too-few"]


def test_one_class_alone_in_the_real_data_still_asks_for_enough_images(evaluate, world, reference):
    ones = np.array([500, *[0] * 9])
    assert kinds(evaluate(world.draw(3, seed=13), against=replace(reference, counts=(ones,)))) == ["too-few"]


def test_the_gravest_finding_comes_first(evaluate, world):
    fake = world.draw(N, seed=15, shares=shares(ant=0, bee=3))
    off = 0.9 * np.random.default_rng(0).normal(size=fake.features.shape)
    found = evaluate(replace(fake, features=(fake.features + off).astype(np.float32)))
    assert kinds(found)[0] == "mode-dropping"
    assert {"mode-dropping", "quality"} <= set(kinds(found))
    order = [list(FAULTS).index(kind) for kind in kinds(found)]
    assert order == sorted(order)
