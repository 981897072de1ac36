"""Class histograms, effective numbers, and images compared with each other."""

import numpy as np
import pytest

from trainer.metrics import METRICS
from trainer.metrics.diversity import fake_ms_ssim, feature_distance, ms_ssim
from trainer.metrics.inception import inception_score
from trainer.metrics.modes import label_kl, mode_shares, modes_captured, wilson
from trainer.metrics.vendi import vendi, vendi_score
from trainer.util.errors import UserError


def test_modes_are_the_classes_that_occur():
    assert modes_captured(fake_labels=np.array([0, 2, 2, 9]), k_classes=10) == 3
    assert modes_captured(fake_labels=np.array([1.0, 1.0]), k_classes=10) == 1


def test_label_kl_of_half_the_classes_is_ln_2():
    real, fake = np.arange(10).repeat(50), np.arange(5).repeat(50)
    assert label_kl(real_labels=real, fake_labels=fake, k_classes=10) == pytest.approx(np.log(2))
    assert label_kl(real_labels=real, fake_labels=real[::-1], k_classes=10) == 0


def test_label_kl_counts_a_class_without_reals_as_half_a_image():
    value = label_kl(real_labels=np.zeros(10), fake_labels=np.ones(5), k_classes=2)
    assert value == pytest.approx(np.log(10.5 / 0.5))


def test_the_wilson_interval_is_the_published_one():
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29, at 95 %."""
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_shares_are_told_with_an_interval_around_each():
    real, fake = np.arange(4).repeat(25), np.r_[np.zeros(60), np.ones(40)]
    found = mode_shares(real_labels=real, fake_labels=fake, k_classes=4)
    assert found["share_real"] == [0.25] * 4
    assert found["share_fake"] == [0.6, 0.4, 0.0, 0.0]
    assert found["share_low"][2] == 0
    assert found["share_high"][2] == pytest.approx(0.037, abs=1e-3)
    for low, share, high in zip(found["share_low"], found["share_fake"], found["share_high"], strict=True):
        assert low <= share <= high


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 4], "holds 4 in row 1"), ([-1, 0], "holds -1 in row 0"), ([0.5], "holds 0.5"), ([[0]], "shape (1, 1)"),
     (["a"], "type <U1"), ([np.nan], "NaN"), ([], "shape (0,)")],
)  # fmt: skip
def test_labels_that_are_none_are_told(labels, message):
    with pytest.raises(UserError) as error:
        modes_captured(fake_labels=np.array(labels), k_classes=4)
    assert message in str(error.value)


def test_vendi_counts_directions():
    assert vendi_score(points=np.eye(7)) == pytest.approx(7)
    assert vendi_score(points=np.ones((30, 5))) == pytest.approx(1)
    assert vendi_score(points=np.eye(2)[[0, 0]]) == 1  # the other eigenvalue is 0
    assert vendi_score(points=np.repeat(np.eye(3), [1, 1, 2], axis=0)) == pytest.approx(
        2**1.5
    )  # entropy of 1/4 1/4 1/2


def test_vendi_is_the_same_by_both_routes_and_blind_to_lengths(rng):
    points = rng.normal(size=(30, 20))
    padded = np.hstack([points, np.zeros((30, 20))])  # wider than long: the other route
    assert vendi_score(points=padded) == pytest.approx(vendi_score(points=points))
    assert vendi_score(points=points * rng.uniform(1, 9, (30, 1))) == pytest.approx(vendi_score(points=points))


def test_vendi_takes_one_row_none_of_length_0_and_the_smaller_matrix(rng, monkeypatch):
    assert vendi_score(points=np.array([[3.0, 4.0]])) == pytest.approx(1)
    with pytest.raises(UserError, match="at least 1"):
        vendi_score(points=np.zeros((0, 4)))
    one = np.ones((1, 4))
    assert vendi(real=one, fake=one) == pytest.approx({"vendi": 1, "vendi_real": 1})
    with pytest.raises(UserError, match="fake has 0 rows; this measure needs at least 1"):
        vendi(real=one, fake=one[:0])
    half = np.vstack([np.eye(2), np.zeros((2, 2))])  # eigenvalues 1/4, 1/4, and nothing of the rows of zeros
    assert vendi_score(points=half) == pytest.approx(2)
    assert vendi_score(points=0.5 * np.eye(3)) == pytest.approx(3)
    sizes, decompose = [], np.linalg.eigvalsh
    monkeypatch.setattr(np.linalg, "eigvalsh", lambda matrix: sizes.append(len(matrix)) or decompose(matrix))
    for shape in ((30, 7), (7, 30)):
        vendi_score(points=rng.normal(size=shape))
    assert sizes == [7, 7]


def test_vendi_falls_as_images_are_repeated(rng):
    real = rng.normal(size=(200, 16))
    scores = [vendi(real=real, fake=np.tile(real[:n], (200 // n, 1)))["vendi"] for n in (200, 20, 4, 1)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == pytest.approx(1)


def test_feature_distance_is_the_mean_over_pairs():
    found = feature_distance(real=np.array([[0.0, 0], [3, 4]]), fake=np.array([[0.0, 0], [0, 3], [4, 0]]))
    assert found == pytest.approx({"feature_distance_real": 5, "feature_distance": 4})


def test_inception_score_of_no_idea_is_1_and_of_certainty_the_number_of_classes():
    assert inception_score(fake_probabilities=np.full((50, 5), 0.2)) == {"inception_score": 1, "inception_score_sd": 0}
    certain = np.tile(np.eye(5), (20, 1))
    assert inception_score(fake_probabilities=certain)["inception_score"] == pytest.approx(5)


def test_the_deviation_of_the_inception_score_divides_by_the_number_of_splits():
    one, two = np.tile(np.eye(2), (5, 1)), np.tile([[1.0, 0.0]], (10, 1))  # scores 2 and 1
    found = inception_score(fake_probabilities=np.vstack([one, two]), splits=2)
    assert list(found.values()) == pytest.approx([1.5, 0.5])


def test_logits_are_no_probabilities():
    with pytest.raises(UserError, match="not a distribution in row 0"):
        inception_score(fake_probabilities=np.ones((20, 3)))


def test_an_image_is_as_similar_to_itself_as_can_be_and_noise_is_not(rng):
    images = rng.uniform(-1, 1, (4, 3, 64, 48)).astype(np.float32)
    assert ms_ssim(first=images, second=images) == pytest.approx(np.ones(4))
    assert (ms_ssim(first=images, second=images[::-1]) < 0.1).all()
    assert ms_ssim(first=images, second=-images) == pytest.approx(np.zeros(4), abs=1e-6)


def test_similarity_falls_as_noise_is_added(rng):
    images = np.cumsum(rng.normal(size=(3, 1, 32, 32)), axis=3) / 20
    noise = rng.normal(size=images.shape)
    values = [ms_ssim(first=images, second=images + level * noise).mean() for level in (0.0, 0.05, 0.2, 0.8)]
    assert values == sorted(values, reverse=True)


def test_a_constant_image_differs_by_its_brightness_alone():
    """The luminance term of the last scale, to the power of that scale's share of the weights."""
    dark, light = np.full((1, 1, 32, 32), -0.5), np.full((1, 1, 32, 32), 0.5)
    luminance = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert ms_ssim(first=dark, second=light) == pytest.approx([luminance ** (0.2856 / (0.0448 + 0.2856))])


def test_a_collapsed_batch_is_all_alike(rng):
    one = rng.uniform(-1, 1, (1, 1, 16, 16))
    assert fake_ms_ssim(fake_images=one.repeat(9, 0)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("images", "message"),
    [(np.zeros((4, 1, 8, 8)), "8 x 8 pixels"), (np.zeros((4, 16, 16, 3)), "shape (4, 16, 16, 3)"),
     (np.zeros((4, 1, 16, 16), np.uint8), "uint8"), (np.full((4, 1, 16, 16), 3.0), "from 3 to 3"),
     (np.full((4, 1, 16, 16), np.nan), "nan"), (np.zeros((1, 1, 16, 16)), "holds 1 images")],
)  # fmt: skip
def test_images_that_cannot_be_compared_are_told(images, message):
    with pytest.raises(UserError) as error:
        fake_ms_ssim(fake_images=images)
    assert message in str(error.value)


def by_class(real, true, fake, asked):
    return METRICS["gan-train-test"](real=real, real_true=true, fake=fake, fake_asked=asked)


def test_a_classifier_learns_from_good_images_and_reads_them():
    labels = np.arange(600) % 4
    clusters = 8 * np.eye(4, 6)[labels] + np.random.default_rng(0).normal(size=(600, 6))
    real, fake = (clusters[:400], labels[:400]), (clusters[400:], labels[400:])
    assert by_class(*real, *fake) == {"gan_train": 1, "gan_test": 1, "real_train": 1}
    kept = fake[1] != 2  # a class that is not made cannot be learned, and what is made is read well
    found = by_class(*real, fake[0][kept], fake[1][kept])
    assert found["gan_train"] == pytest.approx(0.75, abs=0.05)
    assert found["gan_test"] == 1
    turned = by_class(*real, fake[0], (fake[1] + 1) % 4)  # each class comes as another than it was asked for
    assert turned == {"gan_train": 0, "gan_test": 0, "real_train": 1}


def test_one_class_alone_teaches_nothing_and_labels_that_do_not_fit_are_refused():
    points = np.random.default_rng(0).normal(size=(20, 3))
    labels, same = np.arange(20) % 2, np.zeros(20)
    found = by_class(points, labels, points, same)
    assert np.isnan(found["gan_train"])
    assert 0 <= found["gan_test"] <= 1
    for wrong, told in ((labels[:9], r"shape \(9,\)"), (labels - 1, "-1 to 0"), (labels / 2, "0 to 0.5")):
        with pytest.raises(UserError, match=f"fake_asked.*{told}"):
            by_class(points, labels, points, wrong)
