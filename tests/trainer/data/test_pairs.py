"""Pairs of images: how they may lie, which of two is given, and what is told of those that do not fit."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.trainer.data.images import png, written
from trainer.data import Dataset, NoHeldOut, load
from trainer.util.errors import UserError

A, B = 40, 200  # levels of the first images of either side; the others follow


def paired(path: Path, way: str = "", **options) -> Dataset:
    options = {"resolution": 8, "data_dir": path.parent / "data", "progress": False} | options
    return load(f"pairs:{path}{way}", **options)


def levels(data: Dataset) -> list[tuple[int, int]]:
    """(level of what is given, level of what is to be made of it) of each pair."""
    return [*zip(data.given_images[:, 0, 0, 0].tolist(), data.images[:, 0, 0, 0].tolist(), strict=True)]


def beside(left: int, right: int, size: tuple[int, int] = (16, 8)) -> bytes:
    """An image whose halves have a level each."""
    pixels = np.full((size[1], size[0], 3), left, np.uint8)
    pixels[:, size[0] // 2 :] = right
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


WAYS = {
    "A and B": ("A/{}.png", "B/{}.png"),
    "trainA and trainB": ("trainA/{}.png", "trainB/{}.png"),
    "A/train and B/train": ("A/train/{}.png", "B/train/{}.png"),
    "train/a in a folder of the set": ("facades/train/a/{}.png", "facades/train/b/{}.png"),
    "names that say the side": ("trainA/{}_A.png", "trainB/{}_B.png"),
    "two suffixes": ("A/{}.png", "B/{}.webp"),
    "folders within": ("A/x/{}.png", "B/x/{}.png"),
}


@pytest.mark.parametrize("way", WAYS)
def test_equal_names_are_a_pair_wherever_they_lie(way, tmp_path):
    a, b = WAYS[way]
    files = {a.format(i): png(A + i) for i in range(3)} | {b.format(i): png(B + i) for i in range(3)}
    data = paired(written(tmp_path / "set", files))
    assert levels(data) == [(A, B), (A + 1, B + 1), (A + 2, B + 2)]
    assert data.paired
    assert data.given.channels == 3
    assert levels(paired(tmp_path / "set", ":ba")) == [(B, A), (B + 1, A + 1), (B + 2, A + 2)]


def test_halves_of_one_image_are_a_pair(tmp_path):
    folder = written(tmp_path / "set", {f"{i}.png": beside(A + i, B + i) for i in range(2)})
    assert levels(paired(folder)) == [(A, B), (A + 1, B + 1)]
    assert levels(paired(folder, ":ba")) == [(B, A), (B + 1, A + 1)]
    assert paired(folder).fingerprint != paired(folder, ":ba").fingerprint


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_is_read_where_it_lies(kind, tmp_path):
    files = {f"set/{side}/{i}.png": png(level + i) for side, level in (("A", A), ("B", B)) for i in range(2)}
    path = tmp_path / f"set.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(path, "w") as tar:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    assert levels(paired(path)) == [(A, B), (A + 1, B + 1)]


def test_a_test_split_is_held_out(tmp_path):
    files = {f"{split}/{i}.png": beside(A + i, B) for split in ("train", "val") for i in range(2)}
    folder = written(tmp_path / "set", files | {"val/2.png": beside(A + 2, B)})
    assert len(paired(folder)) == 2
    assert levels(paired(folder, held_out=True)) == [(A, B), (A + 1, B), (A + 2, B)]
    with pytest.raises(NoHeldOut):
        paired(written(tmp_path / "flat", {f"{i}.png": beside(A, B) for i in range(2)}), held_out=True)


def test_one_side_alone_is_told(tmp_path):
    folder = written(tmp_path / "set", {f"A/{i}.png": png(A) for i in range(3)})
    with pytest.raises(UserError, match=r"has images of A \(3\) and none of B\. .*--data-a and --data\.$"):
        paired(folder)


def test_names_that_do_not_match_are_told_with_both_counts(tmp_path):
    files = {f"A/{i}.png": png(A) for i in range(3)} | {f"B/x{i}.png": png(B) for i in range(2)}
    with pytest.raises(UserError, match=r"do not match: A has 3 images and B 2, of which 0 .*A/0\.png, A/1\.png"):
        paired(written(tmp_path / "set", files))


def test_an_image_without_a_partner_is_left_out_and_named(tmp_path):
    files = {f"A/{i}.png": png(A) for i in range(3)} | {f"B/{i}.png": png(B) for i in range(2)}
    data = paired(written(tmp_path / "set", files | {"readme/4.png": png(0)}))
    assert len(data) == 2
    assert "A has 3 images and B 2; left out, as they have no partner: A/2.png" in data.notes
    assert "left out, as they lie neither in A nor in B: 1 images" in data.notes


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (beside(A, B, (17, 8)), r"17 pixels wide, an odd number"),
        (beside(A, B, (8, 8)), r"8 x 8 is one image, not two"),
        (b"no image", r"not an image"),
    ],
)
def test_an_image_that_holds_no_two_is_told_and_left_out(bad, reason, tmp_path):
    files = {f"{i}.png": beside(A, B) for i in range(2)} | {"2.png": bad}
    data = paired(written(tmp_path / "set", files))
    assert len(data) == 2
    with pytest.raises(UserError, match=rf"0 usable images, 2 more .*0\.png \({reason}"):
        paired(written(tmp_path / "all", {f"{i}.png": bad for i in range(2)}))


def test_two_of_another_shape_are_no_pair(tmp_path):
    files = {f"A/{i}.png": png(A, (8, 16)) for i in range(2)} | {f"B/{i}.png": png(B) for i in range(2)}
    with pytest.raises(UserError, match=r"its pair is 8 x 16 and it is 8 x 8, another shape"):
        paired(written(tmp_path / "set", files))


def test_two_of_one_shape_may_have_two_sizes(tmp_path):
    files = {f"A/{i}.png": png(A, (32, 32)) for i in range(2)} | {f"B/{i}.png": png(B) for i in range(2)}
    assert levels(paired(written(tmp_path / "set", files))) == [(A, B), (A, B)]


def test_a_direction_belongs_to_pairs(tmp_path):
    folder = written(tmp_path / "set", {f"{i}.png": png(A) for i in range(2)})
    with pytest.raises(UserError, match=r"write pairs:set:ba"):
        load(f"{folder}:ba", resolution=8, data_dir=tmp_path)


@pytest.mark.parametrize(
    ("name", "message"), [("pairs:", "No pairs given"), ("pairs:/nowhere", "no pairs at /nowhere")]
)
def test_a_path_that_is_none_is_told(name, message, tmp_path):
    with pytest.raises(UserError, match=message):
        load(name, resolution=8, data_dir=tmp_path)
