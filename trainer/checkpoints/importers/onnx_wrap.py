"""Any ONNX generator's graph with the inputs and outputs of ours around it: ws [n, 1, w_dim] -> images in [-1, 1].

The nodes that are added mean the same in every opset that is read.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, compose, helper, numpy_helper

from trainer.checkpoints.importers.onnx_probe import RANGES, Drawn
from trainer.checkpoints.importers.onnx_signature import Signature
from trainer.networks.onnx_graph import INPUT, OUTPUT
from trainer.util.reading import Unfit

INNER = "graph."  # begins the names of what was there
NEWEST_IR = 10  # the latest format of files that the page's runtime reads
FIXED_NOISE = {"RandomNormal", "RandomNormalLike"}


def quieted(model: ModelProto) -> int:
    """Let noise layers give their mean, so that a latent has one image; returns how many there were."""
    graph, kept, count = model.graph, [], 0
    for node in graph.node:
        if node.op_type not in FIXED_NOISE:
            kept.append(node)
            continue
        count += 1
        given = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        shape = f"{node.output[0]}.shape"
        if node.op_type == "RandomNormalLike":
            kept.append(helper.make_node("Shape", [node.input[0]], [shape]))
        else:
            graph.initializer.append(numpy_helper.from_array(np.array(given["shape"], np.int64), shape))
        mean = helper.make_tensor("mean", given.get("dtype", TensorProto.FLOAT), [1], [given.get("mean", 0.0)])
        kept.append(helper.make_node("ConstantOfShape", [shape], [node.output[0]], value=mean))
    if count:
        del graph.node[:]
        graph.node.extend(kept)
    return count


def wrapped(model: ModelProto, signature: Signature, drawn: Drawn) -> bytes:
    """The whole graph as a file. Raises Unfit for one whose names cannot be told apart."""
    try:
        inner = compose.add_prefix(model, INNER)
    except (ValueError, RuntimeError, TypeError) as error:
        raise Unfit("its graph has names that cannot be told apart") from error
    ends = Ends(signature)
    nodes = [*ends.before(), *inner.graph.node, *ends.after(drawn)]
    width = signature.latent.size + signature.classes
    batch = drawn.batch or "n"
    image = [batch, drawn.channels, drawn.resolution, drawn.resolution]
    graph = helper.make_graph(
        nodes,
        "generator",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [batch, 1, width])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, image)],
        [*inner.graph.initializer, *ends.constants],
        sparse_initializer=inner.graph.sparse_initializer,
    )
    made = helper.make_model(
        graph, opset_imports=inner.opset_import, ir_version=NEWEST_IR, producer_name=model.producer_name
    )
    data: bytes = made.SerializeToString()
    return data


class Ends:
    """The nodes before and after a graph; its own names begin with INNER."""

    def __init__(self, signature: Signature):
        self.signature = signature
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """A constant's name."""
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def before(self) -> list[NodeProto]:
        """From ws to the latent and the label."""
        latent, label, classes = self.signature.latent, self.signature.label, self.signature.classes
        flat = self.constant("flat", np.array([-1, latent.size + classes], np.int64))
        nodes = [helper.make_node("Reshape", [INPUT, flat], ["w"])]
        places = self.constant("z.places", np.arange(latent.size))
        shape = self.constant("z.shape", np.array([-1, *latent.shape], np.int64))
        nodes += [
            helper.make_node("Gather", ["w", places], ["z"], axis=1),
            helper.make_node("Reshape", ["z", shape], ["z.shaped"]),
            self.cast("z.shaped", latent.name, latent.dtype),
        ]
        if label is None:
            return nodes
        places = self.constant("label.places", np.arange(latent.size, latent.size + classes))
        nodes.append(helper.make_node("Gather", ["w", places], ["label"], axis=1))
        if "int" in label.dtype:
            nodes.append(helper.make_node("ArgMax", ["label"], ["label.index"], axis=1, keepdims=len(label.shape)))
            return [*nodes, self.cast("label.index", label.name, label.dtype)]
        return [*nodes, self.cast("label", label.name, label.dtype)]

    def cast(self, name: str, to: str, dtype: str) -> NodeProto:
        """A tensor as an input of the inner graph."""
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return helper.make_node("Cast", [name], [INNER + to], to=kind)

    def after(self, drawn: Drawn) -> list[NodeProto]:
        """From the image to [n, C, H, W] in [-1, 1]."""
        nodes = [helper.make_node("Cast", [INNER + drawn.output], ["drawn"], to=TensorProto.FLOAT)]
        if drawn.layout == "NHWC":
            nodes.append(helper.make_node("Transpose", ["drawn"], ["drawn.nchw"], perm=[0, 3, 1, 2]))
        else:
            sides = [-1, drawn.channels, drawn.resolution, drawn.resolution]
            shape = self.constant("drawn.shape", np.array(sides, np.int64))
            nodes.append(helper.make_node("Reshape", ["drawn", shape], ["drawn.nchw"]))
        gain, offset = (np.array(number, np.float32) for number in RANGES[drawn.range])
        return [
            *nodes,
            helper.make_node("Mul", ["drawn.nchw", self.constant("gain", gain)], ["drawn.scaled"]),
            helper.make_node("Add", ["drawn.scaled", self.constant("offset", offset)], [OUTPUT]),
        ]
