"""ONNX files that somebody else may have written: looked through before anything runs, and run within limits.

A graph holds no code, but it can name files to read, loop for ever, or ask for more memory than there is. So only the
standard's own operators are run, none that repeats a part of the graph, with one thread, of a bounded memory that all
of them share, and for a bounded time.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.util.reading import Unfit

if TYPE_CHECKING:  # each takes a quarter of a second to import
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto
    from onnxruntime import InferenceSession

MAX_MEMORY = 2**32  # bytes that all networks together may take
MAX_SECONDS = 60.0  # of one run
MIN_OPSET = 7
STANDARD = ("", "ai.onnx")
REPEATING = {"Loop", "Scan", "SequenceMap"}
EXTERNAL = 1  # TensorProto.EXTERNAL
FLOATS = {1: "float32", 10: "float16", 11: "float64"}  # TensorProto's numbers of types -> numpy's names
MAX_BATCH = 256  # images that a network may ask for at once
CODE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")


def parsed(data: bytes) -> "ModelProto":
    """The graph of a file. Raises Unfit for one that is damaged, or that is not to be run."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_from_string(data)
    except (DecodeError, ValueError, RuntimeError) as error:
        raise Unfit("it is cut short or damaged") from error
    if not model.graph.node:
        raise Unfit("it holds no network")
    check(model)
    return model


def check(model: "ModelProto") -> None:
    """Raise Unfit for what is not run: old operators, custom and repeating ones, weights that lie in other files."""
    import onnx

    opset, latest = opset_of(model), onnx.defs.onnx_opset_version()
    if not MIN_OPSET <= opset <= latest:
        raise Unfit(f"its opset is {opset}; {MIN_OPSET} to {latest} can be read, so export it again with opset 17")
    if not all(isinstance(text, str) for text in texts(model)):
        raise Unfit("it is damaged: some of its names are no text")
    if model.functions:
        raise Unfit("it defines functions of its own; onnx.inliner.inline_local_functions puts them into the graph")
    for graph in graphs(model.graph):
        for node in graph.node:
            if node.domain not in STANDARD:
                raise Unfit(f"{node.op_type:.60} is an operator of {node.domain:.60}, not one of the ONNX standard")
            if node.op_type in REPEATING:
                raise Unfit(f"{node.op_type} repeats a part of the graph, which is not run here")
        if any(tensor.data_location == EXTERNAL for tensor in tensors(graph)):
            raise Unfit("its weights lie in another file (external data); export it with external_data=False")


def opset_of(model: "ModelProto") -> int:
    """The version of the standard's operators that a graph uses, 0 where it does not say."""
    return next((entry.version for entry in model.opset_import if entry.domain in STANDARD), 0)


def texts(model: "ModelProto") -> Iterator[object]:
    """Whatever in a file ought to be text; what is not UTF-8 comes as bytes."""
    yield from (model.producer_name, model.producer_version)
    for entry in (*model.metadata_props, *model.opset_import):
        yield from (getattr(entry, name, "") for name in ("key", "value", "domain"))
    for graph in graphs(model.graph):
        yield from (entry.name for entry in (*graph.input, *graph.output, *graph.initializer))
        for node in graph.node:
            yield from (node.op_type, node.domain, *node.input, *node.output)


def graphs(graph: "GraphProto") -> Iterator["GraphProto"]:
    """A graph and those in the branches of its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from graphs(inner)


def inputs_of(graph: "GraphProto") -> list["ValueInfoProto"]:
    """What a graph reads: old files count its weights among its inputs."""
    weights = {tensor.name for tensor in graph.initializer}
    return [entry for entry in graph.input if entry.name not in weights]


def tensors(graph: "GraphProto") -> Iterator["TensorProto"]:
    """All constants of a graph, those of its nodes included."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from attribute.tensors
            yield attribute.t
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)


def session(data: bytes) -> "InferenceSession":
    """What runs a graph that `parsed` has taken. Raises Unfit where it cannot be run.

    Constants are not computed beforehand: that alone would take memory outside of the limit.
    """
    import onnxruntime

    limit_memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what fails is told by exceptions
    options.add_session_config_entry("session.use_env_allocators", "1")
    try:
        return onnxruntime.InferenceSession(
            data,
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["ConstantFolding"],
            enable_fallback=0,  # which would print, and try the same again
        )
    except Exception as error:  # onnxruntime's exceptions have no other base
        raise Unfit(reason(error)) from error


@cache
def limit_memory() -> None:
    """Make the one memory of all sessions, of MAX_MEMORY bytes at most."""
    import onnxruntime

    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    place = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    exactly = 1  # what is asked for, not the next power of two
    arena = {"max_mem": MAX_MEMORY, "arena_extend_strategy": exactly}
    defaults = {"initial_chunk_size_bytes": -1, "max_dead_bytes_per_chunk": -1}
    onnxruntime.create_and_register_allocator(place, onnxruntime.OrtArenaCfg(arena | defaults))


def run(
    network: "InferenceSession", inputs: Mapping[str, np.ndarray], seconds: float = MAX_SECONDS
) -> list[np.ndarray]:
    """All outputs for some inputs. Raises Unfit where that fails, needs too much memory, or takes too long."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    watch = threading.Timer(seconds, setattr, (options, "terminate", True))
    watch.daemon = True
    watch.start()
    try:
        found: list[Any] = network.run(None, dict(inputs), options)
    except Exception as error:  # as in `session`
        late = options.terminate
        raise Unfit(f"it takes more than {seconds:.0f} s" if late else reason(error)) from error
    finally:
        watch.cancel()
    if not all(isinstance(array, np.ndarray) for array in found):
        raise Unfit("it has outputs that are no tensors")
    return found


def reason(error: Exception) -> str:
    """What onnxruntime says, without its own source files."""
    text = " ".join(str(error).split())
    if "vailable memory of" in text or "Failed to allocate" in text or "bad_alloc" in text:
        return f"it needs more memory than the {MAX_MEMORY / 2**30:.0f} GB that it may have"
    text = CODE.sub("", text.rpartition("Status Message: ")[2]).split(" /onnxruntime")[0]
    return text[:200].rstrip(".")


def upstream(model: "ModelProto", outputs: list[str]) -> bytes:
    """The part of a graph that computes some of its tensors, all float32, with its weights; the inputs are the same."""
    import onnx
    from onnx import TensorProto, helper

    wanted, nodes = set(outputs), []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output):
            nodes.append(node)
            wanted.update(*(part.input for part in with_branches(node)))
    graph = helper.make_graph(
        nodes[::-1],
        "part",
        model.graph.input,
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [tensor for tensor in model.graph.initializer if tensor.name in wanted],
    )
    part: onnx.ModelProto = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    data: bytes = part.SerializeToString()
    return data


def with_branches(node: "NodeProto") -> Iterator["NodeProto"]:
    """A node and those in its branches."""
    yield node
    for attribute in node.attribute:
        if attribute.HasField("g"):
            for inner in graphs(attribute.g):
                yield from inner.node
