"""Every registered architecture as a loaded model, with and without classes."""

import pytest

from explorer.core.model import Model
from trainer.networks import ARCHITECTURES

KINDS = [(arch, classes) for arch in ARCHITECTURES for classes in (0, 3)]


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
