"""Names that every system takes, and writing that never leaves half a file."""

import errno

import pytest

from trainer.util.atomic_io import check_name, sweep, write_atomically, write_text, write_together
from trainer.util.errors import UserError


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["a", "A-1", "mnist_dcgan.v2", "0", "x" * 64, "console", "com10", "nulls"])
def test_sound_names_are_taken(name):
    check_name(name, "run")


ODD = ["", "..", "a/b", "a\\b", "/a", "-a", "_a", ".a", "a.", "a ", " a", "a b", "a\n", "a:b", "ä", "x" * 65]
RESERVED = ["CON", "con", "nul.txt", "Aux", "PRN", "com1", "LPT9.tar.gz"]


@pytest.mark.parametrize("name", [*ODD, *RESERVED])
def test_names_that_some_file_system_rejects_are_refused_everywhere(name):
    with pytest.raises(UserError, match="cannot name a checkpoint"):
        check_name(name, "checkpoint")


def test_a_file_appears_whole_with_the_folders_it_needs(tmp_path):
    write_text(tmp_path / "a" / "b" / "c.txt", "grüße")
    assert (tmp_path / "a" / "b" / "c.txt").read_text(encoding="utf-8") == "grüße"
    assert names_in(tmp_path / "a" / "b") == ["c.txt"]


def half(path):
    path.write_text("hal")
    raise ZeroDivisionError


def full(path):
    path.write_text("hal")
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(("write", "raised"), [(half, ZeroDivisionError), (full, UserError)])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(write, raised, tmp_path):
    (tmp_path / "f").write_text("old")
    with pytest.raises(raised):
        write_atomically(tmp_path / "f", write)
    assert (tmp_path / "f").read_text() == "old"
    assert names_in(tmp_path) == ["f"]


def test_a_full_disk_is_told_as_such(tmp_path):
    with pytest.raises(UserError, match=rf"disk that holds {tmp_path}/f is full.*intact"):
        write_atomically(tmp_path / "f", full)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "f").write_text("a file")
    with pytest.raises(UserError, match=rf"Cannot write {tmp_path}/f/g: .*writable"):
        write_text(tmp_path / "f" / "g", "text")


def test_when_one_of_several_fails_none_has_changed(tmp_path):
    for name in ("weights", "config"):
        (tmp_path / name).write_text("old")
    writers = {"weights": lambda path: path.write_text("new"), "config": full}
    with pytest.raises(UserError):
        write_together(tmp_path, writers, seal="config")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"weights": "old", "config": "old"}


def test_the_seal_is_gone_before_the_first_file_changes_and_comes_last(tmp_path, monkeypatch):
    for name in ("weights", "config"):
        (tmp_path / name).write_text("old")
    seen = []
    replace = type(tmp_path).replace

    def watched(temporary, target):
        seen.append({p.name: p.read_text() for p in tmp_path.iterdir() if p.suffix != ".tmp"})
        return replace(temporary, target)

    monkeypatch.setattr(type(tmp_path), "replace", watched)
    writers = {name: lambda path: path.write_text("new") for name in ("weights", "config")}
    write_together(tmp_path, writers, seal="config")
    assert seen == [{"weights": "old"}, {"weights": "new"}]
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"weights": "new", "config": "new"}


def test_sweeping_removes_what_killed_writers_left_and_nothing_else(tmp_path):
    (tmp_path / "state").mkdir()
    kept = [tmp_path / "config.json", tmp_path / "lock", tmp_path / "state" / "tmp.safetensors"]
    for path in [*kept, tmp_path / ".config.json.123.tmp", tmp_path / "state" / ".tmpXy12"]:
        path.write_text("")
    sweep(tmp_path)
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(kept)
