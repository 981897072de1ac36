"""Packed data: rows of a file give what an array gives, damage is told, and nothing is mapped."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.hostile_files import FILES, PACKED
from trainer.data.opening import Rows, open_packed
from trainer.util.errors import UserError

KEYS = [0, -1, slice(2, 9), slice(None, None, 3), slice(9, 2, -2), [3, 1, 1], np.array([5, -2]), (slice(1, 5), 0, 0),
        (2, 1), slice(5, 5), np.arange(12) % 2 == 0, []]  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> Path:
    """A packed set of 12 images and one attribute, as `pack` writes it."""
    made = tmp_path / "packed"
    made.mkdir()
    np.save(made / "images.npy", np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8))
    np.save(made / "labels.npy", np.arange(12).reshape(12, 1) % 3 - 1)
    (made / "meta.json").write_text(
        '{"name": "n", "attributes": [{"name": "class", "values": ["a", "caf\\udce9"]}], "licence": "l", "credit": "c",'
        ' "fingerprint": "f", "notes": []}'
    )
    return made


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_rows_of_a_file_are_those_of_the_array(folder, key):
    array = np.load(folder / "images.npy")
    rows = open_packed(folder, in_memory=0).images
    assert isinstance(rows, Rows)
    assert (rows.shape, rows.dtype, rows.nbytes, len(rows)) == (array.shape, array.dtype, array.nbytes, 12)
    assert rows[1:11:2].nbytes == array[1:11:2].nbytes
    assert np.array_equal(np.asarray(rows[key]), array[key])
    assert np.array_equal(np.array(rows[1:11:2][1:]), array[1:11:2][1:])
    assert np.array_equal(rows[::2][[0, 2]], array[::2][[0, 2]])


def test_rows_are_read_where_the_system_has_no_positioned_reads(folder, monkeypatch):
    monkeypatch.delattr("os.preadv")
    assert np.array_equal(open_packed(folder, in_memory=0).images[[7, 2]], np.load(folder / "images.npy")[[7, 2]])


def test_a_file_that_is_cut_while_it_is_read_is_told(folder):
    rows = open_packed(folder, in_memory=0).images
    with (folder / "images.npy").open("r+b") as file:
        file.truncate(1000)
    assert rows[0].shape == (8, 8, 3)
    with pytest.raises(UserError, match="was truncated"):
        rows[[0, 11]]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="says what is mapped")
@pytest.mark.parametrize("limit", [0, 2**20])
def test_no_image_is_mapped(folder, limit):
    data = open_packed(folder, in_memory=limit)
    assert len(data.images[:4]) == 4
    assert str(folder) not in Path("/proc/self/maps").read_text()


def test_class_names_that_are_no_utf8_are_spelled(folder):
    assert open_packed(folder).attributes[0].values == ("a", "caf\\xe9")


@pytest.mark.parametrize("damage", PACKED)
def test_a_damaged_set_is_told(folder, damage):
    PACKED[damage](folder)
    with pytest.raises(UserError, match=r"packed data set packed is damaged"):
        open_packed(folder)


@pytest.mark.parametrize("file", ["images.npy", "labels.npy", "meta.json"])
@pytest.mark.parametrize("damage", FILES)
def test_only_regular_files_of_the_folder_are_read(folder, file, damage):
    FILES[damage](folder / file)
    with pytest.raises(UserError, match=r"packed data set packed is damaged"):
        open_packed(folder)
