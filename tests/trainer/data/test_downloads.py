"""What the downloaded sources do when things go wrong, and what their splits hold."""

import hashlib
import pickle
import socket
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from tests.trainer.data.test_packing import write_mnist
from trainer.data import DATASETS, cifar10, fashion_mnist, load
from trainer.data.base import Request
from trainer.util import torchvision_fix  # noqa: F401 - must come before torchvision
from trainer.util.errors import UserError

from torchvision import datasets  # isort: skip

BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
NAMES = ("mnist", "fashion-mnist", "stacked-mnist", "cifar10")


def write_cifar(folder: Path) -> dict[str, str]:
    """CIFAR-10's files of 2 images each: image i of all has planes 10 * i + 0, 1, 2, label i % 10. Gives md5s."""
    folder.mkdir(parents=True)
    contents: dict[str, dict] = {"batches.meta": {"label_names": list(cifar10.CLASSES)}}
    for batch, name in enumerate(BATCHES):
        numbers = batch * 2 + np.arange(2)
        planes = (10 * numbers[:, None] + np.arange(3)).astype(np.uint8)
        contents[name] = {"data": np.repeat(planes, 32 * 32, axis=1), "labels": (numbers % 10).tolist()}
    for name, content in contents.items():
        (folder / name).write_bytes(pickle.dumps(content))
    return {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in contents}


@pytest.fixture
def cifar(tmp_path, monkeypatch) -> Path:
    """A data folder with a made-up CIFAR-10, whose sums torchvision takes for the true ones."""
    sums = write_cifar(tmp_path / cifar10.FOLDER)
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [[name, sums[name]] for name in BATCHES[:-1]])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [[name, sums[name]] for name in BATCHES[-1:]])
    monkeypatch.setattr(datasets.CIFAR10, "meta", datasets.CIFAR10.meta | {"md5": sums["batches.meta"]})
    return tmp_path


@pytest.fixture
def mute_server(monkeypatch):
    """Every download goes to a server that takes the connection and never answers."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        for maker in (datasets.MNIST, datasets.FashionMNIST):
            monkeypatch.setattr(maker, "mirrors", [url])
        monkeypatch.setattr(datasets.CIFAR10, "url", url)
        yield


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_never_answers_is_given_up(name, mute_server, tmp_path):
    with pytest.raises(UserError, match=rf"{tmp_path}/.*could not be downloaded \(.*timed out.*--data-dir"):
        DATASETS[name](Request("", tmp_path, None, patience=0.2))
    assert socket.getdefaulttimeout() is None


@pytest.mark.parametrize("name", NAMES)
def test_a_source_without_arguments_says_so(name, tmp_path):
    with pytest.raises(UserError, match=f"{name} takes no argument, got 'x'. Write just {name}"):
        load(f"{name}:x", resolution=32, data_dir=tmp_path)


def test_clothes_are_numbered_as_torchvision_numbers_them():
    theirs = [name.lower().partition("/")[0] for name in datasets.FashionMNIST.classes]  # "T-shirt/top"
    assert [name.lower() for name in fashion_mnist.CLOTHES] == theirs


def test_held_out_clothes_are_those_of_the_test_split(tmp_path):
    images = write_mnist(tmp_path / "FashionMNIST" / "raw")
    test = write_mnist(tmp_path / "FashionMNIST" / "raw", count=3, split="t10k", base=200)
    seen, held = (
        load("fashion-mnist", resolution=28, data_dir=tmp_path, held_out=held_out, progress=False)
        for held_out in (False, True)
    )
    assert np.array_equal(seen.images[..., 0], images)
    assert np.array_equal(held.images[..., 0], test)


def test_cifar_keeps_planes_labels_and_splits(cifar):
    for held_out, numbers in ((False, np.arange(10)), (True, np.arange(10, 12))):
        data = load("cifar10", resolution=32, data_dir=cifar, held_out=held_out, progress=False)
        colours = 10 * numbers[:, None] + np.arange(3)
        assert np.array_equal(data.images, np.broadcast_to(colours[:, None, None], (len(numbers), 32, 32, 3)))
        assert np.array_equal(data.labels[:, 0], numbers % 10)


def test_a_pickle_that_is_not_the_authors_is_never_opened(cifar, tmp_path, monkeypatch):
    class Touch:
        def __reduce__(self):
            return Path.touch, (tmp_path / "opened",)

    def refused(*arguments, **options):
        raise URLError("no network")

    pickle.loads(pickle.dumps(Touch()))
    (tmp_path / "opened").unlink()  # fails unless opening it left this trace
    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", refused)
    (cifar / cifar10.FOLDER / "data_batch_1").write_bytes(pickle.dumps(Touch()))
    with pytest.raises(UserError, match=r"CIFAR-10 is not in .*no network"):
        load("cifar10", resolution=32, data_dir=cifar)
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(("name", "resolution"), [("cifar10", 64), ("stacked-mnist", 64)])
def test_enlarged_images_are_noted(name, resolution, cifar):
    write_mnist(cifar / "MNIST" / "raw")
    assert "enlarged" in load(name, resolution=resolution, data_dir=cifar, limit=2, progress=False).notes[0]
    assert load(name, resolution=32, data_dir=cifar, limit=2, progress=False).notes == ()


@pytest.mark.parametrize(("resolution", "border"), [(28, 0), (32, 2)])
def test_a_stack_is_whole_digits_in_a_black_border(resolution, border, tmp_path):
    images = write_mnist(tmp_path / "MNIST" / "raw")
    data = load("stacked-mnist", resolution=resolution, data_dir=tmp_path, limit=50, progress=False)
    inner = data.images[:, border : resolution - border, border : resolution - border]
    for k in range(3):
        assert np.array_equal(inner[..., k], images[data.labels[:, k]])
    assert data.images.sum() == inner.sum()


def test_the_same_stacks_are_made_twice_and_fewer_are_the_first_of_more(tmp_path):
    for place in ("a", "b"):
        write_mnist(tmp_path / place / "MNIST" / "raw")
    once, again, fewer = (
        load("stacked-mnist", resolution=28, data_dir=tmp_path / place, limit=limit, progress=False)
        for place, limit in (("a", 40), ("b", 40), ("a", 15))
    )
    assert np.array_equal(once.images, again.images)
    assert once.fingerprint == again.fingerprint
    assert np.array_equal(once.images[:15], fewer.images)
    assert once.fingerprint != fewer.fingerprint


def test_held_out_stacks_are_of_digits_of_the_test_split(tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw")
    write_mnist(tmp_path / "MNIST" / "raw", split="t10k", base=200)
    held = load("stacked-mnist", resolution=28, data_dir=tmp_path, limit=60, held_out=True, progress=False)
    assert np.array_equal(held.images[:, 0, 0], 10 * held.labels + 200)


def test_there_are_as_many_stacks_as_in_the_protocol_and_all_thousand_modes_among_them(tmp_path):
    for split in ("train", "t10k"):
        write_mnist(tmp_path / "MNIST" / "raw", count=10, split=split)
    seen, held = (DATASETS["stacked-mnist"](Request("", tmp_path, None, held_out)) for held_out in (False, True))
    assert (seen.count, held.count) == (128_000, 26_000)
    assert len({seen.draw(index, 28).labels for index in range(20_000)}) == 1000
