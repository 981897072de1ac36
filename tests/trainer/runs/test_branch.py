"""A run that begins with an earlier state of another one."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

from trainer.checkpoints.checkpoint import read_info
from trainer.runs.branch import branch
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.recording import record
from trainer.runs.run import Run
from trainer.util.errors import UserError


@pytest.fixture(scope="module")
def go(tmp_path_factory, squares):
    places = Paths(*[tmp_path_factory.mktemp("places")] * 2)
    return lambda run, config: list(run_training(run, config, places=places, dataset=squares(config)))


@pytest.fixture(scope="module")
def trained_trunk(tmp_path_factory, tiny, go) -> Run:
    """A run of five steps, saved after each. Not to be written to."""
    run = Run(tmp_path_factory.mktemp("runs"), "trunk")
    go(run, tiny(kimg=0.02, save_kimg=0.004))
    return run


@pytest.fixture
def trunk(trained_trunk, tmp_path) -> Run:
    """A copy of the run of five steps."""
    shutil.copytree(trained_trunk.folder, tmp_path / "runs" / "trunk")
    return Run(tmp_path / "runs", "trunk")


def test_a_branch_goes_on_from_a_kept_moment_with_other_settings(trunk, go):
    twig = branch(trunk, "twig", 12, {"lr": 0.5})
    assert twig.config().lr == 0.5
    assert twig.lineage() == {"run": "trunk", "images": 12, "changed": {"lr": [0.002, 0.5]}}
    before, state = load_file(trunk.snapshot("12") / "state.safetensors"), load_file(twig.state_file)
    assert all(torch.equal(before[name], state[name]) for name in before)
    assert [progress.images_seen for progress in go(twig, twig.config())][-1] == 20
    assert read_info(twig.latest).train["lr"] == 0.5


def test_its_curves_and_sheets_begin_with_those_of_the_trunk(trunk):
    twig = branch(trunk, "twig", 12, {"lr": 0.5})
    assert twig.store().read("loss_d") == [point for point in trunk.store().read("loss_d") if point[0] <= 12]
    assert list(twig.samples()) == [4, 8, 12]
    assert "Branched from trunk at 0.012 kimg." in [event.text for event in twig.store().events()]


@pytest.mark.slow
def test_without_a_moment_it_begins_with_the_last_state_and_unchanged_gives_the_same_bits(trunk, tiny, go):
    twig = branch(trunk, "twig", None, {"kimg": 0.028})
    go(twig, twig.config())
    go(trunk, tiny(kimg=0.028, save_kimg=0.004))
    one, other = load_file(twig.state_file), load_file(trunk.state_file)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_what_had_been_changed_in_the_trunk_is_the_branchs_own_setting(trunk, tiny, go):
    trunk.store()
    state = Run(trunk.folder.parent, "changed")
    go(state, tiny(kimg=0.004))
    from trainer.training.state_io import copy_state, read_scalars

    scalars = read_scalars(state.state_file) | {"overrides": {"lr": 0.25}}
    copy_state(state.state_file, state.state_file, scalars)
    twig = branch(state, "twig", None, {"kimg": 0.012})
    assert twig.config().lr == 0.25
    assert read_scalars(twig.state_file)["overrides"] == {}


@pytest.mark.parametrize(
    ("name", "images_seen", "wanted", "message"),
    [
        ("trunk", 12, {}, "There is a run 'trunk' already"),
        ("../twig", 12, {}, "cannot name a run"),
        ("twig", 11, {}, r"no saved state at 11 images \(saved: 4, 8, 12, 16, 20\)"),
        ("twig", 12, {"width": 16}, "--width was 8, now 16"),
        ("twig", 12, {"lr": -1.0}, "--lr is -1"),
    ],
)
def test_what_cannot_be_a_branch_is_told_and_leaves_nothing(trunk, name, images_seen, wanted, message):
    with pytest.raises(UserError, match=message):
        branch(trunk, name, images_seen, wanted)
    assert [path.name for path in trunk.folder.parent.iterdir()] == ["trunk"]


def test_a_branch_of_nothing_is_told(tmp_path):
    with pytest.raises(UserError, match="There is no run 'nobody'"):
        branch(Run(tmp_path, "nobody"), "twig", None, {})


def test_an_earlier_snapshot_can_be_published(trunk, tmp_path):
    folder = publish(trunk, "early", tmp_path / "checkpoints", snapshot="8")
    assert read_info(folder).images_seen == 8
    assert not (folder / "state.safetensors").exists()


def test_a_recording_shows_a_run_and_cannot_be_gone_on_with(trunk, tmp_path):
    folder = record(trunk, "shown", tmp_path / "recordings", snapshots=1)
    shown = Run(tmp_path / "recordings", "shown")
    assert shown.config() == trunk.config()
    assert shown.store().read("loss_d") == trunk.store().read("loss_d")
    assert list(shown.samples()) == list(trunk.samples())
    assert list(shown.moments()) == [12]
    assert read_info(shown.latest).images_seen == 20
    assert not list(folder.rglob("state.safetensors"))
    with pytest.raises(UserError, match="no saved state"):
        branch(shown, "twig", 12, {})


@pytest.mark.slow
def test_a_branchs_recording_knows_where_it_came_from(trunk, tmp_path, go):
    twig = branch(trunk, "twig", 12, {"lr": 0.5})
    go(twig, twig.config())
    folder = record(twig, "shown", tmp_path / "recordings")
    assert json.loads((folder / "lineage.json").read_text())["run"] == "trunk"
