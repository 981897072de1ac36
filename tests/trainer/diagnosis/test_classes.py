"""Faults of the classes, put in by hand: lost, out of proportion, not those asked for, of little variety."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.diagnosis.conftest import KINDS, N, kinds, shares
from trainer.diagnosis import diagnose
from trainer.diagnosis.classes import Good, Rule, compare_attribute
from trainer.diagnosis.findings.base import percent
from trainer.features.feature_set import FeatureSet


@pytest.mark.parametrize("lost", ["ant", "fox", "jay"])
def test_a_kind_that_is_not_made_is_dropped_and_it_alone(lost, evaluate, world, reference):
    found = evaluate(world.draw(N, seed=1, shares=shares(**{lost: 0})))
    assert found.verdict.kind == "mode-dropping"
    assert found.verdict.classes == (lost,)
    usual = percent(found.measurements.attributes[0].classes[KINDS.index(lost)].real)
    assert found.verdict.text.startswith(
        f"{lost} is almost never generated: 0.0 % of the samples, {usual} of the real data."
    )
    assert {KINDS[kind] for kind in reference.real.labels(0)[list(found.verdict.reals)]} == {lost}
    assert set(kinds(found)) <= {"mode-dropping", "quality"}


def bad_ones(world, kind: int, n: int, seed: int) -> FeatureSet:
    """Things read as a kind, for sure, that lie apart from every real one of it."""
    fake = world.show(np.full(n, kind), np.random.default_rng(seed).normal(size=(n, 12)))
    return replace(fake, features=fake.features + 8)


def test_bad_things_that_are_read_as_a_lost_kind_do_not_hide_it(evaluate, world):
    """15 of 500 are read as gnus, 3 % of them for 10 %, yet none resembles one: a forced reading is no evidence."""
    made = FeatureSet.joined([bad_ones(world, 6, 15, seed=1), world.draw(N - 15, seed=1, shares=shares(gnu=0))])
    found = evaluate(made.take(np.random.default_rng(0).permutation(N)))
    assert found.verdict.kind == "mode-dropping"
    assert found.verdict.classes == ("gnu",)
    assert "3.0 % of the samples are classified as such, but only 0.0 % resemble real images" in found.verdict.text
    (gnu,) = [share for share in found.measurements.attributes[0].classes if share.name == "gnu"]
    assert (gnu.fake, gnu.good) == (0.03, 0)
    good = sum(share.good for share in found.measurements.attributes[0].classes)
    assert gnu.due == pytest.approx(good * gnu.real, rel=0.3)


def test_a_lost_kind_is_told_where_most_things_cannot_be_read_for_sure(evaluate, world):
    """Half of all things are read with a certainty of 0.7: their labels say nothing, the other half says enough."""
    fake = world.draw(N, seed=2, shares=shares(hen=0))
    labels = fake.labels(0)
    fake.probabilities[0][: N // 2] = 0.3 / 9
    fake.probabilities[0][np.arange(N // 2), labels[: N // 2]] = 0.7
    found = evaluate(fake)
    assert not found.measurements.readable
    assert ("mode-dropping", ("hen",)) in [(finding.kind, finding.classes) for finding in found.findings]


@pytest.mark.parametrize("seed", range(3))
def test_bad_things_of_every_kind_are_no_lost_kinds(seed, evaluate, world):
    """A third of each kind is bad: lower quality, but everything is made."""
    bad = FeatureSet.joined([bad_ones(world, kind, 16, seed=kind) for kind in range(10)])
    found = evaluate(FeatureSet.joined([world.draw(N - len(bad), seed=seed), bad]))
    assert "quality" in kinds(found)
    assert "mode-dropping" not in kinds(found)


def test_several_lost_kinds_are_named_with_what_is_made_instead(evaluate, world, reference):
    found = evaluate(world.draw(N, seed=2, shares=shares(ant=8, bee=0, hen=0, ibis=0.1)))
    assert found.verdict.kind == "mode-dropping"
    assert set(found.verdict.classes) == {"bee", "hen", "ibis"}
    assert found.verdict.text.startswith("3 of 10 modes are almost never generated (bee, hen and ibis): together ")
    assert "It mostly generates ant (" in found.verdict.text
    assert {KINDS[kind] for kind in reference.real.labels(0)[list(found.verdict.reals)]} == {"bee", "hen", "ibis"}


def test_a_kind_made_half_as_often_is_out_of_proportion(evaluate, world):
    found = evaluate(world.draw(1000, seed=3, shares=shares(gnu=0.4)))
    assert kinds(found) == ["imbalance"]
    assert found.verdict.classes == ("gnu",)
    assert "gnu too rare" in found.verdict.text
    assert "No mode is missing" in found.verdict.text
    assert found.verdict.grade == 1


def test_a_kind_made_twice_as_often_is_told_so(evaluate, world, reference):
    found = evaluate(world.draw(1000, seed=4, shares=shares(cat=2.2)))
    (finding,) = [finding for finding in found.findings if finding.kind == "imbalance"]
    assert "cat" in finding.classes
    assert "cat too frequent" in finding.text
    assert not {KINDS[kind] for kind in reference.real.labels(0)[list(finding.reals)]} & {"cat"}


def test_a_drift_of_all_kinds_that_none_shows_by_itself_is_told_of_them_together(evaluate, world):
    """33 and 67 of 500 are 2.3 deviations off, within the band of 3.9; their squares sum to 55, and 28 is the bound."""
    rng = np.random.default_rng(0)
    kind_of = rng.permutation(np.repeat(np.arange(10), [33, 67] * 5))
    found = evaluate(world.show(kind_of, rng.normal(size=(len(kind_of), 12))))
    finding = found.findings[-1]
    assert (finding.kind, finding.classes) == ("imbalance", ())
    assert "the distribution of kind differs" in finding.text
    assert set(kinds(found)) <= {"imbalance", "quality"}


def test_two_attributes_are_evaluated_each_and_named_with_theirs(reference, world):
    """The second says in which half of its cluster a thing lies; the left half is never made."""

    def halved(things: FeatureSet, left: np.ndarray) -> FeatureSet:
        return replace(things, probabilities=(*things.probabilities, np.column_stack([left, ~left]).astype(np.float32)))

    rng = np.random.default_rng(0)
    left = rng.random(1000) < 0.5
    attribute = replace(reference.heads[0], name="side", values=("left", "right"))
    two = replace(
        reference, heads=(*reference.heads, attribute), counts=(*reference.counts, np.array([1500, 1500])),
        real=halved(reference.real, left),
    )  # fmt: skip
    found = diagnose(two, halved(world.draw(N, seed=16), np.zeros(N, bool)))
    assert found.verdict.kind == "mode-dropping"
    assert found.verdict.classes == ("side: left",)
    assert "side: left is almost never generated" in found.verdict.text
    assert diagnose(two, halved(world.draw(N, seed=16), rng.random(N) < 0.5)).verdict.kind == "healthy"


@pytest.mark.slow
def test_shares_lie_in_bands_that_hold_their_chance():
    """Of 200 healthy histograms about 10 % leave their bands, some less because counts are whole numbers."""
    rng = np.random.default_rng(0)
    attribute = type("Attribute", (), {"name": "kind", "values": tuple("abcd")})
    p, outside = np.array([0.1, 0.2, 0.3, 0.4]), 0
    for _ in range(200):
        real, fake = rng.multinomial(2000, p), rng.multinomial(500, p)
        found = compare_attribute(attribute, real, fake, Good(500, fake, real, np.ones(4)), Rule(chance=0.1))
        assert not any(share.missing for share in found.classes)
        outside += any(share.abnormal for share in found.classes)
        for share in found.classes:
            assert share.low <= share.real <= share.high
            assert share.minimum <= share.fake <= share.maximum
    assert 0.02 < outside / 200 < 0.17


@pytest.mark.slow
def test_a_generator_that_does_not_follow_the_class_asked_for_is_told_so(world, reference):
    fake = world.draw(1000, seed=31)
    kind = fake.labels(0)
    followed = diagnose(reference, fake, asked=kind)
    assert kinds(followed) == ["healthy"]
    assert {one.label_accuracy for one in followed.measurements.intra_class} == {1.0}
    assert sum(one.asked for one in followed.measurements.intra_class) == 1000
    found = diagnose(reference, fake, asked=np.where(kind == 2, 3, np.where(kind == 3, 2, kind)))
    assert kinds(found) == ["label-ignored"]
    assert set(found.verdict.classes) == {"cat", "dog"}
    assert "cat (0.0 %)" in found.verdict.text
    random = diagnose(reference, fake, asked=np.random.default_rng(0).integers(0, 10, 1000))
    assert len(random.verdict.classes) == 10
    assert "and 6 more" in random.verdict.text


@pytest.mark.slow
def test_variety_within_a_class_is_told_of_each(evaluate, world, reference):
    fake = world.draw(1000, seed=32)
    healthy = evaluate(fake).measurements.intra_class
    assert [one.name for one in healthy] == list(KINDS)
    assert all(0.8 < one.variety < 1.2 and one.label_accuracy is None and not one.asked for one in healthy)
    rows = fake.labels(0) == 5
    pixels = fake.pixels.copy()
    pixels[rows] = pixels[rows].mean(0) + 0.3 * (pixels[rows] - pixels[rows].mean(0))
    found = evaluate(replace(fake, pixels=pixels))
    assert [one.name for one in found.measurements.intra_class if one.narrow] == ["fox"]
    assert found.measurements.intra_class[5].variety == pytest.approx(0.3 * healthy[5].variety, rel=0.1)
    few = evaluate(world.draw(1000, seed=33, shares=shares(ant=0.1))).measurements.intra_class[0]
    assert few.variety is None
    assert not few.narrow


def test_classes_are_asked_for_as_often_as_real_data_have_them_from_the_first_on(reference):
    uneven = replace(reference, counts=(np.array([5, 0, 100, 95, 300, 0, 0, 0, 0, 500]),))
    for n in (20, 200, 2000):
        asked = uneven.labels_to_ask(10, range(n))
        assert np.abs(np.bincount(asked, minlength=10) / n - uneven.counts[0] / 1000).max() < 2 / n + 0.005
    assert (asked[50:90] == uneven.labels_to_ask(10, range(50, 90))).all()
    assert reference.labels_to_ask(3, range(5)).tolist() == [0, 1, 2, 0, 1]
    assert reference.labels_to_ask(0, range(5)) is None


@pytest.mark.slow
@pytest.mark.parametrize(("ratio", "missing"), [(0.02, True), (0.1, True), (0.24, True), (0.26, False), (0.5, False)])
def test_a_class_is_missing_below_a_quarter_of_its_real_share(ratio, missing):
    """Ten classes of 10,000: chance plays no part, and the good images are as those of healthy data."""
    attribute = type("Attribute", (), {"name": "kind", "values": KINDS})
    real = np.full(10, 10_000)
    fake = real.copy()
    fake[0] = round(ratio * (fake.sum() - fake[0]) / (10 - ratio))  # so that its share is that ratio of a tenth
    found = compare_attribute(attribute, real, fake, Good(int(fake.sum()), real, real, np.ones(10)), Rule(chance=0.001))
    assert [share.missing for share in found.classes] == [missing] + [False] * 9
