"""Feature sets with known faults, shared by the tests of the measures."""

import numpy as np
import pytest


def mixture(rng: np.random.Generator, n: int, modes: range) -> np.ndarray:
    """n points of equal clusters in 12 dimensions, float32 as extractors give them."""
    centres = np.random.default_rng(7).normal(size=(10, 12)) * 4
    return (centres[rng.choice(list(modes), n)] + rng.normal(size=(n, 12))).astype(np.float32)


def healthy(rng):
    return mixture(rng, 400, range(10)), mixture(rng, 400, range(10))


def dropped(rng):
    return mixture(rng, 400, range(10)), mixture(rng, 400, range(7))


def small(rng):
    return rng.normal(size=(20, 64)), rng.normal(size=(20, 64)) + 0.3


def singular(rng):
    """Dead units and repeated ones, as a ReLU layer has them."""
    real, fake = rng.normal(size=(300, 12)), 1.2 * rng.normal(size=(300, 12))
    return tuple(np.hstack([x.clip(0), x[:, :4].clip(0), np.zeros((300, 3))]) for x in (real, fake))


def duplicated(rng):
    """Reals twice each; fakes are 25 images, 16 times each."""
    return np.repeat(mixture(rng, 200, range(10)), 2, axis=0), np.tile(mixture(rng, 25, range(10)), (16, 1))


def memorised(rng):
    """Fakes are drawn with replacement from the reals: all ties are exact ones."""
    real = mixture(rng, 400, range(10))
    return real, real[rng.integers(0, 400, 400)]


CASES = {case.__name__: case for case in (healthy, dropped, small, singular, duplicated, memorised)}


@pytest.fixture(params=CASES)
def case(request):
    """(real, fake), equal in number, of each kind of fault."""
    return CASES[request.param](np.random.default_rng(3))


@pytest.fixture
def sets():
    """Name of a kind -> (real, fake)."""
    return lambda name: CASES[name](np.random.default_rng(3))


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(0)
    found = {name: rng.normal(size=(60, 6)) for name in ("real", "fake", "held_out")}
    found |= {name: rng.integers(0, 3, 60) for name in ("real_labels", "fake_labels", "real_true", "fake_asked")}
    found |= {name: rng.uniform(-1, 1, (60, 1, 16, 16)) for name in ("real_images", "fake_images", "fake_truth")}
    return (
        found
        | {"fake_probabilities": rng.dirichlet(np.ones(3), 60), "k_classes": 3}
        | {"centres": rng.normal(size=(3, 6)), "sigma": 1.0}
    )


@pytest.fixture
def rng():
    return np.random.default_rng(0)
