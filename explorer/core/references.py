"""References of checkpoints, each read once for whoever needs it: diagnosis, readers of attributes, searches."""

from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.limits import Kept
from trainer.diagnosis.reference import Reference, load_reference, reference_path
from trainer.features.feature_set import FeatureSet

if TYPE_CHECKING:
    from explorer.core.model import Model

MAX_BYTES = 600_000_000  # of references that are kept in memory


def weight(extracted: FeatureSet) -> int:
    """Bytes of its arrays."""
    return extracted.features.nbytes + extracted.pixels.nbytes + sum(p.nbytes for p in extracted.probabilities)


def weight_of(reference: Reference) -> int:
    """Bytes of its larger parts."""
    carried = sum(tensor.nbytes for tensor in reference.carried.values())
    return weight(reference.real) + reference.seen.nbytes + reference.thumbs.nbytes + carried


REFERENCES: Kept[tuple[int, Reference]] = Kept(MAX_BYTES, lambda known: weight_of(known[1]))


def stamp(folder: Path) -> int:
    """Changes with the reference of a checkpoint; 0 where there is none."""
    path = reference_path(folder)
    return path.stat().st_mtime_ns if path.is_file() else 0


def reference_of(model: "Model") -> Reference:
    """A model's reference, from memory unless its file has changed. Raises UserError without one that fits it."""
    now, known = stamp(model.folder), REFERENCES.get(model.folder)
    if known is None or known[0] != now:
        known = (now, load_reference(model.folder))
        REFERENCES.put(model.folder, known)
    known[1].check_fits(model.name, model.generator.resolution, model.generator.channels)
    return known[1]
