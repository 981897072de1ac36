"""Points of the plane, stacked digits, clothes, photographs: facts that can be counted."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.trainer.data.test_packing import write_mnist
from trainer.data import load
from trainer.data.points import PLANS
from trainer.features import EXTRACTORS, extractor_for
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.metrics.plane import plane_modes
from trainer.util.errors import UserError
from trainer.util.images import PLANE, sheet, shown


@pytest.mark.parametrize("name", PLANS)
def test_points_lie_around_their_modes_as_the_plan_says(name, tmp_path):
    data, plan = load(name, resolution=1, data_dir=tmp_path, limit=5000, progress=False), PLANS[name]
    assert data.images.shape == (5000, 1, 1, 2)
    assert data.images.dtype == np.float32
    off = data.images.reshape(-1, 2) - plan.centres[data.labels[:, 0]]
    assert off.std(0) == pytest.approx(plan.sigma, rel=0.05)
    assert np.abs(off.mean(0)).max() < plan.sigma / 10
    assert np.abs(data.images).max() < 1
    assert np.bincount(data.labels[:, 0]).min() > 0.6 * 5000 / len(plan.centres)
    held = load(name, resolution=1, data_dir=tmp_path, held_out=True, progress=False)
    assert not np.array_equal(held.images[:100], data.images[:100])


def test_real_points_capture_all_modes_at_the_quality_of_a_normal_law(tmp_path):
    plan = PLANS["grid25"]
    points = load("grid25", resolution=1, data_dir=tmp_path, limit=20_000, progress=False).images.reshape(-1, 2)
    found = plane_modes(fake=points, centres=plan.centres, sigma=plan.sigma)
    assert found["plane_modes"] == 25
    assert found["high_quality"] == pytest.approx(1 - np.exp(-4.5), abs=0.003)  # Rayleigh within three deviations
    assert found["plane_kl"] < 0.01


def test_one_point_captures_one_mode():
    plan = PLANS["ring8"]
    found = plane_modes(fake=plan.centres[[2, 2, 2]] + [[0, 0], [0, 0], [1, 1]], centres=plan.centres, sigma=plan.sigma)
    assert found["plane_modes"] == 1
    assert found["high_quality"] == pytest.approx(2 / 3)
    assert found["plane_kl"] == pytest.approx(np.log(8))


@pytest.mark.parametrize(
    ("fake", "message"),
    [(np.zeros((0, 2)), "0 rows"), (np.zeros((3, 3)), "fake 3, centres 2"), (np.full((2, 2), np.nan), "NaN")],
    ids=["none", "3d", "nan"],
)
def test_points_that_are_none_are_told(fake, message):
    with pytest.raises(UserError, match=message):
        plane_modes(fake=fake, centres=PLANS["ring8"].centres, sigma=0.01)


def test_points_at_another_resolution_are_told_what_would_work(tmp_path):
    with pytest.raises(UserError, match="--resolution 1 with --arch mlp"):
        load("ring8", resolution=32, data_dir=tmp_path)
    with pytest.raises(UserError, match="between 4 and 1024"):
        load("avatars", resolution=1, data_dir=tmp_path)


def test_the_reader_of_the_plane_gives_the_nearest_mode(tmp_path):
    data = load("ring8", resolution=1, data_dir=tmp_path, limit=500, progress=False)
    reader = EXTRACTORS[extractor_for("ring8")].open({}, ())
    found = extract(reader, as_images(data.images))
    assert np.array_equal(found.labels(0), data.labels[:, 0])
    assert np.array_equal(found.features, data.images.reshape(-1, 2))


def test_a_point_is_shown_where_it_lies():
    image = shown(np.array([[[[0.5, -0.25]]]], np.float32))
    assert image.shape == (1, PLANE, PLANE, 1)
    row, column = np.unravel_index(image[0, ..., 0].argmin(), (PLANE, PLANE))
    assert (column + 0.5) / PLANE * 2 - 1 == pytest.approx(0.5, abs=0.04)
    assert 1 - (row + 0.5) / PLANE * 2 == pytest.approx(-0.25, abs=0.04)
    assert sheet(np.zeros((4, 1, 1, 2), np.float32), 2).size == (2 * PLANE, 2 * PLANE)


def test_stacked_digits_are_digits_of_their_labels(tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw")
    data = load("stacked-mnist", resolution=32, data_dir=tmp_path, limit=300, progress=False)
    assert data.channels == 3
    assert [attribute.name for attribute in data.attributes] == ["red", "green", "blue"]
    middle = data.images[:, 16, 16]  # a digit d is 10 d + 1 throughout
    assert np.array_equal(middle, 10 * data.labels + 1)
    assert len(np.unique(data.labels @ [25, 5, 1])) > 80  # of 125 combinations of five digits
    again = load("stacked-mnist", resolution=28, data_dir=tmp_path, limit=300, progress=False)
    assert np.array_equal(again.labels, data.labels)


def test_the_reader_of_stacked_digits_reads_each_colour_by_itself():
    reader = EXTRACTORS[extractor_for("stacked-mnist")].open({}, ())
    single = EXTRACTORS["mnist"].open({}, ())
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    features, logits = reader(images)
    assert features.shape == (4, reader.dim) == (4, 192)
    assert torch.equal(logits[2], single(images[:, 2:])[1][0])


def test_clothes_have_names_and_lie_in_a_folder_of_their_own(tmp_path):
    write_mnist(tmp_path / "FashionMNIST" / "raw")
    data = load("fashion-mnist", resolution=28, data_dir=tmp_path, progress=False)
    assert data.attributes[0].values[:3] == ("T-shirt", "trouser", "pullover")
    assert data.images[3].max() == 31


def test_digits_in_the_data_folder_itself_are_never_taken_for_clothes(tmp_path, monkeypatch):
    def offline(*arguments, **options):
        raise OSError("no network")

    monkeypatch.setattr("trainer.util.torchvision_fix._declared", None)  # imports the shim first
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.__init__", offline)
    write_mnist(tmp_path)
    with pytest.raises(UserError, match=r"Fashion-MNIST is not in .*FashionMNIST.raw .*no network"):
        load("fashion-mnist", resolution=28, data_dir=tmp_path)


def test_cifar_that_cannot_be_had_says_what_would_do(tmp_path, monkeypatch):
    def offline(*arguments, **options):
        raise OSError("no network")

    monkeypatch.setattr("trainer.util.torchvision_fix._declared", None)  # imports the shim first
    monkeypatch.setattr("torchvision.datasets.CIFAR10.__init__", offline)
    with pytest.raises(UserError, match=r"CIFAR-10 is not in .*no network.*folder or zip"):
        load("cifar10", resolution=32, data_dir=tmp_path)


def test_cifar_is_read_through_torchvision(tmp_path, monkeypatch):
    class Tiny:
        data = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((3, 32, 32, 3), np.uint8)
        targets = (0, 9, 4)

    monkeypatch.setattr("trainer.data.cifar10._opened", lambda request: Tiny)
    data = load("cifar10", resolution=32, data_dir=tmp_path, progress=False)
    assert data.labels[:, 0].tolist() == [0, 9, 4]
    assert data.attributes[0].values[9] == "truck"
    assert np.array_equal(data.images, Tiny.data)


def wide(folder: Path) -> Path:
    """Two images of 20 x 10 pixels: black, their outer quarters white."""
    folder.mkdir()
    pixels = np.zeros((10, 20, 3), np.uint8)
    pixels[:, :5], pixels[:, 15:] = 255, 255
    for name in ("a.png", "b.png"):
        Image.fromarray(pixels).save(folder / name)
    return folder


def test_images_that_are_no_squares_are_cropped_padded_or_stretched(tmp_path):
    folder, found = wide(tmp_path / "own"), {}
    for fit in ("", ":crop", ":pad", ":stretch"):
        found[fit] = load(f"{folder}{fit}", resolution=20, data_dir=tmp_path, progress=False)
    means = {fit: data.images[0].mean() for fit, data in found.items()}
    assert means[""] == means[":crop"] < 20  # the black middle alone
    assert means[":stretch"] == pytest.approx(127.5, abs=10)
    assert means[":pad"] == pytest.approx(255 * 3 / 4, abs=10)  # half of the square is white border
    assert "PATH:pad or PATH:stretch" in found[""].notes[-1]
    assert not any("not square" in note for note in found[":pad"].notes)
    assert len({data.fingerprint for data in found.values()}) == 3


def test_a_folder_whose_name_ends_like_a_fit_is_itself(tmp_path):
    folder = wide(tmp_path / "own:pad")
    assert load(str(folder), resolution=20, data_dir=tmp_path, progress=False).images[0].mean() < 20


def test_a_folders_drawer_travels_to_another_process(tmp_path):
    from trainer.data.base import DATASETS, Request

    source = DATASETS["folder"](Request(f"{wide(tmp_path / 'own')}:pad", tmp_path, None))
    again = pickle.loads(pickle.dumps(source.draw))
    assert np.array_equal(again(0, 20).pixels, source.draw(0, 20).pixels)
