"""A generator that is an ONNX graph: imported, explored like any other, and not trained here.

The graph is made by trainer/checkpoints/importers, and always the same towards the outside, for the server as for the
page: ws [n, 1, w_dim] -> images [n, C, H, W] in [-1, 1]. w is z, and after it the class, one-hot.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from trainer.networks.architecture import IMPORTED
from trainer.networks.base import Generator
from trainer.util import onnx_files
from trainer.util.errors import UserError
from trainer.util.reading import Unfit

if TYPE_CHECKING:
    from onnx import GraphProto
    from onnxruntime import InferenceSession

INPUT, OUTPUT = "ws", "images"
MAX_PIXELS = 16 * 256**2  # of the images of one run: the activations of larger ones no longer fit the memory
WEIGHTED = {"Gemm", "MatMul", "Conv", "ConvTranspose"}
LINEAR = {
    "Add", "BatchNormalization", "Cast", "Div", "Flatten", "Identity", "InstanceNormalization", "LayerNormalization",
    "Mul", "Reshape", "Squeeze", "Sub", "Transpose", "Unsqueeze",
}  # fmt: skip
ACTIVATIONS = {"Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Gelu", "Tanh", "Sigmoid", "Softplus", "HardSwish"}


class OnnxGenerator(Generator):
    """An ONNX graph as bytes, run by onnxruntime on the processor.

    Args: batch: images that the graph takes at once, 0 for any number; size: bytes of the graph.
    """

    num_ws = 1
    pass_size = 1
    differentiable = False
    graph: Tensor

    def __init__(self, resolution: int, channels: int, z_dim: int, num_classes: int = 0, batch: int = 0, size: int = 0):
        super().__init__()
        self.resolution, self.channels, self.z_dim, self.num_classes = resolution, channels, z_dim, num_classes
        self.w_dim, self.batch = z_dim + num_classes, batch
        mean = torch.full((num_classes,), 1 / max(num_classes, 1))
        self.register_buffer("w_avg", torch.cat([torch.zeros(z_dim), mean]))
        self.register_buffer("graph", torch.zeros(size, dtype=torch.uint8))

    def map(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z [N, z_dim], labels [N] or None -> ws [N, 1, w_dim]: the latent and the class, one-hot."""
        if self.num_classes and label is not None:
            z = torch.cat([z, F.one_hot(label, self.num_classes).to(z.dtype)], dim=1)
        return z[:, None]

    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """ws [N, 1, w_dim] -> images [N, C, H, W] in [-1, 1]. Raises UserError where the graph fails."""
        at_once = max(1, MAX_PIXELS // self.resolution**2)
        (images,) = self.outputs(self.network, ws, self.batch or at_once)
        return images

    def style_matrices(self) -> list[Tensor]:
        """The first layer's weights, [F, w_dim], read off what it makes of each coordinate of w."""
        axes = torch.eye(self.w_dim)[:, None]
        linear, _ = self.first(torch.cat([axes, -axes]))
        up, down = linear.chunk(2)
        return [(up - down).T / 2]  # without what is added to all

    def early_features(self, ws: Tensor) -> Tensor:
        """ws [N, 1, w_dim] -> what the first layer makes of them, [N, F], activated where that is plain to see."""
        return self.first(ws)[1]

    def has_first_layer(self) -> bool:
        """Whether a layer with weights reads z."""
        return self.first_layer is not None

    def first(self, ws: Tensor) -> list[Tensor]:
        """ws [N, 1, w_dim] -> the first layer's output and its activations, [N, F]. UserError where none was found."""
        if self.first_layer is None:
            raise UserError("This ONNX graph has no layer of weights that reads its latent: choose random directions.")
        return [part.flatten(1) for part in self.outputs(self.first_layer, ws, self.batch or len(ws))]

    def outputs(self, network: "InferenceSession", ws: Tensor, at_once: int) -> list[Tensor]:
        """What a network makes of ws [N, 1, w_dim], so many in a run. Raises UserError where it fails."""
        rows = ws.detach().float().cpu().numpy()
        parts = []
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            filled = np.concatenate([part, *[part[-1:]] * (self.batch - len(part))])  # a fixed batch is always whole
            try:
                found = onnx_files.run(network, {INPUT: filled})
            except Unfit as error:
                raise UserError(f"The ONNX graph of this generator does not run: {error}.") from error
            parts.append([array[: len(part)] for array in found])
        return [torch.from_numpy(np.concatenate(arrays)).to(ws.device) for arrays in zip(*parts, strict=True)]

    @property
    def data(self) -> bytes:
        """The file."""
        return self.graph.cpu().numpy().tobytes()

    @cached_property
    def network(self) -> "InferenceSession":
        """The graph, ready to run. Raises Unfit for one that cannot."""
        data = self.data
        onnx_files.parsed(data)
        return onnx_files.session(data)

    @cached_property
    def first_layer(self) -> "InferenceSession | None":
        """The part of the graph that ends with its first layer, None where there is none."""
        model = onnx_files.parsed(self.data)
        names = first_layer(model.graph)
        try:
            return onnx_files.session(onnx_files.upstream(model, names)) if names else None
        except Unfit:  # numbers of another type
            return None


def first_layer(graph: "GraphProto", latent: str = INPUT) -> list[str]:
    """What the first weights make of the latent, and after norm and activation; none where no weights read it."""
    reached = {latent}
    for node in graph.node:
        inputs = [name for name in node.input if name]
        if node.op_type in WEIGHTED and inputs[0] in reached and inputs[1] not in reached:
            return [node.output[0], activated(graph, node.output[0])]
        if node.op_type not in ("Shape", "Size") and reached.intersection(inputs):
            reached.update(node.output)
    return []


def activated(graph: "GraphProto", name: str) -> str:
    """The first activation's output after a tensor, or the tensor itself where what follows branches before it."""
    place = name
    while True:
        readers = [node for node in graph.node if place in node.input]
        if len(readers) != 1:
            return name
        place = str(readers[0].output[0])
        if readers[0].op_type in ACTIVATIONS:
            return place
        if readers[0].op_type not in LINEAR:
            return name


IMPORTED["onnx"] = OnnxGenerator
