"""A library whose folders are there and empty."""

from pathlib import Path

import pytest

from explorer.core.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for name in ("checkpoints", "runs", "recordings"):
        (tmp_path / name).mkdir()
    return Library(tmp_path / "checkpoints", tmp_path / "runs", tmp_path / "recordings")
