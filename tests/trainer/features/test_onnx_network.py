"""Feature networks that a person brings as ONNX files."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from trainer.features import EXTRACTORS, file_part, shown
from trainer.features.feature_set import extract
from trainer.features.onnx_input import scaled
from trainer.util.errors import UserError

CONV = np.random.default_rng(0).normal(size=(5, 3, 3, 3)).astype(np.float32)


def network(shape, nodes=None, dtype=TensorProto.FLOAT, metadata=None, output="features", more=()):
    """A graph from `pixels` of this shape to `features`; by default the means of colours, [N, 3]."""
    nodes = nodes or [helper.make_node("ReduceMean", ["pixels"], ["features"], axes=[2, 3], keepdims=0)]
    inputs = [helper.make_tensor_value_info("pixels", dtype, shape), *more]
    outputs = [helper.make_tensor_value_info(output, dtype, None)]
    graph = helper.make_graph(nodes, "net", inputs, outputs, [numpy_helper.from_array(CONV, "conv")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    return model


def images(n: int = 5, channels: int = 3, side: int = 16) -> torch.Tensor:
    return torch.rand((n, channels, side, side), generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture
def kept(tmp_path):
    """(graph, words) -> the name of it as a file."""

    def kept(model, words: str = "", name: str = "net.onnx") -> str:
        onnx.save(model, tmp_path / name)
        return f"{tmp_path / name}{words}"

    return kept


def features(name: str, given: torch.Tensor) -> np.ndarray:
    return extract(EXTRACTORS[name].open({}, ()), given).features


@pytest.mark.parametrize("shape", [["N", 3, "H", "W"], [None, None, None, None], [2, 3, 16, 16], ["N", 3, 16, 16]])
def test_the_first_output_is_the_features_at_any_batch_and_size(kept, shape):
    found = features(kept(network(shape)), images())
    np.testing.assert_allclose(found, images().mean((2, 3)), atol=1e-6)


def test_colours_may_be_the_last_dimension_and_numbers_of_16_bits(kept):
    node = helper.make_node("ReduceMean", ["pixels"], ["features"], axes=[1, 2], keepdims=0)
    found = features(kept(network(["N", 16, 16, 3], [node], TensorProto.FLOAT16)), images())
    np.testing.assert_allclose(found, images().mean((2, 3)), atol=1e-3)


def test_images_are_made_as_large_as_the_network_wants_or_as_its_name_says(kept):
    flat = [helper.make_node("Flatten", ["pixels"], ["features"])]
    assert features(kept(network(["N", 1, 12, 12], flat)), images()).shape == (5, 144)
    assert features(kept(network(["N", 3, "H", "W"], flat), ":8"), images()).shape == (5, 192)
    assert features(kept(network(["N", 3, "H", "W"], flat)), images()).shape == (5, 768)


@pytest.mark.parametrize(
    ("words", "metadata", "wanted"),
    [
        ("", {}, 0.5),
        (":0-1", {}, 0.75),
        (":0-255", {}, 191.25),
        ("", {"preprocessing": "0-1"}, 0.75),
        ("", {"Image.NominalPixelRange": "NominalRange_0_255"}, 191.25),
        (":0-1", {"Image.NominalPixelRange": "NominalRange_0_255"}, 0.75),
    ],
)
def test_pixels_are_given_as_the_name_says_or_else_the_metadata(kept, words, metadata, wanted):
    found = features(kept(network(["N", 3, 16, 16], metadata=metadata), words), torch.full((2, 3, 16, 16), 0.5))
    np.testing.assert_allclose(found, wanted)


def test_imagenet_pixels_have_the_mean_of_0_and_the_deviation_of_1_of_its_colours():
    mean, deviation = (np.array(v, np.float32)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    unit = np.random.default_rng(0).random((2, 3, 4, 4), np.float32)
    np.testing.assert_allclose(scaled(2 * unit - 1, "imagenet"), (unit - mean) / deviation, atol=1e-5)


def test_of_tokens_that_are_too_many_the_first_stands_for_the_image(kept):
    nodes = [
        helper.make_node("Constant", [], ["shape"], value=numpy_helper.from_array(np.array([0, 48, 144]))),
        helper.make_node("Reshape", ["pixels", "shape"], ["features"]),
    ]
    found = features(kept(network(["N", 3, "H", "W"], nodes), ":48"), images(2, side=48))
    np.testing.assert_array_equal(found, images(2, side=48).flatten(1)[:, :144])


def test_its_name_leads_to_the_same_file_from_everywhere_and_its_version_to_the_same_bytes(kept, tmp_path, monkeypatch):
    kept(network(["N", 3, 16, 16]))
    monkeypatch.chdir(tmp_path)
    opened = EXTRACTORS["net.onnx:imagenet"].open({}, ())
    assert (opened.name, opened.dim) == (f"{tmp_path.resolve()}/net.onnx:imagenet", 3)
    monkeypatch.chdir(Path(tmp_path.root))
    assert EXTRACTORS[opened.name].open({}, ()).version == opened.version
    assert shown(opened.name) == "net.onnx:imagenet"
    assert file_part(opened) == f"net.onnx-imagenet-{opened.version}"
    kept(network(["N", 3, 16, 16], metadata={"other": "bytes"}))
    assert EXTRACTORS[opened.name].open({}, ()).version != opened.version


def test_a_name_at_the_hub_keeps_its_address(kept, monkeypatch):
    file = Path(kept(network(["N", 3, 16, 16])))
    monkeypatch.setattr("trainer.features.onnx_network.fetched", lambda name, limits: file)
    opened = EXTRACTORS["hf://user/repo/onnx/net.onnx:0-1"].open({}, ())
    assert opened.name == shown(opened.name) == "hf://user/repo/onnx/net.onnx:0-1"
    assert "/" not in file_part(opened)


def external():
    model = network(["N", 3, 16, 16])
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="passwords")
    return model


def not_a_number():
    nodes = [
        helper.make_node("Constant", [], ["zero"], value_float=0.0),
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Div", ["mean", "zero"], ["features"]),
    ]
    return network(["N", 3, 16, 16], nodes)


LABEL = helper.make_tensor_value_info("label", TensorProto.INT64, ["N"])
REFUSED = {
    "latent": (network(["N", 64], [helper.make_node("Identity", ["pixels"], ["features"])]), "", "takes no images"),
    "whole numbers": (network(["N", 3, 8, 8], dtype=TensorProto.UINT8), "", "takes no images as floating-point"),
    "two inputs": (network(["N", 3, 8, 8], more=[LABEL]), "", "it has 2 inputs (pixels, label)"),
    "five colours": (network(["N", 5, 8, 8]), "", "neither [N, 3, H, W] nor"),
    "oblong": (network(["N", 3, 8, 16]), "", "images here are square"),
    "huge": (network(["N", 3, 5000, 5000]), "", "images of 5000 pixels a side"),
    "too many": (network(["N", 3, 64, 64], [helper.make_node("Relu", ["pixels"], ["features"])]), "", "12,288 numbers"),
    "external": (external(), "", "its weights lie in another file"),
    "NaN": (not_a_number(), "", "hold NaN or infinity"),
    "BGR": (network(["N", 3, 8, 8], metadata={"Image.BitmapPixelFormat": "Bgr8"}), "", "ask for Bgr8 pixels"),
    "range": (network(["N", 3, 8, 8], metadata={"preprocessing": "odd"}), "", "ask for pixels as odd"),
    "word": (network(["N", 3, 8, 8]), ":imagnet", "'imagnet' says nothing of how it reads images; -1-1, 0-1"),
    "size": (network(["N", 3, 8, 8]), ":224", "images of 8 pixels a side, not 224"),
    "endless size": (network(["N", 3, "H", "W"]), ":" + "9" * 5000, "images of 8 to 1024 pixels a side"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_feature_network_gets_one_sentence(kept, kind):
    model, words, told = REFUSED[kind]
    with pytest.raises(UserError) as error:
        EXTRACTORS[kept(model, words)].open({}, ())
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_network_that_fails_on_the_images_of_a_set_says_at_which_size(kept):
    node = helper.make_node("Conv", ["pixels", "conv"], ["features"], dilations=[9, 9])
    opened = EXTRACTORS[kept(network(["N", 3, "H", "W"], [node]))].open({}, ())
    with pytest.raises(UserError, match="given images of 8 pixels a side"):
        opened(images(side=8))


@pytest.mark.parametrize("what", ["missing", "cut", "foreign", "folder", "large"])
def test_a_file_that_cannot_be_read_gets_one_sentence(kept, what, tmp_path, monkeypatch):
    name = kept(network(["N", 3, 16, 16]))
    file = Path(name)
    data = file.read_bytes()
    file.unlink()
    if what == "folder":
        file.mkdir()
    elif what != "missing":
        file.write_bytes({"cut": data[:-40], "foreign": b"PK\x03\x04" * 9, "large": data}[what])
    monkeypatch.setattr("trainer.features.onnx_network.MAX_BYTES", 20 if what == "large" else 2**30)
    with pytest.raises(UserError, match=r"net\.onnx cannot be used as an extractor: .+\. Give an ONNX file"):
        EXTRACTORS[name].open({}, ())


def test_another_word_is_an_unknown_extractor():
    with pytest.raises(UserError, match="Unknown extractor 'dino'"):
        EXTRACTORS["dino"]
