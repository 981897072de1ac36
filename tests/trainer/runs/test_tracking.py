"""A tracker is told all of a training; one that fails, hangs or is slow costs the training nothing."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from trainer.runs import tracking
from trainer.runs.run import Run
from trainer.runs.runner import Progress
from trainer.runs.tracking import Mirror, check_tracker, with_tracker
from trainer.util.errors import UserError

ROOT = Path(__file__).parents[3]


class Heard:
    """A tracker that remembers what it is told, and may fail at one of these calls, or wait there."""

    package = "pytest"

    def __init__(self, fails_at: str = "", waits_for: threading.Event | None = None):
        self.told: list[tuple[Any, ...]] = []
        self.fails_at, self.waits_for = fails_at, waits_for

    def hear(self, *told: Any) -> None:
        if self.waits_for:
            self.waits_for.wait(60)
        if told[0] == self.fails_at:
            raise ConnectionError("no\nanswer")
        self.told.append(told)

    def start(self, name, config):
        self.hear("start", name, config)

    def log(self, images_seen, values):
        self.hear("log", images_seen, values)

    def image(self, images_seen, path):
        self.hear("image", images_seen, path.name)

    def alert(self, event, level):
        self.hear("alert", event.kind, level, event.text)

    def finish(self):
        self.hear("finish")


@pytest.fixture
def run(tmp_path, tiny) -> Run:
    """A run that has begun, with a sheet of samples and one event of the time before."""
    run = Run(tmp_path, "mine")
    run.folder.mkdir()
    run.write_config(tiny())
    (run.folder / "samples").mkdir()
    Image.new("RGB", (8, 8)).save(run.folder / "samples" / "00000004.webp")
    run.store().tell(0, "verdict", "Long ago.")
    return run


def reports(run: Run, count: int = 3) -> Iterator[Progress]:
    """So many reports; an alert is raised before the second."""
    for i in range(1, count + 1):
        if i == 2:
            run.store().tell(8, "alert", "D was right.", {"title": "D dominates"})
        yield Progress(4 * i, 4 * count, 100.0, {"loss_d": float(i), "fid": float("nan")}, saved=i == 1)
    run.store().tell(4 * count, "finished", "The training budget is used up.")


def passed(run: Run, tracker: Heard, seconds: float = 60) -> tuple[list[int], list[str]]:
    """(the reports that came through, the sentences that were told)."""
    notes: list[str] = []
    return [now.images_seen for now in with_tracker(reports(run), run, tracker, notes.append, seconds)], notes


def test_settings_curves_samples_alerts_and_the_end_are_told_in_order(run):
    tracker = Heard()
    assert passed(run, tracker) == ([4, 8, 12], [])
    assert tracker.told[0] == ("start", "mine", asdict(run.config()))
    logged = [told for told in tracker.told if told[0] == "log"]
    assert logged == [("log", 4 * i, {"loss_d": float(i), "images_per_s": 100.0}) for i in (1, 2, 3)]
    assert [told for told in tracker.told if told[0] == "image"] == [("image", 4, "00000004.webp")]
    alerts = [told for told in tracker.told if told[0] == "alert"]
    assert alerts == [
        ("alert", "alert", "warn", "D was right."),
        ("alert", "finished", "info", "The training budget is used up."),
    ]
    assert tracker.told[-1] == ("finish",)


@pytest.mark.parametrize("call", ["start", "log", "image", "alert", "finish"])
def test_one_that_fails_is_told_once_and_nothing_else_happens(run, call):
    assert passed(run, Heard(fails_at=call)) == (
        [4, 8, 12],
        ["The tracker has failed (no answer); the training goes on without it."],
    )


def test_one_that_does_not_answer_is_left_behind(run):
    answer = threading.Event()
    found, notes = passed(run, Heard(waits_for=answer), seconds=0.05)
    answer.set()
    assert found == [4, 8, 12]
    assert notes == ["The tracker has not taken everything within 0.05 s; the run's folder holds it all."]


def test_what_a_slow_one_cannot_take_is_left_out_and_counted(run):
    answer, notes = threading.Event(), []
    tracker = Heard(waits_for=answer)
    mirror = Mirror(tracker, run, notes.append, queued=2)
    for now in reports(run, 10):
        mirror.add(now)
    answer.set()
    mirror.end(60)
    assert tracker.told[-1] == ("finish",)
    logged = sum(told[0] == "log" for told in tracker.told)
    assert 2 <= logged <= 3
    assert notes == [f"The tracker was too slow for {10 - logged} reports; the run's folder holds them."]


def test_a_training_that_fails_ends_as_it_would_and_is_told(run):
    def failing() -> Iterator[Progress]:
        yield from reports(run, 1)
        run.store().tell(4, "failed", "It diverged twice.")
        raise UserError("It diverged twice.")

    tracker = Heard()
    with pytest.raises(UserError, match="diverged twice"):
        list(with_tracker(failing(), run, tracker, print))
    assert ("alert", "failed", "error", "It diverged twice.") in tracker.told
    assert tracker.told[-1] == ("finish",)


def test_a_training_that_never_begins_starts_no_tracker(run):
    tracker = Heard()
    assert list(with_tracker(iter(()), run, tracker, print)) == []
    assert tracker.told == []


def test_a_missing_package_and_an_unknown_tracker_are_sentences(monkeypatch):
    monkeypatch.setattr(tracking.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        UserError, match=r"^--track trackio needs a package: `pip install -r requirements-track\.txt`\.$"
    ):
        check_tracker("trackio")
    with pytest.raises(UserError, match=r"Unknown tracker 'wandb'\. Choose from: trackio"):
        check_tracker("wandb")


def trained(folder: Path, images: Path, name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """`python -m trainer train` of a tiny network."""
    words = f"train --run {name} --data {images} --resolution 8 --width 8 --z-dim 8 --batch 4 --kimg 0.04 --threads 1"
    return subprocess.run(
        [sys.executable, "-m", "trainer", *words.split(), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TRACKIO_DIR": str(folder / "trackio"), **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


def weights(folder: Path, name: str) -> str:
    return hashlib.sha256((folder / f"runs/{name}/snapshots/latest/model.safetensors").read_bytes()).hexdigest()


@pytest.mark.slow
def test_trackio_itself_holds_the_run_and_the_weights_are_the_same_bits(images, tmp_path):
    pytest.importorskip("trackio")
    assert trained(tmp_path, images, "plain").returncode == 0
    done = trained(tmp_path, images, "mine", "--track", "trackio", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "The tracker" not in done.stderr
    assert weights(tmp_path, "mine") == weights(tmp_path, "plain")
    with sqlite3.connect(tmp_path / "trackio" / "latent-explorer.db") as kept:
        rows = kept.execute("SELECT step, metrics FROM metrics WHERE run_name = 'mine' ORDER BY id").fetchall()
        ((config,),) = kept.execute("SELECT config FROM configs WHERE run_name = 'mine'").fetchall()
        alerts = kept.execute("SELECT title, level, step FROM alerts").fetchall()
    assert [step for step, text in rows if b"loss_d" in text] == [4, 40]
    assert sum(b"trackio.image" in text for _, text in rows) == 2
    assert b'"arch":"stylegan-lite"' in config
    assert alerts == [("finished", "info", 40)]
    assert len(list((tmp_path / "trackio" / "media").rglob("*.webp"))) == 2


@pytest.mark.slow
def test_a_server_of_trackio_that_does_not_answer_harms_nothing(images, tmp_path):
    pytest.importorskip("trackio")
    nowhere = "http://127.0.0.1:9/?write_token=secret"
    done = trained(tmp_path, images, "mine", "--track", "trackio", TRACKIO_SERVER_URL=nowhere)
    assert done.returncode == 0, done.stderr
    assert "finished at 0.0 kimg" in done.stdout
    assert trained(tmp_path, images, "plain").returncode == 0
    assert weights(tmp_path, "mine") == weights(tmp_path, "plain")
