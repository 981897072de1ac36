"""ONNX files that cannot be explored, or were made to do harm, get one sentence that says why."""

import re

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from tests.trainer.checkpoints.importers.onnx_models import Style, foreign, write
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.importers import import_file, look
from trainer.util import onnx_files
from trainer.util.errors import UserError
from trainer.util.reading import Unfit

IMAGE = [1, 3, 8, 8]


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def graph(nodes, constants=(), inputs=(("z", ["n", 4]),), outputs=(("images", None),), **more):
    """A model as bytes; nodes are (operator, inputs, outputs, attributes)."""
    made = helper.make_graph(
        [helper.make_node(kind, given, made, **attributes) for kind, given, made, attributes in nodes],
        "g",
        [value(*entry) for entry in inputs],
        [value(*entry) for entry in outputs],
        [numpy_helper.from_array(np.array(array), name) for name, array in dict(constants).items()],
    )
    options = {"opset_imports": [helper.make_opsetid("", 17)], "ir_version": 8} | more
    return helper.make_model(made, **options).SerializeToString()


def images_of(shape, kind="Tanh", constants=(), **more):
    """Images of a shape, each number of which is the first of the latent."""
    nodes = [
        ("Gather", ["z", "zero"], ["first"], {"axis": 1}),
        ("Reshape", ["first", "one"], ["cell"], {}),
        ("Expand", ["cell", "shape"], ["wide"], {}),
        (kind, ["wide"], ["images"], {}),
    ]
    one = [-1] + [1] * (len(shape) - 1)
    return graph(nodes, {"zero": [0], "one": one, "shape": shape, **dict(constants)}, **more)


def refused(tmp_path, data, name="g.onnx"):
    """The sentence that a file gets."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UserError) as error:
        look(path)
    sentence = str(error.value)
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert "onnxruntime_src" not in sentence
    return sentence


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The bytes of a sound file."""
    return write(tmp_path_factory.mktemp("sound") / "g.onnx").read_bytes()


@pytest.mark.parametrize("kept", [1, 7, 100, 0.5, 0.99])
def test_a_file_that_is_cut_short_is_told(kept, sound, tmp_path):
    length = int(kept * len(sound)) if isinstance(kept, float) else kept
    assert "cut short or damaged" in refused(tmp_path, sound[:length])


@pytest.mark.parametrize("data", [b"\x89PNG\r\n", b"hello", b"\x08\x08 nonsense", b"<html>" * 100])
def test_a_file_of_another_kind_is_told(data, tmp_path):
    assert "cut short or damaged" in refused(tmp_path, data)
    assert "of no kind that can be imported" in refused(tmp_path, data, "g.dat")


@pytest.mark.parametrize("shift", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_whatever_is_changed_in_a_file_gets_a_sentence_or_draws(shift, sound, tmp_path):
    spoiled = bytearray(sound)
    at = int(shift * len(sound))
    spoiled[at : at + 16] = b"\xff" * 16
    (tmp_path / "g.onnx").write_bytes(spoiled)
    try:
        told = look(tmp_path / "g.onnx").preview.recognised
    except UserError as error:
        told = str(error)
    assert re.match(r"ONNX generator$|[\w-]+/g.onnx cannot be imported: [^\n]+\.$", told)


@pytest.mark.parametrize("name", [b"dense.0.weight", b"pytorch", b"images", b"Relu"])
def test_names_that_are_no_text_are_told(name, sound, tmp_path, capfd):
    assert name in sound
    assert "some of its names are no text" in refused(tmp_path, sound.replace(name, b"\xe3" * len(name)))
    assert capfd.readouterr() == ("", "")


def test_a_file_of_3_gb_is_refused_unread(tmp_path):
    with (tmp_path / "g.onnx").open("wb") as file:
        file.truncate(3 * 10**9)
    with pytest.raises(UserError, match=r"it has 3,000 MB, more than the limit of"):
        look(tmp_path / "g.onnx")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (images_of([1, 3, 8, 16]), "its images are 8 x 16; only square ones can be shown"),
        (images_of([1, 3, 2, 2]), "its images have 2 pixels a side; 4 to 1024 can be shown"),
        (images_of([1, 1, 4096, 4096]), "its images have 4096 pixels a side"),
        (images_of([1, 4, 8, 8]), "no image output: found images 1 x 4 x 8 x 8"),
        (images_of([1, 64]), "no image output: found images 1 x 64"),
        (images_of([2, 3, 8, 8]), "it draws 2 images of 1 latents"),
        (images_of(IMAGE, "Log"), "it generates NaN or infinite pixels"),
        (images_of(IMAGE, "IsNaN", outputs=(("images", None, TensorProto.BOOL),)), "its images are of type bool"),
        (images_of([1, 3, 200_000, 200_000]), "more memory than the 4 GB"),
        (images_of(IMAGE, "Loop"), "Loop repeats a part of the graph"),
        (images_of(IMAGE, "Nothing"), "Nothing"),
        (images_of(IMAGE, inputs=(("z", ["n", 3, 64, 64]),)), "z is 3 x 64 x 64 a row: not a latent"),
        (images_of(IMAGE, inputs=(("z", ["n", "m"]),)), "the length of its latent z is not fixed"),
        (images_of(IMAGE, inputs=(("z", [100]),)), "z has no batch dimension"),
        (images_of(IMAGE, inputs=(("z", None),)), "z declares no shape"),
        (images_of(IMAGE, inputs=(("z", ["n", 10**6]),)), "z has 1,000,000 numbers"),
        (images_of(IMAGE, inputs=(("z", [9999, 4]),)), "it draws 9,999 images at once"),
        (images_of(IMAGE, inputs=(("z", ["n", 4], TensorProto.INT64),)), "takes no floating-point numbers"),
        (images_of(IMAGE, inputs=()), "it has 0 inputs (none)"),
        (images_of(IMAGE, inputs=[(name, ["n", 4]) for name in ("z", "a", "b")]), "it has 3 inputs (z, a, b)"),
        (images_of(IMAGE, inputs=(("z", ["n", 4]), ("y", ["n", 4, 4]))), "its second input y is neither a label"),
        (images_of(IMAGE, inputs=(("z", ["n", 4]), ("y", [1, 4]))), "differ in the size of their batch"),
        (images_of(IMAGE, inputs=(("z", ["n", 4]), ("y", ["n"], TensorProto.INT64))), "how many classes"),
        (images_of(IMAGE, inputs=(("z", ["n", 4]), ("y", ["n", 20_000]))), "it has 20,000 classes"),
        (images_of(IMAGE, outputs=(("images", None), ("wide", None))), "it has 2 image outputs (images, wide)"),
        (images_of(IMAGE, opset_imports=[helper.make_opsetid("", 5)]), "its opset is 5; 7 to"),
        (images_of(IMAGE, opset_imports=[helper.make_opsetid("", 999)]), "its opset is 999"),
        (graph([]), "it holds no network"),
        (b"", "it holds no network"),
        (graph([("Fused", ["z"], ["images"], {"domain": "com.example"})]), "Fused is an operator of com.example"),
        (graph([("RandomUniform", [], ["images"], {"shape": IMAGE})]), "draws another image each time"),
    ],
)
def test_what_cannot_be_explored_is_told(data, told, tmp_path):
    sentence = refused(tmp_path, data)
    assert sentence.startswith(f"{tmp_path.name}/g.onnx cannot be imported: ")
    assert told in sentence


@pytest.mark.parametrize("place", ["initializer", "node", "branch"])
def test_weights_in_another_file_are_never_looked_for(place, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(64))
    outside = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value=str(secret))
    model = onnx.load_from_string(images_of(IMAGE))
    constant = helper.make_node("Constant", [], ["w"], value=outside)
    if place == "initializer":
        model.graph.initializer.append(outside)
    elif place == "node":
        model.graph.node.append(constant)
    else:
        inner = helper.make_graph([constant], "inner", [], [value("w", None)])
        model.graph.node.append(helper.make_node("If", ["c"], ["r"], then_branch=inner, else_branch=inner))
    assert "its weights lie in another file" in refused(tmp_path, model.SerializeToString())


def test_a_network_with_nan_weights_is_told(tmp_path):
    network = foreign()
    with torch.no_grad():
        network.convs[0].weight[0] = float("nan")
    with pytest.raises(UserError, match="NaN or infinite pixels"):
        look(write(tmp_path / "g.onnx", network=network))


class Mixing(nn.Module):
    """Batch norm by the statistics of the batch: an image depends on its company."""

    def forward(self, z):
        """z [N, 8] -> images [N, 1, 8, 8]."""
        return (z - z.mean(0))[:, None, :, None].expand(-1, 1, 8, 8) + z[:, None, None, :]


def test_an_image_that_depends_on_its_company_is_drawn_alone(tmp_path):
    path = write(tmp_path / "g.onnx", network=Mixing())
    assert dict(look(path).preview.facts)["batch"] == "1 at once"


@pytest.mark.slow
def test_a_run_that_takes_too_long_is_ended():
    nodes = [("MatMul", [f"t{i}" if i else "z", "w"], [f"t{i + 1}"], {}) for i in range(5000)]
    data = graph(nodes, {"w": np.zeros((800, 800), np.float32)}, (("z", ["n", 800]),), (("t5000", None),))
    with pytest.raises(Unfit, match="it takes more than 0 s"):
        onnx_files.run(onnx_files.session(data), {"z": np.zeros((800, 800), np.float32)}, seconds=0.01)


def replant(folder, data):
    """Put another graph into a checkpoint, with a config.json that vouches for it."""
    import json

    from safetensors.torch import load_file, save_file

    from trainer.checkpoints.checkpoint import file_hash

    weights, path = load_file(folder / "model.safetensors"), folder / "model.safetensors"
    weights["graph"] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    save_file(weights, path)
    record = json.loads((folder / "config.json").read_text())
    record["options"]["size"] = len(data)
    (folder / "config.json").write_text(json.dumps(record | {"sha256": file_hash(path)}))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"nonsense", "cut short or damaged"),
        (images_of([1, 3, 8, 8], inputs=(("z", ["n", 8]),)), "does not run"),
        (images_of([1, 3, 8, 8], "Loop"), "Loop repeats"),
    ],
)
def test_a_checkpoint_whose_graph_was_exchanged_gets_a_sentence(data, told, sound, tmp_path):
    (tmp_path / "g.onnx").write_bytes(sound)
    folder = import_file(tmp_path / "g.onnx", tmp_path / "c", lambda sentence: None)
    replant(folder, data)
    with pytest.raises(UserError, match=told):
        load_generator(folder, read_info(folder))


@pytest.mark.parametrize(("option", "number"), [("size", 10**12), ("size", 3), ("batch", -1), ("z_dim", 9)])
def test_a_checkpoint_whose_options_are_not_the_graphs_gets_a_sentence(option, number, sound, tmp_path):
    import json

    (tmp_path / "g.onnx").write_bytes(sound)
    folder = import_file(tmp_path / "g.onnx", tmp_path / "c", lambda sentence: None)
    record = json.loads((folder / "config.json").read_text())
    record["options"][option] = number
    (folder / "config.json").write_text(json.dumps(record))
    with pytest.raises(UserError):
        load_generator(folder, read_info(folder))


def test_an_old_files_weights_that_are_listed_as_inputs_are_none(tmp_path):
    """Before version 4 of the format every weight stood among the inputs."""
    path = write(tmp_path / "g.onnx", Style())
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        model.graph.input.append(value(tensor.name, list(tensor.dims), tensor.data_type))
    model.ir_version = 3
    onnx.save(model, path)
    assert dict(look(path).preview.facts)["latent"] == "8 normal numbers as z"
