"""What is learned once: it is found again, and never taken for another checkpoint's."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.core.inversion import kept
from explorer.core.inversion.encoder import new_encoder
from explorer.core.inversion.inverter import Inverter
from explorer.core.model import Model
from explorer.core.place import Place


@pytest.fixture
def copied(own: Path, inverter: Inverter, tmp_path: Path) -> Path:
    """The checkpoint with what was learned, to be spoiled."""
    shutil.copytree(own, tmp_path / "faces")
    return tmp_path / "faces"


def test_a_second_start_finds_the_encoder_and_the_yardstick(copied: Path, inverter: Inverter):
    again = Inverter(Model(copied))
    assert again.ready
    for one, other in zip(inverter.searcher.encoder.parameters(), again.searcher.encoder.parameters(), strict=True):
        assert torch.equal(one, other)
    assert np.array_equal(again.residuals, inverter.residuals)
    assert list(again.prepare()) == list(again.measure_real()) == []


def test_a_bundle_beside_the_checkpoint_is_as_good_as_the_cache(copied: Path, inverter: Inverter):
    shutil.rmtree(copied / ".cache")
    place = Place(copied, inverter.place.weights)
    kept.write_bundle(place, inverter.searcher.encoder, inverter.residuals, inverter.reference)
    again = Inverter(Model(copied))
    assert again.ready
    assert np.array_equal(again.residuals, inverter.residuals)


@pytest.mark.parametrize("spoil", ["weights", "cut", "nan", "shape"])
def test_what_does_not_fit_counts_as_none(copied: Path, inverter: Inverter, spoil: str):
    encoder = inverter.searcher.encoder
    place = Place(copied, inverter.place.weights)
    file = kept.file(place, "encoder")
    tensors = kept.encoder_tensors(encoder)
    if spoil == "weights":
        place = Place(copied, "0" * 64)
    elif spoil == "cut":
        file.write_bytes(file.read_bytes()[:200])
    elif spoil == "nan":
        kept.write(place, "encoder", {name: tensor * np.float16("nan") for name, tensor in tensors.items()})
    else:
        kept.write(place, "encoder", {name: np.zeros(3, np.float16) for name in tensors})
    fresh = new_encoder(inverter.searcher.synthesis, inverter.searcher.space)
    assert not kept.read_encoder(place, fresh)


def test_residuals_of_another_reference_count_as_none(copied: Path, inverter: Inverter):
    place = Place(copied, inverter.place.weights)
    kept.write(place, "yardstick", {kept.RESIDUALS: np.ones(3, np.float32)}, "another")
    assert kept.read_residuals(place, inverter.reference) is None
