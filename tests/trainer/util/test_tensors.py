"""safetensors files: what is declared is checked before it is read, and the library's exception stays inside."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from trainer.data import Dataset
from trainer.diagnosis.reference_build import reader_for
from trainer.features import EXTRACTORS
from trainer.features.feature_set import extract_dataset
from trainer.util.errors import UserError
from trainer.util.reading import Unfit
from trainer.util.tensors import from_bytes, read_header, read_numpy, read_torch, save_tensors

ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def file_of(header: object, size: int = 8) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


HEADERS = {
    "float8": {"x": ENTRY | {"dtype": "F8_E4M3"}},
    "unknown type": {"x": ENTRY | {"dtype": []}},
    "no shape": {"x": {"dtype": "F32", "data_offsets": [0, 8]}},
    "shape of text": {"x": ENTRY | {"shape": "2"}},
    "shape of truth": {"x": ENTRY | {"shape": [True, 2]}},
    "below zero": {"x": ENTRY | {"shape": [-2]}},
    "more than the file": {"x": ENTRY | {"shape": [3]}},
    "nothing, 10^18 times": {"x": {"dtype": "F32", "shape": [0, 10**18], "data_offsets": [0, 0]}},
    "many axes": {"x": ENTRY | {"shape": [1] * 50}},
    "other offsets": {"x": ENTRY | {"data_offsets": [4, 8]}},
    "a list": [1],
    "metadata of numbers": {"x": ENTRY, "__metadata__": {"a": 1}},
    "metadata of a list": {"x": ENTRY, "__metadata__": []},
    "too many": {f"x{i}": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for i in range(10_001)},
}


@pytest.mark.parametrize("read", [read_numpy, read_torch, lambda path: from_bytes(path.read_bytes())])
@pytest.mark.parametrize("header", HEADERS)
def test_what_a_file_cannot_hold_is_unfit(header, read, tmp_path):
    (tmp_path / "x").write_bytes(file_of(HEADERS[header]))
    with pytest.raises(Unfit):
        read(tmp_path / "x")


def test_what_was_saved_is_read(tmp_path):
    save_tensors(tmp_path / "x", {"a": np.arange(3.0)}, {"told": "caf"})
    save_tensors(tmp_path / "y", {"a": torch.arange(3.0)})
    assert read_header(tmp_path / "x").metadata == {"told": "caf"}
    assert read_numpy(tmp_path / "x")[0]["a"].tolist() == read_torch(tmp_path / "y")[0]["a"].tolist() == [0, 1, 2]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_does_not_hold_the_reader_up(tmp_path):
    os.mkfifo(tmp_path / "x")
    with pytest.raises(Unfit, match="not a regular file"):
        read_torch(tmp_path / "x")


def denied(*args, **kwargs):
    raise SafetensorError("Error while serializing: I/O error: Permission denied (os error 13)")


@pytest.fixture
def refused(monkeypatch):
    """A folder in which the library may not write, as it tells it."""
    for library in ("numpy", "torch"):
        monkeypatch.setattr(f"safetensors.{library}.save_file", denied)


@pytest.mark.parametrize("tensor", [np.zeros(1), torch.zeros(1)], ids=["numpy", "torch"])
def test_an_error_of_the_library_keeps_its_number(tensor, refused, tmp_path):
    with pytest.raises(PermissionError):
        save_tensors(tmp_path / "x", {"x": tensor})


def some(count: int) -> Dataset:
    images = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 1), np.uint8)
    return Dataset("some", images, np.zeros((count, 0), np.int64), (), "", "", "fingerprint")


def test_features_that_cannot_be_kept_are_told(refused, tmp_path):
    with pytest.raises(UserError, match=r"Cannot write .*safetensors"):
        extract_dataset(EXTRACTORS["mnist"].open({}, ()), some(4), Path(tmp_path), progress=False)


def test_an_extractor_that_cannot_be_kept_is_told(refused, tmp_path, quick):
    with pytest.raises(UserError, match=r"Cannot write .*safetensors"):
        reader_for("autoencoder", some(4), Path(tmp_path), print)
