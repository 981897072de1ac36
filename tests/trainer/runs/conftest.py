"""A run, and one that has trained."""

import pytest

from trainer.runs.launch import run_training
from trainer.runs.live_eval import Places
from trainer.runs.run import Run


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "runs", "r")


@pytest.fixture
def trained(run, tiny, squares):
    """(run, its config) after two steps."""
    config = tiny(kimg=0.008)
    list(run_training(run, config, places=Places(run.folder, run.folder), dataset=squares(config)))
    return run, config
