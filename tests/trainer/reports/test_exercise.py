"""The DCGAN tutorial: one command trains and writes a report that can be read anywhere."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from trainer.cli.main import main
from trainer.metrics import of_training
from trainer.runs.run import Run

WORDS = (
    "exercise --run tiny --data avatars --limit 60 --resolution 16 --width 8 --batch 4 --threads 1 --no-diagnose "
    "--kimg 0.04 --save-kimg 0.02"
)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch) -> Callable[[], int]:
    """The command on a few faces; its status."""
    monkeypatch.chdir(tmp_path)
    return lambda: main([*WORDS.split(), "--out", "report"])


@pytest.mark.slow
def test_the_report_has_its_sheets_distance_interpolation_and_curves(ask, tmp_path):
    assert ask() == 0
    text = Path("report/report.md").read_text()
    assert text.startswith("# tiny: dcgan on avatars, 16 x 16")
    assert float(re.search(r"Fréchet distance on 1,000 samples \| ([\d.]+) ", text)[1]) > 0
    named = re.findall(r"!\[[a-z]*\]\((.*?)\)", text)
    sheets = [name for name in named if name.endswith(".webp")]
    assert len(sheets) >= 3
    assert sheets == sorted(sheets)
    for name in named:
        assert Image.open(Path("report") / name).size[0] > 0
    with Image.open("report/interpolation.png") as strip:
        assert strip.size == (8 * 96, 96)
    (head,) = re.findall(r"\| kimg \| (loss_d.*) \|", text)
    recorded = {row.name for row in Run(Path("runs"), "tiny").store().metrics()}
    assert set(head.split(" | ")) == of_training().keys() & recorded >= {"loss_d", "loss_g", "jsd", "images_per_s"}
    assert "It was not evaluated: `python -m trainer reference tiny`" in text
    assert str(tmp_path) not in text  # it can be moved


@pytest.mark.slow
def test_the_same_command_again_writes_it_anew(ask, capsys):
    assert ask() == 0
    Path("report/report.md").unlink()
    assert ask() == 0
    assert Path("report/report.md").is_file()
    assert "is already at" in capsys.readouterr().out
    for path in Path("runs/tiny/samples").iterdir():
        path.unlink()
    assert ask() == 2
    assert "has no samples yet" in capsys.readouterr().err
