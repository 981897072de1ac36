"""The book-keeping around the loop: when it saves, stops, measures and refuses."""

import os
import signal
from dataclasses import replace

import pytest
import torch

from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.runs import launch, runner
from trainer.runs.launch import memory_errors, open_fabric, run_training, stop_on_signals
from trainer.runs.live_eval import Paths
from trainer.runs.rollback import SLOWER
from trainer.runs.run import Run
from trainer.runs.runner import Progress
from trainer.runs.session import Caller
from trainer.util.errors import UserError


@pytest.fixture
def go(tmp_path, squares):
    """(config, facts of the caller) -> the Progress of a training of the run `r`."""
    run = Run(tmp_path, "r")
    return lambda config, **facts: run_training(
        run, config, places=Paths(tmp_path, tmp_path), caller=Caller(**facts), dataset=squares(config)
    )


def test_it_saves_at_the_first_step_every_save_kimg_and_at_the_end(go, tiny):
    found = [(p.images_seen, p.saved) for p in go(tiny(kimg=0.026, save_kimg=0.008))]
    assert found == [(4, True), (12, True), (20, True), (28, True)]


def test_it_measures_between_saves(go, tiny):
    found = [(p.images_seen, p.saved) for p in go(tiny(kimg=0.028, save_kimg=10.0), report_images=8)]
    assert found == [(4, True), (12, False), (20, False), (28, True)]


@pytest.mark.slow
def test_asked_to_stop_it_saves_after_the_step_and_goes_on_from_there(go, tiny):
    asked = iter([False, False, True])
    stopped = list(go(tiny(kimg=0.028), stopping=lambda: next(asked)))
    assert [(p.images_seen, p.saved) for p in stopped] == [(4, True), (12, True)]
    assert [p.images_seen for p in go(tiny(kimg=0.028))] == [28]


@pytest.mark.slow
def test_the_snapshot_is_the_moving_average_and_knows_how_far_it_got(go, tiny, tmp_path):
    config = tiny(kimg=0.012)
    list(go(config))
    folder = tmp_path / "r" / "snapshots" / "latest"
    info = read_info(folder)
    assert (info.images_seen, info.arch) == (12, config.arch)
    assert info.data["attributes"] == {"parity": ["0", "1"]}
    assert "12 kimg" not in info.summary
    state = torch.cat([p.flatten() for p in load_generator(folder, info).parameters()])
    fabric = open_fabric(config)
    fabric.launch()
    resumed = launch.new_state(config, session_data(config), fabric)
    Run(tmp_path, "r").load_state(resumed)
    assert torch.equal(state, torch.cat([p.flatten() for p in resumed.ema.module.parameters()]))


def session_data(config):
    from trainer.runs.dry_run import random_dataset

    return random_dataset(config, channels=1)


def test_a_training_that_diverges_at_once_is_told(go, tiny, tmp_path):
    with pytest.raises(UserError, match=r"'r' diverged before 0.004 kimg.*Nothing had been saved.*lower --lr"):
        list(go(tiny(kimg=0.1, lr=1e30)))
    assert not (tmp_path / "r" / "state").exists()


@pytest.mark.slow
def test_a_number_that_is_not_finite_takes_the_run_back_once_with_a_lower_rate(go, tiny, tmp_path, monkeypatch):
    config, real = tiny(kimg=0.024, save_kimg=0.008), runner.is_finite
    answers = iter([True, True, False])  # whether the weights are finite, at each measurement
    monkeypatch.setattr(runner, "is_finite", lambda state: next(answers, True) and real(state))
    seen = [progress.images_seen for progress in go(config)]
    assert seen == [4, 12, 20, 24]  # the measurement at 20 was refused, and made again
    run = Run(tmp_path, "r")
    (alert,) = [event for event in run.store().events() if event.kind == "alert"]
    (back,) = [event for event in run.store().events() if event.kind == "rolled-back"]
    assert (alert.detail["name"], alert.images_seen) == ("not-finite", 20)
    assert (back.images_seen, back.detail) == (12, {"from": 20})
    assert read_info(run.latest).train["lr"] == config.lr / SLOWER


@pytest.mark.slow
def test_the_second_number_that_is_not_finite_ends_it_and_keeps_the_last_state(go, tiny, tmp_path, monkeypatch):
    answers = iter([True, True, False, False])
    monkeypatch.setattr(runner, "is_finite", lambda state: next(answers))
    with pytest.raises(UserError, match=r"'r' diverged before 0.02 kimg.*again.*saved at 0.012 kimg is intact"):
        list(go(tiny(kimg=0.024, save_kimg=0.008)))
    assert Run(tmp_path, "r").store().events()[-1].kind == "failed"
    monkeypatch.undo()
    assert [progress.images_seen for progress in go(tiny(kimg=0.02))] == [20]


def test_an_impossible_resolution_is_told_before_anything_is_made(tmp_path, tiny):
    config = tiny("dcgan", resolution=20)
    with pytest.raises(UserError, match="20 x 20"):
        next(run_training(Run(tmp_path, "r"), config, places=Paths(tmp_path, tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_devices_that_are_not_there_are_told(tiny):
    with pytest.raises(UserError, match=r"--devices (is )?1024"):
        open_fabric(tiny(devices=1024, batch=2048))


@pytest.mark.parametrize("name", ["strategy", "precision"])
def test_what_fabric_refuses_is_a_sentence(name, tiny):
    config = tiny()
    object.__setattr__(config, name, "foo")  # past the check of the settings themselves
    with pytest.raises(UserError, match=rf"--{name} foo .*cannot work here: .*foo"):
        open_fabric(config)


def test_too_little_memory_is_a_sentence_and_other_errors_are_not():
    with pytest.raises(UserError, match=r"not enough memory\. Lower --batch"), memory_errors():
        torch.empty(2**45)
    with pytest.raises(RuntimeError, match="mat1 and mat2"), memory_errors():
        torch.zeros(2, 3) @ torch.zeros(2, 3)


def test_a_signal_is_answered_between_steps_once_the_loop_runs():
    with stop_on_signals() as stopping:
        assert not stopping()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_the_loop_runs_a_signal_ends_at_once(number):
    with pytest.raises(KeyboardInterrupt), stop_on_signals():
        os.kill(os.getpid(), number)


def test_the_handlers_of_before_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_time_left_is_what_remains_over_the_rate():
    progress = Progress(images_seen=400, total_images=1000, images_per_s=20.0, values={}, saved=False)
    assert progress.seconds_left == pytest.approx(30)
    assert replace(progress, images_seen=1016).seconds_left == 0
