"""What comes in the box: every bundled checkpoint is sound, small, credited, and not of one image."""

import shlex
from pathlib import Path

import numpy as np
import pytest

from trainer.checkpoints.checkpoint import load_network, read_info
from trainer.checkpoints.examples import read_examples
from trainer.checkpoints.sampling import sample
from trainer.checkpoints.translating import translated
from trainer.cli.main import check_words, parser
from trainer.networks import Translator

ROOT = Path(__file__).parents[1]
BUNDLED = sorted(path.parent for path in (ROOT / "checkpoints").glob("*/config.json"))


def test_the_two_models_of_the_readme_are_in_the_box():
    assert {"mnist-dcgan", "avatars-stylegan"} <= {folder.name for folder in BUNDLED}


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda folder: folder.name)
def test_a_bundled_checkpoint_is_sound_small_and_credited(folder: Path):
    info = read_info(folder)
    network = load_network(folder, info)
    assert max(path.stat().st_size for path in folder.iterdir() if path.is_file()) < 10e6
    card = (folder / "README.md").read_text()
    assert info.data["licence"] in card
    assert info.data["credit"] in card
    assert f"{info.images_seen:,} real images seen" in card
    if isinstance(network, Translator):
        examples = read_examples(folder, network)
        images = translated(network, examples.given[:16], range(16)).astype(float)
    else:
        images = sample(network, range(16)).astype(float)
    minimum = 0.1 if network.channels == 2 else 5  # of the plane from -1 to 1, or of 255
    assert np.abs(images - images.mean(0)).mean() > minimum  # the samples differ


def test_no_file_of_the_repository_is_large():
    elsewhere = {".git", ".venv", ".mypy_cache", "node_modules", "data", "runs"}
    files = [path for path in ROOT.rglob("*") if path.is_file() and not elsewhere & set(path.relative_to(ROOT).parts)]
    assert max(path.stat().st_size for path in files) < 10e6


CARDS = [*ROOT.glob("checkpoints/*/README.md"), *ROOT.glob("recordings/*/snapshots/*/README.md")]


def test_the_command_of_every_card_is_one_that_this_version_takes():
    commands = [
        line for card in CARDS for line in card.read_text().splitlines() if line.startswith("python -m trainer")
    ]
    assert len(commands) >= len(CARDS)
    for command in commands:
        words = shlex.split(command)[3:]
        check_words(words)
        assert parser().parse_args(words).command
