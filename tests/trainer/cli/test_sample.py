"""`python -m trainer sample` of a translator: what it makes of the examples that it carries."""

import numpy as np
from PIL import Image

from tests.translators import make_translator
from trainer.checkpoints.checkpoint import load_translator, read_info
from trainer.checkpoints.examples import read_examples
from trainer.checkpoints.tried import sheet_of
from trainer.cli.main import main


def test_a_sheet_of_some_examples_is_written(tmp_path, capsys):
    folder, out = make_translator(tmp_path / "lines"), tmp_path / "two.png"
    assert main(["sample", str(folder), "--count", "2", "--out", str(out)]) == 0
    assert f"2 samples of {folder} in {out}" in capsys.readouterr().out
    translator = load_translator(folder, read_info(folder))
    assert np.array_equal(Image.open(out), sheet_of(translator, read_examples(folder, translator).first(2)))


def test_one_without_examples_is_told(tmp_path, capsys):
    folder = make_translator(tmp_path / "lines", examples=0)
    assert main(["sample", str(folder), "--out", str(tmp_path / "none.png")]) == 2
    assert "lines carries no examples to translate" in capsys.readouterr().err
