"""Trainings started from the page: real processes, small ones."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import jobs
from trainer.errors import UserError
from trainer.runs import Run


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
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
def test_a_job_trains_on_its_own_is_stopped_and_goes_on(tmp_path: Path, pictures: Path):
    run = Run(tmp_path / "runs", "one")
    job = jobs.Job("mnist-dcgan", str(pictures), "one", 1000)
    jobs.start(job, tmp_path / "runs", tmp_path / "data")
    wait(run.state_file.is_file)
    assert jobs.watch(run).training
    with pytest.raises(UserError, match="is training; one at a time"):
        jobs.start(jobs.Job("mnist-dcgan", str(pictures), "two", 1000), tmp_path / "runs", tmp_path / "data")
    jobs.stop(run)
    wait(lambda: not jobs.is_busy(run))
    watched = jobs.watch(run)
    assert watched.images_seen > 0
    assert watched.grid is not None
    assert watched.series["loss_g"]
    assert "the same command resumes it" in watched.last_words
    with pytest.raises(UserError, match="not being trained"):
        jobs.stop(run)


@pytest.mark.parametrize(
    ("job", "told"),
    [
        (jobs.Job("mnist-dcgan", "avatars", "../x", 1), "cannot name a run"),
        (jobs.Job("nobody", "avatars", "x", 1), "Unknown preset 'nobody'"),
        (jobs.Job("mnist-dcgan", "avatars", "x", 0), "--kimg"),
        (jobs.Job("mnist-dcgan", "avatars", "x", float("nan")), "--kimg"),
    ],
)
def test_a_job_that_cannot_work_is_refused_before_it_starts(tmp_path: Path, job: jobs.Job, told: str):
    with pytest.raises(UserError, match=told):
        jobs.start(job, tmp_path, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_command_can_be_typed():
    job = jobs.Job("dcgan", "my pictures", "a", 12.5)
    assert job.command() == "python -m trainer train --run=a --preset=dcgan '--data=my pictures' --kimg=12.5"


def test_the_last_line_passes_over_a_progress_bar(tmp_path: Path):
    log = tmp_path / "log.txt"
    log.write_text("start\n10 %\r20 %\rerror: no such folder\n\n")
    assert jobs.last_line(log) == "error: no such folder"
    assert jobs.last_line(tmp_path / "none") == ""
