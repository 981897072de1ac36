"""Each fault, put in by hand, is found and named; and healthy things are told healthy."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from trainer.diagnosis import FINDINGS as FAULTS
from trainer.diagnosis import Diagnosis, Reference, diagnose
from trainer.diagnosis.classes import Good, Rule, compare_head
from trainer.diagnosis.findings.base import listed, percent
from trainer.diagnosis.findings.too_few import least_needed
from trainer.diagnosis.thresholds import ALPHA, TESTS
from trainer.features.feature_set import Extracted

N = 500
NAMES = ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay")


def shares(**changed: float) -> list[float]:
    """Equal shares of the kinds, but for those that are named."""
    return [changed.get(name, 1.0) for name in NAMES]


def kinds(found: Diagnosis) -> list[str]:
    return [finding.kind for finding in found.findings]


@pytest.fixture
def judge(reference):
    """(fakes) -> Diagnosis, after checks that hold for every one of them."""

    def judge(fake: Extracted, label: int | None = None, against: Reference = reference) -> Diagnosis:
        found = diagnose(against, fake, label)
        assert found.n == len(fake)
        assert found.findings
        assert found.verdict is found.findings[0]
        for finding in found.findings:
            assert finding.kind in FAULTS
            assert (finding.title, finding.grade) == FAULTS[finding.kind][:2]
            assert all(0 <= row < len(fake) for row in finding.fakes)
            assert all(0 <= row < len(against.real) for row in finding.reals)
            assert all(0 <= row < len(against.seen) for row in finding.sources)
            assert len(finding.sources) in (0, len(finding.fakes))
            assert max(map(len, (finding.fakes, finding.reals, finding.sources))) <= 12
            assert all(name in NAMES for name in finding.classes)
            assert not re.search(r"\b(nan|inf|None)\b|  ", finding.text)
            assert finding.text.endswith(".")
        return found

    return judge


def test_healthy_things_are_healthy(judge, world):
    found = judge(world.draw(N, seed=0))
    assert kinds(found) == ["healthy"]
    assert found.verdict.grade == 0
    assert "500 pictures" in found.verdict.text
    assert found.panel.n == N
    assert [head.name for head in found.panel.heads] == ["kind"]
    assert not any(reading.abnormal for reading in found.panel.readings.values() if reading.key in TESTED)


TESTED = {"precision", "density", "kid", "pixel_coverage", "duplicates", "copy_fraction"}


def test_healthy_things_raise_an_alarm_hardly_ever(judge, world):
    """ALPHA of 60 is 0.3, and more than 3 have a chance of 3 in 10,000; bands from 60 splits add a little to it."""
    alarms = Counter(judge(world.draw(N, seed=seed)).verdict.kind for seed in range(60))
    assert alarms["healthy"] >= 57


def test_more_pictures_than_there_are_healthy_values_for_count_for_the_classes(judge, world):
    found = judge(world.draw(1200, seed=3))
    assert kinds(found) == ["healthy"]
    assert (found.panel.n, found.panel.n_fake) == (500, 1200)
    assert len(found.panel.copied) == len(found.panel.source) == 1200
    assert sum(share.fake for share in found.panel.heads[0].shares) == pytest.approx(1)


@pytest.mark.parametrize("lost", ["ant", "fox", "jay"])
def test_a_kind_that_is_not_made_is_dropped_and_it_alone(lost, judge, world, reference):
    found = judge(world.draw(N, seed=1, shares=shares(**{lost: 0})))
    assert found.verdict.kind == "dropped"
    assert found.verdict.classes == (lost,)
    usual = percent(found.panel.heads[0].shares[NAMES.index(lost)].real)
    assert found.verdict.text.startswith(f"{lost} is hardly made: 0.0 % of the pictures, against {usual} in real data.")
    assert {NAMES[kind] for kind in reference.real.labels(0)[list(found.verdict.reals)]} == {lost}
    assert set(kinds(found)) <= {"dropped", "quality"}


def bad_ones(world, kind: int, n: int, seed: int) -> Extracted:
    """Things read as a kind, for sure, that lie apart from every real one of it."""
    fake = world.show(np.full(n, kind), np.random.default_rng(seed).normal(size=(n, 12)))
    return replace(fake, features=fake.features + 8)


def test_bad_things_that_are_read_as_a_lost_kind_do_not_hide_it(judge, world):
    """15 of 500 are read as gnus, 3 % of them for 10 %, yet none resembles one: a forced reading is no evidence."""
    made = Extracted.joined([bad_ones(world, 6, 15, seed=1), world.draw(N - 15, seed=1, shares=shares(gnu=0))])
    found = judge(made.take(np.random.default_rng(0).permutation(N)))
    assert found.verdict.kind == "dropped"
    assert found.verdict.classes == ("gnu",)
    assert "3.0 % of the pictures are read as such, but only 0.0 % resemble real ones" in found.verdict.text
    (gnu,) = [share for share in found.panel.heads[0].shares if share.name == "gnu"]
    assert (gnu.fake, gnu.good) == (0.03, 0)
    good = sum(share.good for share in found.panel.heads[0].shares)
    assert gnu.due == pytest.approx(good * gnu.real, rel=0.3)


def test_a_lost_kind_is_told_where_most_things_cannot_be_read_for_sure(judge, world):
    """Half of all things are read with a certainty of 0.7: their labels say nothing, the other half says enough."""
    fake = world.draw(N, seed=2, shares=shares(hen=0))
    labels = fake.labels(0)
    fake.probabilities[0][: N // 2] = 0.3 / 9
    fake.probabilities[0][np.arange(N // 2), labels[: N // 2]] = 0.7
    found = judge(fake)
    assert not found.panel.readable
    assert ("dropped", ("hen",)) in [(finding.kind, finding.classes) for finding in found.findings]


@pytest.mark.parametrize("seed", range(3))
def test_bad_things_of_every_kind_are_no_lost_kinds(seed, judge, world):
    """A third of each kind is bad: lower quality, but everything is made."""
    bad = Extracted.joined([bad_ones(world, kind, 16, seed=kind) for kind in range(10)])
    found = judge(Extracted.joined([world.draw(N - len(bad), seed=seed), bad]))
    assert "quality" in kinds(found)
    assert "dropped" not in kinds(found)


def test_several_lost_kinds_are_named_with_what_is_made_instead(judge, world, reference):
    found = judge(world.draw(N, seed=2, shares=shares(ant=8, bee=0, hen=0, ibis=0.1)))
    assert found.verdict.kind == "dropped"
    assert set(found.verdict.classes) == {"bee", "hen", "ibis"}
    assert found.verdict.text.startswith("3 of 10 modes are hardly made, bee, hen and ibis: together ")
    assert "It mostly makes ant (" in found.verdict.text
    assert {NAMES[kind] for kind in reference.real.labels(0)[list(found.verdict.reals)]} == {"bee", "hen", "ibis"}


def test_a_kind_made_half_as_often_is_out_of_proportion(judge, world):
    found = judge(world.draw(1000, seed=3, shares=shares(gnu=0.4)))
    assert kinds(found) == ["imbalance"]
    assert found.verdict.classes == ("gnu",)
    assert "gnu too rarely" in found.verdict.text
    assert "No mode is missing" in found.verdict.text
    assert found.verdict.grade == 1


def test_a_kind_made_twice_as_often_is_told_so(judge, world, reference):
    found = judge(world.draw(1000, seed=4, shares=shares(cat=2.2)))
    (told,) = [finding for finding in found.findings if finding.kind == "imbalance"]
    assert "cat" in told.classes
    assert "cat too often" in told.text
    assert not {NAMES[kind] for kind in reference.real.labels(0)[list(told.reals)]} & {"cat"}


def test_a_drift_of_all_kinds_that_none_shows_by_itself_is_told_of_them_together(judge, world):
    """33 and 67 of 500 are 2.3 deviations off, within the band of 3.9; their squares sum to 55, and 28 is the bound."""
    rng = np.random.default_rng(0)
    kind_of = rng.permutation(np.repeat(np.arange(10), [33, 67] * 5))
    found = judge(world.show(kind_of, rng.normal(size=(len(kind_of), 12))))
    told = found.findings[-1]
    assert (told.kind, told.classes) == ("imbalance", ())
    assert "the shares of kind differ together" in told.text
    assert set(kinds(found)) <= {"imbalance", "quality"}


@pytest.mark.parametrize("made", [shares(fox=0), shares(gnu=0.4, cat=2.2)])
def test_pictures_as_good_as_real_ones_in_other_proportions_are_not_of_lower_quality(made, judge, world):
    assert "quality" not in kinds(judge(world.draw(N, seed=1, shares=made)))


def test_twenty_pictures_over_and_over_are_a_collapse_within(judge, world):
    twenty, rng = world.draw(20, seed=5, shares=shares()), np.random.default_rng(0)
    rows = np.resize(np.arange(20), N)
    made = twenty.take(rows)
    found = judge(made)
    assert "within" in kinds(found)
    told = next(finding for finding in found.findings if finding.kind == "within")
    assert told.grade == 2
    assert told.text.startswith("6,000 pairs of generated pictures are near-duplicates")  # 20 times 25 x 24 / 2
    assert "about 21 different pictures" in told.text  # of 500 x 499 / 2 = 124,750 pairs
    pairs = np.array(told.fakes).reshape(-1, 2)
    assert np.array_equal(made.pixels[pairs[:, 0]], made.pixels[pairs[:, 1]])
    noisy = replace(made, pixels=made.pixels + 1e-3 * rng.normal(size=made.pixels.shape).astype(np.float32))
    assert "about 21 different pictures" in " ".join(finding.text for finding in judge(noisy).findings)


def test_a_kind_that_has_shrunk_to_a_point_is_named(judge, world):
    rng = np.random.default_rng(6)
    kind_of, inside = rng.integers(0, 10, N), rng.normal(size=(N, 12))
    inside[kind_of == 4] *= 0.1
    found = judge(world.show(kind_of, inside))
    assert found.verdict.kind == "within"
    assert found.verdict.classes == ("eel",)
    assert "Within eel the pictures differ less than half as much" in found.verdict.text
    ratio = float(found.verdict.text.partition("within eel: ")[2].partition(" %")[0])
    assert ratio == pytest.approx(10, abs=1.5)


def test_half_of_every_kind_that_is_never_made_is_a_hole(judge, world):
    """Fakes lie on one side of each cluster's centre only, where they are as good as real ones."""
    rng = np.random.default_rng(7)
    kind_of, inside = rng.integers(0, 10, N), rng.normal(size=(N, 12))
    inside[:, :4] = abs(inside[:, :4])
    found = judge(world.show(kind_of, inside))
    assert found.verdict.kind == "within"
    assert "no generated one near" in found.verdict.text


def test_one_picture_whatever_the_latent_is_total_collapse_and_nothing_else_is_judged(judge, world):
    found = judge(world.draw(1, seed=8).take(np.zeros(N, int)))
    assert kinds(found) == ["total-collapse"]
    assert "100.0 % of all pairs" in found.verdict.text
    assert found.panel.same == 1


def test_pictures_far_from_all_real_ones_are_unlike_and_nothing_else_is_judged(judge, world):
    fake = world.draw(N, seed=9)
    found = judge(replace(fake, features=fake.features + 100, pixels=fake.pixels + 100))
    assert kinds(found) == ["unlike"]
    assert found.verdict.text.startswith("Not one of the generated pictures look like any real one")
    assert found.panel.readings["precision"].value == 0


@pytest.mark.parametrize(("far", "verdict"), [(0.4, "quality"), (0.6, "unlike")])
def test_unlike_begins_where_half_as_many_look_real_as_in_healthy_data(far, verdict, judge, world):
    fake = world.draw(N, seed=9)
    fake.features[: int(far * N)] += 100
    found = judge(fake)
    assert verdict in kinds(found)
    assert (found.verdict.kind == "unlike") == (verdict == "unlike")
    assert found.panel.readings["precision"].value == pytest.approx(0.93 * (1 - far), abs=0.05)


def test_fewer_pictures_than_there_are_healthy_values_for_are_not_told_to_be_as_good(judge, world):
    """300 pictures far from all real ones, where healthy values are kept for 500: nothing says that they are good."""
    fake = world.draw(300, seed=9)
    found = judge(replace(fake, features=fake.features + 100, pixels=fake.pixels + 100))
    assert found.verdict.grade > 0
    assert not any("as good as real" in finding.text for finding in found.findings)


def test_copies_are_memorised_and_their_sources_are_named(judge, world, reference):
    fake, copied = world.draw(N, seed=10), np.arange(0, N, 5)
    of = np.random.default_rng(0).integers(0, len(reference.seen), len(copied))
    pixels = fake.pixels.copy()
    pixels[copied] = reference.seen[of]
    found = judge(replace(fake, pixels=pixels))
    assert found.verdict.kind == "memorised"
    assert len(found.verdict.fakes) == len(found.verdict.sources) == 12
    source = dict(zip(copied.tolist(), of.tolist(), strict=True))
    assert [source[row] for row in found.verdict.fakes] == list(found.verdict.sources)
    share = found.panel.readings["copy_fraction"].value
    assert share == pytest.approx(0.2 + 0.8 * 0.01, abs=0.02)
    assert found.verdict.text.startswith(percent(share))
    assert "may be more" not in found.verdict.text  # all that was trained on is in the reference


def test_a_reference_that_holds_some_of_the_training_pictures_says_so(judge, world, reference, changed):
    fake = world.draw(N, seed=10)
    fake.pixels[:200] = reference.seen[:200]
    found = judge(fake, against=changed(pictures=8000))
    assert "Only 25.0 % of the training pictures could be compared" in found.verdict.text


@pytest.mark.parametrize("spoil", ["noise", "shift"])
def test_pictures_off_the_real_ones_are_of_lower_quality_and_nothing_graver(spoil, judge, world):
    fake, rng = world.draw(N, seed=11), np.random.default_rng(0)
    off = 0.9 * rng.normal(size=fake.features.shape) if spoil == "noise" else np.full(16, 0.8)
    found = judge(replace(fake, features=(fake.features + off).astype(np.float32)))
    assert found.verdict.kind == "quality"
    assert max(finding.grade for finding in found.findings) == 1
    assert not found.panel.looks.precise[list(found.verdict.fakes)].any()


def test_twenty_pictures_are_too_few(judge, world, reference):
    found = judge(world.draw(20, seed=12))
    assert kinds(found) == ["too-few"]
    assert found.panel is None
    needed = least_needed(reference, None)
    assert f"20 pictures cannot show whether a mode is missing; at least {needed} are needed" in found.verdict.text
    usual = np.median(reference.counts[0] / 3000)
    assert 10 * (1 - usual) ** needed <= ALPHA.value / TESTS.value < 10 * (1 - usual) ** (needed - 1)
    assert judge(world.draw(needed, seed=12)).panel is not None


def test_a_label_asks_for_that_class_alone(judge, world):
    found = judge(world.draw(N, seed=13, shares=shares(**dict.fromkeys(set(NAMES) - {"dog"}, 0.0))), label=3)
    assert kinds(found) == ["healthy"]
    assert found.panel.heads == ()
    assert found.panel.n < 130  # the dogs among 1,000 real things
    assert not found.panel.readings["pixel_coverage"].abnormal
    assert kinds(judge(world.draw(49, seed=13), label=3)) == ["too-few"]


def test_with_a_label_another_class_is_not_healthy(judge, world):
    eels = world.draw(N, seed=14, shares=shares(**dict.fromkeys(set(NAMES) - {"eel"}, 0.0)))
    assert judge(eels, label=3).verdict.kind != "healthy"


def test_with_a_label_a_hole_is_found_and_shown_by_pictures_of_that_class(judge, world, reference):
    inside = np.random.default_rng(7).normal(size=(N, 12))
    inside[:, :4] = abs(inside[:, :4])
    found = judge(world.show(np.full(N, 3), inside), label=3)
    assert found.verdict.kind == "within"
    assert set(reference.real.labels(0)[list(found.verdict.reals)]) == {3}


def test_a_class_of_which_there_are_hardly_any_real_pictures_is_no_crash(judge, world, reference):
    dogs = reference.real.labels(0) == 3
    rows = np.concatenate([np.flatnonzero(~dogs), np.flatnonzero(dogs)[:4]])
    rare = replace(reference, real=reference.real.take(rows), thumbs=reference.thumbs[rows])
    assert kinds(judge(world.draw(N, seed=13), label=3, against=rare)) == ["too-few"]


def test_one_class_alone_in_the_real_data_still_asks_for_enough_pictures(judge, world, reference):
    ones = np.array([500, *[0] * 9])
    assert kinds(judge(world.draw(3, seed=13), against=replace(reference, counts=(ones,)))) == ["too-few"]


def test_the_gravest_finding_comes_first(judge, world):
    fake = world.draw(N, seed=15, shares=shares(ant=0, bee=3))
    off = 0.9 * np.random.default_rng(0).normal(size=fake.features.shape)
    found = judge(replace(fake, features=(fake.features + off).astype(np.float32)))
    assert kinds(found)[0] == "dropped"
    assert {"dropped", "quality"} <= set(kinds(found))
    order = [list(FAULTS).index(kind) for kind in kinds(found)]
    assert order == sorted(order)


def test_two_attributes_are_judged_each_and_named_with_theirs(reference, world):
    """The second says in which half of its cluster a thing lies; the left half is never made."""

    def halved(things: Extracted, left: np.ndarray) -> Extracted:
        return replace(things, probabilities=(*things.probabilities, np.column_stack([left, ~left]).astype(np.float32)))

    rng = np.random.default_rng(0)
    left = rng.random(1000) < 0.5
    head = replace(reference.heads[0], name="side", values=("left", "right"))
    two = replace(
        reference, heads=(*reference.heads, head), counts=(*reference.counts, np.array([1500, 1500])),
        real=halved(reference.real, left),
    )  # fmt: skip
    found = diagnose(two, halved(world.draw(N, seed=16), np.zeros(N, bool)))
    assert found.verdict.kind == "dropped"
    assert found.verdict.classes == ("side: left",)
    assert "side: left is hardly made" in found.verdict.text
    assert diagnose(two, halved(world.draw(N, seed=16), rng.random(N) < 0.5)).verdict.kind == "healthy"


def test_shares_lie_in_bands_that_hold_their_chance():
    """Of 200 healthy histograms about 10 % leave their bands, some less because counts are whole numbers."""
    rng = np.random.default_rng(0)
    head = type("Head", (), {"name": "kind", "values": tuple("abcd")})
    p, outside = np.array([0.1, 0.2, 0.3, 0.4]), 0
    for _ in range(200):
        real, fake = rng.multinomial(2000, p), rng.multinomial(500, p)
        found = compare_head(head, real, fake, Good(500, fake, real, np.ones(4)), Rule(chance=0.1))
        assert not any(share.dropped for share in found.shares)
        outside += any(share.abnormal for share in found.shares)
        for share in found.shares:
            assert share.low <= share.real <= share.high
            assert share.least <= share.fake <= share.most
    assert 0.02 < outside / 200 < 0.17


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["3"], "3"),
        (["3", "5"], "3 and 5"),
        (["3", "5", "7"], "3, 5 and 7"),
        (list("12345"), "1, 2, 3, 4 and 5"),
        (list("123456"), "1, 2, 3, 4 and 2 more"),
    ],
)
def test_names_in_a_sentence(names, told):
    assert listed(names) == told


def test_the_numbers_of_a_sentence():
    assert [percent(share) for share in (0, 0.0312, 1)] == ["0.0 %", "3.1 %", "100.0 %"]


def test_a_generator_that_does_not_follow_the_class_asked_for_is_told_so(world, reference):
    fake = world.draw(1000, seed=31)
    kind = fake.labels(0)
    followed = diagnose(reference, fake, asked=kind)
    assert kinds(followed) == ["healthy"]
    assert {one.obeyed for one in followed.panel.within} == {1.0}
    assert sum(one.asked for one in followed.panel.within) == 1000
    found = diagnose(reference, fake, asked=np.where(kind == 2, 3, np.where(kind == 3, 2, kind)))
    assert kinds(found) == ["disobedient"]
    assert set(found.verdict.classes) == {"cat", "dog"}
    assert "cat (0.0 %)" in found.verdict.text
    random = diagnose(reference, fake, asked=np.random.default_rng(0).integers(0, 10, 1000))
    assert len(random.verdict.classes) == 10
    assert "and 6 more" in random.verdict.text


def test_variety_within_a_class_is_told_of_each(judge, world, reference):
    fake = world.draw(1000, seed=32)
    healthy = judge(fake).panel.within
    assert [one.name for one in healthy] == list(NAMES)
    assert all(0.8 < one.variety < 1.2 and one.obeyed is None and not one.asked for one in healthy)
    rows = fake.labels(0) == 5
    pixels = fake.pixels.copy()
    pixels[rows] = pixels[rows].mean(0) + 0.3 * (pixels[rows] - pixels[rows].mean(0))
    found = judge(replace(fake, pixels=pixels))
    assert [one.name for one in found.panel.within if one.narrow] == ["fox"]
    assert found.panel.within[5].variety == pytest.approx(0.3 * healthy[5].variety, rel=0.1)
    few = judge(world.draw(1000, seed=33, shares=shares(ant=0.1))).panel.within[0]
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
