"""A run that means harm is one line of the list of runs, and its files lead nowhere else."""

import json
import os
import shutil
from pathlib import Path

import pytest

from benchmarks.hostile_files import FILES, RUNS
from benchmarks.hostile_parts import bombed
from explorer.core.library import Library
from explorer.tabs.train import sheets, watching
from trainer.runs.run import Run, is_held

ROOT = Path(__file__).parents[4]
READ = ("config.json", "store.sqlite", "lineage.json", "log.txt", "lock", "queued", "samples/00000001.webp")


@pytest.fixture
def runs(tmp_path) -> Library:
    """Two recordings as runs, `hostile` to be damaged; without their snapshots, which are checkpoints."""
    for name in ("sound", "hostile"):
        source = ROOT / "recordings" / "mnist-learning"
        shutil.copytree(source, tmp_path / "runs" / name, ignore=shutil.ignore_patterns("snapshots"))
    (tmp_path / "checkpoints").mkdir()
    return Library(tmp_path / "checkpoints", tmp_path / "runs")


def asked(runs: Library, name: str = "hostile") -> dict:
    """All that the page asks of a run; it can be sent, and tells neither secrets nor places."""
    answers = watching.watch(runs, {"runs": {name: {}}})
    sheets = [watching.sheet_at(runs, {"run": name, "images_seen": images_seen}) for images_seen in (1, 64_000)]
    more = watching.compare(runs, {"runs": ["sound", name]})
    sent = json.dumps([answers, sheets, more], ensure_ascii=False).encode()
    assert b"root:" not in sent
    assert str(runs.runs).encode() not in sent
    return answers


@pytest.mark.parametrize("damage", RUNS)
def test_a_hostile_run_is_one_line(runs, damage):
    RUNS[damage](runs.runs / "hostile")
    listed = {run["name"]: run for run in asked(runs)["list"]["runs"]}
    assert set(listed) == {"sound", "hostile"}
    assert listed["sound"]["state"] == "finished"


@pytest.mark.parametrize("file", READ)
@pytest.mark.parametrize("damage", FILES)
def test_only_regular_files_of_a_run_are_read(runs, file, damage):
    path = runs.runs / "hostile" / file
    if not path.exists():
        path.write_text("{}")
    FILES[damage](path)
    assert "sound" in {run["name"] for run in asked(runs)["list"]["runs"]}


def test_a_store_in_which_a_query_has_no_end_is_told(runs):
    RUNS["endless events"](runs.runs / "hostile")
    listed = {run["name"]: run for run in asked(runs)["list"]["runs"]}
    assert "not a table of the store" in listed["hostile"]["words"]


def test_the_end_of_a_large_log_is_read(runs):
    log = runs.runs / "hostile" / "log.txt"
    RUNS["a log of 6 GB"](log.parent)
    with log.open("ab") as file:
        file.write(b"\nerror: The data are gone.\n")
    listed = {run["name"]: run for run in asked(runs)["list"]["runs"]}
    assert listed["hostile"]["words"] == "The data are gone."


def test_a_lock_that_is_a_link_is_not_asked(runs, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (runs.runs / "hostile" / "lock").symlink_to(precious)
    assert not is_held(runs.runs / "hostile" / "lock")
    assert precious.read_text() == "kept"


def test_snapshots_and_samples_that_lead_elsewhere_are_not_there(runs, tmp_path, checkpoint):
    folder = runs.runs / "hostile"
    (folder / "snapshots").mkdir()
    for which in ("latest", "00000500"):
        (folder / "snapshots" / which).symlink_to(checkpoint("dcgan"))
    shutil.rmtree(folder / "samples")
    (folder / "samples").symlink_to(runs.runs / "sound" / "samples")
    run = Run(runs.runs, "hostile")
    assert (run.samples(), run.moments()) == ({}, {})
    assert "run:hostile" not in runs.folders()
    assert not runs.usable("run:hostile@latest")
    assert not runs.usable("run:hostile@500")


def test_a_run_that_is_a_link_itself_is_shown(runs):
    (runs.runs / "hostile").rename(runs.runs.parent / "elsewhere")
    (runs.runs / "hostile").symlink_to(runs.runs.parent / "elsewhere")
    assert Run(runs.runs, "hostile").samples()
    assert asked(runs)["news"]["hostile"]["now"]["state"] == "finished"


def test_a_video_leaves_out_what_is_no_sheet(runs):
    def frames() -> int:
        return len(list(sheets.frames(list(Run(runs.runs, "hostile").samples().values()))))

    whole = frames()
    bombed(runs.runs / "hostile" / "samples" / "00000001.webp")
    (runs.runs / "hostile" / "samples" / "00000002.webp").write_bytes(b"RIFF")
    assert frames() == whole > 2


@pytest.mark.parametrize("beside", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("kind", ["pipe", "link to nothing", "link that leads out", "folder"])
def test_what_stands_beside_a_store_is_not_waited_for(runs, tmp_path, beside, kind):
    path = runs.runs / "hostile" / f"store.sqlite{beside}"
    path.unlink(missing_ok=True)
    (tmp_path / "elsewhere").write_text("x")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / ("elsewhere" if kind == "link that leads out" else "nothing"))
    listed = {run["name"]: run for run in asked(runs)["list"]["runs"]}
    assert listed["hostile"]["words"] == f"hostile/{path.name} is not a file of the store. Remove it."
    assert listed["sound"]["state"] == "finished"
