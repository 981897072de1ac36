"""A run's folder: who may write, what may change, and what happens to damaged or unwritable parts."""

import json
import signal
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.run import Run
from trainer.training.setup import new_state
from trainer.training.state_io import save_tensors
from trainer.util.errors import UserError

HOLD = """
import sys, time
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def go_on(run, config, squares):
    return list(run_training(run, config, places=Paths(run.folder, run.folder), dataset=squares(config)))


def test_a_run_needs_a_safe_name(tmp_path):
    with pytest.raises(UserError, match=r"'../r' cannot name a run"):
        Run(tmp_path, "../r")


def test_making_a_run_touches_nothing(run):
    assert not run.folder.exists()


def test_a_training_leaves_all_that_a_run_consists_of(trained):
    run, config = trained
    assert run.config() == config
    files = {p.relative_to(run.folder).as_posix() for p in run.folder.rglob("*") if p.is_file()}
    kept = ("config.json", "model.safetensors", "preview.webp", "README.md")
    assert files - {"lock", "pid"} == {
        "config.json",
        "data.json",
        "store.sqlite",
        "state/state.safetensors",
        "samples/00000004.webp",
        "samples/00000008.webp",
        *(f"snapshots/latest/{name}" for name in kept),
        *(f"snapshots/{at}/{name}" for at in ("00000004", "00000008") for name in (*kept, "state.safetensors")),
    }


def test_the_store_holds_one_value_a_measurement(trained):
    run, _ = trained
    for name in ("loss_d", "loss_g", "d_accuracy_real", "d_accuracy_fake", "images_per_s"):
        assert [images_seen for images_seen, _ in run.store().read(name)] == [4, 8]
    assert run.store().read("nothing") == []


def test_a_second_process_is_refused_while_the_first_lives_and_let_in_when_it_was_killed(run):
    run.folder.mkdir(parents=True)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, run.folder / "lock"], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match=r"'r' is being trained by another process"), run.lock():
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with run.lock():
        pass


def test_the_lock_is_free_again_after_the_block(run):
    with run.lock():
        pass
    with run.lock(), pytest.raises(UserError, match="another process"), Run(run.folder.parent, "r").lock():
        pass
    with run.lock():
        pass


def test_who_holds_the_lock_sweeps_up_after_killed_writers(run):
    run.folder.mkdir(parents=True)
    (run.folder / ".config.json.1.tmp").write_text("")
    with run.lock():
        assert not (run.folder / ".config.json.1.tmp").exists()


def test_a_changed_setting_is_refused_with_both_values(trained, squares):
    run, config = trained
    before = (run.folder / "config.json").read_text()
    with pytest.raises(UserError, match=r"--beta1 was 0.0, now 0.5; --style-mixing was 0.5, now 0.0"):
        go_on(run, replace(config, beta1=0.5, style_mixing=0.0, kimg=1.0), squares)
    assert (run.folder / "config.json").read_text() == before


def test_resumable_settings_may_change(trained, squares):
    run, config = trained
    longer = replace(config, kimg=0.012, save_kimg=5.0)
    assert [progress.images_seen for progress in go_on(run, longer, squares)] == [12]
    assert run.config() == longer


def test_a_run_that_never_saved_may_be_begun_with_other_settings(run, tiny):
    run.write_config(tiny())
    run.write_config(tiny(lr=0.1))
    assert run.config().lr == 0.1


def test_a_finished_run_has_nothing_left_to_do(trained, squares):
    run, config = trained
    assert go_on(run, config, squares) == []


def test_what_was_measured_after_the_last_save_is_forgotten_on_resuming(trained, squares):
    run, config = trained
    run.store().add(99, {"loss_d": 1.0})
    go_on(run, config, squares)
    assert [images_seen for images_seen, _ in run.store().read("loss_d")] == [4, 8]


def test_a_run_that_is_not_there_names_those_that_are(trained):
    run, _ = trained
    with pytest.raises(UserError, match=r"no run 'other' in .*found: r\)"):
        Run(run.folder.parent, "other").config()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"kimg": "x"}', '{"foo": 1}'])
def test_a_damaged_record_is_told(trained, text):
    run, _ = trained
    (run.folder / "config.json").write_text(text)
    with pytest.raises(UserError, match=r"config.json cannot be read|--kimg is 'x'|does not know: foo"):
        run.config()


def with_tensors(path, change):
    """Rewrite a state file with changed tensors."""
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    change(tensors)
    save_file(tensors, path, metadata=metadata)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-10])


def empty(path):
    path.write_bytes(b"")


def foreign(path):
    save_file({"x": torch.zeros(1)}, path)


def without_a_weight(path):
    with_tensors(path, lambda tensors: tensors.pop(next(n for n in tensors if n.startswith("d."))))


def with_a_wrong_weight(path):
    with_tensors(path, lambda tensors: tensors.update({"g.constant": torch.zeros(2)}))


def without_a_moment(path):
    with_tensors(path, lambda tensors: tensors.pop("opt_g.0.exp_avg"))


def with_a_wrong_moment(path):
    with_tensors(path, lambda tensors: tensors.update({"opt_d.0.exp_avg_sq": torch.zeros(1)}))


@pytest.mark.parametrize(
    "damage",
    [truncated, empty, foreign, without_a_weight, with_a_wrong_weight, without_a_moment, with_a_wrong_moment],
)
def test_a_damaged_state_is_told_and_left_as_it_is(damage, trained, squares):
    run, config = trained
    damage(run.state_file)
    before = run.state_file.read_bytes()
    with pytest.raises(UserError, match=r"state.safetensors cannot be resumed from \(.+\)\. It was left unchanged"):
        go_on(run, replace(config, kimg=1.0), squares)
    assert run.state_file.read_bytes() == before


def test_without_a_state_a_run_starts_at_the_beginning(run, tiny, squares, fabric):
    config = tiny()
    assert not run.load_state(new_state(config, squares(config), fabric))


def test_a_state_that_cannot_be_written_is_told_and_the_old_one_kept(trained, squares, fabric, monkeypatch):
    run, config = trained
    before = run.state_file.read_bytes()
    state = new_state(config, squares(config), fabric)

    def full(tensors, path, metadata):
        save_file(tensors, "/dev/full/x")  # as safetensors itself fails

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(UserError, match=r"Cannot write .*state.safetensors"):
        run.save_state(state)
    assert run.state_file.read_bytes() == before


def test_an_error_of_safetensors_keeps_its_number(tmp_path):
    with pytest.raises(FileNotFoundError):
        save_tensors(tmp_path / "nowhere" / "x", {"x": torch.zeros(1)}, {})


def test_a_runs_folder_that_is_a_file_is_told(tmp_path, tiny, squares):
    (tmp_path / "runs").write_text("")
    config = tiny()
    with pytest.raises(UserError, match=r"Cannot write .*runs/r"):
        go_on(Run(tmp_path / "runs", "r"), config, squares)


def test_a_store_that_is_no_database_is_told(trained):
    run, _ = trained
    (run.folder / "store.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(UserError, match=r"Cannot use .*store.sqlite: file is not a database"):
        run.store().read("loss_d")


def test_data_that_does_not_fit_leaves_no_run_behind(run, tiny, squares):
    config = tiny(conditional=True)
    with pytest.raises(UserError, match="--conditional needs classes"):
        list(run_training(run, config, places=Paths(run.folder, run.folder), dataset=squares(config, classes=0)))
    assert not (run.folder / "config.json").exists()


def test_the_recorded_settings_are_plain_json(trained):
    run, config = trained
    assert json.loads((run.folder / "config.json").read_text()) == asdict(config)
