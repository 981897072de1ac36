"""A generator as ONNX, for the page and for anything else that runs it: synthesis and mapping apart.

    generator.onnx  ws [n, num_ws, w_dim], noise0 [n, 1, s, s], noise1 ...  -> images [n, C, H, W] in [-1, 1]
    mapping.onnx    z [n, z_dim], label [n] if the model has classes        -> ws [n, num_ws, w_dim], not truncated

Both are checked against PyTorch before they are kept. The weights are stored in 16 bits where the images stay the
same to less than 1/255; the arithmetic is in 32 bits either way.
"""

import io
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from trainer.checkpoints.onnx_metadata import with_metadata
from trainer.checkpoints.onnx_names import GENERATOR, MAPPING
from trainer.networks import Generator
from trainer.networks.onnx_graph import OnnxGenerator
from trainer.util.atomic_io import write_together
from trainer.util.errors import UserError

OPSET = 17
CHECKED = 64  # random latents that both must agree on, fewer of images above 128 pixels
MAX_CHECKED_PIXELS = 64 * 128**2
EXACT = 1e-4  # mean absolute difference in [-1, 1], at most: 32 bit weights
SAME = 2 / 255  # the same for 16 bit weights: one step of 256
SYNTHESIS = "ws and noise -> images in [-1, 1]; truncate ws about w_centre first."
MAPS = "z, and a label where there are classes -> ws, not truncated."
MIN_HALVED = 256  # numbers of a tensor before it is worth 16 bits


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        folder: holds GENERATOR and MAPPING.
        bits: of the stored weights, 16 or 32.
        difference: mean absolute difference of the images from PyTorch's, in [-1, 1].
    """

    folder: Path
    bits: int
    difference: float


class Synthesis(nn.Module):
    """`synthesize` with the noise inputs as arguments."""

    def __init__(self, generator: Generator):
        super().__init__()
        self.generator = generator

    def forward(self, ws: Tensor, *noise: Tensor) -> Tensor:
        """ws [N, num_ws, w_dim] and noise, [N, 1, s, s] per layer -> images [N, C, H, W] in [-1, 1]."""
        return self.generator.synthesize(ws, noise or None)


class Mapping(nn.Module):
    """`map`, its w's given one by one, as the synthesis takes them."""

    def __init__(self, generator: Generator):
        super().__init__()
        self.generator = generator

    def forward(self, z: Tensor, *label: Tensor) -> Tensor:
        """z [N, z_dim] and, if there are classes, labels int64 [N] -> ws [N, num_ws, w_dim], not truncated."""
        return self.generator.map(z, *label).clone()


def export(
    generator: Generator,
    folder: Path,
    *,
    half: bool = True,
    same: float = SAME,
    metadata: dict[str, str] | None = None,
) -> Exported:
    """Write both files. `half`: try 16 bit weights first; `same`: how far the images may then be off, on average;
    `metadata`: of `metadata_of`, to be kept in both files; the page needs none.

    Raises UserError if what was exported does not draw the same images, and where it cannot be written; nothing is
    kept then.
    """
    generator = generator.cpu().eval()
    rng = torch.Generator().manual_seed(0)
    inputs = example_inputs(generator, rng, 2)
    if isinstance(generator, OnnxGenerator):
        synthesis = generator.data
    else:
        synthesis = traced(Synthesis(generator), inputs, "images")
    mapping = traced(Mapping(generator), mapping_inputs(generator, rng, 2), "ws")
    exact = difference(generator, synthesis, mapping)
    if not exact < EXACT:
        raise UserError(f"The exported generator does not match PyTorch: its images differ by {exact:.2g}.")
    bits, off = 32, exact
    if half:
        smaller = halved(synthesis), halved(mapping)
        found = difference(generator, *smaller)
        if found < same:
            (synthesis, mapping), bits, off = smaller, 16, found
    if metadata:
        synthesis, mapping = with_metadata(synthesis, metadata, SYNTHESIS), with_metadata(mapping, metadata, MAPS)
    write_together(folder, {GENERATOR: partial(_write, synthesis), MAPPING: partial(_write, mapping)}, seal=MAPPING)
    return Exported(folder, bits, off)


def default_folder(checkpoint: Path) -> Path:
    """Where an export goes unless somebody says otherwise: build/onnx/NAME, which git ignores.

    Not into the checkpoint's own folder, which is published as it is. A snapshot is named after its run.
    """
    folder = checkpoint.resolve()
    if folder.parent.name == "snapshots":
        run = folder.parent.parent.name
        return Path("build", "onnx", run if folder.name == "latest" else f"{run}-{folder.name}")
    return Path("build", "onnx", folder.name)


def _write(model: bytes, path: Path) -> None:
    path.write_bytes(model)


def example_inputs(generator: Generator, rng: torch.Generator, n: int) -> dict[str, Tensor]:
    """Inputs of the synthesis by name, for n images."""
    z = torch.randn(n, generator.z_dim, generator=rng)
    label = torch.arange(n) % generator.num_classes if generator.num_classes else None
    noise = generator.draw_noise(n, rng)
    with torch.no_grad():
        ws = generator.map(z, label).clone()
    return {"ws": ws} | {f"noise{i}": layer for i, layer in enumerate(noise)}


def mapping_inputs(generator: Generator, rng: torch.Generator, n: int) -> dict[str, Tensor]:
    """Inputs of the mapping by name, for n images: z [n, z_dim] and, if there are classes, label int64 [n]."""
    z = torch.randn(n, generator.z_dim, generator=rng)
    return {"z": z} | ({"label": torch.arange(n) % generator.num_classes} if generator.num_classes else {})


def traced(module: nn.Module, inputs: dict[str, Tensor], output: str) -> bytes:
    """A module as ONNX, any number of images at once. UserError for a layer that ONNX cannot hold."""
    buffer = io.BytesIO()
    names = [*inputs, output]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the tracer, about sizes that do not change
            torch.onnx.export(
                module.eval(),
                tuple(inputs.values()),
                buffer,  # type: ignore[arg-type]
                input_names=[*inputs],
                output_names=[output],
                dynamic_axes={name: {0: "n"} for name in names},
                opset_version=OPSET,
                dynamo=False,  # the newer exporter takes 6 to 19 s where this one takes 0.3
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, TypeError) as error:
        reason = str(error).split("\n")[0]
        raise UserError(f"This generator has a layer that cannot be exported to ONNX: {reason}") from error
    return folded(buffer.getvalue())


def folded(model: bytes) -> bytes:
    """The same network with everything computed that does not depend on the inputs."""
    with TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(folder) / "folded.onnx")
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return Path(options.optimized_model_filepath).read_bytes()


def halved(model: bytes) -> bytes:
    """The same network with its larger tensors stored in 16 bits, and cast to 32 when it is loaded."""
    loaded = onnx.load_from_string(model)
    graph, casts = loaded.graph, []
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= MIN_HALVED:
            name = tensor.name
            small = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}.half")
            tensor.CopyFrom(small)
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
    halved: bytes = loaded.SerializeToString()
    return halved


def session(model: bytes) -> onnxruntime.InferenceSession:
    """One thread, which is what a page has."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@torch.inference_mode()
def difference(generator: Generator, synthesis: bytes, mapping: bytes) -> float:
    """Mean absolute difference of CHECKED images, from z to the image through both files, from PyTorch's."""
    rng = torch.Generator().manual_seed(1)
    count = max(2, generator.batch, min(CHECKED, MAX_CHECKED_PIXELS // generator.resolution**2))
    given = mapping_inputs(generator, rng, count)
    noise = generator.draw_noise(count, rng)
    wanted = generator.synthesize(generator.map(*given.values()), noise or None).numpy()
    (ws,) = session(mapping).run(None, {name: value.numpy() for name, value in given.items()})
    inputs = {"ws": ws} | {f"noise{i}": layer.numpy() for i, layer in enumerate(noise)}
    drawing, size = session(synthesis), generator.batch or count
    starts = range(0, count // size * size, size)
    parts = [drawing.run(None, {name: rows[i : i + size] for name, rows in inputs.items()})[0] for i in starts]
    found = np.concatenate(parts)
    return float(np.abs(found - wanted[: len(found)]).mean())
