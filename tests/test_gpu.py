"""tools/gpu.sh from end to end with tiny numbers, on whatever device is here: trained, kept, gone on with."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rooms import ROOT
from trainer.runs.run import Run
from trainer.training.state_io import read_scalars

pytestmark = pytest.mark.slow

RUN = "faces --preset avatars-cpu --resolution 8 --limit 64 --width 8 --z-dim 8 --batch 8 --no-diagnose --kimg"
SPEED = "--sizes 8 --precisions 32-true --batch 4 --seconds 0.5"


def tree(folder: Path) -> Path:
    """A working tree with what the script needs of this one, so that it trains beside it."""
    folder.mkdir()
    for part in ("tools", "trainer", "benchmarks"):
        (folder / part).symlink_to(ROOT / part)
    return folder


def gpu(place: Path, *words: object, python: str = sys.executable, **more: str) -> subprocess.CompletedProcess:
    """What `tools/gpu.sh` does in this tree."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = given | {"PYTHON": python, "OMP_NUM_THREADS": "1", "GPU_RESERVE": "1", "GPU_PART": "20000"} | more
    command = [str(place / "tools" / "gpu.sh"), *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


def images_seen(place: Path) -> int:
    return read_scalars(Run(place / ".gpu" / "runs", "faces").state_file)["images_seen"]


def test_what_one_machine_trained_the_next_goes_on_with_until_its_time_is_over(tmp_path):
    first, out, second = tree(tmp_path / "first"), tmp_path / "out", tree(tmp_path / "second")
    began = time.monotonic()
    done = gpu(first, out, 540, GPU_RUNS=f"{RUN} 0.1", GPU_SPEED=SPEED)
    took = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ended with status" not in done.stdout
    speeds = json.loads((out / "gpu_speed.json").read_text())["results"]["speeds"]
    assert [(row["preset"], row.get("images_per_s", 0) > 0) for row in speeds] == [
        ("stylegan-lite", True),
        ("dcgan", False),  # which makes no images of 8 pixels
    ]
    parts = sorted(out.glob("kept.tar.*"))
    assert 1 < len(parts) < 8
    assert max(part.stat().st_size for part in parts) <= 20_000

    assert "faces" in gpu(second, "keep", out).stdout
    assert images_seen(second) == images_seen(first) == 104
    limit = int(took) + 5
    began = time.monotonic()
    done = gpu(second, tmp_path / "again", limit, GPU_RUNS=f"{RUN} 1000000", GPU_SPEED="")
    assert time.monotonic() - began < limit + 30  # that a busy machine takes to save and end
    assert done.returncode == 0, done.stdout + done.stderr
    assert "faces: stopped; the same command resumes it" in done.stdout
    assert images_seen(second) > 104
    assert [e.kind for e in Run(second / ".gpu" / "runs", "faces").store().events()][-2:] == ["resumed", "stopped"]


def test_a_tree_that_is_too_large_to_travel_is_refused(tmp_path):
    place = tree(tmp_path / "tree")
    (place / "requirements.lock").write_text((ROOT / "requirements.lock").read_text())
    (place / ".gitignore").write_text("/.gpu/\n/tools\n/trainer\n/benchmarks\n")
    git = ["git", "-C", str(place), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "begin"]):
        subprocess.run([*git, *words], check=True)
    done = gpu(place, "pack", python="true")  # which fetches nothing
    assert (done.returncode, done.stdout.partition(" would")[0]) == (0, "0 MB")
    (place / "large").touch()
    os.truncate(place / "large", 60_000_001)
    done = gpu(place, "pack", python="true")
    assert done.returncode == 1
    assert "error: more than 60 MB" in done.stderr
