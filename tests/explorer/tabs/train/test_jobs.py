"""Trainings started from the page: the very command of a terminal, in a process of its own."""

import time
from contextlib import ExitStack
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


def test_only_so_many_trainings_run_or_wait(tmp_path: Path):
    runs = tmp_path / "runs"
    jobs.start(["-c", "import time; time.sleep(90)"], Run(runs, "started"), tmp_path / "data")  # not yet training
    with ExitStack() as training:
        for i in range(jobs.MAX_RUNS - 2):
            training.enter_context(Run(runs, f"r{i}").lock())
        with Run(runs, "last").lock():
            with pytest.raises(UserError, match=f"{jobs.MAX_RUNS} runs are training or queued"):
                jobs.start([], Run(runs, "new"), tmp_path / "data")
            assert not (runs / "new").exists()
            jobs.check_room(Run(tmp_path / "elsewhere", "new"))
        jobs.check_room(Run(runs, "new"))
    assert jobs.stop(Run(runs, "started"))


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
