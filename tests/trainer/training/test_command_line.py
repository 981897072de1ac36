"""The commands that cards, the page and refusals tell are those that a terminal takes."""

from dataclasses import asdict

import pytest

from trainer.cli.main import parser
from trainer.training.command_line import branch_command, resume_command, train_command, train_words, way_out
from trainer.training.config import config_from
from trainer.training.options import words
from trainer.util.errors import UserError


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [
        ({"kimg": 200.0, "lr": 2e-05, "batch": 64}, ["--kimg", "200", "--lr", "2e-05", "--batch", "64"]),
        ({"mirror": True, "spectral_norm": False}, ["--mirror", "--no-spectral-norm"]),
        ({"data": "my images", "augment": ""}, ["--data", "my images", "--augment", ""]),
        ({"data": "--run"}, ["--data=--run"]),
        ({"data": "version 1.0"}, ["--data", "version 1.0"]),
    ],
)
def test_settings_are_told_as_short_as_a_terminal_reads_them(settings, arguments):
    assert words(settings) == arguments
    read = vars(parser().parse_args(["train", "--run", "r", *arguments]))
    assert {name: read[name] for name in settings} == settings


def test_what_preset_and_architecture_bring_is_left_out():
    settings = asdict(config_from({"kimg": 5.0}, "mnist-dcgan"))
    assert (
        train_command("r", settings, "mnist-dcgan") == "python -m trainer train --run r --preset mnist-dcgan --kimg 5"
    )
    assert train_words("r", {"lr": 2e-4}, "mnist-dcgan", queue=True)[3:] == [
        "train", "--run", "r", "--preset", "mnist-dcgan", "--queue",
    ]  # fmt: skip
    assert train_command("r", {"arch": "dcgan", "batch": 128}) == "python -m trainer train --run r --arch dcgan"
    with pytest.raises(UserError, match="Unknown preset 'nobody'"):
        train_words("r", {}, "nobody")


def test_a_run_goes_on_by_its_name_alone():
    assert resume_command("r") == "python -m trainer train --run r"


def test_a_refusal_advises_a_branch_unless_the_networks_would_be_others():
    assert branch_command("r", {"lr": 1e-3, "mirror": False}) == (
        "python -m trainer branch r --run NEW --lr 0.001 --no-mirror"
    )
    assert "trainer branch r --run NEW --batch 64` continues from here" in way_out("r", {"batch": 64})
    assert way_out("r", {"batch": 64, "width": 8, "pac_size": 2}) == (
        "--width, --pac-size would change the networks: choose another --run to start a new one."
    )
