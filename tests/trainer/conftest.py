"""Tiny trainings that every test of the trainer shares."""

from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from trainer.data import Attribute, Dataset
from trainer.runs.launch import open_fabric
from trainer.training.config import TrainConfig, config_from
from trainer.training.setup import check_networks
from trainer.util.errors import UserError

TINY = {"width": 8, "z_dim": 8, "batch": 4, "threads": 1, "kimg": 0.02, "data": "squares", "diagnose": False}


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Bits depend on the number of threads, and tiny networks are fastest with one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny():
    """(arch, settings...) -> TrainConfig, at the smallest resolution that the architecture makes."""

    return lambda arch="stylegan-lite", **settings: config_from(
        {"arch": arch, "resolution": smallest_resolution(arch)} | TINY | settings
    )


@cache
def smallest_resolution(arch: str) -> int:
    for resolution in (8, 16, 28, 32, 64):
        with suppress(UserError):
            check_networks(config_from({"arch": arch, "resolution": resolution} | TINY))
            return resolution
    raise AssertionError(f"{arch} makes none of the sizes that the tests try")


@pytest.fixture(scope="session")
def squares():
    """(config, n, channels) -> n pictures in memory: noise, picture i brighter the higher i; classes in turn."""

    def make(config: TrainConfig, n: int = 10, channels: int = 1, classes: int = 2) -> Dataset:
        shape = (n, config.resolution, config.resolution, channels)
        noise = np.random.default_rng(0).integers(0, 100, shape)
        images = (noise + np.linspace(0, 155, n)[:, None, None, None]).astype(np.uint8)
        labels = (np.arange(n) % classes)[:, None] if classes else np.zeros((n, 0), np.int64)
        attributes = (Attribute("parity", tuple(map(str, range(classes)))),) if classes else ()
        return Dataset("squares", images, labels, attributes, "CC0", "the tests", "squares")

    return make


@pytest.fixture(scope="session")
def fabric(tiny):
    opened = open_fabric(tiny())
    opened.launch()
    return opened


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """A folder of 24 pictures of 8 x 8 pixels in two classes."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for name in ("dark", "light"):
        (folder / name).mkdir()
        for i in range(12):
            pixels = rng.integers(0, 128, (8, 8, 3)) + (128 if name == "light" else 0)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{i}.png")
    return folder
