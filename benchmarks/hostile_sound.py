"""Sound folders of every kind that the app reads, to be damaged."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from trainer.util.tensors import save_tensors

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
    learned = {"axes_": np.ones((3, 8)), "scale_": np.ones(3), "share_": np.ones(3), "gain": np.ones((3, 2))}
    arrays = learned | {"low": -np.ones(3), "high": np.ones(3)}
    record = {"version": 1, "names": ["0", "1", "2"], "layers": [[0, None]] * 3, "w_dim": 0, "traits": ["a=b", "c"]}
    save_file(
        {f"random.{name}": array.astype(np.float32) for name, array in arrays.items()},
        folder / "directions.safetensors",
        {"weights": "hash", "random": json.dumps(record)},
    )


def state(folder: Path) -> None:
    folder.mkdir()
    save_tensors(folder / "state.safetensors", {"g.x": torch.ones(5)}, {"scalars": '{"images_seen": 5}'})
