"""Tiny trainings that every test of the trainer shares, and a folder of images with a reference."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image

from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.checkpoints.model_card import model_card
from trainer.data import Attribute, Dataset
from trainer.diagnosis import reference_build, reference_file
from trainer.features import EXTRACTORS, autoencoder
from trainer.runs.launch import open_fabric
from trainer.training.config import TrainConfig, config_from
from trainer.training.methods.base import options_for
from trainer.training.setup import build_networks, check_networks
from trainer.util.errors import UserError

TINY = {"width": 8, "z_dim": 8, "batch": 4, "threads": 1, "kimg": 0.02, "data": "squares", "diagnose": False}
SIDE = 16  # pixels a side, of the images that have a reference


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
    """(config, n, channels) -> n images in memory: noise, image i brighter the higher i; classes in turn."""

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
def images(tmp_path_factory) -> Path:
    """A folder of 24 images of 8 x 8 pixels in two classes."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for name in ("dark", "light"):
        (folder / name).mkdir()
        for i in range(12):
            pixels = rng.integers(0, 128, (8, 8, 3)) + (128 if name == "light" else 0)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{i}.png")
    return folder


def paint(folder: Path, classes: Sequence[str], each: int, side: int) -> Path:
    """Images of noise in subfolders; the first class is dark, the last is bright."""
    rng = np.random.default_rng(0)
    for i, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for j in range(each):
            pixels = rng.integers(0, 128, (side, side, 3)) + 127 * i // max(1, len(classes) - 1)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{j}.png")
    return folder


@pytest.fixture(scope="session")
def painted():
    """(folder, classes, each, side) -> the folder, with that many images of each class in it."""
    return paint


@contextmanager
def hurried(steps: int) -> Iterator[None]:
    """8 healthy splits, and an autoencoder that is trained for some steps of 16 images."""
    fit = partial(autoencoder.fit, course=autoencoder.COURSE._replace(steps=steps, batch=16))
    kind = EXTRACTORS["autoencoder"]._replace(fit=fit)
    with EXTRACTORS.replaced("autoencoder", kind), pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference_build, "SPLITS", {1000: 8})
        yield


@pytest.fixture
def quick():
    """References within a second: few splits, and an extractor that is hardly trained."""
    with hurried(steps=10):
        yield


class Own(NamedTuple):
    """A folder of images in two classes, and its reference."""

    images: Path
    data_dir: Path
    file: Path


@pytest.fixture(scope="session")
def own(tmp_path_factory) -> Own:
    """Not to be written to."""
    place = tmp_path_factory.mktemp("own")
    images = paint(place / "images", ("dusk", "noon"), 225, SIDE)
    with hurried(steps=40):
        file = reference_file(str(images), resolution=SIDE, data_dir=place / "data", tell=lambda text: None)
    return Own(images, place / "data", file)


@pytest.fixture
def trained(tmp_path, tiny, own):
    """(name, resolution) -> folder of an untrained checkpoint that was to be trained on the images of `own`."""

    def make(name: str, resolution: int = SIDE) -> Path:
        config = tiny("stylegan-lite", data=str(own.images), resolution=resolution)
        g = build_networks(config, channels=3, num_classes=0)["g"]
        options = options_for(type(g), config) | {"resolution": g.resolution, "channels": 3, "num_classes": 0}
        data = {"name": "images", "pictures": 450, "licence": "", "credit": "", "attributes": {}}
        info = CheckpointInfo("stylegan-lite", options, 1234, "a summary", data, asdict(config), 60.0)
        save_checkpoint(tmp_path / name, g.eval(), info, model_card(name, info))
        return tmp_path / name

    return make
