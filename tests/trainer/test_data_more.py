"""Facts about Fashion-MNIST, CIFAR-10 and stacked MNIST."""

import hashlib
import pickle
import socket
import struct
import time
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from trainer import torchvision_fix  # noqa: F401 - must come before torchvision
from trainer.data import DATASETS, cifar10, fashion_mnist, idx, load, mnist
from trainer.data.base import Request
from trainer.errors import UserError

from torchvision import datasets  # isort: skip

BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
A_BATCH = 2  # pictures in each of the made-up ones
MAKERS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "stacked-mnist": "MNIST", "cifar10": "CIFAR10"}


def write_split(folder: Path, split: str = "train", count: int = 10, base: int = 1) -> np.ndarray:
    """One split in idx files: picture i is 10 * i + base throughout, its label is i. Returns them (count, 28, 28)."""
    folder.mkdir(parents=True, exist_ok=True)
    levels = 10 * np.arange(count, dtype=np.uint8)[:, None, None] + np.uint8(base)
    images = np.broadcast_to(levels, (count, 28, 28))
    head = struct.pack(">4i", 0x803, count, 28, 28)
    (folder / f"{split}-images-idx3-ubyte").write_bytes(head + images.tobytes())
    (folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x801, count) + bytes(range(count)))
    return images


def write_cifar(folder: Path) -> dict[str, str]:
    """CIFAR-10's files with 2 pictures each: picture i of all has planes 10 * i + 0, 1, 2 and label i % 10.

    Returns: file name -> md5.
    """
    folder.mkdir(parents=True)
    contents = {"batches.meta": {"label_names": list(cifar10.CLASSES)}}
    for batch, name in enumerate(BATCHES):
        numbers = batch * A_BATCH + np.arange(A_BATCH)
        planes = (10 * numbers[:, None] + np.arange(3)).astype(np.uint8)
        contents[name] = {"data": np.repeat(planes, 32 * 32, axis=1), "labels": (numbers % 10).tolist()}
    for name, content in contents.items():
        (folder / name).write_bytes(pickle.dumps(content))
    return {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in contents}


@pytest.fixture
def cifar(tmp_path, monkeypatch) -> Path:
    """A data folder that holds a made-up CIFAR-10, whose sums torchvision takes for the true ones."""
    sums = write_cifar(tmp_path / "cifar-10-batches-py")
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [[name, sums[name]] for name in BATCHES[:-1]])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [[name, sums[name]] for name in BATCHES[-1:]])
    monkeypatch.setattr(datasets.CIFAR10, "meta", datasets.CIFAR10.meta | {"md5": sums["batches.meta"]})
    return tmp_path


@pytest.fixture
def offline(monkeypatch):
    def refused(*arguments, **options):
        raise URLError("no network")

    for module in ("mnist", "cifar"):
        monkeypatch.setattr(f"torchvision.datasets.{module}.download_and_extract_archive", refused)


@pytest.fixture
def mute_server(monkeypatch):
    """Every download goes to a server that takes the connection and never answers; its patience is 0.2 seconds."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        for maker in (datasets.MNIST, datasets.FashionMNIST):
            monkeypatch.setattr(maker, "mirrors", [url])
        monkeypatch.setattr(datasets.CIFAR10, "url", url)
        for module in (idx, cifar10):
            monkeypatch.setattr(module, "DOWNLOAD_SECONDS", 0.2)
        yield


@pytest.mark.parametrize("name", MAKERS)
def test_a_server_that_never_answers_is_given_up_and_the_message_says_where_to_put_the_files(
    name, mute_server, tmp_path
):
    started = time.monotonic()
    with pytest.raises(UserError, match=rf"{tmp_path}/.*could not be downloaded \(.*timed out.*--data-dir"):
        load(name, resolution=32, data_dir=tmp_path, progress=False)
    assert time.monotonic() - started < 10
    assert socket.getdefaulttimeout() is None


@pytest.mark.parametrize("name", MAKERS)
def test_a_name_that_takes_no_argument_says_so(name, tmp_path):
    with pytest.raises(UserError, match=f"{name} takes no argument, got 'x'. Write just {name}"):
        load(f"{name}:x", resolution=32, data_dir=tmp_path, progress=False)


def test_fashion_is_read_from_its_own_folder_and_its_held_out_pictures_are_the_test_split(tmp_path):
    write_split(tmp_path / "MNIST" / "raw", base=3)
    images = write_split(tmp_path / "FashionMNIST" / "raw")
    test = write_split(tmp_path / "FashionMNIST" / "raw", "t10k", count=4, base=200)
    seen = load("fashion-mnist", resolution=32, data_dir=tmp_path, progress=False)
    held = load("fashion-mnist", resolution=28, data_dir=tmp_path, held_out=True, progress=False)
    assert np.array_equal(seen.images[:, 2:30, 2:30, 0], images)
    assert seen.images.sum() == images.sum()  # the border is black
    assert np.array_equal(held.images[..., 0], test)
    assert seen.labels[:, 0].tolist() == list(range(10))
    assert (seen.name, seen.licence, seen.num_classes) == ("fashion-mnist", "MIT", 10)
    assert "Zalando" in seen.credit


def test_garments_are_numbered_as_torchvision_numbers_them():
    theirs = [name.lower().partition("/")[0] for name in datasets.FashionMNIST.classes]  # "T-shirt/top"
    assert [name.lower() for name in fashion_mnist.CLOTHES] == theirs


def test_digits_left_bare_in_the_data_folder_are_not_taken_for_clothes(tmp_path, offline):
    write_split(tmp_path)
    assert len(load("mnist", resolution=28, data_dir=tmp_path, progress=False)) == 10
    with pytest.raises(UserError, match=rf"Fashion-MNIST is not in {tmp_path}/FashionMNIST/raw.*no network"):
        load("fashion-mnist", resolution=28, data_dir=tmp_path, progress=False)


def test_cifar_keeps_planes_labels_and_splits(cifar):
    seen = load("cifar10", resolution=32, data_dir=cifar, progress=False)
    held = load("cifar10", resolution=32, data_dir=cifar, held_out=True, progress=False)
    for data, numbers in ((seen, np.arange(10)), (held, np.arange(10, 12))):
        colours = 10 * numbers[:, None] + np.arange(3)
        assert np.array_equal(data.images, np.broadcast_to(colours[:, None, None], (len(numbers), 32, 32, 3)))
        assert np.array_equal(data.labels[:, 0], numbers % 10)
        assert data.attributes[0].values == cifar10.CLASSES
        assert data.notes == ()


@pytest.mark.parametrize(("resolution", "enlarged"), [(16, False), (64, True)])
def test_cifar_at_other_resolutions_says_when_it_was_enlarged(resolution, enlarged, cifar):
    data = load("cifar10", resolution=resolution, data_dir=cifar, limit=3, progress=False)
    assert data.images.shape == (3, resolution, resolution, 3)
    assert data.images[2, 0, 0].tolist() == [20, 21, 22]  # a plain colour stays what it is
    assert bool(data.notes) == enlarged


def test_cifar_that_cannot_be_had_says_that_a_folder_or_zip_works_too(tmp_path, offline):
    expected = rf"{tmp_path}/cifar-10-batches-py.*no network.*cifar-10-python.tar.gz.*--data-dir.*folder or zip"
    with pytest.raises(UserError, match=expected):
        load("cifar10", resolution=32, data_dir=tmp_path, progress=False)


def test_a_pickle_that_is_not_the_authors_is_never_opened(cifar, offline, tmp_path):
    class Touch:
        def __reduce__(self):
            return Path.touch, (tmp_path / "opened",)

    pickle.loads(pickle.dumps(Touch()))
    assert (tmp_path / "opened").exists()  # that is what opening it would do
    (tmp_path / "opened").unlink()
    (cifar / "cifar-10-batches-py" / "data_batch_1").write_bytes(pickle.dumps(Touch()))
    with pytest.raises(UserError, match="CIFAR-10"):
        load("cifar10", resolution=32, data_dir=cifar, progress=False)
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(("resolution", "border"), [(28, 0), (32, 2)])
def test_each_colour_of_a_stack_is_the_digit_that_its_label_says(resolution, border, tmp_path):
    images = write_split(tmp_path / "MNIST" / "raw")
    data = load("stacked-mnist", resolution=resolution, data_dir=tmp_path, limit=50, progress=False)
    assert data.images.shape == (50, resolution, resolution, 3)
    inner = data.images[:, border : resolution - border, border : resolution - border]
    for k in range(3):
        assert np.array_equal(inner[..., k], images[data.labels[:, k]])
    assert data.images.sum() == inner.sum()  # the border is black
    assert [a.name for a in data.attributes] == ["red", "green", "blue"]
    assert {a.values for a in data.attributes} == {tuple("0123456789")}
    assert data.notes == ()


def test_enlarged_stacks_are_noted(tmp_path):
    write_split(tmp_path / "MNIST" / "raw")
    data = load("stacked-mnist", resolution=64, data_dir=tmp_path, limit=2, progress=False)
    assert "enlarged" in data.notes[0]


def test_the_same_stacks_are_made_twice_and_fewer_are_the_first_of_more(tmp_path):
    for place in ("a", "b"):
        write_split(tmp_path / place / "MNIST" / "raw")
    once, again, fewer = (
        load("stacked-mnist", resolution=28, data_dir=tmp_path / place, limit=limit, progress=False)
        for place, limit in (("a", 40), ("b", 40), ("a", 15))
    )
    assert np.array_equal(once.images, again.images)
    assert np.array_equal(once.labels, again.labels)
    assert once.fingerprint == again.fingerprint
    assert np.array_equal(once.images[:15], fewer.images)
    assert once.fingerprint != fewer.fingerprint


def test_held_out_stacks_are_of_digits_of_the_test_split(tmp_path):
    write_split(tmp_path / "MNIST" / "raw")
    write_split(tmp_path / "MNIST" / "raw", "t10k", count=5, base=200)
    seen, held = (
        load("stacked-mnist", resolution=28, data_dir=tmp_path, limit=60, held_out=held_out, progress=False)
        for held_out in (False, True)
    )
    assert seen.images.max() == 91
    assert held.images.min() == 200
    assert np.array_equal(held.images[:, 0, 0], 10 * held.labels + 200)
    assert set(held.labels.ravel()) == set(range(5))
    assert seen.fingerprint != held.fingerprint


def test_there_are_as_many_stacks_as_in_the_protocol_and_all_thousand_modes_among_them(tmp_path):
    write_split(tmp_path / "MNIST" / "raw")
    write_split(tmp_path / "MNIST" / "raw", "t10k", count=5)
    seen, held = (DATASETS["stacked-mnist"](Request("", tmp_path, None, held_out)) for held_out in (False, True))
    assert (seen.count, held.count) == (mnist.STACKED, mnist.STACKED_HELD_OUT) == (128_000, 26_000)
    assert len({seen.draw(index, 28).labels for index in range(12_000)}) == 1000
    assert seen.draw(seen.count - 1, 28).pixels.shape == (28, 28, 3)
