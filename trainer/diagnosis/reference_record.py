"""What is read of a reference's file, or added to it, without making a Reference of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from trainer.diagnosis.declared import KEY, MAX_BYTES, SCORED_BY, SCORES, record_of
from trainer.diagnosis.reference import reference_path
from trainer.util.atomic_io import write_atomically
from trainer.util.tensors import read_header, read_numpy, save_tensors


def made_of(folder: Path) -> tuple[Any, ...] | None:
    """Of what data and by which extractor a checkpoint's reference was made: two that agree can be compared. Reads the
    record alone; None where there is none that can be read."""
    try:
        record = record_of(read_header(reference_path(folder), MAX_BYTES))
        return tuple(record[name] for name in KEY)
    except (OSError, ValueError, LookupError):
        return None


def with_scores(source: Path, path: Path, scores: np.ndarray, critic: str) -> None:
    """Write the reference of `source` to `path` with a critic's scores of its real images (n,) beside it, all else as
    it was. critic: SHA-256 of the critic's file. Raises UserError if it cannot be written."""
    tensors, metadata = read_numpy(source, MAX_BYTES)
    tensors[SCORES] = scores.astype(np.float32)
    record = {**json.loads(metadata["record"]), SCORED_BY: critic}
    write_atomically(path, lambda temporary: save_tensors(temporary, tensors, {"record": json.dumps(record)}))
