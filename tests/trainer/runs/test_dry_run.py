"""What a dry run promises, and what the terminal shows."""

import io
import re
from dataclasses import replace

import pytest

from trainer.networks import ARCHITECTURES
from trainer.runs.dry_run import measure, peak_memory, random_dataset
from trainer.runs.launch import Progress
from trainer.runs.progress import line, show
from trainer.runs.run import Run


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_an_estimate_counts_the_parameters_and_takes_a_real_time(arch, tiny, squares, fabric):
    from trainer.training.setup import new_state

    config = tiny(arch, conditional=True)
    estimate = measure(config)
    state = new_state(config, random_dataset(config), fabric)
    counts = {name: sum(p.numel() for p in state.bare(name).parameters()) for name in state.networks}
    assert estimate.parameters == counts
    assert 1 < estimate.images_per_s < 1e6
    assert estimate.memory > 50 * 2**20


def test_a_plan_for_many_devices_is_measured_on_one(tiny):
    config = tiny(devices=4, batch=16)
    assert measure(config).images_per_s > 0


def test_memory_is_that_of_a_process_with_torch_in_it():
    assert 50 * 2**20 < peak_memory() < 2**40


def test_random_images_have_the_shape_of_the_real_ones(tiny):
    data = random_dataset(tiny(batch=6))
    assert data.images.shape == (6, 8, 8, 3)
    assert data.num_classes == 2
    assert set(data.labels[:, 0].tolist()) <= {0, 1}


def progress(images_seen, saved=True):
    return Progress(images_seen, 10_000, 50.0, {"loss_d": 1.25, "loss_g": 0.5}, saved)


def test_a_line_tells_how_far_how_fast_how_long_still():
    assert re.split(r"\s{2,}", line(progress(4000), ("loss_d", "loss_g", "distance")).strip()) == [
        "4.0 kimg", "50.0 img/s", "2.0 min left", "loss_d 1.250", "loss_g 0.500",
    ]  # fmt: skip


@pytest.fixture
def shown(tmp_path, tiny, capsys):
    def shown(*stretches: Progress) -> str:
        show(iter(stretches), Run(tmp_path, "r"), tiny(kimg=10.0))
        return capsys.readouterr().out

    return shown


def test_without_a_person_there_is_a_line_a_save_and_a_last_word(shown, tmp_path):
    text = shown(progress(4000), progress(6000, saved=False), progress(10_000))
    assert [words.split()[0] for words in text.splitlines()] == ["4.0", "10.0", f"{tmp_path}/r:"]
    assert "finished at 10.0 kimg" in text
    assert f"Snapshot: {tmp_path}/r/snapshots/latest" in text


def test_a_stopped_training_says_how_to_go_on(shown):
    assert "stopped; the same command resumes it at 4.0 kimg" in shown(progress(4000))


def test_a_finished_run_says_so(shown):
    assert shown() == "Run 'r' is already at 10 kimg. Raise --kimg to train longer.\n"


def test_a_person_sees_a_bar(shown, monkeypatch):
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", screen)
    assert "kimg  " not in shown(progress(4000), progress(10_000))
    assert "loss_d=1.250" in screen.getvalue()
    assert "10.0k/10.0k" in screen.getvalue()


def test_the_newest_verdict_is_shown(shown):
    first, second = progress(4000), replace(progress(10_000), verdict="Mode dropping")
    lines = shown(first, second).splitlines()
    assert "missing" not in lines[0]
    assert lines[1].endswith("loss_g 0.500  Mode dropping")


def test_other_processes_of_a_training_show_nothing(shown, monkeypatch):
    monkeypatch.setattr("trainer.runs.progress.is_first_process", lambda: False)
    assert shown(progress(4000), progress(10_000)) == ""
