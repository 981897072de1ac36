"""A points data set that nobody knew: one file and one line, and it is trained on, read, measured and evaluated."""

import json
import os
import subprocess
import sys

import pytest

FILE = """
import numpy as np
from trainer.data.points import Plan, add_points

angle = np.linspace(0, np.pi, 6)
moon = np.stack([np.cos(angle), np.sin(angle)], 1)
add_points("two-moons", Plan("two moons of 6 narrow modes", np.concatenate([moon, [1, 0.5] - moon]) / 2.5, 0.01))
"""
CHECK = """
import json, sys
from pathlib import Path
import numpy as np
import two_moons
from trainer.data import DATASETS, load
from trainer.diagnosis import diagnose
from trainer.diagnosis.reference_build import Halves, build_reference, part, reader_for
from trainer.features import extractor_for
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images

place = Path(sys.argv[1])
data = load("two-moons", resolution=1, data_dir=place, limit=4000, progress=False)
seen, unseen = (part(data, slice(start, None, 2)) for start in (0, 1))
reader = reader_for(extractor_for("two-moons"), seen, place, print)
reference = build_reference(Halves(seen, unseen, True), reader, place, {600: 10})
made = load("two-moons", resolution=1, data_dir=place, held_out=True, limit=4000, progress=False)
of_first = made.images[np.isin(made.labels[:, 0], range(6))][:1000]
found = diagnose(reference, extract(reference.reader, as_images(of_first), reference.space))
print(json.dumps({
    "help": DATASETS["two-moons"].__doc__, "extractor": reader.name, "verdict": found.verdict.kind,
    "classes": found.verdict.classes, "modes": found.measurements.by_key["plane_modes"].value,
    "quality": found.measurements.by_key["high_quality"].value,
}))
"""


@pytest.mark.slow
def test_a_new_points_data_set_is_one_file_and_one_line(tmp_path):
    """In a process of its own, as the import is the line."""
    (tmp_path / "two_moons.py").write_text(FILE)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), "."])}
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["help"].startswith("100,000 2-D points in two moons")
    assert found["extractor"] == "plane-two-moons"
    assert (found["verdict"], found["modes"]) == ("mode-dropping", 6)
    assert sorted(found["classes"], key=int) == ["6", "7", "8", "9", "10", "11"]
    assert found["quality"] > 0.97
