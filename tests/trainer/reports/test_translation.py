"""The evaluation of a translator: beside the truth, beside what costs nothing, in the terminal and in the card."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from trainer.checkpoints.checkpoint import read_info
from trainer.cli.main import main
from trainer.data import Attribute
from trainer.features.feature_set import FeatureSet
from trainer.networks.resnet_pair import ResNetPair
from trainer.reports.card import read_card, results
from trainer.reports.translation import Tried, baselines, report, surviving, way_back
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.run import Run

SIDE, N = 16, 24


def tried(given: np.ndarray, target: np.ndarray, labels: np.ndarray | None = None) -> Tried:
    known = np.zeros((len(target), 0), np.int64) if labels is None else labels
    attributes = (Attribute("shape", ("round", "square")),) if labels is not None else ()
    return Tried(given, target, True, known, attributes, True)


def noise(seed: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (N, SIDE, SIDE, channels), np.uint8)


def test_what_costs_nothing_is_the_mean_and_the_input():
    pair = ResNetPair(SIDE, 3, 3, 2, 1)
    found = baselines(pair, tried(noise(0), noise(1)))
    assert np.array_equal(found["input copied"], noise(0))
    assert len(np.unique(found["mean image"], axis=0)) == 1
    assert np.abs(found["mean image"][0] - noise(1).mean(0)).max() <= 0.5
    assert "input copied" not in baselines(ResNetPair(SIDE, 3, 1, 2, 1), tried(noise(0, 1), noise(1)))


def test_an_attribute_survives_where_its_value_is_read_off_the_output():
    class Reader:
        heads = (Attribute("shape", ("round", "square")), Attribute("size", ("small", "large")))

    def read(labels: list[int]) -> FeatureSet:
        probabilities = np.eye(2, dtype=np.float32)[labels]
        return FeatureSet(np.zeros((4, 1)), (probabilities, probabilities), np.zeros((4, 0)))

    labels = np.array([[0], [1], [1], [-1]])
    found = surviving(tried(noise(0)[:4], noise(1)[:4], labels), Reader(), read([0, 1, 0, 0]), read([0, 1, 1, 1]))
    assert found == {"shape": {"made": pytest.approx(2 / 3), "real": 1.0}}


def test_a_pair_that_hands_images_on_has_no_cycle_error():
    pair = ResNetPair(SIDE, 3, 3, 2, 1)
    pair.to_a = pair.to_b = torch.nn.Identity()
    assert way_back(pair, noise(0)) == 0


@pytest.fixture
def published(tmp_path, tiny) -> Path:
    """A pix2pix of one step, on pairs of which B is the negative of A."""
    for side in "AB":
        (tmp_path / "set" / side).mkdir(parents=True)
    for i, image in enumerate(noise(0)):
        Image.fromarray(image).save(tmp_path / "set" / "A" / f"{i}.png")
        Image.fromarray(255 - image).save(tmp_path / "set" / "B" / f"{i}.png")
    config = tiny("unet", data=f"pairs:{tmp_path / 'set'}", resolution=SIDE, width=4, kimg=0.004)
    run = Run(tmp_path / "runs", "r")
    list(run_training(run, config, places=Paths(tmp_path / "data", tmp_path / "checkpoints")))
    return publish(run, "negative", tmp_path / "checkpoints")


def test_the_command_prints_figures_and_a_verdict_and_writes_them_into_the_card(published, quick, capsys, tmp_path):
    places = [
        "--data-dir",
        str(tmp_path / "data"),
        "--checkpoints",
        str(published.parent),
        "--runs",
        str(tmp_path / "runs"),
    ]
    main(["evaluate", str(published), "--json", *places])
    found = json.loads(capsys.readouterr().out)
    assert set(found["rows"]) == {"model", "mean image", "input copied"}
    assert found["rows"]["model"].keys() >= {"truth_l1", "psnr", "ssim", "fid", "kid"}
    assert found["rows"]["mean image"]["truth_l1"] < found["rows"]["input copied"]["truth_l1"]
    assert not found["unseen"]
    assert found["verdict"] == found["findings"][0]["kind"]
    assert f"{N} inputs of the training set" in report(found)
    card = read_card(published)
    assert "## Evaluated" in card
    assert "| input copied |" in card
    assert {result.metric_type for result in results(card, read_info(published))} >= {"psnr", "ssim", "truth_l1", "fid"}
