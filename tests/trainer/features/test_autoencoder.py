"""The extractor that is trained on a person's own images."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer.features import EXTRACTORS, autoencoder
from trainer.features.classifier import Course, accuracies
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images


def course(steps: int) -> Course:
    """So many steps of 16 images."""
    return autoencoder.COURSE._replace(steps=steps, batch=16)


@pytest.fixture
def toned(squares, tiny):
    """60 images, half of them bright, and labelled so."""
    data = squares(tiny(), n=60, channels=3)
    images = data.images // 2 + 127 * data.labels[:, :1, None, None].astype(np.uint8)
    return replace(data, images=images)


@pytest.mark.slow
def test_it_reads_the_classes_of_its_data_set(toned):
    messages = []
    reader = autoencoder.fit(toned, messages.append, course(40))
    assert messages == ["training a feature extractor on squares, once; it is stored with the data"]
    assert reader.heads == toned.attributes
    assert accuracies(reader, toned)["parity"] > 0.95


@pytest.mark.slow
def test_without_classes_it_has_features_alone(toned):
    reader = autoencoder.fit(replace(toned, attributes=(), labels=toned.labels[:, :0]), print, course(2))
    found = extract(reader, as_images(toned.images))
    assert found.features.shape == (60, 64)
    assert found.probabilities == ()


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
def test_kept_as_the_reference_keeps_it_it_is_the_very_same(channels, squares, tiny, tmp_path):
    data = squares(tiny(), n=20, channels=channels)
    reader = autoencoder.fit(data, print, course(2))
    save_file({name: tensor.half() for name, tensor in reader.state_dict().items()}, tmp_path / "kept")
    kept = {name: tensor.float() for name, tensor in load_file(tmp_path / "kept").items()}
    again = EXTRACTORS["autoencoder"].open(kept, data.attributes)
    assert again.version == reader.version
    images = as_images(data.images)
    assert np.array_equal(extract(again, images).features, extract(reader, images).features)


@pytest.mark.slow
def test_the_same_images_give_the_same_extractor_and_no_global_number_is_drawn(toned):
    before = torch.get_rng_state()
    versions = [
        autoencoder.fit(data, print, course(2)).version
        for data in (toned, toned, replace(toned, images=toned.images // 2))
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert versions[0] == versions[1] != versions[2]


@pytest.mark.slow
def test_unknown_classes_are_no_reason_to_fail(toned):
    unknown = autoencoder.fit(replace(toned, labels=np.full_like(toned.labels, -1)), print, course(2))
    assert all(torch.isfinite(weight).all() for weight in unknown.parameters())
