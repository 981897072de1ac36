"""Facts about data sets of the Hub, from a Hub on this machine."""

import io
import zipfile

import numpy as np
import pytest

from tests.trainer.data.images import labelled, levels, png
from tests.trainer.data.test_parquet import images, table
from tests.trainer.data.test_tars import sample, tar
from trainer.data import Dataset, load
from trainer.data.hub import LICENCE, brought
from trainer.data.spelling import is_path, same_source
from trainer.util.errors import UserError
from trainer.util.hub import Limits

CARD = b"---\npretty_name: Greys\nlicense: cc-by-4.0\ntags:\n- grey\n---\n# Greys\n"
IMAGES = {f"train/{name}/{i}.png": png(i) for i, name in enumerate(["cat", "dog", "cat"])}


def loaded(tmp_path, address: str = "hf://datasets/user/greys", **options) -> Dataset:
    return load(address, resolution=8, data_dir=tmp_path / "data", progress=False, **options)


def test_a_repository_of_images_is_read_as_a_folder(hub, tmp_path):
    hub.put("datasets/user/greys", IMAGES | {"README.md": CARD, "script.py": b"raise SystemExit"})
    data = loaded(tmp_path)
    assert (data.name, data.licence) == ("user/greys", "cc-by-4.0")
    assert data.credit == "the data set user/greys of the Hugging Face Hub (https://huggingface.co/datasets/user/greys)"
    assert (levels(data), labelled(data)) == ([0, 2, 1], {"class": ["cat", "cat", "dog"]})
    assert not [path for _, path in hub.asked if "script.py" in path]


def test_metadata_comes_along(hub, tmp_path):
    table = b"file_name,hair\n0.png,red\n1.png,grey\n"
    hub.put("datasets/user/greys", {"data/0.png": png(0), "data/1.png": png(1), "data/metadata.csv": table})
    assert labelled(loaded(tmp_path)) == {"hair": ["red", "grey"]}
    assert loaded(tmp_path).licence == "not stated"


def test_a_revision_a_path_and_a_way_can_be_named(hub, tmp_path):
    wide = {f"a/{i}.png": png(i, (8, 4)) for i in range(2)}
    hub.put("datasets/user/greys", wide | {f"b/{i}.PNG": png(9) for i in range(2)}, revision="old")
    hub.put("datasets/user/greys", IMAGES)
    data = loaded(tmp_path, "hf://datasets/user/greys@old/a:pad")
    assert levels(data) == [255, 255]
    assert levels(loaded(tmp_path, "hf://datasets/user/greys@old/b")) == [9, 9]


def test_tars_and_an_archive_are_read(hub, tmp_path):
    shard = tar(tmp_path / "0.tar", sample("0", 3, cls=b"a") | sample("1", 4, cls=b"b")).read_bytes()
    hub.put("datasets/user/greys", {"shards/train-0.tar": shard, "README.md": CARD})
    assert labelled(loaded(tmp_path)) == {"class": ["a", "b"]}
    packed, saved = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in IMAGES.items():
            archive.writestr(name, data)
    np.savez(saved, x=np.full((2, 8, 8, 3), 7, np.uint8))
    hub.put("datasets/user/zipped", {"images.zip": packed.getvalue()})
    assert levels(loaded(tmp_path, "hf://datasets/user/zipped")) == [0, 2, 1]
    hub.put("datasets/user/several", {"a.zip": packed.getvalue(), "b.npz": saved.getvalue()})
    with pytest.raises(UserError, match=r"has several archives: a\.zip, b\.npz"):
        loaded(tmp_path, "hf://datasets/user/several")
    assert levels(loaded(tmp_path, "hf://datasets/user/several/b.npz")) == [7, 7]


def test_what_is_here_is_read_where_the_hub_does_not_answer(hub, tmp_path):
    hub.put("datasets/user/greys", IMAGES)
    first = loaded(tmp_path)
    hub.close()
    assert loaded(tmp_path).fingerprint == first.fingerprint


def test_tables_are_not_downloaded_where_nothing_reads_them(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("trainer.data.hub.find_spec", lambda name: None)
    hub.put("datasets/user/greys", {"data/train-0.parquet": b"PAR1" * 1000})
    with pytest.raises(UserError, match=r"train-0\.parquet\)\. Tables of parquet need pyarrow: `pip install"):
        loaded(tmp_path)
    assert not [path for _, path in hub.asked if path.endswith(".parquet")]


def test_of_a_large_repository_a_part_can_be_named(hub):
    hub.put("datasets/user/greys", IMAGES)
    with pytest.raises(UserError, match=r"limit of 0 MB for this use\. Put the path of a part of it behind"):
        brought("hf://datasets/user/greys", Limits(size=10))


def test_tables_are_read_where_they_can_be(hub, tmp_path):
    pytest.importorskip("pyarrow")
    for name, count in (("train-0", 3), ("test-0", 2)):
        table(tmp_path / f"{name}.parquet", {"image": images(count), "label": [0, 1, 1][:count]}, {"label": ["a", "b"]})
    files = {f"data/{name}.parquet": (tmp_path / f"{name}.parquet").read_bytes() for name in ("train-0", "test-0")}
    hub.put("datasets/user/greys", files)
    assert labelled(loaded(tmp_path)) == {"label": ["a", "b", "b"]}
    assert len(loaded(tmp_path, held_out=True)) == 2


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("hf", "No address"),
        ("hf:user/greys", "Write hf://datasets/user/repo"),
        ("hf://user/greys", "is a model on the Hub"),
        ("hf://datasets/user/none", "user/none"),
        (
            "hf://datasets/user/texts",
            r"has no images, tars, tables or archives \(found in the repository: texts\.jsonl\)",
        ),
        ("hf://datasets/", "not an address"),
    ],
)
def test_what_is_no_data_set_is_a_sentence(hub, tmp_path, address, said):
    hub.put("datasets/user/texts", {"texts.jsonl": b"{}"})
    with pytest.raises(UserError, match=said):
        loaded(tmp_path, address)


def test_an_address_is_no_path_that_could_be_moved():
    address = "hf://datasets/user/greys"
    assert not is_path(address)
    assert same_source(address, address)


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: mit\n---\n", "mit"),
        ("---\nlicense:\n- cc0-1.0\n- other\n---\n", "cc0-1.0"),
        ('---\nname: x\nlicense: "apache-2.0"\n---\n', "apache-2.0"),
        ("# license: mit\n", None),
    ],
)
def test_the_licence_is_the_card_s(card, licence):
    found = LICENCE.match(card)
    assert (found and found[1]) == licence
