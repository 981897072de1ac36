"""What the Train tab's view is told: only news, thinned once, and where a tile leads."""

import base64
import io
import json
import os
import shutil
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.library import Library
from explorer.core.limits import Kept
from explorer.tabs.train import sheets, watching
from trainer.data import Attribute, Dataset
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.run import Run
from trainer.training.config import config_from
from trainer.util.reading import MAX_SHEET

VERDICT = {
    "kind": "mode-dropping", "title": "Mode dropping", "grade": 2, "n": 1000, "seconds": 0.7,
    "readings": {}, "heads": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """Runs `one`, three steps of a conditional model, and `two`, at another rate."""
    folder = tmp_path_factory.mktemp("training")
    for name, lr in (("one", 0.002), ("two", 0.02)):
        settings = {
            "arch": "stylegan-lite",
            "resolution": 8,
            "width": 8,
            "z_dim": 8,
            "batch": 4,
            "threads": 1,
            "lr": lr,
        }
        config = config_from(settings | {"kimg": 0.012, "save_kimg": 0.004, "diagnose": False, "conditional": True})
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (12, 8, 8, 1), np.uint8)
        labels = (np.arange(12) % 3)[:, None]
        data = Dataset("d", images, labels, (Attribute("shape", ("a", "b", "c")),), "CC0", "the tests", "d")
        list(run_training(Run(folder / "runs", name), config, places=Paths(folder, folder), dataset=data))
    return folder


@pytest.fixture
def library(trained: Path) -> Library:
    return Library(trained / "checkpoints", trained / "runs")


def ask(library: Library, runs: dict, stamp: int = 0) -> dict:
    answer = watching.watch(library, {"stamp": stamp, "runs": runs})
    json.dumps(answer, allow_nan=False)  # it can be sent
    return answer


def test_the_settings_are_those_that_commands_have_changed(library: Library, tmp_path: Path):
    shutil.copytree(library.run("one").folder, tmp_path / "runs" / "one")
    copied = Library(tmp_path / "none", tmp_path / "runs")
    for old, new in ((0.002, 0.0005), (0.0005, 0.0001)):
        copied.run("one").store().tell(12, "changed", "Changed.", {"changed": {"lr": [old, new]}})
    now = ask(copied, {"one": {}})["news"]["one"]["now"]["settings"]
    assert (now["lr"], now["batch"]) == (0.0001, 4)


def test_the_first_answer_holds_all_and_the_second_nothing(library: Library):
    first = ask(library, {"one": {}})
    assert [run["name"] for run in first["list"]["runs"]] == ["two", "one"]
    news = first["news"]["one"]
    assert news["metrics"]["loss_d"][0] == [4, 8, 12]
    assert [event["kind"] for event in news["events"]] == ["started", "finished"]
    assert news["now"]["sheets"] == news["now"]["moments"] == [4, 8, 12]
    assert news["now"]["state"] == "finished"
    known = {key: news[key] for key in ("metric", "event", "stamp")}
    assert ask(library, {"one": known}, first["list"]["stamp"]) == {}


def test_only_newer_rows_are_sent(library: Library):
    first = ask(library, {"one": {}})["news"]["one"]
    known = {key: first[key] for key in ("metric", "event", "stamp")}
    store = library.run("one").store()
    store.add(16, {"loss_d": 0.5})
    store.tell(16, "verdict", "Some are missing.", VERDICT)
    news = ask(library, {"one": known})["news"]["one"]
    assert news["metrics"] == {"loss_d": [[16], [0.5]]}
    assert [event["text"] for event in news["events"]] == ["Some are missing."]
    assert news["now"]["verdict"] == "Mode dropping"
    assert news["now"]["images_seen"] == 16


def test_a_long_curve_is_thinned_to_means_of_equal_stretches():
    points = [(1000 * i, float(i)) for i in range(1, 1201)]
    thin = watching.thinned(points, 600)
    assert len(thin) == 600
    assert thin[0] == (2000, 1.5)
    assert thin[-1] == (1_200_000, 1199.5)
    assert watching.thinned(points, 0) == points


def test_a_run_whose_record_is_damaged_is_listed_with_the_reason(tmp_path: Path, trained: Path):
    run = tmp_path / "runs" / "odd"
    run.mkdir(parents=True)
    (run / "config.json").write_text("{")
    answer = ask(Library(tmp_path, tmp_path / "runs"), {"odd": {}})
    (line,) = answer["list"]["runs"]
    assert line["state"] == "failed"
    assert "cannot be read" in line["words"]
    assert "cannot be read" in answer["news"]["odd"]["error"]


def test_a_run_that_could_not_begin_says_why(tmp_path: Path):
    run = tmp_path / "runs" / "never"
    run.mkdir(parents=True)
    (run / "log.txt").write_text("note: reading\nerror: there is no such folder\n")
    (line,) = ask(Library(tmp_path, tmp_path / "runs"), {})["list"]["runs"]
    assert (line["state"], line["words"]) == ("failed", "there is no such folder")


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["started", "stopped"], "stopped"),
        (["started", "paused"], "stopped"),  # killed while it was paused
        (["started", "failed"], "failed"),
        (["resumed", "finished"], "finished"),
    ],
)
def test_how_a_run_stands_when_nobody_trains_it(tmp_path: Path, kinds, state):
    run = Run(tmp_path / "runs", "r")
    run.folder.mkdir(parents=True)
    (run.folder / "config.json").write_text(json.dumps(asdict(config_from({}))))
    for kind in kinds:
        run.store().tell(0, kind, kind)
    (line,) = ask(Library(tmp_path, tmp_path / "runs"), {})["list"]["runs"]
    assert line["state"] == state


def test_a_run_that_trains_or_is_paused_is_told_apart(tmp_path: Path):
    run = Run(tmp_path / "runs", "r")
    with run.lock():
        run.store().tell(0, "started", "")
        assert watching.state_of(run, run.store().last(watching.LIFE)) == "training"
        run.store().tell(0, "paused", "")
        assert watching.state_of(run, run.store().last(watching.LIFE)) == "paused"


def test_a_sheet_is_sent_as_it_lies_there(library: Library):
    answer = watching.sheet_at(library, {"run": "one", "images_seen": 8})
    data = base64.b64decode(answer["sheet"].partition(",")[2])
    assert data == library.run("one").samples()[8].read_bytes()
    assert "no samples at 9" in watching.sheet_at(library, {"run": "one", "images_seen": 9})["error"]


@pytest.mark.parametrize("kind", ["webp", "mp4"])
def test_all_sheets_make_a_video(library: Library, kind: str):
    answer = watching.video(library, {"run": "one", "kind": kind})
    data = base64.b64decode(answer["data"])
    assert answer["name"] == f"one.{kind}"
    if kind == "webp":
        assert Image.open(io.BytesIO(data)).n_frames == 3
    else:
        assert b"ftyp" in data[:16]
    assert "webp or mp4" in watching.video(library, {"run": "one", "kind": "exe"})["error"]


def test_a_tile_leads_to_the_snapshot_of_its_moment(library: Library):
    answer = watching.tile(library, {"run": "one", "images_seen": 8, "tile": 7})
    assert answer == {"recipe": {"checkpoint": "run:one@00000008", "seed": 7, "label": 1}, "note": ""}
    assert library.model("run:one@00000008").info.images_seen == 8


def test_where_no_snapshot_is_kept_the_nearest_is_taken_and_said(library: Library):
    answer = watching.tile(library, {"run": "one", "images_seen": 9, "tile": 0})
    assert answer["recipe"]["checkpoint"] == "run:one@00000008"
    assert "the nearest, at 0.008 kimg" in answer["note"]


def test_the_newest_sheet_leads_to_the_latest_snapshot(library: Library):
    assert watching.tile(library, {"run": "one", "images_seen": None, "tile": None}) == {
        "recipe": {"checkpoint": "run:one"}, "note": "",
    }  # fmt: skip


def test_runs_are_compared_by_what_differs_and_how_far_they_came(library: Library):
    library.run("two").store().add(12, {"fid": 5.0, "pixel_coverage": 0.5})
    library.run("two").store().add(12, {"fid": 7.0, "pixel_coverage": 0.4})
    answer = watching.compare(library, {"runs": ["one", "two"]})
    assert answer["settings"] == {"lr": [0.002, 0.02]}
    assert [figures["fid"] for figures in answer["best"]] == [None, 5.0]
    assert answer["best"][1]["pixel_coverage"] == 0.5
    assert "no run 'three'" in watching.compare(library, {"runs": ["three"]})["error"]


def test_a_video_is_made_once_and_a_crowd_is_refused_at_once(library: Library, monkeypatch):
    made = []
    monkeypatch.setattr(sheets, "VIDEOS", Kept(10**6, len))
    monkeypatch.setattr(sheets, "encoded", lambda paths, kind: made.append(kind) or "AAAA")
    asked = {"run": "one", "kind": "mp4"}
    assert watching.video(library, asked) == watching.video(library, asked) == {"name": "one.mp4", "data": "AAAA"}
    assert made == ["mp4"]
    with sheets.VIDEO_GATE.place(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets.VIDEO_GATE, "tickets", threading.Semaphore(0))
        assert watching.video(library, {"run": "one", "kind": "webp"})["busy"]
        assert watching.video(library, asked)["data"] == "AAAA"  # what is there is still given
        assert "news" in watching.watch(library, {"runs": {"one": {}}})


def test_a_video_of_many_sheets_is_of_some_and_the_last_is_there(library: Library, monkeypatch):
    shown = []
    monkeypatch.setattr(sheets, "opened", lambda path: shown.append(path) or Image.new("L", (8, 8)))
    paths = list(library.run("one").samples().values())
    sheets.encoded([*paths, paths[0], paths[-1]], "webp", maximum=2)
    assert len(shown) == 2
    assert shown[-1] == paths[-1]


@pytest.mark.parametrize("kind", ["link", "text", "large"])
def test_a_sheet_that_is_no_sheet_of_the_run_is_refused(library: Library, tmp_path: Path, monkeypatch, kind: str):
    folder = shutil.copytree(library.run("one").folder, tmp_path / "runs" / "one")
    sheet = next((folder / "samples").iterdir())
    if kind == "link":
        elsewhere = sheet.rename(tmp_path / "elsewhere.webp")
        sheet.symlink_to(elsewhere)
    elif kind == "text":
        sheet.write_text("root:x:0:0")
    else:
        with sheet.open("r+b") as file:
            file.truncate(MAX_SHEET + 1)
    copied = Library(tmp_path / "none", tmp_path / "runs")
    asked = {"run": "one", "images_seen": int(sheet.stem), "kind": "webp"}
    messages = {"link": "has no samples at", "text": "it is not a WebP image", "large": "the limit of 20 MB"}
    assert messages[kind] in watching.sheet_at(copied, asked)["error"]


def test_a_run_that_fails_in_any_way_is_one_line_of_the_list(library: Library, tmp_path: Path):
    folder = shutil.copytree(library.run("one").folder, tmp_path / "runs" / "one")
    shutil.copytree(folder, tmp_path / "runs" / "two")
    Run(tmp_path / "runs", "one").store().tell(99, "verdict", "Odd.", {"title": 1})
    (folder / "config.json").write_text("[" * 50_000)
    answer = watching.watch(Library(tmp_path / "none", tmp_path / "runs"), {"runs": {"one": {}, "two": {}}})
    states = {run["name"]: run["state"] for run in answer["list"]["runs"]}
    assert states == {"one": "failed", "two": "finished"}
    assert answer["news"]["two"]["metrics"]


def test_the_first_in_the_list_is_the_newest_own_run_and_else_the_recording_that_teaches(tmp_path: Path):
    library = Library(tmp_path / "checkpoints", tmp_path / "runs", tmp_path / "recordings")
    for number, name in enumerate((watching.TEACHES, "newer", "newest")):
        folder = tmp_path / "recordings" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        os.utime(folder / "config.json", (number, number))
    assert [run.name for run in watching.in_order(library)] == [watching.TEACHES, "newest", "newer"]
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "config.json").write_text("{}")
    assert [run.name for run in watching.in_order(library)][:2] == ["mine", watching.TEACHES]
