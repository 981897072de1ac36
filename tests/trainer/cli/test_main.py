"""The command line as a person uses it: what it prints, and how it says no."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.cli.main import COMMANDS, main
from trainer.data import DATASETS
from trainer.features import EXTRACTORS
from trainer.metrics import figures
from trainer.networks import ARCHITECTURES
from trainer.runs.run import Run
from trainer.training.config import OPTIONS
from trainer.training.losses import LOSSES
from trainer.training.presets import PRESETS

ROOT = Path(__file__).parents[3]
TINY = ["--resolution", "8", "--width", "8", "--z-dim", "8", "--batch", "4", "--kimg", "0.012", "--threads", "1"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Runs, checkpoints and data go to an empty working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def refused(capsys):
    """(words) -> the one line that the command prints when it refuses them."""

    def refused(*words: str) -> str:
        try:
            status = main(list(words))
        except SystemExit as stopped:
            status = stopped.code
        printed = capsys.readouterr()
        assert status == 2
        assert printed.out == ""
        assert printed.err.startswith("error: ")
        assert printed.err.count("\n") == 1, printed.err
        return printed.err

    return refused


def test_a_folder_of_images_is_trained_on_published_and_sampled(images, capsys):
    assert main(["train", "--run", "mine", "--data", str(images), *TINY]) == 0
    assert "finished at 0.0 kimg. Snapshot: runs/mine/snapshots/latest" in capsys.readouterr().out
    assert main(["train", "--run", "mine", "--data", str(images), *TINY]) == 0
    assert "is already at 0.012 kimg. Raise --kimg" in capsys.readouterr().out
    assert main(["publish", "mine", "--as", "faces"]) == 0
    assert "python app.py --checkpoint faces" in capsys.readouterr().out
    assert main(["sample", "faces", "--count", "6", "--seed", "3"]) == 0
    assert Image.open("samples.png").size == (2 * 8, 3 * 8)
    assert main(["sample", "mine", "--count", "6", "--seed", "3", "--out", "again.png"]) == 0
    assert np.array_equal(np.asarray(Image.open("samples.png")), np.asarray(Image.open("again.png")))
    assert main(["sample", "mine", "--count", "6", "--seed", "3", "--psi", "0", "--out", "mean.png"]) == 0
    assert not np.array_equal(np.asarray(Image.open("samples.png")), np.asarray(Image.open("mean.png")))


@pytest.mark.slow
@pytest.mark.parametrize("quiet", [True, False])
def test_quiet_is_quiet_while_packing_too(quiet, images, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["train", "--run", "mine", "--data", str(images), *TINY, *["--quiet"] * quiet]) == 0
    assert ("packing" in capsys.readouterr().err) == (not quiet)


@pytest.mark.slow
def test_a_run_is_branched_off_published_from_an_earlier_moment_and_recorded(images, capsys):
    words = ["train", "--run", "mine", "--data", str(images), *TINY, "--save-kimg", "0.004"]
    assert main([*words, "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["branch", "mine", "--run", "twig", "--from", "4", "--lr", "0.5"]) == 0
    assert "runs/twig is ready: python -m trainer train --run twig" in capsys.readouterr().out
    assert main(["train", "--run", "twig"]) == 0  # its settings are recorded
    assert "runs/twig: finished at 0.0 kimg" in capsys.readouterr().out
    assert main(["publish", "mine", "--as", "early", "--snapshot", "8"]) == 0
    assert main(["sample", "early", "--out", "early.png"]) == 0
    assert main(["record", "mine", "--as", "shown"]) == 0
    assert "recordings/shown is ready" in capsys.readouterr().out
    assert main(["sample", "recordings/shown/snapshots/latest", "--out", "shown.png"]) == 0


@pytest.mark.slow
def test_a_checkpoint_is_exported(images, capsys):
    main(["train", "--run", "mine", "--data", str(images), *TINY])
    capsys.readouterr()
    assert main(["export", "mine", "--out", "onnx", "--no-half"]) == 0
    printed = capsys.readouterr().out
    assert "onnx/generator.onnx is ready" in printed
    assert "32 bit weights" in printed
    assert {path.name for path in Path("onnx").iterdir()} == {"generator.onnx", "mapping.onnx"}
    files = {path.as_posix() for path in (*Path("runs").rglob("*"), *Path("checkpoints").rglob("*"))}
    assert main(["export", "mine"]) == 0
    assert "build/onnx/mine/generator.onnx is ready" in capsys.readouterr().out
    assert {path.as_posix() for path in (*Path("runs").rglob("*"), *Path("checkpoints").rglob("*"))} == files


@pytest.mark.slow
def test_what_is_asked_of_a_run_is_answered(images, capsys):
    main(["train", "--run", "mine", "--data", str(images), *TINY])
    run = Run(Path("runs"), "mine")
    capsys.readouterr()
    with run.lock():
        answering = threading.Timer(0.2, lambda: run.store().answer(1, "Paused and saved."))
        answering.start()
        assert main(["control", "mine", "pause"]) == 0
        assert capsys.readouterr().out == "Paused and saved.\n"
        assert main(["control", "mine", "set", "--width", "3"]) == 2
        assert "--width cannot be changed" in capsys.readouterr().err
        assert main(["control", "mine", "set"]) == 2
        assert "There is nothing to change" in capsys.readouterr().err
        assert main(["control", "mine", "stop", "--wait", "0"]) == 2
        assert "has not replied" in capsys.readouterr().err


@pytest.mark.slow
def test_an_event_file_holds_the_curves(images):
    pytest.importorskip("tensorboardX")
    assert main(["train", "--run", "mine", "--data", str(images), *TINY, "--tensorboard"]) == 0
    (events,) = Path("runs/mine/tensorboard").glob("events.out.tfevents.*")
    assert b"loss_d" in events.read_bytes()


def test_without_a_package_for_event_files_it_says_which(images, refused, monkeypatch):
    for name in ("tensorboardX", "tensorboard", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("lightning_fabric.loggers.tensorboard._TENSORBOARD_AVAILABLE", False)
    monkeypatch.setattr("lightning_fabric.loggers.tensorboard._TENSORBOARDX_AVAILABLE", False)
    message = refused("train", "--run", "mine", "--data", str(images), *TINY, "--tensorboard")
    assert "--tensorboard needs a package: `pip install tensorboardX`" in message


def test_list_names_every_choice_with_a_line_on_it(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for table in (DATASETS, ARCHITECTURES, LOSSES, PRESETS, EXTRACTORS, figures()):
        for name in table:
            (line,) = [line for line in lines if line.split()[:1] == [name] and line.startswith("  ")][:1]
            assert len(line.split(maxsplit=1)[1]) > 10


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_dry_run_tells_sizes_time_and_memory_and_makes_nothing(arch, capsys, tmp_path):
    words = ["--width", "8", "--z-dim", "8", "--batch", "4", "--resolution", "32", "--threads", "1"]
    assert main(["train", "--run", "r", "--arch", arch, *words, "--dry-run"]) == 0
    text = capsys.readouterr().out
    for fact in (f"arch           {arch}", "M parameters", "images/s here", "MiB of memory"):
        assert fact in text
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_as_json_holds_the_estimate_in_numbers(capsys, tmp_path):
    assert main(["train", "--run", "r", *TINY, "--dry-run", "--json"]) == 0
    estimate = json.loads(capsys.readouterr().out)
    assert estimate["seconds"] * estimate["images_per_s"] == pytest.approx(12)  # TINY's images
    assert set(estimate["parameters"]) == {"g", "d"}
    assert estimate["memory"] > 0
    assert list(tmp_path.iterdir()) == []


def test_help_shows_the_options_by_their_groups(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    printed = capsys.readouterr().out
    places = [printed.index(f"\n{group}:\n") for group in dict.fromkeys(f.metadata["group"] for f in OPTIONS.values())]
    assert places == sorted(places)
    assert len(places) > 5


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_explains_every_command(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    assert "usage: python -m trainer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "COMMAND"),
        (
            "fly",
            "invalid choice: 'fly' (choose from 'train', 'exercise', 'control', 'branch', 'sample', 'publish'",
        ),
        ("train", "--run"),
        ("train --run r --foo 3", "unrecognized arguments: --foo 3"),
        ("train --run r --kimg abc", "--kimg: invalid float value: 'abc'"),
        ("train --run r --preset foo", "--preset: invalid choice: 'foo'"),
        ("train --run r --arch foo", f"Unknown architecture 'foo'. Choose from: {', '.join(sorted(ARCHITECTURES))}"),
        ("train --run r --loss foo", f"Unknown loss 'foo'. Choose from: {', '.join(sorted(LOSSES))}"),
        ("train --run r --kimg nan", "--kimg is nan"),
        ("train --run r --kimg -3", "--kimg is -3.0"),
        ("train --run r --strategy foo", "--strategy is 'foo'. Choose from: auto"),
        ("train --run r --precision foo", "--precision is 'foo'. Choose from: 32-true"),
        ("train --run r --devices 1000 --batch 2000", "--devices"),
        ("train --run r --resolution 65", "stylegan-lite cannot generate 65 x 65 images. Choose --resolution 8"),
        ("train --run r --preset mnist-dcgan --arch stylegan-lite", "--preset mnist-dcgan is for --arch dcgan"),
        ("train --run r --data nowhere", "no data set 'nowhere'"),
        ("train --run ../r", "'../r' cannot name a run"),
        ("train --run con --dry-run", "'con' cannot name a run"),
        ("train --run r --dry-run --resolution 65", "cannot generate 65 x 65"),
        ("sample nobody", "There is no checkpoint 'nobody'"),
        ("sample nobody --count 0", "--count: '0' is not a whole number from 1 to 10000"),
        ("sample nobody --count 1e3", "--count: '1e3' is not a whole number"),
        ("sample nobody --seed -1", "--seed: '-1' is not a whole number from 0"),
        ("sample nobody --psi nan", "--psi: 'nan' is not a number from -2 to 2"),
        ("evaluate nobody --samples 0", "--samples: '0' is not a whole number from 1 to 100000"),
        ("evaluate nobody --seed x", "--seed: 'x' is not a whole number"),
        ("reference", "checkpoint"),
        ("publish nobody --as x", "no run 'nobody' in runs (found: none)"),
        ("publish nobody --as x --snapshot best", "no run 'nobody' in runs (found: none)"),
        ("control nobody dance", "invalid choice: 'dance'"),
        ("control nobody pause --lr 1", "pause takes no settings"),
        ("control nobody pause", "Run 'nobody' is not training"),
        ("control nobody set --lr 1", "no run 'nobody' in runs (found: none)"),
        ("branch nobody --run x", "no run 'nobody' in runs (found: none)"),
        ("record nobody --as x", "no run 'nobody' in runs (found: none)"),
        ("publish nobody --as ../x", "'../x' cannot name a checkpoint"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(words, message, refused, tmp_path):
    assert message in refused(*words.split())
    assert not (tmp_path / "runs" / "r" / "config.json").exists()


@pytest.mark.slow
def test_images_that_cannot_be_written_are_told(images, refused, capsys):
    main(["train", "--run", "mine", "--data", str(images), *TINY])
    capsys.readouterr()
    assert "Cannot write nowhere/x.png" in refused("sample", "mine", "--out", "nowhere/x.png")
    assert "Cannot write x.foo" in refused("sample", "mine", "--out", "x.foo")


@pytest.mark.slow
def test_the_same_command_with_another_setting_is_refused(images, refused, capsys):
    main(["train", "--run", "mine", "--data", str(images), *TINY])
    capsys.readouterr()
    message = refused("train", "--run", "mine", "--data", str(images), *TINY, "--beta1", "0.5")
    assert "--beta1 was 0.0, now 0.5" in message


def trainer(*words: str, **options) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "trainer", *words]
    options = {"capture_output": True} | options
    return subprocess.run(command, env=environment, text=True, check=False, **options)


def test_help_does_not_wait_for_torch():
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    code = "import sys, trainer.cli.main; trainer.cli.main.parser(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


@pytest.mark.slow
def test_nobody_reading_on_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    done = trainer("list", capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_the_module_runs_as_a_command(images):
    assert trainer("train", "--help").returncode == 0
    assert trainer("list").returncode == 0
    done = trainer("train", "--run", "r", "--data", "nowhere", *TINY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: There is no data set 'nowhere'")
    assert "Traceback" not in done.stderr
    done = trainer("train", "--run", "r", "--data", str(images), *TINY)
    assert done.returncode == 0
    assert "finished at 0.0 kimg" in done.stdout
