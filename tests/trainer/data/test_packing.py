"""Facts about loading that hold for every source, and about MNIST and the avatars."""

import errno
import gzip
import struct
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from trainer.data import DATASETS, load, packing
from trainer.data.base import LabelledImage, Source, Unreadable
from trainer.util.errors import UserError


def grey(index: int, resolution: int) -> LabelledImage:
    """An image as bright as its index."""
    return LabelledImage(np.full((resolution, resolution, 1), index, dtype=np.uint8), ())


def grey_but_odd_ones(index: int, resolution: int) -> LabelledImage:
    if index % 2:
        raise Unreadable(f"{index}.png", "odd")
    return grey(index, resolution)


def source(**changed) -> Source:
    facts = {"name": "greys", "count": 8, "channels": 1, "attributes": (), "key": "greys", "draw": grey}
    return Source(**{"licence": "", "credit": ""} | facts | changed)


@pytest.fixture
def register(monkeypatch):
    """Register a source for the length of a test."""

    def register(made: Source) -> None:
        monkeypatch.delitem(DATASETS, made.name, raising=False)
        monkeypatch.setitem(DATASETS, made.name, lambda request: made)

    return register


def write_mnist(folder: Path, count: int = 5, zipped: bool = False, split: str = "train", base: int = 1) -> np.ndarray:
    """A tiny MNIST: image i is 10 * i + base throughout, its digit is i. Returns the images (count, 28, 28)."""
    folder.mkdir(parents=True, exist_ok=True)
    levels = 10 * np.arange(count, dtype=np.uint8)[:, None, None] + np.uint8(base)
    images = np.broadcast_to(levels, (count, 28, 28))
    data = {
        f"{split}-images-idx3-ubyte": struct.pack(">4i", 0x803, count, 28, 28) + images.tobytes(),
        f"{split}-labels-idx1-ubyte": struct.pack(">2i", 0x801, count) + bytes(range(count)),
    }
    for name, content in data.items():
        (folder / (name + ".gz" * zipped)).write_bytes(gzip.compress(content) if zipped else content)
    return images


@pytest.mark.parametrize("name", DATASETS)
def test_every_source_tells_what_it_is_in_one_line(name):
    assert 20 < len(DATASETS[name].__doc__.splitlines()[0]) < 110


def test_an_unknown_name_lists_the_known_ones_and_the_path_that_was_not_found(tmp_path):
    with pytest.raises(UserError, match=r"(?s)avatars.*folder.*mnist.*nowhere"):
        load("nowhere", resolution=8, data_dir=tmp_path)


@pytest.mark.parametrize("wrong", [{"resolution": 0}, {"resolution": 5000}, {"resolution": 8, "limit": 1}])
def test_senseless_numbers_are_refused(wrong, tmp_path):
    with pytest.raises(UserError, match=r"resolution is|limit is"):
        load("avatars", data_dir=tmp_path, **wrong)


def test_packed_images_are_the_drawn_ones_without_the_unreadable(register, tmp_path):
    register(source(draw=grey_but_odd_ones, count=20))
    data = load("greys", resolution=4, data_dir=tmp_path, progress=False)
    assert data.images.shape == (10, 4, 4, 1)
    assert data.images[:, 0, 0, 0].tolist() == list(range(0, 20, 2))
    assert not isinstance(data.images, np.memmap)
    assert not data.images.flags.writeable
    assert (len(data), data.resolution, data.channels, data.num_classes) == (10, 4, 1, 0)
    assert data.labels.shape == (10, 0)
    assert data.notes == (
        "10 of 20 files could not be read: 1.png (odd), 3.png (odd), 5.png (odd), 7.png (odd), 9.png (odd), "
        "and 5 more (odd)",
    )


def test_the_second_load_opens_what_the_first_packed(register, tmp_path, monkeypatch):
    register(source())
    first = load("greys", resolution=4, data_dir=tmp_path, progress=False)
    monkeypatch.setattr(packing, "pack", lambda *a, **k: pytest.fail("packed twice"))
    second = load("greys", resolution=4, data_dir=tmp_path, progress=False)
    assert np.array_equal(first.images, second.images)
    assert first.fingerprint == second.fingerprint


def test_what_changes_the_pixels_changes_the_fingerprint(register, tmp_path):
    seen = set()
    for made, resolution in [(source(), 4), (source(), 8), (source(count=7), 4), (source(key="other"), 4)]:
        register(made)
        seen.add(load("greys", resolution=resolution, data_dir=tmp_path, progress=False).fingerprint)
    assert len(seen) == 4


def test_an_interrupted_packing_leaves_nothing_that_load_takes_as_finished(register, tmp_path):
    def interrupted(index, resolution):
        if index == 5:
            raise KeyboardInterrupt
        return grey(index, resolution)

    register(source(draw=interrupted))
    with pytest.raises(KeyboardInterrupt):
        load("greys", resolution=4, data_dir=tmp_path, progress=False)
    assert list((tmp_path / "packed").iterdir()) == []
    register(source())
    assert len(load("greys", resolution=4, data_dir=tmp_path, progress=False)) == 8


def test_what_a_killed_packing_left_is_swept_after_a_day_and_not_before(tmp_path):
    (tmp_path / ".packing-1").mkdir()
    packing._sweep(tmp_path)
    assert (tmp_path / ".packing-1").exists()
    packing._sweep(tmp_path, older_than=-1)
    assert not (tmp_path / ".packing-1").exists()


def test_too_little_disk_space_is_told_before_anything_is_written(register, tmp_path, monkeypatch):
    register(source())
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(packing.shutil, "disk_usage", lambda folder: usage(2e6, 1e6, 1e6))
    with pytest.raises(UserError, match=r"needs 67 MB.*1 MB are free.*--data-dir"):
        load("greys", resolution=4, data_dir=tmp_path, progress=False)
    assert list((tmp_path / "packed").iterdir()) == []


def test_a_disk_that_fills_up_is_a_sentence(register, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    register(source())
    monkeypatch.setattr(packing, "_write", full)
    with pytest.raises(UserError, match=r"No space left on device.*--data-dir"):
        load("greys", resolution=4, data_dir=tmp_path, progress=False)
    assert list((tmp_path / "packed").iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_a_sentence(register, tmp_path):
    register(source())
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"Cannot write.*--data-dir"):
        load("greys", resolution=4, data_dir=tmp_path / "file", progress=False)


def test_a_damaged_packed_folder_is_named(register, tmp_path):
    register(source())
    load("greys", resolution=4, data_dir=tmp_path, progress=False)
    next(tmp_path.glob("packed/*/images.npy")).write_bytes(b"")
    with pytest.raises(UserError, match="is damaged"):
        load("greys", resolution=4, data_dir=tmp_path, progress=False)


def test_mnist_at_32_is_the_original_in_a_border_of_two(tmp_path):
    images = write_mnist(tmp_path / "MNIST" / "raw")
    data = load("mnist", resolution=32, data_dir=tmp_path, progress=False)
    assert data.images.shape == (5, 32, 32, 1)
    assert np.array_equal(data.images[:, 2:30, 2:30, 0], images)
    assert data.images.sum() == images.sum()
    assert data.labels[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert data.num_classes == 10
    assert data.notes == ()


@pytest.mark.parametrize("resolution", [16, 28, 64])
def test_mnist_at_other_resolutions(tmp_path, resolution):
    images = write_mnist(tmp_path / "MNIST" / "raw", zipped=True)
    data = load("mnist", resolution=resolution, data_dir=tmp_path, limit=3, progress=False)
    assert data.images.shape == (3, resolution, resolution, 1)
    middle = resolution // 2
    assert data.images[:, middle, middle, 0].tolist() == images[:3, 14, 14].tolist()
    assert bool(data.notes) == (resolution == 64)


def test_mnist_that_cannot_be_had_says_where_to_put_it(tmp_path, monkeypatch):
    def offline(*arguments, **options):
        raise RuntimeError("no network")

    monkeypatch.setattr("trainer.util.torchvision_fix._declared", None)  # imports the shim first
    monkeypatch.setattr("torchvision.datasets.MNIST.__init__", offline)
    with pytest.raises(UserError, match=rf"{tmp_path}/MNIST/raw.*no network.*train-images-idx3-ubyte"):
        load("mnist", resolution=32, data_dir=tmp_path, progress=False)


@pytest.mark.parametrize("zipped", [False, True])
def test_held_out_digits_are_those_of_the_test_split(tmp_path, zipped):
    write_mnist(tmp_path / "MNIST" / "raw", count=5)
    test = write_mnist(tmp_path / "MNIST" / "raw", count=3, zipped=zipped, split="t10k", base=200)
    seen = load("mnist", resolution=28, data_dir=tmp_path, progress=False)
    data = load("mnist", resolution=28, data_dir=tmp_path, held_out=True, progress=False)
    assert np.array_equal(data.images[..., 0], test)
    assert data.labels[:, 0].tolist() == [0, 1, 2]
    assert (data.name, data.attributes) == (seen.name, seen.attributes)
    assert data.fingerprint != seen.fingerprint
    assert (len(seen), seen.images.max()) == (5, 41)


@pytest.mark.parametrize(
    ("held_out", "there", "missing"),
    [(True, "train", "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"),
     (False, "t10k", "train-images-idx3-ubyte and train-labels-idx1-ubyte")],
)  # fmt: skip
def test_the_split_of_mnist_that_is_missing_is_named(held_out, there, missing, tmp_path, monkeypatch):
    def offline(*arguments, **options):
        raise RuntimeError("no network")

    monkeypatch.setattr("trainer.util.torchvision_fix._declared", None)  # imports the shim first
    monkeypatch.setattr("torchvision.datasets.MNIST.__init__", offline)
    write_mnist(tmp_path / "MNIST" / "raw", split=there)
    with pytest.raises(UserError, match=f"no network.*Put {missing} there"):
        load("mnist", resolution=32, data_dir=tmp_path, held_out=held_out, progress=False)


def test_a_truncated_mnist_file_is_named(tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw")
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(UserError, match=f"Cannot read {file}"):
        load("mnist", resolution=32, data_dir=tmp_path, progress=False)
