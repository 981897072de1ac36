"""A run, and one that has trained."""

import shutil

import pytest

from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.run import Run
from trainer.runs.session import Caller


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "runs", "r")


@pytest.fixture(scope="session")
def two_steps(tmp_path_factory, tiny, squares):
    """(run, its config) after two steps. Not to be written to."""
    run, config = Run(tmp_path_factory.mktemp("runs"), "r"), tiny(kimg=0.008)
    list(run_training(run, config, places=Paths(run.folder, run.folder), dataset=squares(config)))
    return run, config


@pytest.fixture
def trained(two_steps, run):
    """A copy of the run of two steps, and its config."""
    done, config = two_steps
    shutil.copytree(done.folder, run.folder)
    return run, config


@pytest.fixture
def go(tmp_path, squares):
    """(name, config) -> the run of that name, trained to the end."""

    def train(name, config, dataset=None, **facts):
        run, places = Run(tmp_path / "runs", name), Paths(tmp_path, tmp_path / "checkpoints")
        data = dataset or squares(config)
        list(run_training(run, config, places=places, caller=Caller(**facts), dataset=data))
        return run

    return train


@pytest.fixture
def published(go, tmp_path):
    """(config, critic) -> a checkpoint `old` of a short training."""

    def make(config, critic=True, dataset=None):
        return publish(go("first", config, dataset), "old", tmp_path / "checkpoints", critic=critic)

    return make
