"""Each finding from measurements written by hand: when it is found, what it says and what it shows."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.trainer.diagnosis.paper import REALS, attribute, found, measurements, share
from trainer.diagnosis.classes import IntraClassStats
from trainer.diagnosis.findings.base import examples, expected, first, listed, percent, repeats
from trainer.diagnosis.findings.imbalance import imbalance
from trainer.diagnosis.findings.label_ignored import label_ignored
from trainer.diagnosis.findings.memorised import memorised
from trainer.diagnosis.findings.mode_dropping import mode_dropping
from trainer.diagnosis.findings.out_of_distribution import out_of_distribution
from trainer.diagnosis.findings.quality import quality, uncovered
from trainer.diagnosis.findings.too_few import min_needed, too_few, typical_share
from trainer.diagnosis.findings.total_collapse import total_collapse

# ---- words


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["3"], "3"),
        (["3", "5"], "3 and 5"),
        (["3", "5", "7"], "3, 5 and 7"),
        (list("12345"), "1, 2, 3, 4 and 5"),
        (list("123456"), "1, 2, 3, 4 and 2 more"),
    ],
)
def test_names_in_a_sentence(names, sentence):
    assert listed(names) == sentence


def test_the_numbers_of_a_sentence():
    assert [percent(share) for share in (0, 0.0312, 1)] == ["0.0 %", "3.1 %", "100.0 %"]


def test_twelve_rows_are_shown_at_most_as_many_of_each_class():
    assert first(np.arange(20)) == tuple(range(12))
    assert examples(REALS, [(0, 1)]) == (1, 5, 9, 13, 17, 21, 25, 29)
    assert examples(REALS, [(0, 3), (0, 1)]) == (3, 7, 11, 15, 19, 23, 1, 5, 9, 13, 17, 21)
    assert len(examples(REALS, [(0, j) for j in (0, 1, 2, 3, 0)])) == 12  # three of each but the last
    assert examples(REALS, []) == ()


def test_what_is_expected_is_the_mean_at_the_nearest_size_where_it_is_known():
    known = {8: {"kid": np.array([1.0, 2.0])}, 13: {"kid": np.array([3.0])}, 100: {"kid": np.array([np.nan, 1.0])}}
    for n, mean in ((1, 1.5), (10, 1.5), (11, 3), (200, None)):
        assert expected(SimpleNamespace(nulls=known), measurements(n=n), "kid") == mean
    assert expected(SimpleNamespace(nulls={}), measurements(), "kid") is None
    assert expected(SimpleNamespace(nulls={8: {"kid": np.zeros(0)}}), measurements(), "kid") is None


@pytest.mark.parametrize(("count", "closer", "repeated"), [(5, 5, False), (30, 3, True), (30, 2, False)])
def test_images_repeat_where_near_duplicates_are_many_and_one_in_ten_is_nearly_identical(count, closer, repeated):
    assert repeats(measurements(values={"duplicates": count}, closer=closer)) is repeated


# ---- nothing but this can be evaluated


def test_more_than_half_of_all_pairs_alike_are_a_total_collapse():
    assert found(total_collapse, measurements(same=0.5)) is None
    one = found(total_collapse, measurements(same=0.51))
    assert "51.0 % of all pairs" in one.text
    assert one.fakes == tuple(range(10))


def test_under_half_of_the_expected_precision_is_out_of_distribution():
    assert found(out_of_distribution, measurements(precise=4)) is None  # 0.8 are expected
    one = found(out_of_distribution, measurements(precise=3))
    assert one.text.startswith("Only 30.0 % of the generated images resemble a real image (expected: 80.0 %).")
    assert (one.fakes, one.reals) == (tuple(range(3, 10)), tuple(range(10)))
    assert found(out_of_distribution, measurements(precise=0)).text.startswith("0 % of the generated")
    assert found(out_of_distribution, measurements(precise=0), SimpleNamespace(nulls={})) is None


# ---- classes


def test_dropped_classes_are_named_the_rarest_first_with_what_is_made_instead():
    classes = attribute(
        share("0", 0.2, 0.02, missing=True, good=0.02, due=0.2), share("1", 0.2, 0.56), share("2", 0.3, 0.4),
        share("3", 0.3, 0.02, missing=True, good=0.02, due=0.3),
    )  # fmt: skip
    one = found(mode_dropping, measurements(attributes=(classes,)))
    assert one.text == (
        "2 of 4 modes are almost never generated (3 and 0): together 4.0 % of the samples, 50.0 % of the real data. "
        "It mostly generates 1 (56.0 %)."
    )
    assert one.classes == ("3", "0")
    assert set(REALS.labels(0)[list(one.reals)]) == {0, 3}
    assert set(REALS.labels(0)[list(one.fakes)]) == {1}
    assert (
        found(mode_dropping, measurements(attributes=(attribute(share("0", 0.5, 0.5), share("1", 0.5, 0.5)),))) is None
    )


def test_what_is_mostly_made_is_named_the_most_frequent_first():
    classes = attribute(
        share("0", 0.5, 0.0, missing=True), share("1", 0.1, 0.3), share("2", 0.2, 0.5), share("3", 0.05, 0.2)
    )
    one = found(mode_dropping, measurements(attributes=(classes,)))
    assert one.text.endswith("It mostly generates 2 (50.0 %), 1 (30.0 %) and 3 (20.0 %).")
    assert REALS.labels(0)[list(one.fakes)].tolist() == [2] * 4 + [1] * 4 + [3] * 4


def test_a_class_made_twice_as_often_is_not_yet_what_is_mostly_made():
    classes = attribute(share("0", 0.25, 0.0, missing=True), share("1", 0.25, 0.5), share("2", 0.25, 0.3))
    one = found(mode_dropping, measurements(attributes=(classes,)))
    assert one.text == "0 is almost never generated: 0.0 % of the samples, 25.0 % of the real data."
    assert one.fakes == ()


def test_of_several_attributes_each_class_is_named_with_its_own_and_not_counted_of_one():
    attributes = (
        attribute(share("0", 0.25, 0.0, missing=True)),
        attribute(share("red", 0.25, 0.0, missing=True), name="colour"),
    )
    reals = replace(REALS, probabilities=REALS.probabilities * 2)
    one = found(mode_dropping, measurements(attributes=attributes), SimpleNamespace(real=reals))
    assert one.text.startswith("2 modes are almost never generated (digit: 0 and colour: red)")


def test_a_class_is_dropped_by_its_good_images_where_enough_are_read_as_it():
    classes = attribute(share("0", 0.2, 0.06, missing=True, good=0.01, due=0.15), share("1", 0.8, 0.94))
    assert found(mode_dropping, measurements(attributes=(classes,))).text == (
        "0 is almost never generated: 6.0 % of the samples are classified as such, but only 1.0 % resemble real "
        "images; in the real proportions, 15.0 % would."
    )
    rim = attribute(share("0", 0.2, 0.05, missing=True, good=0.01, due=0.15))  # a quarter of its share
    assert "classified as such" in found(mode_dropping, measurements(attributes=(rim,))).text


def test_classes_out_of_proportion_are_told_the_farthest_off_first():
    classes = attribute(share("0", 0.2, 0.3), share("1", 0.4, 0.1), share("2", 0.2, 0.25), share("3", 0.2, 0.1))
    one = found(imbalance, measurements(attributes=(classes,)))
    assert one.text == (
        "No mode is missing, but some are not as frequent as in the real data: 1 too rare (10.0 %, real 40.0 %), "
        "3 too rare (10.0 %, real 20.0 %) and 0 too frequent (30.0 %, real 20.0 %)."
    )
    assert (one.classes, one.weak) == (("1", "3", "0"), False)
    assert set(REALS.labels(0)[list(one.reals)]) == {1, 3}


def test_beside_a_dropped_class_only_a_rare_one_is_out_of_proportion():
    gone, often, rare = share("0", 0.3, 0.0, missing=True), share("1", 0.4, 0.8), share("2", 0.3, 0.2)
    assert found(imbalance, measurements(attributes=(attribute(gone, often),))) is None
    one = found(imbalance, measurements(attributes=(attribute(gone, often, rare),)))
    assert one.text.startswith("Among the modes that are generated, some")
    assert one.classes == ("1", "2")


def test_a_divergence_beyond_its_bound_is_told_of_the_attribute_that_is_farthest_off():
    one = share("0", 1.0, 1.0)
    assert found(imbalance, measurements(attributes=(attribute(one, kl=0.1),))) is None
    finding = found(imbalance, measurements(attributes=(attribute(one, kl=0.2), attribute(one, name="colour", kl=0.3))))
    assert "the distribution of colour differs" in finding.text
    assert "KL 0.3 nats (expected: up to 0.1)" in finding.text
    assert (finding.classes, finding.reals, finding.weak) == ((), (), True)
    looser = attribute(one, name="colour", kl=0.8)._replace(kl_bound=0.5)  # less than twice its bound
    both = measurements(attributes=(attribute(one, kl=0.2), looser))
    assert "the distribution of digit differs" in found(imbalance, both).text


def test_a_class_that_one_side_lacks_is_out_of_proportion_the_more_the_other_has():
    classes = attribute(share("0", 0.1, 0.0), share("1", 0.3, 0.0), share("2", 0.0, 0.5), share("3", 0.0, 0.2))
    assert found(imbalance, measurements(attributes=(classes,))).classes == ("2", "1", "3", "0")


def test_ignored_labels_are_told_the_least_followed_first():
    followed = [("0", 30, 0.4), ("1", 30, 0.1), ("2", 30, 0.5), ("3", 29, 0.0), ("4", 0, None), ("5", 30, 0.0)]
    intra_class = tuple(IntraClassStats(name, 50, 1.0, asked, accuracy) for name, asked, accuracy in followed)
    one = found(label_ignored, measurements(intra_class=intra_class))
    assert one.text.endswith("fewer than half match the label for 5 (0.0 %), 1 (10.0 %) and 0 (40.0 %).")
    assert one.classes == ("5", "1", "0")
    assert found(label_ignored, measurements(intra_class=intra_class[2:5])) is None


@pytest.mark.parametrize(("variety", "narrow"), [(None, False), (0.5, False), (0.49, True)])
def test_a_class_is_narrow_below_half_the_real_variety(variety, narrow):
    assert IntraClassStats("0", 50, variety, 0, None).narrow is narrow


# ---- copies, quality, too few


def test_copies_are_shown_the_nearest_first_each_with_what_it_copies():
    distance = np.array([5.0, 1.0, 3.0, 2.0, *[9.0] * 6])
    copied = measurements(
        values={"copy_fraction": 0.3}, copied=np.arange(10) < 4, distance=distance, source=np.arange(10) * 7
    )
    one = found(memorised, copied)
    assert (one.fakes, one.sources) == ((1, 3, 2, 0), (7, 21, 14, 0))
    assert one.text.startswith("30.0 % of the generated images")
    assert one.text.endswith("(expected: up to 3.0 %): memorisation.")
    assert found(memorised, measurements(values={"copy_fraction": 0.03})) is None
    part = found(memorised, copied, SimpleNamespace(seen_share=0.5)).text
    assert part.endswith(" Only 50.0 % of the training images could be compared, so there may be more copies.")
    assert found(memorised, copied, SimpleNamespace(seen_share=0.999)).text == one.text
    many = measurements(
        values={"copy_fraction": 0.9}, copied=np.ones(20, bool), distance=np.arange(20.0), source=np.arange(20)
    )
    assert len(found(memorised, many).fakes) == len(found(memorised, many).sources) == 12


def test_quality_is_told_by_precision_and_density_and_by_the_kernel_distance_only_without_them():
    assert found(quality, measurements()) is None
    one = found(quality, measurements(precise=7, values={"precision": 0.7, "kid": 0.2}))
    assert one.text == "70.0 % of the generated images resemble a real image (expected: at least 80.0 %)."
    assert one.fakes == (7, 8, 9)
    assert found(quality, measurements(values={"density": 0.7})).text == "Density is 0.70 (1 for real data)."
    assert (
        found(quality, measurements(values={"kid": 0.2})).text == "KID to the real images is 0.2 (expected: up to 0.1)."
    )
    assert found(quality, measurements(values={"kid": -0.2})) is None
    assert found(quality, measurements(readable=False)).text.startswith("Too many samples cannot be classified")


def test_a_kernel_distance_is_no_quality_where_proportions_or_duplicates_raise_it():
    off = attribute(share("0", 0.5, 0.6))
    assert found(quality, measurements(values={"kid": 0.2}, attributes=(off,))) is None
    assert found(quality, measurements(values={"kid": 0.2, "duplicates": 30}, closer=30)) is None


def test_uncovered_images_are_explained_by_quality_unless_something_is_lost():
    low = {"density": 0.7, "pixel_coverage": 0.6}
    sentence = "40.0 % of the real images have no generated image nearby (expected: up to 20.0 %)"
    assert f" {sentence}, which lower quality alone can explain." in found(quality, measurements(values=low)).text
    gone = attribute(share("0", 0.5, 0.0, missing=True))
    assert sentence not in found(quality, measurements(values=low, attributes=(gone,))).text
    assert sentence not in found(quality, measurements(values=low | {"duplicates": 30}, closer=30)).text
    alone = found(uncovered, measurements(values={"pixel_coverage": 0.6}))
    assert alone.text == f"{sentence}. This may be a loss of quality or of diversity."
    assert alone.reals == (0, 2, 4, 6, 8)
    assert found(uncovered, measurements()) is None


def test_too_few_is_what_could_miss_the_class_of_a_typical_image():
    """Half of all images are of a class at least that common: 0.5 of 50, 30, 20; 0.3 of 40, 30, 30."""
    assert [typical_share(np.array(counts)) for counts in ([20, 50, 30], [30, 40, 30], [7])] == [0.5, 0.3, 1]
    few = SimpleNamespace(counts=(np.array([1, 1]), np.ones(20)), rows_of=lambda label: np.arange(10 - label))
    needed = min_needed(few, None)
    assert 20 * 0.95**needed <= 0.005 / 7 < 20 * 0.95 ** (needed - 1)
    assert too_few(few, needed, None) is None
    assert too_few(few, needed - 1, None).text.endswith(f"at least {needed} are needed.")
    assert min_needed(SimpleNamespace(counts=(np.array([1, 1]),)), None) == 50
    assert too_few(few, 50, 0) is None
    assert too_few(few, 49, 0).text.startswith("49 samples")
    assert too_few(few, 50, 1).text.startswith("The reference has 9 real images of this class; at least 10")
