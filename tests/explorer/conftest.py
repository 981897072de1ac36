"""Every registered architecture as a loaded model, with and without classes."""

from typing import Any

import pytest

from explorer.core.directions import channels, effects, fitting, learned, learning, supervised
from explorer.core.model import Model
from trainer.networks import latent_architectures

KINDS = [(arch, classes) for arch in latent_architectures() for classes in (0, 3)]


@pytest.fixture(scope="session", params=KINDS, ids=[f"{arch}-{classes or 'no'}-classes" for arch, classes in KINDS])
def model(request, checkpoint) -> Model:
    """Each kind of model in turn."""
    return Model(checkpoint(*request.param))


@pytest.fixture(scope="session")
def layered(checkpoint) -> Model:
    """A model with several ws and noise."""
    return Model(checkpoint("stylegan-lite"))


@pytest.fixture(scope="session")
def plain(checkpoint) -> Model:
    """A model whose w is z."""
    return Model(checkpoint("dcgan"))


@pytest.fixture
def hasty(monkeypatch):
    """Directions are learned and measured from few samples: what is found is rough, but every step is taken."""
    few: dict[Any, dict[str, float]] = {
        supervised: {"N_SAMPLES": 400},
        channels: {"N_SAMPLES": 400},
        learned: {"N_SAMPLES": 400, "STEPS": 4, "LEAST": 0.0},
        learning: {"N_SAMPLES": 40},
        effects: {"N_TESTED": 16},
    }
    monkeypatch.setattr(fitting, "FITTED", {})  # nothing is known from another test, nor by the next one
    for module, names in few.items():
        for name, value in names.items():
            monkeypatch.setattr(module, name, value)
