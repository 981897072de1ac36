"""What an ONNX graph reads, from its declaration: which input is the latent, which the label, how many at once."""

import math
import re
from dataclasses import dataclass

from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, numpy_helper

from trainer.checkpoints.building import MAX_OPTIONS, side_by_side
from trainer.util.onnx_files import FLOATS, MAX_BATCH, inputs_of
from trainer.util.reading import Unfit

WHOLE: dict[int, str] = {TensorProto.INT32: "int32", TensorProto.INT64: "int64"}
LABEL = re.compile(r"label|class|cond|one.?hot|^[yc]$", re.IGNORECASE)
SHAPING = {"Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"}


@dataclass(frozen=True)
class Input:
    """One input: its name, the shape of one row of it, and its type as numpy calls it."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """Numbers of a row."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Signature:
    """What a generator's graph reads.

    Attributes:
        latent: its row has `latent.size` numbers.
        label: None for an unconditional one; one-hot where its type is no whole number.
        classes: number of labels, 0 without.
        batch: rows that have to be given at once, 0 for any number.
    """

    latent: Input
    label: Input | None
    classes: int
    batch: int


def signature(model: ModelProto) -> Signature:
    """Find latent and label. Raises Unfit for a graph that is no generator."""
    graph = model.graph
    inputs = inputs_of(graph)
    names = ", ".join(entry.name for entry in inputs)[:200]
    if not 1 <= len(inputs) <= 2:
        raise Unfit(f"it has {len(inputs)} inputs ({names or 'none'}); one latent and at most one label can be given")
    inputs.sort(key=lambda entry: kind(entry) not in FLOATS or bool(LABEL.search(entry.name)))
    latent, *rest = inputs
    if kind(latent) not in FLOATS:
        raise Unfit(f"its input {latent.name} takes no floating-point numbers, so it is no latent")
    z, batch = checked_latent(latent)
    if not rest:
        return Signature(z, None, 0, batch)
    (label,) = rest
    shape = dims(label)
    if shape[:1] != [batch or None]:
        raise Unfit(f"its inputs {z.name} and {label.name} differ in the size of their batch")
    tail = tuple(side or 0 for side in shape[1:])
    if kind(label) in WHOLE and tail in ((), (1,)):
        return Signature(z, Input(label.name, tail, WHOLE[kind(label)]), checked_classes(classes(graph, label)), batch)
    if kind(label) in FLOATS and len(tail) == 1 and tail[0] > 1:
        return Signature(z, Input(label.name, tail, FLOATS[kind(label)]), checked_classes(tail[0]), batch)
    raise Unfit(f"its second input {label.name} is neither a label [N] nor one-hot labels [N, classes]")


def checked_latent(entry: ValueInfoProto) -> tuple[Input, int]:
    """The latent, and its batch, 0 for any. Raises Unfit for an input that is none, such as an image."""
    shape = dims(entry)
    if len(shape) < 2:
        raise Unfit(f"its input {entry.name} has no batch dimension; export it with a latent of shape [1, z]")
    tail = shape[1:]
    if None in tail:
        raise Unfit(f"the length of its latent {entry.name} is not fixed; export it with a fixed one")
    sides = tuple(side or 0 for side in tail)
    if sum(side > 1 for side in sides) > 1:
        raise Unfit(f"its input {entry.name} is {side_by_side(sides)} a row: not a latent [N, z]")
    if not 1 <= math.prod(sides) <= MAX_OPTIONS["z_dim"]:
        raise Unfit(f"its latent {entry.name} has {math.prod(sides):,} numbers; up to {MAX_OPTIONS['z_dim']:,} can be")
    if (batch := shape[0] or 0) > MAX_BATCH:
        raise Unfit(f"it draws {batch:,} images at once; up to {MAX_BATCH} can be")
    return Input(entry.name, sides, FLOATS[kind(entry)]), batch


def kind(entry: ValueInfoProto) -> int:
    """Type of an input's numbers."""
    return int(entry.type.tensor_type.elem_type)


def dims(entry: ValueInfoProto) -> list[int | None]:
    """Declared shape, None for a side that is not fixed. Raises Unfit where none is declared."""
    tensor = entry.type.tensor_type
    if not tensor.HasField("shape"):
        raise Unfit(f"its input {entry.name} declares no shape")
    return [side.dim_value if side.dim_value > 0 else None for side in tensor.shape.dim]


def checked_classes(count: int) -> int:
    """The number of classes. Raises Unfit where it is not known, or too large."""
    if not count:
        raise Unfit("its graph does not tell how many classes there are; export it with one-hot labels [N, classes]")
    if count > MAX_OPTIONS["num_classes"]:
        raise Unfit(f"it has {count:,} classes; up to {MAX_OPTIONS['num_classes']:,} can be")
    return count


def classes(graph: GraphProto, label: ValueInfoProto) -> int:
    """Rows of the table that a label looks up, or the length of the one-hot vector made of it; 0 where neither is."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    reached = {label.name}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].HasField("t"):
            constants[node.output[0]] = node.attribute[0].t
        if node.op_type == "Identity" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
        given = [constants.get(name) for name in node.input]
        if node.op_type == "Gather" and node.input[1] in reached and given[0] is not None:
            axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
            return int(given[0].dims[axis])
        if node.op_type == "OneHot" and node.input[0] in reached and given[1] is not None:
            return int(numpy_helper.to_array(given[1]).reshape(-1)[0])
        if node.op_type == "Equal" and reached.intersection(node.input):  # with 0, 1, 2, ...
            return max((math.prod(tensor.dims) for tensor in given if tensor is not None), default=0)
        if node.op_type in SHAPING and node.input[0] in reached:
            reached.update(node.output)
    return 0
