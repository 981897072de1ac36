"""Files damaged at random, by a fixed seed, are refused in one sentence (`python -m benchmarks fuzz`: thousands)."""

import itertools

import numpy as np
import pytest

from benchmarks import hostile_reading as reading
from benchmarks.hostile_files import mutations
from benchmarks.hostile_sound import ROOT, cache, checkpoint, packed, run, state


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("make", "targets", "count"),
    [
        (checkpoint, reading.CHECKPOINT, 60),
        (run, reading.RUN, 25),
        (packed, reading.PACKED, 60),
        (cache, [reading.CACHE], 60),
        (state, [reading.STATE], 60),
    ],
    ids=["checkpoint", "run", "packed", "cache", "state"],
)
def test_damage_raises_nothing_but_a_sentence(make, targets, count, tmp_path):
    make(tmp_path / "sound")
    (tmp_path / "work").mkdir()
    found = list(reading.outcomes(tmp_path / "sound", targets, count, 0, tmp_path / "work"))
    assert len(found) == count * len(targets)
    assert not [(o.target.file, o.number, o.raised) for o in found if o.raised]


def test_a_seed_decides_the_damages_and_no_two_are_alike():
    data = (ROOT / "checkpoints" / "ring-points" / "config.json").read_bytes()
    first, again = (list(itertools.islice(mutations(data, np.random.default_rng(3)), 50)) for _ in range(2))
    assert first == again
    assert len(set(first)) > 45
