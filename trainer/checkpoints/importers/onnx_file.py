"""ONNX generators, from PyTorch, Keras, JAX or anything else: one latent [N, z], perhaps a label, and one image.

The graph is looked through, drawn with to find out what it makes, and kept whole, between an input and an output as
our own exports have them.
"""

from functools import partial
from pathlib import Path

import torch
from onnx import ModelProto

from trainer.checkpoints.building import side_by_side
from trainer.checkpoints.checkpoint import CheckpointInfo
from trainer.checkpoints.importers.base import (
    IMPORTERS,
    MAX_TENSORS_SHOWN,
    Found,
    Imported,
    Importer,
    Preview,
    open_source,
)
from trainer.checkpoints.importers.onnx_probe import LAYOUTS, Drawn, Probe
from trainer.checkpoints.importers.onnx_signature import Signature, signature
from trainer.checkpoints.importers.onnx_wrap import quieted, wrapped
from trainer.checkpoints.weights import MAX_WEIGHTS
from trainer.networks.onnx_graph import OnnxGenerator, first_layer
from trainer.util.onnx_files import opset_of, parsed, session
from trainer.util.reading import Unfit, printable

FIRST_BYTE = b"\x08"  # of a file whose format's version comes first, as every writer has it
SUFFIX = ".onnx"
OTHER_KINDS = (b"PK", b"\x80", b"\x89HDF")  # a zip, as PyTorch writes, a pickle, Keras' own
TRAINING = "An ONNX file holds no training state and no discriminator: it is explored, and not trained on."


def look(path: Path) -> Found | None:
    """What an ONNX file draws; None for a file of another kind. Raises Unfit for one that cannot be explored."""
    named = path.suffix.lower() == SUFFIX
    with open_source(path) as file:
        start, size = file.read(8), path.stat().st_size
        if start.startswith(OTHER_KINDS) or not (named or start.startswith(FIRST_BYTE)):
            return None
        if size > MAX_WEIGHTS:
            raise Unfit(f"it has {size / 1e6:,.0f} MB, more than the limit of {MAX_WEIGHTS / 1e6:,.0f} MB")
        data = start + file.read(MAX_WEIGHTS)
    try:
        model = parsed(data)
    except Unfit:
        if named:
            raise
        return None
    given = signature(model)
    noises = quieted(model)
    drawn = Probe(session(model.SerializeToString()), given).look()
    preview = Preview("ONNX generator", facts(model, given, drawn), weights(model), licence(model), lost(drawn, noises))
    return Found(preview, partial(load, path.name, model, given, drawn, licence(model)))


def load(name: str, model: ModelProto, given: Signature, drawn: Drawn, licence: str) -> Imported:
    """The generator around the graph."""
    data = wrapped(model, given, drawn)
    if len(data) > MAX_WEIGHTS - 2**20:  # of the checkpoint's other tensors
        raise Unfit(f"it has {len(data) / 1e6:,.0f} MB, more than the limit of {MAX_WEIGHTS / 1e6:,.0f} MB")
    options = {
        "resolution": drawn.resolution,
        "channels": drawn.channels,
        "z_dim": given.latent.size,
        "num_classes": given.classes,
        "batch": drawn.batch,
        "size": len(data),
    }
    generator = OnnxGenerator(**options)
    generator.graph.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
    about = {"name": "", "licence": licence, "credit": "", "attributes": {}}
    summary = f"ONNX generator imported from {printable(name)[:100]}: {image(drawn)}"
    return Imported(generator, CheckpointInfo("onnx", options, 0, summary, about))


def facts(model: ModelProto, given: Signature, drawn: Drawn) -> tuple[tuple[str, str], ...]:
    """What is shown of a file before it is imported."""
    numbers = sum(torch.Size(tensor.dims).numel() for tensor in model.graph.initializer)
    latent, label = given.latent, given.label
    shape = f", as {side_by_side(latent.shape)}" if len(latent.shape) > 1 else ""
    classes = "none" if label is None else f"{given.classes}, one-hot as {label.name}"
    if label is not None and "int" in label.dtype:
        classes = f"{given.classes}, a whole number as {label.name}"
    rows = [
        ("file", f"opset {opset_of(model)}, written by {producer(model) or 'an unknown program'}"),
        ("image", f"{image(drawn)}, {LAYOUTS[drawn.layout]}"),
        ("pixels", f"{drawn.range}: {drawn.latents} random latents gave {drawn.low:.3g} to {drawn.high:.3g}"),
        ("latent", f"{latent.size} normal numbers as {latent.name}{shape}"),
        ("classes", classes),
        ("batch", f"{drawn.batch} at once" if drawn.batch else "any number"),
        ("directions", "PCA, SeFa and random" if reads_latent(model, latent.name) else "random"),
        ("parameters", f"{numbers:,}"),
    ]
    return tuple((name, printable(text)[:300]) for name, text in rows)


def reads_latent(model: ModelProto, name: str) -> bool:
    """Whether a layer of weights reads the latent."""
    return bool(first_layer(model.graph, name))


def image(drawn: Drawn) -> str:
    """Size and colour, in words."""
    return f"{drawn.resolution} x {drawn.resolution}, {'colour' if drawn.channels == 3 else 'grey'}"


def weights(model: ModelProto) -> tuple[tuple[str, str], ...]:
    """Names and shapes of the constants, as many as are shown."""
    kept = model.graph.initializer[:MAX_TENSORS_SHOWN]
    return tuple((printable(tensor.name)[:200], side_by_side(tuple(tensor.dims))) for tensor in kept)


def licence(model: ModelProto) -> str:
    """As the file's metadata have it, "" for none."""
    known = {entry.key.lower(): entry.value for entry in model.metadata_props}
    return printable(known.get("licence") or known.get("license") or "")[:200]


def producer(model: ModelProto) -> str:
    """The program that wrote the file."""
    return printable(f"{model.producer_name} {model.producer_version}".strip())[:100]


def lost(drawn: Drawn, noises: int) -> tuple[str, ...]:
    """What does not come along."""
    others = ", ".join(map(printable, drawn.others))[:200]
    return (
        TRAINING,
        *([f"Its {noises} noise layers give their mean: a latent has one image."] if noises else []),
        *([f"Its outputs beside the image ({others}) are left out."] if others else []),
    )


IMPORTERS["onnx"] = Importer("ONNX generators (latent [N, z], perhaps a label -> image)", look)
