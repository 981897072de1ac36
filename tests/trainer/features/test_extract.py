"""Many images through an extractor, and what is kept of them on disk."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from trainer.data import Attribute
from trainer.features import Extractor
from trainer.features.feature_set import FeatureSet, extract, extract_dataset
from trainer.features.pixels import fit_pixels
from trainer.util.errors import UserError


class Brightness(Extractor):
    """Two features, mean and largest value; dark or bright. Counts the images that it has seen."""

    name, dim = "brightness", 2
    heads = (Attribute("light", ("dark", "bright")),)

    def __init__(self, version: str = "1"):
        super().__init__()
        self.version, self.seen = version, 0

    def forward(self, images):
        self.seen += len(images)
        mean = images.flatten(1).mean(1)
        return torch.stack([mean, images.flatten(1).max(1).values], 1), [torch.stack([-mean, mean], 1)]


@pytest.fixture
def extracted(tmp_path):
    """(extractor, data) -> what it says of all images, cached in one folder."""
    return lambda extractor, data: extract_dataset(extractor, data, tmp_path, progress=False)


@pytest.fixture
def data(squares, tiny):
    return squares(tiny())


def test_features_and_probabilities_are_those_of_the_images(data, extracted):
    found = extracted(Brightness(), data)
    means = data.images.reshape(10, -1).mean(1) / 127.5 - 1
    assert found.features[:, 0] == pytest.approx(means, abs=1e-6)
    assert found.probabilities[0][:, 1] == pytest.approx(1 / (1 + np.exp(-2 * means)), abs=1e-6)
    assert found.labels(0).tolist() == (means > 0).astype(int).tolist()
    assert found.pixels.shape == (10, 0)


@pytest.mark.parametrize("batch", [1, 3, 128])
def test_the_batch_makes_no_difference(batch, data):
    images = torch.from_numpy(data.images).permute(0, 3, 1, 2) / 127.5 - 1
    space = fit_pixels(data.images)
    whole = Brightness()(images)[0]
    found = extract(Brightness(), images, space, batch)
    assert found.features == pytest.approx(whole.numpy())
    assert found.pixels == pytest.approx(space(images), abs=1e-5)


def test_the_second_time_the_cache_is_read(data, extracted):
    reader = Brightness()
    first = extracted(reader, data)
    assert reader.seen == 10
    second = extracted(reader, data)
    assert reader.seen == 10
    assert np.array_equal(first.features, second.features)
    assert np.array_equal(first.probabilities[0], second.probabilities[0])


def test_another_version_resolution_or_data_set_is_another_entry(data, extracted, squares, tiny, tmp_path):
    larger = squares(tiny(resolution=16))
    for reader, images in (
        (Brightness(), data),
        (Brightness("2"), data),
        (Brightness(), larger),
        (Brightness(), replace(data, fingerprint="other")),
        (Brightness(), replace(data, images=data.images[:4])),
    ):
        assert len(extracted(reader, images)) == len(images)
        assert reader.seen == len(images)
    assert len(list((tmp_path / "features").iterdir())) == 5


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-7], lambda whole: b"", lambda whole: whole.replace(b"probabilities", b"x" * 13)]
)
def test_a_damaged_entry_is_made_again(damage, data, extracted, tmp_path):
    reader = Brightness()
    first = extracted(reader, data)
    (file,) = (tmp_path / "features").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert np.array_equal(extracted(reader, data).features, first.features)
    assert reader.seen == 20
    extracted(reader, data)
    assert reader.seen == 20


def test_images_that_are_no_numbers_are_counted_and_refused():
    images = torch.zeros(7, 3, 8, 8)
    images[2, 1, 4, 4], images[5, 0, 0, 0] = float("nan"), float("inf")
    with pytest.raises(UserError, match="2 of 7 images have NaN or infinity, first number 2"):
        extract(Brightness(), images)


def test_rows_are_taken_and_parts_are_joined(data, extracted):
    found = extracted(Brightness(), data)
    parts = [found.take(slice(0, 4)), found.take(np.arange(4, 10))]
    assert list(map(len, parts)) == [4, 6]
    joined = FeatureSet.joined(parts)
    assert np.array_equal(joined.features, found.features)
    assert np.array_equal(joined.probabilities[0], found.probabilities[0])
