"""What an exported ONNX file says of itself, for whoever meets it without its checkpoint."""

import base64
import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper

from trainer.checkpoints.spec import MAX_PSI, MIN_PSI, RECIPE_SCHEMA
from trainer.networks import Generator

if TYPE_CHECKING:
    from trainer.checkpoints.checkpoint import CheckpointInfo

PRODUCER = "latent-explorer"


def metadata_of(name: str, info: "CheckpointInfo", generator: Generator) -> dict[str, str]:
    """Key -> text, as `metadata_props` holds them and onnxruntime's `custom_metadata_map` gives them.

    A reader truncates as the app does with them: w_centre + psi * (w - w_centre), for each row of ws.

    Returns:
        model: the checkpoint's name; summary, arch: its own; licence, credit: of its data.
        recipe_schema: version of the recipes whose fields the files take; psi_range: JSON [least, most].
        w_centre: base64 of little-endian float32 (w_dim,), the mean of w.
    """
    centre = generator.w_avg.detach().cpu().numpy().astype("<f4")
    return {
        "model": name,
        "summary": info.summary,
        "arch": info.arch,
        "licence": str(info.data.get("licence", "")),
        "credit": str(info.data.get("credit", "")),
        "recipe_schema": str(RECIPE_SCHEMA),
        "psi_range": json.dumps([MIN_PSI, MAX_PSI]),
        "w_centre": base64.b64encode(np.ascontiguousarray(centre).tobytes()).decode(),
    }


def with_metadata(model: bytes, metadata: dict[str, str], does: str) -> bytes:
    """The same network that says what it is. `does`: one sentence on what this file of the two computes."""
    loaded = onnx.load_from_string(model)
    loaded.producer_name = PRODUCER
    loaded.doc_string = f"{metadata['summary']}. {does}"
    helper.set_model_props(loaded, metadata)
    told: bytes = loaded.SerializeToString()
    return told
