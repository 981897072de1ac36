"""Trainings started from the page: the very command of a terminal, in a process of its own."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.tabs.train import jobs
from trainer.cli.main import parser
from trainer.runs.run import Run
from trainer.training.config import config_from
from trainer.training.presets import PRESETS
from trainer.util.errors import UserError


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(20):
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(folder / f"{i}.png")
    return folder


def wait(what, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)


@pytest.mark.slow
def test_a_second_training_waits_for_the_first_and_either_can_be_stopped(tmp_path: Path, images: Path):
    one, two = (Run(tmp_path / "runs", name) for name in ("one", "two"))
    settings = {"data": str(images), "kimg": 1000.0, "width": 8, "threads": 1}
    for run in (one, two):
        jobs.start(jobs.Job(run.name, "mnist-dcgan", settings).words(), run, tmp_path / "data")
        wait(lambda run=run: run.is_training() or run.is_queued())
    with pytest.raises(UserError, match="is already training or queued"):
        jobs.start([], two, tmp_path / "data")
    wait(one.state_file.is_file)
    assert two.is_queued()
    assert jobs.is_busy(two)
    assert jobs.stop(two) == "Removed from the queue."
    wait(lambda: not jobs.is_busy(two))
    assert not two.exists()
    assert jobs.stop(one) == "Saving and stopping."
    wait(lambda: not jobs.is_busy(one))
    assert one.store().events()[-1].kind == "stopped"
    with pytest.raises(UserError, match="is not training"):
        jobs.stop(one)


class Endless:
    """A process that runs."""

    def poll(self) -> None:
        return None


def test_only_so_many_trainings_run_or_wait(tmp_path: Path, monkeypatch):
    runs = tmp_path / "runs"
    monkeypatch.setattr(jobs, "STARTED", {runs / f"r{i}": Endless() for i in range(jobs.MAX_RUNS)})
    with pytest.raises(UserError, match=f"{jobs.MAX_RUNS} runs are training or queued"):
        jobs.start([], Run(runs, "new"), tmp_path / "data")
    assert not (runs / "new").exists()
    jobs.check_room(Run(tmp_path / "elsewhere", "new"))
    jobs.STARTED.popitem()
    jobs.check_room(Run(runs, "new"))


def test_the_command_names_only_what_differs_from_the_preset():
    settings = {"data": "my images", "kimg": 12.5, "lr": 2e-4, "mirror": True, "diagnose": False}
    job = jobs.Job("a", "dcgan", settings)
    arguments = "--run a --preset dcgan --data 'my images' --kimg 12.5 --mirror --no-diagnose --queue"
    assert job.command() == f"python -m trainer train {arguments}"


@pytest.mark.parametrize("preset", ["", *PRESETS])
def test_what_a_terminal_makes_of_the_command_is_what_was_asked_for(preset: str):
    settings = {"kimg": 12.5, "lr": 1e-5, "batch": 16, "augment": "color,cutout", "mirror": True, "data": "mnist"}
    job = jobs.Job("a", preset, settings | ({} if preset else {"arch": "dcgan", "resolution": 32}))
    read = parser().parse_args(job.words()[2:])
    assert config_from(vars(read), read.preset) == job.config()
    assert read.queue


def test_settings_that_cannot_work_are_refused_before_anything_is_started():
    with pytest.raises(UserError, match="--lr is -1"):
        jobs.Job("a", "dcgan", {"lr": -1.0}).config()
    with pytest.raises(UserError, match="Unknown preset 'nobody'"):
        jobs.Job("a", "nobody", {}).words()
