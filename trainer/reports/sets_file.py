"""A finished diagnosis of two sets in a folder, from which a page can show it again. Nothing is unpickled."""

import json
from pathlib import Path

import numpy as np

from trainer.diagnosis import diagnose
from trainer.diagnosis.plain import numbers
from trainer.diagnosis.reference import read_reference
from trainer.features.feature_set import FeatureSet
from trainer.reports.diagnosis_html import as_html
from trainer.reports.measure import as_json
from trainer.reports.set_figures import with_figures
from trainer.reports.two_sets import TwoSets
from trainer.util.atomic_io import write_atomically, write_text
from trainer.util.errors import UserError
from trainer.util.reading import reason
from trainer.util.tensors import read_numpy, save_tensors

SETS, REPORT, DATA = "sets.safetensors", "report.html", "report.json"
MAX_SETS = 2**31  # bytes


def save_sets(folder: Path, found: TwoSets, command: str) -> None:
    """Write the report as HTML and as JSON, and the generated set's features: these last. UserError if that fails."""
    arrays = {"features": found.fake.features, "pixels": found.fake.pixels, "thumbs": found.thumbs}
    arrays |= {f"probabilities.{i}": p for i, p in enumerate(found.fake.probabilities)}
    if found.asked is not None:
        arrays["asked"] = found.asked
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    record = {
        "real": found.real,
        "fake_name": found.fake_name,
        "reference_path": str(found.reference_path.absolute()),
        "notes": list(found.notes),
        "beside": dict(found.beside),
    }
    write_text(folder / REPORT, as_html(found, command))
    write_text(folder / DATA, as_json(numbers(found)) + "\n")
    write_atomically(folder / SETS, lambda path: save_tensors(path, arrays, {"record": json.dumps(record)}))


def load_sets(folder: Path) -> TwoSets:
    """The inverse of `save_sets`; the diagnosis is made again. Raises UserError where the folder has none."""
    try:
        arrays, metadata = read_numpy(folder / SETS, MAX_SETS)
        record = json.loads(metadata["record"])
        path = Path(record.pop("reference_path"))
        probabilities = tuple(arrays[f"probabilities.{i}"] for i in range(sum(n.startswith("prob") for n in arrays)))
        fake = FeatureSet(arrays["features"], probabilities, arrays["pixels"])
    except (OSError, ValueError, LookupError) as error:
        raise UserError(f"This diagnosis cannot be read ({reason(error)}). Make it again.") from error
    if not path.is_file():
        raise UserError("The reference of this diagnosis is no longer there. Make the diagnosis again.")
    reference, asked = read_reference(path, record["real"]), arrays.get("asked")
    beside = record.get("beside", {})  # earlier versions had none
    return TwoSets(
        reference, fake, arrays["thumbs"], with_figures(diagnose(reference, fake, asked=asked), beside),
        real=record["real"], fake_name=record["fake_name"], notes=tuple(record["notes"]), reference_path=path,
        asked=asked, beside=beside,
    )  # fmt: skip
