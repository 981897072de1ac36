"""A method that the project does not know: it trains, is killed and resumes, handles commands, draws its own sheet."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tests.trainer.training.methods import denoising
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.networks import ARCHITECTURES
from trainer.runs.dry_run import measure
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.progress import show
from trainer.runs.run import Run
from trainer.runs.session import Caller
from trainer.training.config import TrainConfig, config_from
from trainer.training.methods import METHODS
from trainer.util.errors import UserError

ROOT = Path(__file__).parents[4]
STARTING = 120  # seconds that importing torch may take on a busy machine
SCRIPT = """
import sys
from tests.trainer.training.methods import denoising
from trainer.cli.main import main
denoising.register()
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def registered():
    denoising.register()
    yield
    del METHODS["denoising"], ARCHITECTURES["denoising"]


@pytest.fixture
def config(images) -> TrainConfig:
    settings = {"arch": "denoising", "data": str(images), "resolution": 8, "z_dim": 8, "batch": 8}
    return config_from(settings | {"kimg": 2.4, "save_kimg": 0.08, "threads": 1, "diagnose": False})


@pytest.fixture
def train(tmp_path):
    """(name of a run, config, {images: command asked then}) -> images of each progress."""

    def go(name, config, asked=None):
        run, seen = Run(tmp_path / "runs", name), []
        attentive = Caller(report_images=1, listen_every=0.0)
        for progress in run_training(run, config, places=Paths(tmp_path / "data", tmp_path), caller=attentive):
            seen.append(progress.images_seen)
            if progress.images_seen in (asked or {}):
                run.store().ask(*asked[progress.images_seen])
        return seen

    return go


def weights(run: Run) -> dict[str, torch.Tensor]:
    return load_file(run.state_file)


@pytest.mark.slow
def test_killed_by_the_system_it_resumes_to_the_bits_of_an_uninterrupted_run(config, train, tmp_path):
    run = Run(tmp_path / "runs", "killed")
    words = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(config).items() if name != "diagnose"]
    words = [word for word in words if not word.endswith(("=True", "=False"))]
    command = [sys.executable, "-c", SCRIPT, "train", "--run", "killed", "--no-diagnose", *words, "--kimg=1000"]
    process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        end = time.monotonic() + STARTING
        while len(run.samples()) < 3:
            assert process.poll() is None
            assert time.monotonic() < end, "waited too long"
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    seen = max(run.samples())
    longer = config_from({"kimg": (seen + 400) / 1000}, recorded=config)
    assert train("killed", longer)[0] > 8  # it went on, and did not begin anew
    assert train("whole", longer)[0] == 8
    killed, whole = weights(run), weights(Run(tmp_path / "runs", "whole"))
    assert {name.partition(".")[0] for name in whole} == {"encoder", "decoder", "ema", "opt_encoder", "opt_decoder"}
    assert killed.keys() == whole.keys()
    assert all(torch.equal(killed[name], whole[name]) for name in whole)


@pytest.mark.slow
def test_a_command_changes_its_rate_while_it_trains(config, train, tmp_path):
    short = config_from({"kimg": 0.08}, recorded=config)
    train("controlled", short, {16: ("set", {"lr": 0.5})})
    train("plain", short)
    controlled, plain = (Run(tmp_path / "runs", name) for name in ("controlled", "plain"))
    (command,) = controlled.store().commands("")
    assert command.answer == f"Changed at 0.024 kimg: lr {config.lr} -> 0.5."
    assert read_info(controlled.latest).train["lr"] == 0.5
    assert not torch.equal(weights(controlled)["decoder.layer.weight"], weights(plain)["decoder.layer.weight"])


def test_its_sheet_is_its_own_and_its_checkpoint_draws_from_z(config, train, tmp_path):
    train("r", config_from({"kimg": 0.08}, recorded=config))
    run = Run(tmp_path / "runs", "r")
    sheet = np.asarray(Image.open(run.samples()[80]))
    assert sheet.shape == (16, 64, 3)  # eight images, and below them as restored
    generator = load_generator(run.latest, read_info(run.latest))
    assert generator(torch.zeros(3, 8)).shape == (3, 3, 8, 8)
    assert run.store().read("error")[-1][1] < run.store().read("error")[0][1]


def test_the_terminal_shows_the_scalars_that_it_names(config, tmp_path, capsys):
    run, short = Run(tmp_path / "runs", "r"), config_from({"kimg": 0.008}, recorded=config)
    show(run_training(run, short, places=Paths(tmp_path / "data", tmp_path)), run, short)
    assert "min left  error " in capsys.readouterr().out
    assert set(measure(short).parameters) == {"encoder", "decoder"}


def test_an_option_of_a_game_is_refused(config):
    from trainer.training.setup import check_networks

    with pytest.raises(UserError, match=r"--loss does not apply to --arch denoising"):
        check_networks(config_from({"loss": "hinge"}, recorded=config))


def test_its_record_is_plain(config, train, tmp_path):
    train("r", config_from({"kimg": 0.008}, recorded=config))
    assert json.loads((tmp_path / "runs" / "r" / "config.json").read_text())["arch"] == "denoising"
