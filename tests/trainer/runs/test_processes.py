"""Real processes: signals, kills, locks, and two of them training together."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from trainer.checkpoints.checkpoint import load_generator, read_info

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
TINY = ["--resolution", "8", "--width", "8", "--z-dim", "8", "--batch", "8", "--threads", "1", "--no-diagnose"]
STARTING = 120  # seconds that importing torch may take on a busy machine
ENDING = 5 * 3  # seconds from a signal to the end: 5, and thrice that on a busy machine


@pytest.fixture
def start(tmp_path, images):
    """(words) -> a running `python -m trainer train`; killed at the end of the test."""
    started = []

    def start(*words: str, script: Sequence[str] = ("-m", "trainer")) -> subprocess.Popen:
        command = [sys.executable, *script, "train", "--run", "r", "--data", str(images), *TINY, *words]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True, **pipes))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for(condition, seconds=STARTING):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def finish(process, seconds=STARTING) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "state" / "state.safetensors")


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_ends_well_within_seconds_and_the_same_command_resumes(number, start, tmp_path):
    run = tmp_path / "runs" / "r"
    process = start("--kimg", "1000")
    wait_for((run / "snapshots" / "latest" / "config.json").exists)
    time.sleep(0.5)
    process.send_signal(number)
    status, out, err = finish(process, ENDING)
    assert status == 0, err
    assert "stopped; the same command resumes it at" in out
    assert "Traceback" not in err
    stopped_at = read_info(run / "snapshots" / "latest").images_seen
    assert stopped_at > 8

    status, out, err = finish(start("--kimg", str((stopped_at + 80) / 1000)))
    assert status == 0, err
    assert read_info(run / "snapshots" / "latest").images_seen == stopped_at + 80


def test_a_killed_run_lets_the_next_in_and_ends_with_the_bits_of_an_uninterrupted_one(start, tmp_path):
    run = tmp_path / "runs" / "r"
    words = ["--kimg", "0.8", "--save-kimg", "0.08", "--r1-every", "3"]
    process = start(*words)
    wait_for(lambda: len(list((run / "samples").glob("*.webp"))) >= 3)
    process.send_signal(signal.SIGSTOP)  # or it might be finished by the time that the second is ready
    status, _, err = finish(start(*words))
    assert status == 2
    assert err == "error: Run 'r' is being trained by another process. Wait for it or stop it.\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    status, _, err = finish(start(*words))
    assert status == 0, err
    killed = weights(run)

    run.rename(tmp_path / "killed")
    assert finish(start(*words))[0] == 0
    assert same(killed, weights(run))
    load_generator(run / "snapshots" / "latest", read_info(run / "snapshots" / "latest"))


HALF_WRITTEN = """
import os, signal, sys
from trainer.training import state_io
from trainer.cli.main import main

whole, left = state_io.save_tensors, int(sys.argv[1])

def half(path, tensors, metadata):
    global left
    whole(path, tensors, metadata)
    left -= 1
    if not left:
        os.truncate(path, path.stat().st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)

state_io.save_tensors = half
main(sys.argv[2:])
"""


def test_a_run_killed_again_and_again_at_random_ends_with_the_bits_of_an_uninterrupted_one(start, tmp_path):
    run, rng = tmp_path / "runs" / "r", random.Random(0)
    words = ["--kimg", "0.8", "--save-kimg", "0.04", "--r1-every", "3"]
    for _ in range(5):
        before = newest(run)
        process = start(*words)
        wait_for(lambda before=before: newest(run) > before)  # it has saved once more
        time.sleep(rng.uniform(0, 0.2))
        process.kill()
        process.communicate()
    assert finish(start(*words))[0] == 0
    killed = weights(run)
    run.rename(tmp_path / "killed")
    assert finish(start(*words))[0] == 0
    assert same(killed, weights(run))


def newest(run: Path) -> int:
    return max((int(path.stem) for path in (run / "samples").glob("*.webp")), default=-1)


def test_a_run_killed_in_the_middle_of_writing_its_state_goes_on_from_the_one_before(start, tmp_path):
    run, words = tmp_path / "runs" / "r", ["--kimg", "0.4", "--save-kimg", "0.08"]
    script = tmp_path / "half.py"
    script.write_text(HALF_WRITTEN)
    process = start(*words, script=[str(script), "3"])
    process.communicate(timeout=STARTING)
    assert process.returncode == -signal.SIGKILL
    assert list((run / "state").glob(".*tmp*"))  # the half that was written
    status, _, err = finish(start(*words))
    assert status == 0, err
    assert not list((run / "state").glob(".*tmp*"))
    killed = weights(run)
    run.rename(tmp_path / "killed")
    assert finish(start(*words))[0] == 0
    assert same(killed, weights(run))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_images_are_packed_ends_at_once_and_leaves_nothing(number, start, tmp_path):
    process = start("--data", "avatars", "--resolution", "64", "--kimg", "1")
    packed = tmp_path / "data" / "packed"
    wait_for(lambda: any(p.stat().st_size > 10**5 for p in packed.glob(".packing-*/images.npy")))
    process.send_signal(number)
    status, out, err = finish(process)  # the pool finishes the 64 images that it is at
    assert (status, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted"
    assert "Traceback" not in err
    assert list(packed.iterdir()) == []
    assert not (tmp_path / "runs" / "r" / "config.json").exists()


TOGETHER = """
import hashlib, json, sys
from pathlib import Path
import torch
from lightning_fabric.utilities.rank_zero import rank_zero_only
from trainer.runs import launch
from trainer.training.config import config_from
from trainer.runs.live_eval import Paths
from trainer.networks import stylegan_lite
from trainer.runs.run import Run
from trainer.training.state_io import pack_state

if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    if settings.pop("blind", False):
        stylegan_lite.minibatch_stddev = lambda x: torch.cat([x, 0 * x[:, :1]], dim=1)
    states = []
    made = launch.new_state
    launch.new_state = lambda *given: states.append(made(*given)) or states[-1]
    run = Run(Path("runs"), "r")
    places = Paths(Path("data"), Path("checkpoints"))
    shown = [progress.values for progress in launch.run_training(run, config_from(settings), places=places)]
    tensors, _ = pack_state(states[0])
    trained = {n: t for n, t in tensors.items() if "running" not in n and "w_avg" not in n}
    digest = hashlib.sha256(b"".join(trained[n].numpy().tobytes() for n in sorted(trained))).hexdigest()
    Path(f"rank{rank_zero_only.rank}.json").write_text(json.dumps([digest, shown, len(trained)]))
"""


def train_with(folder: Path, **settings) -> list:
    """Train in `folder` and return what each process ended with: [digest of the weights, values shown, how many]."""
    folder.mkdir()
    (folder / "together.py").write_text(TOGETHER)
    command = [sys.executable, "together.py", json.dumps(settings)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(path.read_text()) for path in sorted(folder.glob("rank*.json"))]


needs_two_cores = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")


@needs_two_cores
@pytest.mark.parametrize(
    "settings",
    [{}, {"r1_every": 1}, {"penalty": "r1r2", "r1_every": 1}, {"conditional": True, "mirror": True}, {"arch": "dcgan"}],
    ids=str,
)
def test_two_processes_keep_the_same_weights(settings, tmp_path, images):
    """R1's double gradient, both optimisers and the moving average agree to the last bit on both."""
    base = {"data": str(images), "resolution": 16, "width": 8, "z_dim": 8, "batch": 8, "kimg": 0.08}
    ends = train_with(tmp_path / "t", **base | settings, devices=2)
    assert len(ends) == 2
    assert ends[0] == ends[1]


@needs_two_cores
def test_two_processes_have_the_gradients_that_one_would_have(tmp_path, images):
    """Adam's first moment after one step without momentum is the gradient. Minibatch deviation is put out of action:
    it compares the images of one process, and so is another function for each number of processes.
    """
    base = {"data": str(images), "resolution": 8, "width": 8, "z_dim": 8, "batch": 8, "kimg": 0.008, "r1_every": 1}
    train_with(tmp_path / "one", **base, devices=1, blind=True)
    train_with(tmp_path / "two", **base, devices=2, blind=True)
    one, two = (weights(tmp_path / name / "runs" / "r") for name in ("one", "two"))
    moments = [name for name in one if name.endswith(".exp_avg")]
    assert len(moments) == 36
    for name in moments:
        assert torch.allclose(one[name], two[name], rtol=1e-3, atol=1e-3 * float(one[name].abs().max()) + 1e-9), name


@needs_two_cores
def test_the_command_line_trains_on_two_processes_and_speaks_once(start, tmp_path):
    status, out, err = finish(start("--devices", "2", "--strategy", "ddp", "--kimg", "0.08"))
    assert status == 0, err
    assert out.count("finished at 0.1 kimg") == 1
    assert out.count(" img/s ") == 2  # the first step and the last
    assert err.count("packing") == 0 or err.count("100%") == 1
    assert read_info(tmp_path / "runs" / "r" / "snapshots" / "latest").images_seen == 80
    status, out, err = finish(start("--devices", "2", "--strategy", "ddp", "--kimg", "0.16"))
    assert status == 0, err
    assert read_info(tmp_path / "runs" / "r" / "snapshots" / "latest").images_seen == 160


@needs_two_cores
def test_a_signal_to_the_first_of_two_processes_ends_both(start, tmp_path):
    process = start("--devices", "2", "--kimg", "1000")
    wait_for((tmp_path / "runs" / "r" / "snapshots" / "latest" / "config.json").exists)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    status, out, err = finish(process, ENDING)
    assert status == 0, err
    assert out.count("stopped; the same command resumes it") == 1


@needs_two_cores
def test_two_processes_are_refused_in_one_line(start):
    status, out, err = finish(start("--devices", "2", "--conditional", "--batch", "6", "--resolution", "9"))
    assert (status, out) == (2, "")
    assert err.startswith("error: stylegan-lite cannot generate 9 x 9")
    assert err.count("\n") == 1
