"""What is learned once a checkpoint, its encoder and its yardstick, in safetensors beside the checkpoint or its cache.

Both carry the hash of the weights that they were learned on; a file of other weights, or a damaged one, counts as none.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from explorer.core.inversion.encoder import Encoder
from explorer.core.place import Place
from trainer.diagnosis import Reference
from trainer.util.tensors import read_numpy

VERSION = "1"  # raise it when the same weights give another encoder or other residuals
FILE = "inversion.safetensors"
MAX_BYTES = 2**25
PREFIX, RESIDUALS = "encoder.", "residuals"


def file(place: Place, part: str) -> Path:
    """Where the cache keeps a part."""
    return place.cached(f"inversion-{part}", VERSION)


def read(place: Place, part: str, made_of: str = "") -> dict[str, np.ndarray]:
    """Tensors of a part, from the cache, else as it came with the checkpoint; empty where there is none that fits.

    Args: made_of: what it depends on besides the weights, as it was written.
    """
    for path in (file(place, part), place.folder / FILE):
        with suppress(OSError, ValueError):
            tensors, metadata = read_numpy(path, MAX_BYTES)
            fits = metadata.get("weights") == place.weights and metadata.get("version") == VERSION
            if fits and metadata.get(part, "") == made_of and all(np.isfinite(t).all() for t in tensors.values()):
                return tensors
    return {}


def write(place: Place, part: str, tensors: Mapping[str, np.ndarray], made_of: str = "") -> None:
    """Keep a part in the cache."""
    place.keep(file(place, part), tensors, {"version": VERSION, part: made_of})


def write_bundle(place: Place, encoder: Encoder, residuals: np.ndarray | None, reference: Reference | None) -> Path:
    """Lay all that was learned beside the checkpoint; the file. Raises UserError where it cannot be written."""
    tensors, made_of = encoder_tensors(encoder), {"encoder": ""}
    if residuals is not None and reference is not None:
        tensors[RESIDUALS] = residuals
        made_of["yardstick"] = fingerprint(reference)
    place.save(place.folder / FILE, tensors, {"version": VERSION, **made_of})
    return place.folder / FILE


def read_encoder(place: Place, encoder: Encoder) -> bool:
    """Whether there was a trained encoder of these weights; if so its numbers are those of `encoder` now."""
    found = {
        name.removeprefix(PREFIX): torch.from_numpy(tensor).float()
        for name, tensor in read(place, "encoder").items()
        if name.startswith(PREFIX)
    }
    with suppress(RuntimeError):  # of another network
        encoder.load_state_dict(found)
        encoder.eval().requires_grad_(False)
        return True
    return False


def encoder_tensors(encoder: Encoder) -> dict[str, np.ndarray]:
    """As they are kept: in 16 bits."""
    return {PREFIX + name: tensor.half().contiguous().numpy() for name, tensor in encoder.state_dict().items()}


def read_residuals(place: Place, reference: Reference) -> np.ndarray | None:
    """Sorted float32 (n,), what held-out real images leave over; None where they were not tried yet."""
    found = read(place, "yardstick", fingerprint(reference)).get(RESIDUALS)
    if found is None or found.ndim != 1 or not len(found):
        return None
    return np.sort(found.astype(np.float32))


def fingerprint(reference: Reference) -> str:
    """Changes with the real images and the extractor that a yardstick was made with."""
    digest = hashlib.sha256(reference.thumbs.tobytes())
    digest.update(f"{reference.extractor} {reference.version}".encode())
    return digest.hexdigest()[:16]
