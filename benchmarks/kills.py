"""Does a training that is killed at random instants end with the bits of one that was never interrupted?

Each life ends by SIGKILL after a random time, or at its end; the last one finishes. The instants fall over start,
training, saving and evaluating alike. The data are random images, so nothing has to be there.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

from benchmarks.common import ROOT, Record, circumstances, main, markdown
from trainer.runs.run import Run
from trainer.util.errors import UserError

SIDE, IMAGES = 32, 600
SETTINGS = ["--arch", "dcgan", "--resolution", str(SIDE), "--width", "16", "--batch", "32", "--threads", "1", "--quiet"]
SAVES = ["--save-kimg", "0.3", "--keep-mb", "20", "--r1-gamma", "1", "--augment", "translation", "--no-diagnose"]


def measure(*, kills: int = 24, seed: int = 0, kimg: float = 120.0) -> Record:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        draw_images(folder / "images")
        plain, killed = Run(folder / "runs", "plain"), Run(folder / "runs", "killed")
        starting, life = whole_life(plain, folder, kimg)
        # A quarter of them while it starts; the others spread so that the run is not over before the last one.
        maximum = [starting if number % 4 == 3 else starting + 2 * (life - starting) / kills for number in range(kills)]
        minimum = [0.0 if number % 4 == 3 else starting for number in range(kills)]
        found = [end_one(killed, folder, kimg, rng.uniform(*ends)) for ends in zip(minimum, maximum, strict=True)]
        if start(killed, folder, kimg).wait():
            raise UserError("The last life of the killed training failed.")
        one, other = load_file(plain.state_file), load_file(killed.state_file)
        return {
            "kills": sum(was for was, *_ in found),
            "while_saving": sum(saving for _, saving, _ in found),
            "kimg": [round(images_seen / 1000, 1) for *_, images_seen in found],
            "equal": one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one),
            "starting_s": round(starting, 1),
            "life_s": round(life, 1),
        }


def whole_life(run: Run, folder: Path, kimg: float) -> tuple[float, float]:
    """Seconds until the first save, and to the end, of a training that nobody interrupts."""
    since, starting, process = time.monotonic(), 0.0, start(run, folder, kimg)
    while process.poll() is None:
        if not starting and run.state_file.exists():
            starting = time.monotonic() - since
        time.sleep(0.01)
    if process.returncode:
        raise UserError("The uninterrupted training failed.")
    return starting, time.monotonic() - since


def draw_images(folder: Path) -> None:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(IMAGES):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(folder / f"{number}.png")


def start(run: Run, folder: Path, kimg: float) -> subprocess.Popen:
    words = ["train", "--run", run.name, "--data", str(folder / "images"), "--kimg", str(kimg), *SETTINGS, *SAVES]
    places = ["--runs", str(folder / "runs"), "--data-dir", str(folder / "data")]
    return subprocess.Popen([sys.executable, "-m", "trainer", *words, *places], cwd=ROOT)


def end_one(run: Run, folder: Path, kimg: float, seconds: float) -> tuple[bool, bool, int]:
    """(whether it was killed, whether something was half written then, images seen by the last save)."""
    process = start(run, folder, kimg)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    status = process.wait()
    half = any(run.folder.rglob(".*tmp*")) or (run.state_file.exists() and behind(run))
    return status < 0, half, max(run.samples(), default=0)


def behind(run: Run) -> bool:
    """Whether the state is newer than the snapshot that is written after it."""
    config = run.latest / "config.json"
    return not config.exists() or run.state_file.stat().st_mtime > config.stat().st_mtime


def table(record: Record) -> str:
    found = record["results"]
    rows = [
        ["killed (SIGKILL)", found["kills"]],
        ["of these while something was being saved", found["while_saving"]],
        ["the last state equals the uninterrupted run's, bit by bit", "yes" if found["equal"] else "no"],
    ]
    return (
        f"{markdown(['', ''], rows)}\n\nA run of {found['life_s']:g} s uninterrupted, that saves its state every 300 "
        f"images and needs {found['starting_s']:g} s to start; random instants, seed {record['settings']['seed']}. "
        f"{circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
