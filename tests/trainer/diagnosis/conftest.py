"""A made-up world of ten kinds of things, and a reference of it.

Where a point lies is known exactly, so each fault can be put in by hand and its name and number be known beforehand.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from trainer.data import Attribute
from trainer.diagnosis import FINDINGS as FAULTS
from trainer.diagnosis import Diagnosis, Reference, diagnose
from trainer.diagnosis.context import healthy_splits
from trainer.features.feature_set import FeatureSet
from trainer.features.pixels import PixelSpace

KINDS = ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay")
EQUAL = (0.1,) * 10
N = 500  # images on each side


class World(NamedTuple):
    """Ten round clusters. A thing is its kind and 12 numbers; features and pixel coordinates are linear in both."""

    pixels: np.ndarray  # (10, 12), where the kinds are
    features: np.ndarray  # (10, 16)
    mixing: np.ndarray  # (12, 16)

    def show(self, kinds: np.ndarray, inside: np.ndarray) -> FeatureSet:
        """kinds (n,), inside: where in its cluster each lies, (n, 12)."""
        probabilities = np.full((len(kinds), 10), 0.0005, np.float32)
        probabilities[np.arange(len(kinds)), kinds] = 0.9955
        features, pixels = self.features[kinds] + inside @ self.mixing, self.pixels[kinds] + inside
        return FeatureSet(features.astype(np.float32), (probabilities,), pixels.astype(np.float32))

    def draw(self, n: int, seed: int, shares: Sequence[float] = EQUAL) -> FeatureSet:
        """n healthy things; `shares` of the kinds, made to sum to 1."""
        rng = np.random.default_rng([1, seed])
        weights = np.array(shares) / np.sum(shares)
        return self.show(rng.choice(10, n, p=weights), rng.normal(size=(n, 12)))


@pytest.fixture(scope="session")
def world() -> World:
    rng = np.random.default_rng(7)
    return World(3 * rng.normal(size=(10, 12)), 3 * rng.normal(size=(10, 16)), rng.normal(size=(12, 16)) / 3)


@pytest.fixture(scope="session")
def reference(world) -> Reference:
    """1,000 unseen things of 3,000, 2,000 seen ones, and 60 healthy splits of 500 on each side."""
    unseen = world.draw(3000, seed=10**6)
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(64, 12)))[0].T.astype(np.float32)
    splits = list(healthy_splits(unseen, N, 60))
    shades = np.random.default_rng(1).integers(0, 256, 1000).astype(np.uint8)
    return Reference(
        data="things",
        dataset_size=2000,
        resolution=8,
        channels=1,
        extractor="mnist",
        version="of long ago",
        heads=(Attribute("kind", KINDS),),
        counts=(np.bincount(unseen.labels(0), minlength=10),),
        real=unseen.take(slice(1000)),
        seen=world.draw(2000, seed=10**6 + 1).pixels,
        unseen=True,
        space=PixelSpace(8, 1, np.zeros(64, np.float32), axes),
        thumbs=np.broadcast_to(shades[:, None, None, None], (1000, 8, 8, 1)),
        nulls={N: {name: np.array([split[name] for split in splits], np.float32) for name in splits[0]}},
    )


@pytest.fixture
def changed(reference):
    """(changes) -> the made-up reference with them; what follows from the real images is computed again."""
    return lambda **changes: replace(reference, **changes)


def shares(**changed: float) -> list[float]:
    """Equal shares of the kinds, but for those that are named."""
    return [changed.get(name, 1.0) for name in KINDS]


def kinds(found: Diagnosis) -> list[str]:
    return [finding.kind for finding in found.findings]


@pytest.fixture
def evaluate(reference):
    """(fakes) -> Diagnosis, after checks that hold for every one of them."""

    def evaluate(fake: FeatureSet, label: int | None = None, against: Reference = reference) -> Diagnosis:
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
            assert all(name in KINDS for name in finding.classes)
            assert not re.search(r"\b(nan|inf|None)\b|  ", finding.text)
            assert finding.text.endswith(".")
        return found

    return evaluate
