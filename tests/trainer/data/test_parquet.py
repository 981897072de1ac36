"""Facts about tables of parquet with images in them, as `datasets` writes them."""

import json
import sys
from pathlib import Path

import pytest

from tests.trainer.data.images import labelled, levels, loaded, png, written
from trainer.data import NoHeldOut
from trainer.data.folder import look
from trainer.util.errors import UserError


@pytest.fixture
def pa():
    return pytest.importorskip("pyarrow")


def table(path: Path, columns: dict, names: dict[str, list[str]] | None = None, rows: int = 2) -> Path:
    """A table of groups of so many rows, with what `datasets` says of its labels."""
    import pyarrow as pa
    from pyarrow import parquet

    made = pa.table(columns)
    if names:
        features = {name: {"names": of, "_type": "ClassLabel"} for name, of in names.items()}
        made = made.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(made, path, row_group_size=rows)
    return path


def images(count: int, first: int = 0) -> list[dict]:
    return [{"bytes": png(first + i), "path": f"{i}.png"} for i in range(count)]


def test_images_and_names_of_classes_are_those_of_the_table(pa, tmp_path):
    columns = {"image": images(5), "label": [0, 1, 2, 1, None], "hair": ["a", "b", "a", "b", "b"]}
    data = loaded(table(tmp_path / "own.parquet", columns, {"label": ["cat", "dog", "eel"]}))
    assert levels(data) == [0, 1, 2, 3, 4]
    assert labelled(data) == {"label": ["cat", "dog", "eel", "dog", None], "hair": ["a", "b", "a", "b", "b"]}
    assert data.notes == ()


@pytest.mark.parametrize("column", ["img", "jpg", "anything"])
def test_bytes_alone_are_images_too(pa, tmp_path, column):
    assert levels(loaded(table(tmp_path / "own.parquet", {"n": [1, 2], column: [png(3), png(4)]}))) == [3, 4]


def test_shards_are_one_set_and_a_test_split_is_held_out(pa, tmp_path):
    for i, name in enumerate(["train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"]):
        table(tmp_path / "own" / "data" / f"{name}.parquet", {"image": images(3, 3 * i), "label": [i, 5, 5]})
    seen, unseen = loaded(tmp_path / "own"), loaded(tmp_path / "own", held_out=True)
    assert levels(seen) == [0, 1, 2, 3, 4, 5]
    assert labelled(seen) == {"label": ["0", "5", "5", "1", "5", "5"]}
    assert seen.notes == ("the files of the split train are read, and not: data/test-00000-of-00001.parquet",)
    assert levels(unseen) == [6, 7, 8]
    with pytest.raises(NoHeldOut):
        loaded(tmp_path / "own" / "data" / "train-00000-of-00002.parquet", held_out=True)


def test_rows_without_an_image_are_told(pa, tmp_path):
    rows = [*images(2), {"bytes": None, "path": "a.png"}, None, {"bytes": b"text", "path": None}]
    data = loaded(table(tmp_path / "own.parquet", {"image": rows}))
    assert levels(data) == [0, 1]
    assert data.notes == (
        "3 of 5 files could not be read: own.parquet/2 (only the path of a file, not its bytes), own.parquet/3 "
        "(no image), own.parquet/4 (not an image)",
    )


def test_columns_that_are_no_attributes_are_told(pa, tmp_path):
    columns = {"image": images(2), "other": images(2), "boxes": [[1], [2]], "when": [None, None]}
    assert loaded(table(tmp_path / "own.parquet", columns)).notes == (
        "columns that are not attributes: other (not one value for an image), boxes (not one value for an image), "
        "when (not one value for an image)",
    )


def test_a_table_without_images_tells_its_columns(pa, tmp_path):
    with pytest.raises(UserError, match=r"no column of images \(found: a, b\)"):
        loaded(table(tmp_path / "own.parquet", {"a": [1, 2], "b": ["x", "y"]}))


def test_a_table_that_is_cut_short_or_no_table_is_a_sentence(pa, tmp_path):
    path = table(tmp_path / "own.parquet", {"image": images(2)})
    whole = path.read_bytes()
    for data in (b"", b"text", whole[:100], whole[:-20], whole[:4] + bytes(500) + whole[-8:], png(0)):
        path.write_bytes(data)
        with pytest.raises(UserError, match="is no table of parquet that can be read"):
            loaded(path)


def test_damage_in_a_group_of_rows_is_told(pa, tmp_path):
    path = table(tmp_path / "own.parquet", {"image": images(8)})
    data = bytearray(path.read_bytes())
    data[4:40] = bytes(36)  # the first page of the first group
    path.write_bytes(data)
    found = loaded(path)
    assert levels(found) == [2, 3, 4, 5, 6, 7]
    assert found.notes[0].startswith("2 of 8 files could not be read: own.parquet/0 (damaged in the table)")


def test_a_look_opens_no_table(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    files = {"0.png": png(0), "1.png": png(1), "metadata.parquet": b"PAR1PAR1"}
    assert look(written(tmp_path / "own", files), 9) == ()
    assert look(written(tmp_path / "shards", {"train-0.parquet": b"PAR1PAR1"}), 9) == ()
    assert look(tmp_path / "shards" / "train-0.parquet", 9) == ()


def test_without_pyarrow_the_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "own.parquet").write_bytes(b"PAR1PAR1")
    with pytest.raises(UserError, match=r"needs pyarrow: `pip install -r requirements-parquet\.txt`"):
        loaded(tmp_path / "own.parquet")
