"""A training by a method that the project does not know, as the Train tab sees it."""

import base64

import numpy as np
import pytest

from explorer.core.library import Library
from explorer.core.recipe import Recipe
from explorer.tabs.train import watching
from tests.trainer.training.methods import denoising
from trainer.data import Dataset
from trainer.networks import ARCHITECTURES
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.run import Run
from trainer.runs.session import Caller
from trainer.training.config import config_from
from trainer.training.methods import METHODS


@pytest.fixture
def library(tmp_path):
    denoising.register()
    settings = {"arch": "denoising", "resolution": 8, "z_dim": 8, "batch": 4, "threads": 1}
    config = config_from(settings | {"kimg": 0.012, "save_kimg": 0.004, "diagnose": False})
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
    data = Dataset("d", images, np.zeros((12, 0), np.int64), (), "CC0", "the tests", "d")
    run, places, every = Run(tmp_path / "runs", "restorer"), Paths(tmp_path, tmp_path), Caller(report_images=1)
    list(run_training(run, config, places=places, caller=every, dataset=data))
    yield Library(tmp_path / "checkpoints", tmp_path / "runs")
    del METHODS["denoising"], ARCHITECTURES["denoising"]


def test_it_is_in_the_list_with_its_curves_and_its_sheet(library):
    answer = watching.watch(library, {"stamp": 0, "runs": {"restorer": {}}})
    assert [run["name"] for run in answer["list"]["runs"]] == ["restorer"]
    news = answer["news"]["restorer"]
    assert news["metrics"]["error"][0] == [4, 8, 12]
    assert news["now"]["sheets"] == [4, 8, 12]
    assert news["now"]["state"] == "finished"
    sheet = watching.sheet_at(library, {"run": "restorer", "images_seen": 12})["sheet"]
    assert base64.b64decode(sheet.partition(",")[2]) == library.run("restorer").samples()[12].read_bytes()


def test_its_checkpoint_opens_as_any_other(library):
    images = library.model("run:restorer").images([Recipe("run:restorer", seed=0), Recipe("run:restorer", seed=1)])
    assert images.shape == (2, 8, 8, 1)
    assert not np.array_equal(images[0], images[1])
