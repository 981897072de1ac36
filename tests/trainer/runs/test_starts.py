"""Trainings that have nothing to do, and those that cannot begin: what is said, and what is left behind."""

import json
from contextlib import nullcontext
from dataclasses import replace

import pytest

from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.progress import show
from trainer.runs.queue import queue_slot
from trainer.training.state_io import copy_state, read_scalars
from trainer.util.errors import UserError


def test_a_finished_run_asked_for_less_says_where_it_stands_and_keeps_its_record(trained, squares, capsys):
    run, config = trained
    record, events = (run.folder / "config.json").read_bytes(), run.store().events()
    for asked in (replace(config, kimg=0.004), replace(config, kimg=0.008, lr=0.5), replace(config, kimg=0.001)):
        training = run_training(
            run, asked, places=Paths(run.folder, run.folder), dataset=squares(config, 12, classes=2)
        )
        show(training, run, asked)
        assert capsys.readouterr().out == "Run 'r' is already at 0.008 kimg. Raise --kimg to train longer.\n"
    assert (run.folder / "config.json").read_bytes() == record
    assert run.store().events() == events
    assert json.loads((run.folder / "data.json").read_text())["pictures"] == 10


def test_a_run_whose_length_was_changed_on_the_way_goes_on_to_that(trained, squares):
    run, config = trained
    copy_state(run.state_file, run.state_file, read_scalars(run.state_file) | {"overrides": {"kimg": 0.016}})
    training = run_training(run, config, places=Paths(run.folder, run.folder), dataset=squares(config))
    assert [progress.images_seen for progress in training][-1] == 16


@pytest.mark.parametrize("queued", [True, False])
def test_a_start_that_fails_leaves_no_folder_unless_there_was_one(run, tiny, queued):
    def start():
        with queue_slot(run, print) if queued else nullcontext():
            list(run_training(run, tiny(data="nowhere"), places=Paths(run.folder.parent, run.folder)))

    with pytest.raises(UserError, match="There is no data set 'nowhere'"):
        start()
    assert not run.folder.exists()
    run.folder.mkdir()
    with pytest.raises(UserError, match="There is no data set 'nowhere'"):
        start()
    assert run.folder.is_dir()
    (run.folder / "lock").unlink(missing_ok=True)
    (run.folder / "log.txt").write_text("error: something\n")
    with pytest.raises(UserError, match="There is no data set 'nowhere'"):
        start()
    assert (run.folder / "log.txt").read_text() == "error: something\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, MemoryError, SystemExit])
def test_a_start_that_is_broken_off_leaves_no_folder(run, error):
    with pytest.raises(error), queue_slot(run, print), run.lock():
        raise error
    assert not run.folder.exists()


def test_what_has_begun_stays(run):
    with run.lock():
        (run.folder / "config.json").write_text("{}")
    assert (run.folder / "config.json").exists()
