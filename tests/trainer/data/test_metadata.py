"""Facts about metadata.csv, .jsonl and .parquet beside images: what becomes an attribute, and what is told."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.trainer.data.images import labelled, levels, loaded, png, written
from trainer.data.columns import Table, attributes_of

IMAGES = {f"{i}.png": png(i) for i in range(4)}
CSV = "file_name,hair,mood\n0.png,red,\n1.png,blond,sad\n2.png,red,happy\n3.png,blond,sad\n"
SAID = {"hair": ["red", "blond", "red", "blond"], "mood": [None, "sad", "happy", "sad"]}


def rows(text: str) -> list[dict[str, str]]:
    header, *lines = [line.split(",") for line in text.splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


def as_parquet(path: Path) -> bytes:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(rows(CSV)), path / "made")
    return (path / "made").read_bytes()


def test_columns_of_few_values_are_attributes_in_their_order(tmp_path):
    data = loaded(written(tmp_path / "own", {**IMAGES, "metadata.csv": CSV}))
    assert levels(data) == [0, 1, 2, 3]
    assert labelled(data) == SAID
    assert [a.values for a in data.attributes] == [("blond", "red"), ("happy", "sad")]
    assert data.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + CSV,
        CSV.replace("\n", "\r\n"),
        CSV.replace(",", ";"),
        CSV.replace(",", "\t"),
        CSV.replace("file_name", '"file_name"').replace("red", '"red"'),
        CSV.replace(".png,", ".png,").replace("\n0", "\n./0"),
        CSV + "\n\n",
    ],
    ids=["BOM", "CRLF", "semicolons", "tabs", "quoted", "dot", "empty lines"],
)
def test_a_table_of_any_spreadsheet_says_the_same(tmp_path, text):
    assert labelled(loaded(written(tmp_path / "own", {**IMAGES, "metadata.csv": text}))) == SAID


def test_utf_16_is_read(tmp_path):
    table = CSV.replace("red", "ročk").encode("utf-16")
    data = loaded(written(tmp_path / "own", {**IMAGES, "metadata.csv": table}))
    assert labelled(data)["hair"] == ["ročk", "blond"] * 2


def test_lines_of_json_and_parquet_say_the_same(tmp_path):
    lines = "".join(json.dumps(row) + "\r\n" for row in rows(CSV))
    assert labelled(loaded(written(tmp_path / "lines", {**IMAGES, "metadata.jsonl": lines}))) == SAID
    table = as_parquet(tmp_path)
    assert labelled(loaded(written(tmp_path / "parquet", {**IMAGES, "metadata.parquet": table}))) == SAID


def test_a_zip_says_the_same(tmp_path):
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        for name, data in {**IMAGES, "metadata.csv": CSV}.items():
            archive.writestr(f"all/{name}", data)
    assert labelled(loaded(tmp_path / "own.zip")) == SAID


def test_names_are_seen_from_the_folder_of_their_table(tmp_path):
    table = "file_name,hair\nin/0.png,red\nin/1.png,blond\n"
    files = {f"{split}/in/{i}.png": png(i) for split in ("test", "train") for i in range(2)}
    tables = {"train/metadata.csv": table, "test/metadata.csv": table.replace("red", "grey")}
    assert labelled(loaded(written(tmp_path / "own", files | tables))) == {"hair": ["grey", "blond", "red", "blond"]}


def test_class_folders_stay_the_class_unless_a_column_tells_it(tmp_path):
    files = {f"{'cat' if i < 2 else 'dog'}/{i}.png": png(i) for i in range(4)}
    table = "file_name,KIND\n" + "".join(f"{name},{'ab'[i % 2]}\n" for i, name in enumerate(files))
    first = loaded(written(tmp_path / "first", files | {"metadata.csv": table.replace("KIND", "fur")}))
    assert labelled(first) == {"class": ["cat", "cat", "dog", "dog"], "fur": ["a", "b", "a", "b"]}
    second = loaded(written(tmp_path / "second", files | {"metadata.csv": table.replace("KIND", "label")}))
    assert labelled(second) == {"label": ["a", "b", "a", "b"]}
    assert second.notes == ("the classes are those of the table, not the folders",)
    same = "file_name,label\n" + "".join(f"{name},same\n" for name in files)
    third = loaded(written(tmp_path / "third", files | {"metadata.csv": same}))
    assert labelled(third) == {"class": ["cat", "cat", "dog", "dog"]}


def test_all_rows_that_cannot_be_used_are_told(tmp_path):
    table = CSV + "0.png,grey,\n../../etc/passwd,red,\n/0.png,red,\nC:\\0.png,red,\ngone.png,red,\n,red,\n1.png,red\n"
    data = loaded(written(tmp_path / "own", {**IMAGES, "4.png": png(4), "metadata.csv": table}))
    assert labelled(data) == {name: [*values, None] for name, values in SAID.items()}
    assert data.notes == (
        "metadata.csv: rows left out, as they do not have 3 cells: 1 (line 12)",
        "metadata.csv: rows for files outside of the folder: 3 (../../etc/passwd, /0.png, C:\\0.png)",
        "metadata.csv: rows for files that are not there, or no images: 1 (gone.png)",
        "metadata.csv: rows that repeat an image, of which the first counts: 1 (0.png)",
        "metadata.csv: rows without a file_name: 1",
        "images without a row in the metadata: 1 (4.png)",
    )


@pytest.mark.parametrize(
    ("name", "table", "told"),
    [
        ("metadata.csv", "a,b\n1,2\n", "it has no column file_name (found: a, b)"),
        ("metadata.csv", "", "it has no column file_name (found: nothing)"),
        ("metadata.csv", bytes(range(128, 256)), "it has no column file_name"),
        ("metadata.csv", b"\xff\xfea", "truncated data"),
        ("metadata.jsonl", "[1]\n{broken\n", "it has no column file_name (found: nothing)"),
        ("metadata.parquet", b"PAR1 and no more", "parquet"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_and_the_images_are_there(tmp_path, name, table, told):
    data = loaded(written(tmp_path / "own", {**IMAGES, name: table}))
    assert (len(data), data.attributes) == (4, ())
    assert f"{name} was not read: " in data.notes[-1]
    assert told in data.notes[-1]


def test_lines_that_are_no_objects_are_counted(tmp_path):
    lines = [json.dumps({"file_name": f"{i}.png", "mood": "ab"[i % 2]}) for i in range(4)]
    text = "\n".join([*lines[:2], "", "{broken", *lines[2:], "[1]"])
    data = loaded(written(tmp_path / "own", {**IMAGES, "metadata.jsonl": text}))
    assert labelled(data) == {"mood": ["a", "b", "a", "b"]}
    assert data.notes == ("metadata.jsonl: lines left out, as they are no objects of JSON: 2 (line 4, line 7)",)


def test_a_table_alone_is_no_set_of_images(tmp_path):
    data = written(tmp_path / "own", {"0.png": png(0), "1.png": png(1), "metadata.csv": "file_name\n0.png\n1.png\n"})
    assert loaded(data).attributes == ()


def test_values_without_an_image_that_can_be_used_are_left_out(tmp_path):
    files = {**IMAGES, "3.png": b"broken"}
    data = loaded(written(tmp_path / "own", files | {"metadata.csv": CSV.replace("3.png,blond", "3.png,bald")}))
    assert labelled(data) == {"hair": ["red", "blond", "red"], "mood": [None, "sad", "happy"]}
    assert "left out as values of hair, as no image could be used: bald" in data.notes


def test_other_values_make_another_data_set(tmp_path):
    first = loaded(written(tmp_path / "own", {**IMAGES, "metadata.csv": CSV}))
    second = loaded(
        written(tmp_path / "own", {"metadata.csv": CSV.replace("sad", "s").replace("0.png,red", "0.png,blond")})
    )
    assert first.fingerprint != second.fingerprint
    assert labelled(second)["hair"][0] == "blond"


# ---- columns by themselves


def attributes(values: list, name: str = "n") -> tuple[tuple[str, ...], list[int], tuple[str, ...]]:
    """(names of the values, label of each row, notes) of a single column; (), [] where it is no attribute."""
    table = Table(len(values))
    table.columns[name] = values
    known = attributes_of(table)
    return known.attributes[0].values if known.attributes else (), [i for row in known.labels for i in row], known.notes


@pytest.mark.parametrize(
    ("values", "named", "labels"),
    [
        (["b", "a", "b", "a"], ("a", "b"), [1, 0, 1, 0]),
        ([10, 9, 10, 9], ("9", "10"), [1, 0, 1, 0]),
        (["10", "9.0", "10.0", "9"], ("9", "10"), [1, 0, 1, 0]),
        ([True, False, None, True], ("false", "true"), [1, 0, -1, 1]),
        ([float("nan"), 0.5, 1.5, 0.5, 1.5], ("0.5", "1.5"), [-1, 0, 1, 0, 1]),
        (["", " x ", "x", "nan", "7", "7"], ("7", "x"), [-1, 1, 1, -1, 0, 0]),
    ],
)
def test_values_are_sorted_and_missing_ones_unknown(values, named, labels):
    assert attributes(values) == (named, labels, ())


def test_many_numbers_are_taken_in_quarters():
    named, labels, notes = attributes([i / 2 for i in range(100)] + [None])
    assert named == ("up to 12.38", "12.38 to 24.75", "24.75 to 37.12", "above 37.12")
    assert [labels.count(i) for i in range(4)] == [25, 25, 25, 25]
    assert labels[-1] == -1
    assert attributes([0] * 90 + list(range(30)))[0] == ("up to 0", "above 0")
    assert notes[0].startswith("numbers taken in groups of as many images: n (up to 12.38, ")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (list(range(100)), "a different number for each image"),
        ([f"a text of its own {i}" for i in range(100)], "100 different values in 100 images"),
        ([f"{i % 101}x" for i in range(1000)], "101 different values in 1000 images"),
        ([None, ""], "no values"),
        (["x", "x", None], "always x"),
        ([[1, 2], [3, 4]], "not one value for an image"),
        ([99] * 970 + list(range(30)), "nearly always the same number"),
    ],
)
def test_what_tells_no_groups_apart_is_no_attribute(values, why):
    assert attributes(values) == ((), [], (f"columns that are not attributes: n ({why})",))


def test_a_class_may_have_a_thousand_values():
    named, _, notes = attributes([f"c{i % 1000}" for i in range(2000)], name="Label")
    assert (len(named), notes) == (1000, ())
    assert attributes([f"c{i}" for i in range(1001)], name="label")[0] == ()


def test_the_class_comes_first_and_its_names_are_known():
    table = Table(3)
    table.columns |= {"hair": ["a", "b", "a"], "label": [2, 0, None]}
    table.names = {"label": ["cat", "dog", "eel"]}
    known = attributes_of(table)
    assert [a.name for a in known.attributes] == ["label", "hair"]
    assert known.attributes[0].values == ("cat", "dog", "eel")
    assert known.labels == [(2, 0), (0, 1), (-1, 0)]


def test_of_very_many_columns_the_first_are_kept():
    table = Table(4)
    for i in range(5000):
        for row in range(4):
            table.put(row, f"c{i:04}", row % 2)
    known = attributes_of(table)
    assert len(known.attributes) == 100
    assert known.notes == ("900 columns beyond the first 100 were left out",)
