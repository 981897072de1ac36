"""Quality against the clock: its arithmetic, what is kept of earlier runs, and one contender from data to rows."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import contenders, quality_per_hour
from benchmarks.contenders import CONTENDERS, Loop, example, ours
from benchmarks.quality_per_hour import against_the_clock, asked_for, curve, earlier, longest, made, moments, table
from benchmarks.stylegan2_peer import Missing, package
from trainer.data import load
from trainer.features.classifier import AttributeNet, finished
from trainer.features.feature_set import FeatureSet, extract_dataset
from trainer.util.errors import UserError

OURS = next(iter(CONTENDERS))


def run(**changed: Any) -> dict[str, Any]:
    found = {"data": "mnist", "contender": OURS, "seed": 0, "samples": 10, "minutes": 2.0, "load_before": 4.0}
    found |= {"parameters": [1e6, 2e6]}
    row = {"minutes": 1.0, "fid": 1234.4, "coverage": 0.5, "made": 0.25}
    return {**found, "rows": [row], **changed}


def test_a_value_is_made_if_one_image_in_a_hundred_surely_shows_it():
    probabilities = np.full((200, 4), 0.02, np.float32)
    probabilities[:, 0] = 0.94  # the rest: value 1 surely in 2 images, value 2 in 1, value 3 in 50, but not surely
    for value, rows, sure in ((1, slice(0, 2), 0.94), (2, slice(2, 3), 0.94), (3, slice(3, 53), 0.6)):
        probabilities[rows] = (1 - sure) / 3
        probabilities[rows, value] = sure
    assert made(FeatureSet(np.zeros((200, 1)), (probabilities,), np.zeros((200, 0)))) == 0.5


def test_the_end_is_judged_too_and_nothing_after_it():
    assert moments(10) == [1, 2, 5, 10]
    assert moments(7) == [1, 2, 5, 7]
    assert moments(0.5) == [0.5]


def test_the_clock_counts_the_steps_alone(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr(quality_per_hour.time, "process_time", lambda: now[0])

    def steps():
        while True:
            now[0] += 20  # seconds
            yield

    found = []
    for stop in against_the_clock(Loop(steps(), 8, lambda n: np.zeros(n), (0, 0)), [1, 1.5]):
        found.append(stop)
        now[0] += 1000  # judging
    assert found == [(1, 24, 1.0), (1.5, 40, pytest.approx(5 / 3))]


def test_of_runs_alike_the_longest_is_kept(tmp_path: Path):
    record = tmp_path / "record.json"
    record.write_text(json.dumps({"results": {"runs": [run(minutes=10.0), run(data="avatars")]}}))
    runs = [*earlier(record, tmp_path / "missing.json"), run(minutes=1.0), run(seed=1), run(contender="no more")]
    kept = [(found["data"], found["seed"], found["minutes"]) for found in longest(runs)]
    assert kept == [("avatars", 0, 2.0), ("mnist", 0, 10.0), ("mnist", 1, 2.0)]


def test_contenders_are_asked_for_by_the_beginning_of_their_name():
    assert asked_for("") == list(CONTENDERS)
    assert asked_for("PyTorch") == ["PyTorch example DCGAN"]
    with pytest.raises(UserError, match="Choose from: our stylegan-lite"):
        asked_for("theirs")


def test_a_contender_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "stylegan2_pytorch", None)
    with pytest.raises(Missing, match="pip install --no-deps stylegan2_pytorch"):
        package()


def test_the_table_has_a_row_a_contender_and_a_column_a_moment():
    real = {"fid": 3.2, "coverage": 0.97, "made": 1.0}
    later = {"minutes": 2.0, "fid": 900.0, "coverage": 0.75, "made": 0.5}
    runs = [run(), run(contender="PyTorch example DCGAN", rows=[*run()["rows"], later])]
    record = {
        "machine": {"cpu": "A CPU", "cores": 2},
        "versions": {"torch": "2"},
        "commit": "abc",
        "date": "2026-01-02T00:00:00",
        "load_before": 0.5,
        "settings": {"samples": 10},
        "results": {"judges": {"mnist": {"accuracy": {"digit": 0.987}, "real": real}}, "runs": runs},
    }
    lines = table(record).splitlines()
    assert lines[0] == "| after core-minutes | G / D, M parameters | 1 | 2 |"
    assert lines[2] == f"| mnist: {OURS} | 1.00 / 2.00 | 1,234 / 0.50 / 25 % |  |"
    assert lines[3].endswith("| 1,234 / 0.50 / 25 % | 900 / 0.75 / 50 % |")
    assert lines[4] == "| mnist: other real images |  |  | 3 / 0.97 / 100 % |"
    assert "mnist 98.7 %" in lines[-1]


@pytest.mark.slow
def test_a_contender_trains_draws_and_is_judged(tmp_path: Path):
    data = load("avatars", resolution=16, data_dir=tmp_path, limit=64, progress=False)
    reader = finished(AttributeNet("judge", 3, 64, (4, 4, 4, 4), data.attributes))
    real = extract_dataset(reader, data, tmp_path, progress=False)
    loop = ours("dcgan", {"width": 8, "batch": 4}, data, 0)
    before = loop.draw(32)
    (row,) = curve("ours", loop, 0.01, 32, reader, real)
    assert 0.01 <= row["spent"] < 1  # at most one step more than was asked for
    assert row["kimg"] > 0
    assert row["fid"] >= 0
    assert 0 <= row["coverage"] <= 1
    assert before.shape == (32, 16, 16, 3)
    assert (loop.draw(32) != before).any()  # it has learned, and its moving average with it


@pytest.mark.slow
def test_drawing_changes_nothing_of_the_examples_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(contenders, "EXAMPLE_BATCH", 2)
    monkeypatch.setattr(contenders.pytorch_dcgan, "NGF", 2)
    monkeypatch.setattr(contenders.pytorch_dcgan, "NDF", 2)
    data = load("avatars", resolution=16, data_dir=tmp_path, limit=8, progress=False)
    try:
        found = []
        for drawn in (0, 3):
            loop = example(data, 0)
            next(loop.steps)
            if drawn:
                assert loop.draw(drawn).shape == (3, 64, 64, 3)
            found.append(next(loop.steps))
    finally:
        torch.use_deterministic_algorithms(False)
    assert found[0] == found[1]
