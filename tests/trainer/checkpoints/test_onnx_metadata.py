"""An exported file says what it is, and enough to truncate as the app does; the page's own says nothing."""

import base64
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tests.conftest import shaken, tiny_options
from trainer.checkpoints.checkpoint import CheckpointInfo
from trainer.checkpoints.onnx_export import GENERATOR, MAPPING, export
from trainer.checkpoints.onnx_metadata import metadata_of
from trainer.checkpoints.spec import MAX_PSI, MIN_PSI
from trainer.networks import ARCHITECTURES

INFO = CheckpointInfo("stylegan-lite", {}, 0, "A tiny one", {"licence": "CC0", "credit": "the tests"})


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(the generator, the folder of its files with metadata, that of its files without)."""
    torch.manual_seed(0)
    generator = shaken(ARCHITECTURES["stylegan-lite"].generator(**tiny_options("stylegan-lite", 0)))
    told, plain = tmp_path_factory.mktemp("told"), tmp_path_factory.mktemp("plain")
    export(generator, told, half=False, metadata=metadata_of("ours", INFO, generator))
    export(generator, plain, half=False)
    return generator, told, plain


def opened(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", [GENERATOR, MAPPING])
def test_onnxruntime_reads_whose_it_is_and_under_which_licence(exported, name):
    meta = opened(exported[1] / name).get_modelmeta()
    found = meta.custom_metadata_map
    assert (found["model"], found["licence"], found["credit"], found["arch"]) == (
        "ours",
        "CC0",
        "the tests",
        "stylegan-lite",
    )
    assert found["recipe_schema"] == "1"
    assert json.loads(found["psi_range"]) == [MIN_PSI, MAX_PSI]
    assert meta.producer_name == "latent-explorer"
    assert onnx.load(exported[1] / name).doc_string.startswith("A tiny one. ")


def test_its_centre_truncates_as_the_generator_does(exported):
    generator, folder, _ = exported
    z = np.random.default_rng(3).standard_normal((4, generator.z_dim)).astype(np.float32)
    mapping = opened(folder / MAPPING)
    centre = np.frombuffer(base64.b64decode(mapping.get_modelmeta().custom_metadata_map["w_centre"]), dtype="<f4")
    (ws,) = mapping.run(None, {"z": z})
    with torch.inference_mode():
        wanted = generator.truncate(generator.map(torch.from_numpy(z)), 0.5).numpy()
    assert np.abs(ws - centre).max() > 0.01
    assert np.allclose(centre + 0.5 * (ws - centre), wanted, atol=1e-5)


@pytest.mark.parametrize("name", [GENERATOR, MAPPING])
def test_the_network_is_the_same_and_the_page_s_file_carries_nothing(exported, name):
    told, plain = (onnx.load(folder / name) for folder in exported[1:])
    assert told.graph == plain.graph
    assert not plain.metadata_props
    assert not plain.doc_string
