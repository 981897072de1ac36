"""What is said of the queue, and what becomes of trainings that have ended."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from explorer.tabs.train import control, jobs
from trainer.runs.run import Run
from trainer.training.config import config_from


@pytest.fixture
def started(monkeypatch) -> list[str]:
    """The names of the runs that would have been started."""
    names: list[str] = []
    monkeypatch.setattr(jobs, "start", lambda words, run, *places: names.append(run.name))
    return names


@pytest.fixture
def begun(library, monkeypatch):
    """(name) -> a run with a record; branching off it copies nothing but that."""
    from trainer.runs import branch

    def make(name: str) -> Run:
        run = Run(library.runs, name)
        run.folder.mkdir()
        (run.folder / "config.json").write_text(json.dumps(asdict(config_from({}, "mnist-dcgan"))))
        return run

    monkeypatch.setattr(branch, "branch", lambda run, name, images_seen, wanted: make(name))
    return make


def busy_is(monkeypatch, *names: str) -> None:
    monkeypatch.setattr(jobs, "is_busy", lambda run: run.name in names)


def test_a_resumed_run_is_said_to_wait_where_it_does(library, begun, started, monkeypatch):
    for name in ("one", "two", "three"):
        begun(name)
    assert control.resume(library, {"run": "one"}) == {"said": "one resumes."}
    busy_is(monkeypatch, "two")
    message = "one is in the queue. It will wait until two has finished: one run trains at a time."
    assert control.resume(library, {"run": "one"}) == {"said": message}
    busy_is(monkeypatch, "two", "three")
    assert "have finished: one run trains" in control.resume(library, {"run": "one"})["said"]
    assert started == ["one"] * 3


def test_a_form_that_resumes_a_run_says_both(library, begun, started, monkeypatch):
    begun("one"), begun("two")
    busy_is(monkeypatch, "two")
    question = {"name": "one", "preset": "mnist-dcgan", "settings": asdict(config_from({}, "mnist-dcgan"))}
    for said in (control.check(library, question)["note"], control.start(library, question)["said"]):
        assert "this resumes it. It will wait until two has finished" in said


@pytest.mark.parametrize("length", [1, 62, 63, 64])
@pytest.mark.parametrize("waits", [True, False])
def test_a_branch_with_the_longest_name_is_started(library, begun, started, monkeypatch, length, waits):
    begun("one")
    busy_is(monkeypatch, *(["one"] if waits else []))
    answer = control.branch(library, {"run": "one", "images_seen": None, "name": "n" * length, "settings": {}})
    assert answer["name"] == "n" * length
    assert answer["said"].endswith("one run trains at a time." if waits else "Branched from one.")
    assert started == ["n" * length]


def test_a_name_that_is_too_long_leaves_nothing(library, started):
    run = Run(library.runs, "one")
    run.folder.mkdir()
    (run.folder / "config.json").write_text(json.dumps(asdict(config_from({}, "mnist-dcgan"))))
    answer = control.branch(library, {"run": "one", "images_seen": None, "name": "n" * 65, "settings": {}})
    assert "up to 64" in answer["error"]
    assert [path.name for path in library.runs.iterdir()] == ["one"]
    assert started == []


def test_a_training_that_has_ended_is_waited_for_although_nobody_asks(tmp_path: Path):
    run = Run(tmp_path, "short")
    jobs.start(["-c", "pass"], run, tmp_path)
    process, end = jobs.STARTED[run.folder], time.monotonic() + 30
    while process.returncode is None:  # `poll` would collect it; whether somebody else has is the question
        assert time.monotonic() < end, "it is still in the table of processes"
        time.sleep(0.05)
    assert not jobs.is_busy(run)
