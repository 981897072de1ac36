"""Facts about reading a person's own images from a folder or zip."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.data import NoHeldOut, load
from trainer.data.decoding import to_rgb
from trainer.data.gathering import find_classes
from trainer.util.errors import UserError

RED = (255, 0, 0)


def save(path: Path, mode: str = "RGB", color=RED, size: tuple[int, int] = (16, 16), **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)


def loaded(path: Path, tmp_path: Path, resolution: int = 8, **options):
    return load(str(path), resolution=resolution, data_dir=tmp_path / "data", progress=False, **options)


@pytest.fixture
def mixed(tmp_path):
    """Two classes, every awkward mode, two broken files, and files that are none of our business."""
    root = tmp_path / "mixed"
    save(root / "cat" / "a_red.png")
    save(root / "cat" / "b_clear.png", "RGBA", (0, 0, 0, 0))
    save(root / "cat" / "c_grey16.png", "I;16", 65535)
    save(root / "dog" / "d_cmyk.jpg", "CMYK", (0, 0, 0, 0))
    save(root / "dog" / "e_palette.gif", "P", 0)
    save(root / "dog" / "deep" / "f_la.png", "LA", (0, 255))
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(root / "dog" / "g_cut.jpg")
    (root / "dog" / "g_cut.jpg").write_bytes((root / "dog" / "g_cut.jpg").read_bytes()[:1000])
    (root / "dog" / "h_text.png").write_text("no image at all")
    (root / "readme.txt").write_text("no image by name")
    save(root / ".hidden" / "i.png")
    save(root / "__MACOSX" / "j.png")
    return root


def test_every_mode_becomes_rgb_and_broken_files_are_noted(mixed, tmp_path):
    data = loaded(mixed, tmp_path)
    assert data.images.shape == (6, 8, 8, 3)
    assert (data.images == data.images[:, :1, :1]).all(axis=(1, 2, 3)).all()
    white, black = [255] * 3, [0] * 3
    assert data.images[:, 0, 0].tolist() == [list(RED), white, white, white, black, black]
    assert data.attributes[0].values == ("cat", "dog")
    assert data.labels[:, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert data.notes == (
        "left out, as they are not images: 2 hidden, 1 .txt",
        "1 image has more than 8 bits per channel, from 65535 to 65535: 0 is shown as black and 65535 as white; "
        "change this with PATH:range=LOW-HIGH",
        "2 of 8 files could not be read: dog/g_cut.jpg (truncated), dog/h_text.png (not an image)",
    )


def test_a_zip_of_the_folder_gives_the_same(mixed, tmp_path):
    archive = tmp_path / "mixed.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in mixed.rglob("*"):
            file.write(path, Path("mixed") / path.relative_to(mixed))
    a, b = loaded(mixed, tmp_path), loaded(archive, tmp_path)
    assert np.array_equal(a.images, b.images)
    assert np.array_equal(a.labels, b.labels)
    assert a.attributes == b.attributes


def test_a_changed_zip_is_packed_anew(tmp_path):
    archive = tmp_path / "own.zip"
    for color in [RED, (0, 255, 0)]:
        with zipfile.ZipFile(archive, "w") as file:
            for name in ("a.png", "b.png"):
                save(tmp_path / name, color=color)
                file.write(tmp_path / name, name)
        assert loaded(archive, tmp_path).images[0, 0, 0].tolist() == list(color)


def test_one_image_is_too_few(tmp_path):
    save(tmp_path / "own" / "only.png")
    with pytest.raises(UserError, match="own has 1 usable image;"):
        loaded(tmp_path / "own", tmp_path)


def test_only_broken_images_give_an_example(tmp_path):
    (tmp_path / "own").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "own" / name).write_text("text")
    with pytest.raises(UserError, match=r"0 usable images, 2 more could not be read.*a\.png \(not an image\)"):
        loaded(tmp_path / "own", tmp_path)


def test_no_images_counts_what_was_ignored(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.txt").write_text("text")
    with pytest.raises(UserError, match=r"has no images \(found: 1 \.txt\)"):
        loaded(tmp_path / "own", tmp_path)


def test_small_images_are_enlarged_and_counted(tmp_path):
    save(tmp_path / "own" / "small.png", size=(8, 8))
    save(tmp_path / "own" / "large.png", size=(16, 16))
    data = loaded(tmp_path / "own", tmp_path, resolution=16)
    assert data.notes == ("1 of 2 images are smaller than 16 x 16 and were enlarged",)
    assert data.attributes == ()
    assert data.labels.shape == (2, 0)


def test_images_are_turned_upright_and_cropped_in_the_middle(tmp_path):
    pixels = np.zeros((8, 16, 3), dtype=np.uint8)
    pixels[:4, 4:12] = 255  # the top half of the middle
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    (tmp_path / "own").mkdir()
    Image.fromarray(pixels).save(tmp_path / "own" / "a.png")
    Image.fromarray(pixels[::-1, ::-1]).save(tmp_path / "own" / "b.png", exif=exif)
    upright, turned = loaded(tmp_path / "own", tmp_path).images
    assert (upright[:4] == 255).all()
    assert (upright[4:] == 0).all()
    assert np.array_equal(upright, turned)


def test_an_image_of_too_many_pixels_counts_as_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    for name, size in [("a", (16, 16)), ("b", (16, 16)), ("c", (20, 20)), ("d", (40, 40))]:
        save(tmp_path / "own" / f"{name}.png", size=size)
    data = loaded(tmp_path / "own", tmp_path)
    assert len(data) == 2
    assert data.notes[0].startswith("2 of 4 files could not be read: c.png (more than")


def test_a_password_and_a_broken_zip_are_sentences(tmp_path):
    save(tmp_path / "a.png")
    archive = tmp_path / "own.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(tmp_path / "a.png", "a.png")
    whole = archive.read_bytes()
    entry = whole.rindex(b"PK\x01\x02")  # the directory's record; its flags are at byte 8, bit 0 = encrypted
    archive.write_bytes(whole[: entry + 8] + b"\x01" + whole[entry + 9 :])
    with pytest.raises(UserError, match="password-protected"):
        loaded(archive, tmp_path)
    archive.write_bytes(whole[:-30])
    with pytest.raises(UserError, match="neither a folder nor a readable zip"):
        loaded(archive, tmp_path)


def test_a_file_of_a_zip_without_a_name_is_left_out(tmp_path):
    save(tmp_path / "a.png")
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        for name in ("a.png", "b.png", "?"):
            archive.write(tmp_path / "a.png", name)
        archive.filelist[-1].filename = ""
    assert loaded(tmp_path / "own.zip", tmp_path).notes == ("left out, as they are not images: 1 hidden",)


@pytest.mark.parametrize("prefix", ["", "folder:"])
def test_all_images_of_a_folder_are_trained_on(mixed, tmp_path, prefix):
    with pytest.raises(NoHeldOut):
        load(f"{prefix}{mixed}", resolution=8, data_dir=tmp_path / "data", held_out=True, progress=False)


def test_a_limit_keeps_every_class(tmp_path):
    for name in "abc":
        for i in range(4):
            save(tmp_path / "own" / name / f"{i}.png")
    assert loaded(tmp_path / "own", tmp_path, limit=6).labels[:, 0].tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("names", "classes", "of_file"),
    [
        (["a.png", "b.png"], (), [-1, -1]),
        (["all/a.png", "all/b.png"], (), [-1, -1]),
        (["all/cat/a.png", "all/dog/b.png"], ("cat", "dog"), [0, 1]),
        (["train/cat/a.png", "train/dog/b.png", "test/cat/c.png"], ("cat", "dog"), [0, 1, 0]),
        (["train/a.png", "test/b.png"], (), [-1, -1]),
        (["cat/a.png", "b.png"], ("cat",), [0, -1]),
    ],
)
def test_classes_are_the_topmost_folders_that_tell_images_apart(names, classes, of_file):
    assert find_classes(names)[:2] == (classes, of_file)


def test_16_bits_are_scaled_not_clipped():
    image = Image.fromarray(np.array([[0, 257, 65535]], dtype=np.uint16))
    assert np.asarray(to_rgb(image))[0, :, 0].tolist() == [0, 1, 255]
