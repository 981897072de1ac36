"""Facts about uploaded images: what is taken, under which names, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.tabs.train import control
from trainer.util.errors import UserError


def image(path: Path) -> str:
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)
    return str(path)


def test_uploaded_images_become_a_folder_to_train_on(tmp_path: Path):
    files = [image(tmp_path / name) for name in ("b.png", "a.JPG")]
    folder = control.take_upload(files, "mine", tmp_path / "data")
    assert sorted(path.name for path in folder.iterdir()) == ["000000.png", "000001.jpg"]
    with pytest.raises(UserError, match="An upload 'mine' already exists"):
        control.take_upload([image(tmp_path / "c.png")], "mine", tmp_path / "data")


@pytest.mark.parametrize("kind", control.WHOLE)
def test_an_uploaded_file_of_many_images_is_taken_as_it_is(tmp_path: Path, kind: str):
    (tmp_path / f"x{kind.upper()}").write_bytes(b"PK")
    taken = control.take_upload([str(tmp_path / f"x{kind.upper()}")], "z", tmp_path)
    assert taken == tmp_path / "uploads" / "z" / f"images{kind}"
    assert taken.read_bytes() == b"PK"


@pytest.mark.parametrize("names", [[], ["x.exe"], ["a.png", "b.zip"], ["a.zip", "b.zip"], ["a.png", "metadata.csv"]])
def test_an_upload_that_is_no_images_is_refused(tmp_path: Path, names: list[str]):
    files = []
    for name in names:
        (tmp_path / name).touch()
        files.append(str(tmp_path / name))
    with pytest.raises(UserError, match="upload images"):
        control.take_upload(files, "mine", tmp_path)
    assert not (tmp_path / "uploads").exists()


def test_a_huge_upload_and_an_odd_name_are_refused(tmp_path: Path):
    with pytest.raises(UserError, match="at most"):
        control.take_upload([image(tmp_path / "a.png")], "mine", tmp_path, maximum=10)
    with pytest.raises(UserError, match="cannot name"):
        control.take_upload([image(tmp_path / "a.png")], "../mine", tmp_path)
