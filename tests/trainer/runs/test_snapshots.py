"""Which moments of a run are kept."""

from itertools import pairwise

import pytest

from trainer.runs.recording import spread
from trainer.runs.run import Run
from trainer.runs.snapshots import SEAL, STATE, keep, min_missed, thin
from trainer.util.errors import UserError


@pytest.fixture
def run(tmp_path) -> Run:
    made = Run(tmp_path, "r")
    made.latest.mkdir(parents=True)
    made.state_file.parent.mkdir()
    made.state_file.write_bytes(b"s" * 600)
    (made.latest / "model.safetensors").write_bytes(b"m" * 390)
    (made.latest / SEAL).write_bytes(b"{" * 10)
    return made


def test_a_moment_is_a_checkpoint_with_its_state(run):
    keep(run, 5000, megabytes=1)
    (folder,) = run.moments().values()
    assert folder == run.snapshot("5000") == run.folder / "snapshots" / "00005000"
    assert {path.name: path.stat().st_size for path in folder.iterdir()} == {
        "model.safetensors": 390, SEAL: 10, STATE: 600,
    }  # fmt: skip


def test_what_is_kept_does_not_change_when_the_latest_is_replaced(run):
    keep(run, 5000, megabytes=1)
    newer = run.latest / "newer"
    newer.write_bytes(b"n" * 390)
    newer.replace(run.latest / "model.safetensors")
    assert (run.snapshot("5000") / "model.safetensors").read_bytes() == b"m" * 390


def test_older_moments_make_room_evenly_and_the_newest_stays(run):
    for images_seen in range(1000, 11_000, 1000):
        keep(run, images_seen, megabytes=0.004)  # room for four of 1,000 bytes
    kept = list(run.moments())
    assert len(kept) == 4
    assert kept[0] == 1000
    assert kept[-1] == 10_000
    gaps = [b - a for a, b in pairwise(kept)]
    assert max(gaps) <= 2 * min(gaps)


def test_what_somebody_asked_for_stays(run):
    run.store().tell(2000, "snapshot", "kept")
    for images_seen in (1000, 2000, 3000):
        keep(run, images_seen, megabytes=0)
    assert list(run.moments()) == [2000, 3000]


def test_a_folder_that_was_not_finished_is_no_moment(run):
    keep(run, 5000, megabytes=1)
    (run.snapshot("5000") / SEAL).unlink()
    assert run.moments() == {}


def test_thinning_counts_the_states_too(run):
    for images_seen in (1, 2, 3):
        keep(run, images_seen, megabytes=1)
    thin(run, 2999)
    assert len(run.moments()) == 2


@pytest.mark.parametrize(("moments", "dropped"), [([0, 1, 10], 1), ([0, 9, 10, 20], 9), ([0, 1], 0), ([5], 5)])
def test_the_moment_between_the_closest_neighbours_is_missed_least(moments, dropped):
    assert min_missed(moments) == dropped


@pytest.mark.parametrize("which", ["5000", "worst", "../latest", "-1", ""])
def test_a_snapshot_that_is_not_there_is_told(run, which):
    with pytest.raises(UserError, match=r"has no snapshot .* Choose latest, best or a number"):
        run.snapshot(which)


def test_a_recording_keeps_moments_from_within_the_run():
    assert spread([0, 10, 20, 30, 40, 50, 60, 70, 80], 3) == [20, 40, 60]
    assert spread([0, 10, 20], 3) == [10]
    assert spread([], 3) == []
