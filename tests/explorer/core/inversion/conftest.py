"""A layered checkpoint with a reference of its own images, its encoder trained for a few steps."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from explorer.core.inversion.encoder import Course
from explorer.core.inversion.inverter import Inverter
from explorer.core.model import Model
from tests.conftest import own_reference

SHORT = Course(steps=60, batch=16)


def last(items: Iterator[Any]) -> Any:
    """Run a search to its end: its last item."""
    item = None
    for found in items:
        item = found
    return item


@pytest.fixture(scope="session")
def own(checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a layered checkpoint with a reference; not to be written to."""
    folder = tmp_path_factory.mktemp("own") / "faces"
    shutil.copytree(checkpoint("stylegan-lite"), folder)
    own_reference(folder, count=200)
    return folder


@pytest.fixture(scope="session")
def inverter(own: Path) -> Inverter:
    """Ready: encoder and yardstick."""
    made = Inverter(Model(own), SHORT)
    last(made.prepare())
    last(made.measure_real())
    return made
