"""A reader that errs on real images, in the made-up world: corrected for its errors, and not believed of blur."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.diagnosis.conftest import KINDS, N, kinds, shares
from trainer.diagnosis.context import healthy_splits
from trainer.diagnosis.misread import misread
from trainer.diagnosis.reference_build import accuracy_on, temperature_on
from trainer.features.feature_set import FeatureSet

SEEN_WELL = 2.0  # how far a kind stands out of what the reader sees, in deviations of it: two in three are read rightly


def misty(drawn: FeatureSet, seed: int, away: float = 0.0) -> FeatureSet:
    """The same things, read by one that sees each kind through noise and knows how far to trust itself; `away` moves
    what it sees of all towards the first kind, and their features by as much along one axis."""
    rng = np.random.default_rng([5, seed])
    sight = rng.normal(size=(len(drawn), 10))
    sight[np.arange(len(drawn)), drawn.labels(0)] += SEEN_WELL
    sight[:, 0] += away
    powers = np.exp(SEEN_WELL * sight)
    probabilities = (powers / powers.sum(1, keepdims=True)).astype(np.float32)
    features = np.concatenate([drawn.features, sight.astype(np.float32)], 1)  # as a reader's are: all that it sees
    return FeatureSet(features, (probabilities,), drawn.pixels)


@pytest.fixture(scope="module")
def erring(world, reference):
    """The reference of that reader, with its own healthy splits."""
    true = world.draw(3000, seed=10**6)
    unseen = misty(true, 0)
    splits = list(healthy_splits(unseen, N, 40))
    return replace(
        reference,
        real=unseen.take(slice(1000)),
        counts=(np.bincount(unseen.labels(0), minlength=10),),
        nulls={N: {name: np.array([split[name] for split in splits], np.float32) for name in splits[0]}},
        real_accuracy=accuracy_on(true.labels(0), unseen, reference.heads[0]),
        temperature=temperature_on(true.labels(0), unseen),
    )


def test_a_kind_that_is_not_made_is_named_although_others_are_read_as_it(world, erring, evaluate):
    fake = misty(world.draw(N, 1, shares(cat=0)), 1)
    assert 0.5 < np.mean(erring.real_accuracy) < 0.8
    assert (fake.labels(0) == KINDS.index("cat")).mean() > 0.02
    found = evaluate(fake, against=erring)
    assert found.verdict.kind == "mode-dropping"
    assert found.verdict.classes == ("cat",)
    assert "corrected for the errors" in found.verdict.text
    made, low, high, real = found.attributes[0].classes[KINDS.index("cat")].corrected
    assert low <= made <= high < 0.05 < real
    taken_at_its_word = evaluate(fake, against=replace(erring, temperature=None))
    assert "mode-dropping" not in kinds(taken_at_its_word)


def test_a_kind_at_three_quarters_is_not_missing_and_real_things_are_healthy(world, erring, evaluate):
    for seed in range(3):
        rarer = evaluate(misty(world.draw(N, 10 + seed, shares(cat=0.75)), 10 + seed), against=erring)
        assert "mode-dropping" not in kinds(rarer)
        assert kinds(evaluate(misty(world.draw(N, 20 + seed), 20 + seed), against=erring)) == ["healthy"]


def test_what_moves_all_images_is_told_as_quality_and_not_as_missing_kinds(world, erring, evaluate):
    moved = misty(world.draw(N, 1), 1, away=3.0)
    assert (moved.labels(0) == 0).mean() > 0.5  # it reads most of them as the first kind
    found = evaluate(moved, against=erring)
    assert not {"mode-dropping", "imbalance"} & set(kinds(found))
    assert "could take this for other classes" in found.verdict.text
    assert all(not share.missing and not share.corrected for share in found.attributes[0].classes)
    believed = evaluate(moved, against=replace(erring, temperature=None))
    assert kinds(believed)[0] == "mode-dropping"


def test_a_reader_that_hardly_errs_or_is_not_calibrated_is_taken_at_its_word(world, erring, reference):
    fake = misty(world.draw(N, 1), 1)
    assert misread(erring, fake) is not None
    assert misread(replace(erring, real_accuracy=(0.96,) * 10), fake) is None
    assert misread(replace(erring, real_accuracy=()), fake) is None
    assert misread(replace(erring, temperature=None), fake) is None
    assert misread(replace(erring, heads=erring.heads * 2), fake) is None
    assert misread(reference, world.draw(N, 1)) is None
