"""A checkpoint's critic as an extractor: its last hidden layer, each image by itself, and what it refuses."""

import inspect
import shutil

import numpy as np
import pytest
import torch

from tests.conftest import give_critic
from trainer.checkpoints.critic import discriminator_class, many_scores, scores
from trainer.checkpoints.critic_features import CAVEAT, CriticFeatures, spec_of
from trainer.features import EXTRACTORS, caveats, file_part, shown
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.networks import ARCHITECTURES
from trainer.networks.architecture import CRITICS
from trainer.util.errors import UserError

SETTINGS = [
    ("dcgan", {}),
    ("dcgan", {"pac_size": 2, "minibatch_stddev": True}),
    ("dcgan", {"d_norm": "instance", "spectral_norm": True, "num_classes": 3}),
    ("stylegan-lite", {"num_classes": 3}),
    ("mlp", {}),
    *((name, {}) for name in CRITICS),
]


def images(count: int = 9, side: int = 32, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, channels)).astype(np.uint8)


def critic_of(arch: str, **options):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = CRITICS[arch] if arch in CRITICS else discriminator_class(arch)
        given = {"resolution": 32, "channels": 3, "width": 8, "max_channels": 16} | options
        taken = inspect.signature(network).parameters
        return network(**{name: value for name, value in given.items() if name in taken}).eval()


@pytest.fixture
def judged(tmp_path, checkpoint):
    """(arch) -> a checkpoint of colour images with a critic."""

    def make(arch: str = "dcgan"):
        folder = tmp_path / "checkpoints" / f"judged-{arch}"
        shutil.copytree(checkpoint(arch), folder, ignore=shutil.ignore_patterns(".cache"))
        give_critic(folder)
        return folder

    return make


def opened(folder):
    return EXTRACTORS[f"critic:{folder}"].open({}, ())


@pytest.mark.parametrize(("arch", "settings"), SETTINGS)
def test_many_scores_are_those_of_each_image_alone(arch, settings):
    critic, labels = critic_of(arch, **settings), np.arange(9) % 3
    alone = scores(critic, images(), labels)
    assert np.ptp(alone) > 0
    assert many_scores(critic, images(), labels) == pytest.approx(alone, abs=1e-3 * float(np.ptp(alone)))


@pytest.mark.parametrize(("arch", "settings"), SETTINGS)
def test_the_features_are_what_the_score_is_made_of(arch, settings):
    """Score less head, spread of an image beside its copies, and class: nothing is left."""
    settings = {key: value for key, value in settings.items() if key != "num_classes"}
    critic = critic_of(arch, **settings)
    reader = CriticFeatures("critic:x", critic, {"resolution": 32, "channels": 3}, "ab" * 32)
    found = extract(reader, as_images(images())).features
    assert found.shape == (9, reader.dim)
    from_features = critic.head(torch.from_numpy(found))[:, 0]
    if critic.spread is not None:  # of copies it is the root of the small number that keeps it from 0
        from_features = from_features + critic.spread(torch.full((9, 1), 1e-4))[:, 0]
    expected = scores(critic, images(), [0] * 9) * (-1 if arch == "bilinear-stylegan2" else 1)  # which turns it round
    assert from_features.detach().numpy() == pytest.approx(expected, abs=1e-3 * float(np.ptp(expected)))


def test_an_image_has_the_same_features_in_any_company(judged):
    reader, many = opened(judged("stylegan-lite")), images(side=opened(judged("dcgan")).side)
    together = extract(reader, as_images(many)).features
    alone = np.concatenate([extract(reader, as_images(many[i : i + 1])).features for i in range(9)])
    assert together == pytest.approx(alone, abs=1e-4)


def test_its_name_is_the_checkpoints_and_its_version_the_critics(judged):
    folder = judged()
    reader = opened(folder)
    assert reader.name == f"critic:{folder}"
    assert shown(reader.name) == "critic:judged-dcgan"
    assert file_part(reader).startswith("critic-judged-dcgan-")
    give_critic(folder)
    assert opened(folder).version == reader.version
    (folder / "critic.safetensors").unlink()
    with pytest.raises(UserError, match=r"judged-dcgan/critic\.safetensors is damaged"):
        opened(folder)


def test_it_says_what_it_is_worth_and_what_is_resized(judged):
    reader = opened(judged())
    assert caveats(reader, reader.side) == [CAVEAT]
    [_, resized] = caveats(reader, 64)
    assert (
        resized
        == f"the critic learned from images of {reader.side} pixels, so these, of 64, are resized for its features"
    )
    assert extract(reader, as_images(images(side=64))).features.shape == (9, reader.dim)


def test_images_of_other_channels_are_refused_in_one_sentence(judged):
    with pytest.raises(UserError, match=r"judged-dcgan has a critic of colour images; these are grey images\. Choose"):
        extract(opened(judged()), as_images(images(channels=1)))


def test_a_checkpoint_without_a_critic_is_told(checkpoint):
    with pytest.raises(
        UserError, match=r"dcgan-0 has no critic, so it gives no features\. Publish its run with --critic"
    ):
        opened(checkpoint())


def test_a_folder_that_is_no_checkpoint_is_told(tmp_path):
    with pytest.raises(UserError, match="is not a finished checkpoint"):
        opened(tmp_path / "nothing")


def test_more_features_than_a_reference_holds_are_refused():
    wide = ARCHITECTURES["dcgan"].discriminator(resolution=32, channels=3, width=128).eval()
    with pytest.raises(UserError, match=r"x has a critic with 8,192 features; up to 4,096 can be compared"):
        CriticFeatures("critic:x", wide, {"resolution": 32, "channels": 3}, "ab" * 32)


@pytest.mark.parametrize("name", ["critic", "critic:", "mnist", "critics:x", "x.onnx"])
def test_other_names_are_not_its_own(name):
    assert spec_of(name) is None
