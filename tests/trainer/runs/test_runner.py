"""What is asked of a training between two steps, and what it writes down."""

import pytest
import torch

from trainer.checkpoints.checkpoint import read_info
from trainer.runs import runner
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.run import Run
from trainer.runs.session import Caller
from trainer.training.state_io import read_scalars


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(tmp_path, "r")


@pytest.fixture
def train(run, squares, tmp_path):
    """(config, {images: [commands asked once so many have been seen]}) -> images of each progress.

    It listens before every step, and measures after every one.
    """
    attentive = Caller(report_images=1, listen_every=0.0)

    def go(config, asked=None):
        asked, seen = dict(asked or {}), []
        places = Paths(tmp_path, tmp_path)
        for progress in run_training(run, config, places=places, caller=attentive, dataset=squares(config)):
            seen.append(progress.images_seen)
            for command in asked.pop(progress.images_seen, ()):
                run.store().ask(*command)
        return seen

    return go


def answers(run) -> list[str]:
    return [command.answer for command in run.store().commands("")]


def kinds(run) -> list[str]:
    return [event.kind for event in run.store().events()]


@pytest.mark.slow
def test_a_run_writes_down_its_life(run, train, tiny):
    train(tiny(kimg=0.008))
    train(tiny(kimg=0.012))
    assert kinds(run) == ["started", "finished", "resumed", "finished"]
    started, _, resumed, _ = run.store().events()
    assert (started.detail["settings"]["kimg"], resumed.detail["settings"]["kimg"]) == (0.008, 0.012)
    train(tiny(kimg=0.012))
    assert len(kinds(run)) == 4  # nothing was left to do, so nothing happened


def test_stop_saves_and_ends(run, train, tiny):
    assert train(tiny(kimg=0.1), {8: [("stop",)]}) == [4, 8, 12]
    assert answers(run) == ["Saved and stopped at 0.012 kimg."]
    assert read_scalars(run.state_file)["images_seen"] == 12
    assert kinds(run)[-1] == "stopped"


@pytest.mark.slow
def test_a_snapshot_is_kept_and_is_not_thinned_out(run, train, tiny):
    train(tiny(kimg=0.02, keep_mb=0.0), {4: [("snapshot",)]})
    assert list(run.moments()) == [8, 20]
    (event,) = [event for event in run.store().events() if event.kind == "snapshot"]
    assert event.images_seen == 8


def test_a_paused_run_makes_no_step_is_saved_and_goes_on(run, train, tiny, monkeypatch):
    looks, wait = [], runner.Runner.wait_paused

    def waiting(self):
        looks.append((self.session.state.images_seen, read_scalars(run.state_file)["images_seen"]))
        if len(looks) == 3:
            run.store().ask("resume")
        wait(self)

    monkeypatch.setattr(runner.Runner, "wait_paused", waiting)
    assert train(tiny(kimg=0.02), {8: [("pause",)]}) == [4, 8, 12, 16, 20]
    assert set(looks) == {(12, 12)}
    assert kinds(run) == ["started", "paused", "unpaused", "finished"]
    assert answers(run) == ["Paused and saved at 0.012 kimg.", "Resumed at 0.012 kimg."]


def test_a_paused_run_that_is_told_to_end_before_where_it_stands_ends(run, train, tiny, monkeypatch):
    wait, asked = runner.Runner.wait_paused, iter([("set", {"kimg": 0.004}), ("resume",)])

    def waiting(self):
        if command := next(asked, None):
            run.store().ask(*command)
        wait(self)

    monkeypatch.setattr(runner.Runner, "wait_paused", waiting)
    assert train(tiny(kimg=0.1), {4: [("pause",)]}) == [4, 8]
    assert kinds(run)[-1] == "finished"
    assert None not in answers(run)


@pytest.mark.slow
def test_a_paused_run_can_be_stopped(run, train, tiny, monkeypatch):
    wait = runner.Runner.wait_paused
    monkeypatch.setattr(runner.Runner, "wait_paused", lambda self: (run.store().ask("stop"), wait(self)))
    assert train(tiny(kimg=0.1), {4: [("pause",)]}) == [4, 8]
    assert kinds(run)[-1] == "stopped"
    assert None not in answers(run)


def test_a_changed_rate_holds_from_the_next_step_is_told_and_outlives_the_process(run, train, tiny):
    config = tiny(kimg=0.016, lr=0.001)
    train(config, {4: [("set", {"lr": 0.5})], 8: [("stop",)]})
    (event,) = [event for event in run.store().events() if event.kind == "changed"]
    assert (event.images_seen, event.detail) == (8, {"changed": {"lr": [0.001, 0.5]}})
    assert "lr 0.001 -> 0.5" in answers(run)[0]
    assert run.config().lr == 0.001  # as it was asked for
    train(config)
    assert read_info(run.latest).train["lr"] == 0.5


@pytest.mark.slow
def test_another_rate_on_the_command_line_comes_before_an_earlier_change(run, train, tiny):
    train(tiny(kimg=0.008, lr=0.001), {4: [("set", {"lr": 0.5})]})
    train(tiny(kimg=0.012, lr=0.002))
    assert read_info(run.latest).train["lr"] == 0.002
    assert read_scalars(run.state_file)["overrides"] == {}


@pytest.mark.slow
def test_what_cannot_be_changed_is_answered_with_the_reason_and_changes_nothing(run, train, tiny):
    asked = [("set", {"width": 3}), ("set", {"lr": -1.0}), ("set", {}), ("dance",)]
    assert train(tiny(kimg=0.012), {4: asked}) == [4, 8, 12]
    replies = answers(run)
    assert "--width cannot be changed" in replies[0]
    assert "--lr is -1" in replies[1]
    assert "There is nothing to change" in replies[2]
    assert "Unknown command 'dance'" in replies[3]
    assert "changed" not in kinds(run)


@pytest.mark.slow
def test_what_was_asked_while_nobody_trained_is_not_done(run, train, tiny):
    train(tiny(kimg=0.008))
    run.store().ask("stop")
    assert train(tiny(kimg=0.016)) == [12, 16]
    assert "nothing was done" in answers(run)[0]


@pytest.mark.slow
def test_a_change_in_the_middle_gives_the_same_bits_whether_interrupted_or_not(run, train, tiny, tmp_path):
    config = tiny(kimg=0.04)
    train(config, {8: [("set", {"lr": 0.01, "augment": "translation", "r1_gamma": 1.0})]})
    whole = weights(run)
    run.folder.rename(tmp_path / "whole")
    train(config, {8: [("set", {"lr": 0.01, "augment": "translation", "r1_gamma": 1.0})], 20: [("stop",)]})
    train(config)
    assert all(torch.equal(whole[name], weight) for name, weight in weights(run).items())


def weights(run):
    from safetensors.torch import load_file

    return load_file(run.state_file)


def test_the_sheet_shows_what_the_explorer_shows_for_the_same_seeds(run, train, tiny):
    import numpy as np
    from PIL import Image

    from explorer.core.model import Model
    from explorer.core.recipe import Recipe

    train(tiny(kimg=0.02))
    sheet = np.asarray(Image.open(run.samples()[20]).convert("L")).astype(int)
    side = sheet.shape[0] // 8
    model = Model(run.latest)
    for seed in (0, 9, 63):
        shown = model.images([Recipe("r", seed=seed)])[0, ..., 0].astype(int)
        y, x = divmod(seed, 8)
        tile = sheet[y * side : (y + 1) * side, x * side : (x + 1) * side]
        assert abs(tile - shown).mean() < 12  # WebP at quality 90
        others = [sheet[side * a : side * (a + 1), side * b : side * (b + 1)] for a in range(8) for b in range(8)]
        assert abs(tile - shown).mean() <= min(abs(other - shown).mean() for other in others) + 1e-9
