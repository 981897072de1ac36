"""Facts about images in .npy and .npz files: shapes, numbers, labels, splits, and what is refused."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.trainer.data.images import loaded
from trainer.data import NoHeldOut
from trainer.data.arrays import arrays_of
from trainer.data.folder import look
from trainer.util.errors import UserError

COLOURS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)


def npy(folder: Path, images: np.ndarray) -> Path:
    np.save(folder / "own.npy", images)
    return folder / "own.npy"


def npz(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez_compressed(folder / "own.npz", **arrays)
    return folder / "own.npz"


@pytest.mark.parametrize("write", [npy, lambda folder, images: npz(folder, images=images)], ids=["npy", "npz"])
def test_bytes_of_the_wanted_size_are_taken_as_they_are(tmp_path, write):
    data = loaded(write(tmp_path, COLOURS))
    assert np.array_equal(data.images, COLOURS)
    assert (data.attributes, data.notes) == ((), ())


@pytest.mark.parametrize("shape", [(6, 8, 8), (6, 8, 8, 1), (6, 1, 8, 8)])
def test_grey_images_stay_grey(tmp_path, shape):
    grey = COLOURS[..., 0]
    assert np.array_equal(loaded(npy(tmp_path, grey.reshape(shape))).images, grey[..., None])


def test_channels_may_stand_first_and_that_is_told(tmp_path):
    data = loaded(npz(tmp_path, x=COLOURS.transpose(0, 3, 1, 2)))
    assert np.array_equal(data.images, COLOURS)
    assert data.notes == ("x is read as N x C x H x W",)


def test_transparency_is_over_white(tmp_path):
    clear = np.concatenate([COLOURS, np.zeros((6, 8, 8, 1), np.uint8)], axis=3)
    assert (loaded(npy(tmp_path, clear)).images == 255).all()


def test_other_sizes_are_resized_as_files_of_a_folder_are(tmp_path):
    wide = np.random.default_rng(1).integers(0, 256, (3, 20, 30, 3), np.uint8)
    (tmp_path / "folder").mkdir()
    for i, pixels in enumerate(wide):
        Image.fromarray(pixels).save(tmp_path / "folder" / f"{i}.png")
    for way in ("", ":pad", ":stretch"):
        data = loaded(npy(tmp_path, wide), way=way)
        assert np.array_equal(data.images, loaded(tmp_path / "folder", way=way).images)
        assert "3 of 3 images are larger than 8 x 8 and were reduced, antialiased" in data.notes
    assert loaded(npy(tmp_path, wide)).notes[-1].startswith("3 of 3 images are not square and were cropped")
    large = loaded(npy(tmp_path, wide), resolution=32)
    assert large.notes[0] == "3 of 3 images are smaller than 32 x 32 and were enlarged"


@pytest.mark.parametrize(
    ("images", "told"),
    [
        (COLOURS.astype(np.float32) / 255, "0 is shown as black and 1 as white"),
        (COLOURS.astype(np.float64) / 127.5 - 1, "-1 is shown as black and 1 as white"),
        (COLOURS.astype(np.uint16) * 257, "0 is shown as black and 65535 as white"),
        (COLOURS.astype(np.int64), "0 is shown as black and 255 as white"),
        (COLOURS.astype(">f4"), "0 is shown as black and 255 as white"),
    ],
)
def test_other_numbers_are_scaled_by_the_whole_array_and_that_is_told(tmp_path, images, told):
    data = loaded(npy(tmp_path, images))
    assert np.array_equal(data.images, COLOURS)
    assert told in data.notes[0]


def test_a_range_that_is_given_wins(tmp_path):
    data = loaded(npy(tmp_path, np.full((2, 8, 8), 0.5)), way=":range=0-0.5")
    assert (data.images == 255).all()


def test_truth_values_are_black_and_white(tmp_path):
    assert np.array_equal(loaded(npy(tmp_path, COLOURS > 127)).images, np.where(COLOURS > 127, 255, 0))


@pytest.mark.parametrize("name", ["labels", "label", "y", "arr_1"])
@pytest.mark.parametrize(
    "labels",
    [np.array([3, 1, 3, 1, 7, 7]), np.array([[3], [1], [3], [1], [7], [7]]), np.array([3.0, 1, 3, 1, 7, 7])],
    ids=["plain", "column", "float"],
)
def test_labels_are_the_class(tmp_path, name, labels):
    data = loaded(npz(tmp_path, **{"arr_0": COLOURS, name: labels}))
    assert [(a.name, a.values) for a in data.attributes] == [("class", ("1", "3", "7"))]
    assert data.labels[:, 0].tolist() == [1, 0, 1, 0, 2, 2]


def test_one_hot_rows_and_names_are_labels(tmp_path):
    one_hot = loaded(npz(tmp_path, x=COLOURS, y=np.eye(3)[[0, 1, 2, 2, 1, 0]]))
    assert one_hot.labels[:, 0].tolist() == [0, 1, 2, 2, 1, 0]
    names = loaded(npz(tmp_path, x=COLOURS, y=np.array(["dog", "cat"] * 3)))
    assert names.attributes[0].values == ("cat", "dog")
    assert names.labels[:, 0].tolist() == [1, 0] * 3


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (np.zeros((6, 40)), "y are no labels: they have 40 values an image"),
        (np.array([{}] * 6, object), "y are no labels: they are Python objects, which are never unpickled"),
        (np.arange(5), "left out of the file: y (5, int64)"),
        (np.full(6, 3), "columns that are not attributes: class (always 3)"),
    ],
)
def test_what_is_no_label_is_told(tmp_path, labels, told):
    data = loaded(npz(tmp_path, x=COLOURS, y=labels))
    assert (data.attributes, data.notes) == ((), (told,))


def test_a_test_split_is_held_out(tmp_path):
    split = {
        "x_train": COLOURS[:3],
        "y_train": np.array([0, 1, 0]),
        "x_test": COLOURS[3:],
        "y_test": np.array([1, 0, 0]),
    }
    path = npz(tmp_path, **split)
    assert np.array_equal(loaded(path).images, COLOURS[:3])
    assert loaded(path).notes == ("left out of the file: x_test (3 x 8 x 8 x 3, uint8), y_test (3, int64)",)
    unseen = loaded(path, held_out=True)
    assert np.array_equal(unseen.images, COLOURS[3:])
    assert unseen.labels[:, 0].tolist() == [1, 0, 0]
    with pytest.raises(NoHeldOut):
        loaded(npz(tmp_path, x=COLOURS), held_out=True)


def test_a_limit_is_spread_over_the_array(tmp_path):
    data = loaded(npz(tmp_path, x=COLOURS, y=np.array([0, 0, 1, 1, 2, 2])), limit=3)
    assert np.array_equal(data.images, COLOURS[::2])
    assert data.labels[:, 0].tolist() == [0, 1, 2]


def test_values_that_are_no_numbers_are_black_and_told(tmp_path):
    images = np.ones((2, 8, 8), np.float32)
    images[0, 0, 0] = np.nan
    data = loaded(npy(tmp_path, images))
    assert data.images[0, 0, 0] == 0
    assert "1 images have NaN or infinite values; NaN is shown as black" in data.notes


class Plant:
    """Would leave a file if it was unpickled."""

    def __reduce__(self) -> tuple:
        return os.mkdir, ("planted",)


@pytest.mark.parametrize("write", [npy, lambda folder, images: npz(folder, images=images)], ids=["npy", "npz"])
def test_objects_are_refused_and_never_unpickled(tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, np.array([Plant(), Plant()], object))
    with pytest.raises(UserError, match=r"no array of images \(found: \w+ \(2, Python objects\)\)"):
        loaded(path)
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"mu": np.zeros(2048), "sigma": np.eye(4)},
            r"no array of images \(found: mu \(2048, float64\), sigma",
        ),
        ({"a": COLOURS, "b": COLOURS}, "several arrays that may be the images"),
        ({"x": COLOURS[0]}, r"no array of images \(found: x \(8 x 8 x 3, uint8\)\)"),
        ({"x": COLOURS[..., :2]}, "no array of images"),
        ({"x": COLOURS.astype(complex)}, "no array of images"),
        ({"x": COLOURS[:1]}, "has 1 usable image"),
        ({"x": COLOURS[:0]}, "has 0 usable images"),
        ({"x": np.asfortranarray(COLOURS)}, "x is in Fortran order"),
    ],
)
def test_files_without_images_are_refused(tmp_path, arrays, said):
    with pytest.raises(UserError, match=said):
        loaded(npz(tmp_path, **arrays))


def test_a_file_that_is_cut_short_is_a_sentence(tmp_path):
    for path in (npy(tmp_path, COLOURS), npz(tmp_path, x=COLOURS)):
        whole = path.read_bytes()
        for size in (0, 3, 40, len(whole) - 100):
            path.write_bytes(whole[:size])
            with pytest.raises(UserError, match=r"no NumPy file that can be read \("):
                loaded(path)


def test_another_kind_of_file_under_the_name_is_a_sentence(tmp_path):
    for name in ("own.npy", "own.npz"):
        Image.new("RGB", (8, 8)).save(tmp_path / name, "PNG")
        with pytest.raises(UserError, match="no NumPy file that can be read"):
            loaded(tmp_path / name)


def test_a_file_is_known_by_its_contents(tmp_path):
    renamed = npz(tmp_path, x=COLOURS).rename(tmp_path / "own.zip")
    assert np.array_equal(loaded(renamed).images, COLOURS)


def test_damage_within_a_zip_is_counted(tmp_path):
    many = np.random.default_rng(2).integers(0, 256, (100, 16, 16, 3), np.uint8)
    path = npz(tmp_path, x=many)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 64] = bytes(64)
    path.write_bytes(whole)
    data = loaded(path, resolution=16)
    assert 2 <= len(data) < 100
    assert np.array_equal(data.images[:2], many[:2])
    assert f"{100 - len(data)} of 100 files could not be read: image {len(data)} (damaged in the zip)" in data.notes[0]


def test_a_bomb_is_refused_before_it_is_read(tmp_path):
    with pytest.raises(UserError, match="would unpack to"):
        arrays_of(npz(tmp_path, x=np.zeros((20_000, 8, 8), np.uint8)), unpacked_bytes=1000)


def test_a_header_that_lies_about_its_size_is_refused(tmp_path):
    path = npy(tmp_path, COLOURS)
    data = path.read_bytes().replace(b"(6, 8, 8, 3)", b"(9, 8, 8, 3)")
    path.write_bytes(data)
    with pytest.raises(UserError, match="should have"):
        loaded(path)
    with zipfile.ZipFile(tmp_path / "lies.npz", "w") as archive:
        archive.writestr("x.npy", data)
    with pytest.raises(UserError, match="should have"):
        loaded(tmp_path / "lies.npz")


def test_a_look_tells_what_is_left_out_without_drawing(tmp_path):
    assert look(npz(tmp_path, x=COLOURS, z=np.zeros((6, 512))), 10) == ("left out of the file: z (6 x 512, float64)",)
    with pytest.raises(UserError, match="no array of images"):
        look(npz(tmp_path, z=np.zeros(3)), 10)
