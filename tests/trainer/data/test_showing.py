"""How the progress of packing is told."""

from tests.trainer.data.test_decoding import TWO, folder_of
from trainer.data import load, showing


def test_without_a_terminal_progress_is_whole_lines(capsys):
    assert list(showing.in_lines(range(4), "packing own", 4, every=0)) == [0, 1, 2, 3]
    error = capsys.readouterr().err
    assert "\r" not in error
    assert error.splitlines() == [f"packing own: {i} of 4" for i in range(4)]


def test_packing_draws_no_bar_into_a_log_and_says_nothing_when_it_is_to_be_quiet(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(showing, "EVERY", 0)
    root = folder_of(tmp_path / "own", TWO)
    load(str(root), resolution=8, data_dir=tmp_path / "quiet", progress=False)
    assert capsys.readouterr().err == ""
    load(str(root), resolution=8, data_dir=tmp_path / "told")
    error = capsys.readouterr().err
    assert "packing own: " in error
    assert "\r" not in error
