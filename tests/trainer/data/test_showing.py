"""How the progress of packing is told."""

import sys

from tests.trainer.data.images import written
from tests.trainer.data.test_decoding import TWO
from trainer.data import load, showing


def test_without_a_terminal_progress_is_whole_lines(capsys):
    assert list(showing.in_lines(range(4), "packing own", 4, every=0)) == [0, 1, 2, 3]
    error = capsys.readouterr().err
    assert "\r" not in error
    assert error.splitlines() == [f"packing own: {i} of 4" for i in range(4)]


def test_a_bar_is_drawn_in_a_terminal_only(capsys, monkeypatch):
    list(showing.shown(range(4), "packing own", 4))
    assert capsys.readouterr().err == ""  # the first plain line is due in 15 seconds
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    list(showing.shown(range(4), "packing own", 4))
    assert "\rpacking own: 100%" in capsys.readouterr().err


def test_packing_says_nothing_when_it_is_to_be_quiet(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    root = written(tmp_path / "own", TWO)
    load(str(root), resolution=8, data_dir=tmp_path / "quiet", progress=False)
    assert capsys.readouterr().err == ""
    load(str(root), resolution=8, data_dir=tmp_path / "told")
    assert "packing own: " in capsys.readouterr().err
