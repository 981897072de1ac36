"""Files damaged at random, by a fixed seed, are refused in one sentence (`python -m benchmarks fuzz`: thousands)."""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from benchmarks import hostile_reading as reading
from benchmarks.hostile_files import mutations
from trainer.state import save_tensors

ROOT = Path(__file__).parents[1]


def run(folder: Path) -> None:
    shutil.copytree(ROOT / "recordings" / "mnist-minimax", folder, ignore=shutil.ignore_patterns("snapshots"))
    (folder / "lineage.json").write_text('{"run": "a", "images": 5, "changed": {"lr": [1, 2]}}')
    (folder / "log.txt").write_text("training\nerror: no.\n")


def checkpoint(folder: Path) -> None:
    shutil.copytree(ROOT / "checkpoints" / "ring-points", folder)


def packed(folder: Path) -> None:
    folder.mkdir()
    np.save(folder / "images.npy", np.zeros((4, 8, 8, 3), np.uint8))
    np.save(folder / "labels.npy", np.zeros((4, 1), np.int64))
    meta = dict.fromkeys(("name", "licence", "credit", "fingerprint"), "x") | {"notes": ["a"]}
    (folder / "meta.json").write_text(json.dumps(meta | {"attributes": [{"name": "class", "values": ["a", "b"]}]}))


def cache(folder: Path) -> None:
    folder.mkdir()
    learned = {"axes_": np.ones((3, 8)), "scale_": np.ones(3), "share_": np.ones(3)}
    save_file({name: array.astype(np.float32) for name, array in learned.items()}, folder / "directions.safetensors")


def state(folder: Path) -> None:
    folder.mkdir()
    save_tensors(folder / "state.safetensors", {"g.x": torch.ones(5)}, {"scalars": '{"images_seen": 5}'})


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
