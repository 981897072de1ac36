"""Files as other programs and other times wrote them: types of numbers, opsets, branches, our own exports."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tests.trainer.checkpoints.importers.onnx_models import PLAIN, Style, foreign, given, write
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.importers import import_file, look
from trainer.checkpoints.onnx_export import export
from trainer.checkpoints.onnx_names import GENERATOR
from trainer.checkpoints.sampling import sample, seed_z
from trainer.networks import ARCHITECTURES
from trainer.util.errors import UserError
from trainer.util.images import to_uint8

SEEDS = range(4)


def drawn(path, tmp_path):
    """What the imported file draws of SEEDS."""
    folder = import_file(path, tmp_path / "c", lambda sentence: None)
    return sample(load_generator(folder, read_info(folder)), SEEDS)


@torch.inference_mode()
def wanted(style=PLAIN):
    """What the exported network draws of them, uint8."""
    z = torch.stack([torch.from_numpy(seed_z(seed, 8)) for seed in SEEDS])
    return to_uint8(foreign(style)(*given(style, z, torch.tensor(SEEDS) % 3)))


def apart(one, other):
    return np.abs(one.astype(int) - other.astype(int)).max()


@pytest.mark.parametrize("opset", [9, 13, 17, 20])
def test_files_of_old_and_new_opsets_are_read(opset, tmp_path):
    for label in ("", "index"):
        style = Style(label=label)
        path = write(tmp_path / "g.onnx", style, opset=opset)
        assert onnx.load(path).opset_import[0].version == opset
        assert apart(drawn(path, tmp_path / (label or "none")), wanted(style)) <= 1


def rewired(path, kind, after):
    """Let a file take its latent as another type of number, and give its images through some more nodes."""
    model = onnx.load(path)
    graph = model.graph
    graph.input[0].type.tensor_type.elem_type = kind
    for node in graph.node:
        for names, old, new in ((node.input, "z", "z.float"), (node.output, "images", "images.float")):
            names[:] = [new if name == old else name for name in names]
    graph.node.insert(0, helper.make_node("Cast", ["z"], ["z.float"], to=TensorProto.FLOAT))
    graph.node.extend(helper.make_node(*entry[:3], **entry[3]) for entry in after)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("images", after[-1][4], None))
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_latents_of_16_and_64_bits_are_read(kind, tmp_path):
    to = {"to": kind}
    path = rewired(write(tmp_path / "g.onnx"), kind, [("Cast", ["images.float"], ["images"], to, kind)])
    limit = 2 if kind == TensorProto.FLOAT16 else 1  # 11 bits of a number
    assert apart(drawn(path, tmp_path), wanted()) <= limit


def test_images_of_bytes_are_read_exactly(tmp_path):
    path = write(tmp_path / "g.onnx", Style(range="[0, 255]"))
    kind = TensorProto.UINT8
    path = rewired(path, TensorProto.FLOAT, [("Cast", ["images.float"], ["images"], {"to": kind}, kind)])
    assert dict(look(path).preview.facts)["pixels"].startswith("[0, 255]")
    assert apart(drawn(path, tmp_path), wanted()) <= 1  # cut off, not rounded


def test_branches_of_a_graph_keep_their_place(tmp_path):
    """Some exporters write an If where a shape decides; its branches read tensors from outside of them."""
    path = write(tmp_path / "g.onnx")
    branches = {}
    for name, sign in (("then_branch", 1.0), ("else_branch", -1.0)):
        gain = numpy_helper.from_array(np.array(sign, np.float32), "gain")
        node = helper.make_node("Mul", ["images.float", "gain"], ["turned"])
        output = helper.make_tensor_value_info("turned", TensorProto.FLOAT, None)
        branches[name] = helper.make_graph([node], name, [], [output], [gain])
    condition = helper.make_tensor("value", TensorProto.BOOL, [], [True])
    after = [
        ("Constant", [], ["yes"], {"value": condition}),
        ("If", ["yes"], ["images"], branches, TensorProto.FLOAT),
    ]
    assert apart(drawn(rewired(path, TensorProto.FLOAT, after), tmp_path), wanted()) <= 1


def own(arch):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ARCHITECTURES[arch].generator(resolution=16, channels=3, z_dim=8, width=8).eval()


def test_our_own_export_is_read_where_w_is_z(tmp_path):
    generator = own("dcgan")
    export(generator, tmp_path / "out", half=False)
    found = drawn(tmp_path / "out" / GENERATOR, tmp_path)
    assert apart(found, sample(generator, SEEDS)) <= 1


def test_our_own_export_of_a_network_with_a_mapping_is_told(tmp_path):
    export(own("vae"), tmp_path / "vae", half=False)
    assert look(tmp_path / "vae" / GENERATOR).preview.recognised == "ONNX generator"
    stylegan = ARCHITECTURES["stylegan-lite"].generator(resolution=16, channels=3, z_dim=8, width=8, min_channels=8)
    export(stylegan.eval(), tmp_path / "stylegan", half=False)
    with pytest.raises(UserError, match=r"it has \d+ inputs \(ws, noise0"):
        look(tmp_path / "stylegan" / GENERATOR)
