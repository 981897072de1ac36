"""Faults of the images, put in by hand: alike, uncovered, copied, unlike the real ones, of lower quality."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.diagnosis.conftest import N, kinds, shares
from trainer.diagnosis.findings.base import percent


@pytest.mark.slow
def test_twenty_images_over_and_over_are_a_collapse_within(evaluate, world):
    twenty, rng = world.draw(20, seed=5, shares=shares()), np.random.default_rng(0)
    rows = np.resize(np.arange(20), N)
    made = twenty.take(rows)
    found = evaluate(made)
    assert "intra-mode-collapse" in kinds(found)
    finding = next(finding for finding in found.findings if finding.kind == "intra-mode-collapse")
    assert finding.grade == 2
    assert finding.text.startswith("6,000 pairs of generated images are near-duplicates")  # 20 times 25 x 24 / 2
    assert "about 21 different images" in finding.text  # of 500 x 499 / 2 = 124,750 pairs
    pairs = np.array(finding.fakes).reshape(-1, 2)
    assert np.array_equal(made.pixels[pairs[:, 0]], made.pixels[pairs[:, 1]])
    noisy = replace(made, pixels=made.pixels + 1e-3 * rng.normal(size=made.pixels.shape).astype(np.float32))
    assert "about 21 different images" in " ".join(finding.text for finding in evaluate(noisy).findings)


def test_a_kind_that_has_shrunk_to_a_point_is_named(evaluate, world):
    rng = np.random.default_rng(6)
    kind_of, inside = rng.integers(0, 10, N), rng.normal(size=(N, 12))
    inside[kind_of == 4] *= 0.1
    found = evaluate(world.show(kind_of, inside))
    assert found.verdict.kind == "intra-mode-collapse"
    assert found.verdict.classes == ("eel",)
    assert "Within eel, the samples vary less than half as much" in found.verdict.text
    ratio = float(found.verdict.text.partition("(eel: ")[2].partition(" %")[0])
    assert ratio == pytest.approx(10, abs=1.5)


def test_half_of_every_kind_that_is_never_made_is_uncovered(evaluate, world):
    """Fakes lie on one side of each cluster's centre only, where they are as good as real ones."""
    rng = np.random.default_rng(7)
    kind_of, inside = rng.integers(0, 10, N), rng.normal(size=(N, 12))
    inside[:, :4] = abs(inside[:, :4])
    found = evaluate(world.show(kind_of, inside))
    assert found.verdict.kind == "intra-mode-collapse"
    assert "no generated image nearby" in found.verdict.text


def test_one_image_whatever_the_latent_is_total_collapse_and_nothing_else_is_evaluated(evaluate, world):
    found = evaluate(world.draw(1, seed=8).take(np.zeros(N, int)))
    assert kinds(found) == ["total-collapse"]
    assert "100.0 % of all pairs" in found.verdict.text
    assert found.measurements.same == 1


def test_images_far_from_all_real_ones_are_unlike_and_nothing_else_is_evaluated(evaluate, world):
    fake = world.draw(N, seed=9)
    found = evaluate(replace(fake, features=fake.features + 100, pixels=fake.pixels + 100))
    assert kinds(found) == ["out-of-distribution"]
    assert found.verdict.text.startswith("0 % of the generated images resemble a real image")
    assert found.measurements.by_key["precision"].value == 0


@pytest.mark.parametrize(("far", "verdict"), [(0.4, "quality"), (0.6, "out-of-distribution")])
def test_unlike_begins_where_half_as_many_look_real_as_in_healthy_data(far, verdict, evaluate, world):
    fake = world.draw(N, seed=9)
    fake.features[: int(far * N)] += 100
    found = evaluate(fake)
    assert verdict in kinds(found)
    assert (found.verdict.kind == "out-of-distribution") == (verdict == "out-of-distribution")
    assert found.measurements.by_key["precision"].value == pytest.approx(0.93 * (1 - far), abs=0.05)


def test_copies_are_memorised_and_their_sources_are_named(evaluate, world, reference):
    fake, copied = world.draw(N, seed=10), np.arange(0, N, 5)
    of = np.random.default_rng(0).integers(0, len(reference.seen), len(copied))
    pixels = fake.pixels.copy()
    pixels[copied] = reference.seen[of]
    found = evaluate(replace(fake, pixels=pixels))
    assert found.verdict.kind == "memorised"
    assert len(found.verdict.fakes) == len(found.verdict.sources) == 12
    source = dict(zip(copied.tolist(), of.tolist(), strict=True))
    assert [source[row] for row in found.verdict.fakes] == list(found.verdict.sources)
    share = found.measurements.by_key["copy_fraction"].value
    assert share == pytest.approx(0.2 + 0.8 * 0.01, abs=0.02)
    assert found.verdict.text.startswith(percent(share))
    assert "may be more" not in found.verdict.text  # all that was trained on is in the reference


def test_a_reference_that_holds_some_of_the_training_images_says_so(evaluate, world, reference, changed):
    fake = world.draw(N, seed=10)
    fake.pixels[:200] = reference.seen[:200]
    found = evaluate(fake, against=changed(dataset_size=8000))
    assert "Only 25.0 % of the training images could be compared" in found.verdict.text


@pytest.mark.parametrize("spoil", ["noise", "shift"])
def test_images_off_the_real_ones_are_of_lower_quality_and_nothing_graver(spoil, evaluate, world):
    fake, rng = world.draw(N, seed=11), np.random.default_rng(0)
    off = 0.9 * rng.normal(size=fake.features.shape) if spoil == "noise" else np.full(16, 0.8)
    found = evaluate(replace(fake, features=(fake.features + off).astype(np.float32)))
    assert found.verdict.kind == "quality"
    assert max(finding.grade for finding in found.findings) == 1
    assert not found.measurements.looks.precise[list(found.verdict.fakes)].any()
