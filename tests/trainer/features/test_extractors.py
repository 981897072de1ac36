"""What holds for every extractor, and for the readers that come in the box."""

import numpy as np
import pytest
import torch
import torch.hub
from safetensors.torch import load_file, save_file

from trainer.data import Attribute, load
from trainer.features import EXTRACTORS, extractor_for
from trainer.features.base import bundled, fitted_images, hash_of, ready, save_bundled
from trainer.features.classifier import AttributeNet, accuracies
from trainer.features.feature_set import extract
from trainer.util.errors import UserError

BUNDLED = [name for name, kind in EXTRACTORS.items() if kind.side]
CLASSES = (Attribute("size", ("small", "large")), Attribute("tone", ("dark", "grey", "light")))


def random_images(n: int, channels: int, side: int, seed: int = 0) -> torch.Tensor:
    return torch.rand((n, channels, side, side), generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(scope="module")
def inception():
    """Inception-v3 with random weights in the place of the downloaded ones."""
    from trainer.util import torchvision_fix  # noqa: F401 - must come before torchvision
    from torchvision.models import inception_v3  # isort: skip

    with torch.random.fork_rng(devices=[]), pytest.MonkeyPatch.context() as patch:
        torch.manual_seed(0)
        weights = inception_v3(weights=None, init_weights=False).state_dict()
        for weight in weights.values():
            if weight.ndim == 4:
                weight *= 6**0.5  # He's scale: features then neither vanish nor explode
        patch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *a, **k: weights)
        return EXTRACTORS["inception-v3"].open({}, ())


OF_IMAGES = [name for name in EXTRACTORS if not name.startswith("plane-")]  # these read points
OFTEN = [pytest.param(name, marks=pytest.mark.slow if name == "inception-v3" else ()) for name in OF_IMAGES]


@pytest.fixture(params=OFTEN)
def extractor(request):
    """Each registered extractor of images, opened; those that are trained or downloaded have random weights."""
    if request.param == "inception-v3":
        return request.getfixturevalue("inception")
    carried = {}
    if EXTRACTORS[request.param].carried:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            carried = AttributeNet("autoencoder", 3, 32, (24, 32, 48, 64), CLASSES).state_dict()
    return EXTRACTORS[request.param].open(carried, CLASSES)


@pytest.mark.parametrize("side", [28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_extractor_takes_every_size_and_number_of_channels(extractor, channels, side):
    found = extract(extractor, random_images(2, channels, side))
    assert found.features.shape == (2, extractor.dim)
    assert np.isfinite(found.features).all()
    assert [p.shape for p in found.probabilities] == [(2, len(head.values)) for head in extractor.heads]
    for probabilities in found.probabilities:
        assert probabilities.sum(1) == pytest.approx(np.ones(2), abs=1e-5)
    assert found.pixels.shape == (2, 0)


def test_an_image_has_the_same_features_alone_and_in_any_batch(extractor):
    images = random_images(3, 3, 32)
    together, alone = extract(extractor, images), extract(extractor, images[1:2])
    assert together.features[1:2] == pytest.approx(alone.features, abs=1e-4)
    assert np.ptp(together.features, axis=0).max() > 1e-3  # and others have others


def test_every_extractor_is_named_frozen_and_in_eval_mode(extractor):
    assert extractor.name in EXTRACTORS
    assert extractor.version
    assert not any(module.training for module in extractor.modules())
    assert not any(parameter.requires_grad for parameter in extractor.parameters())


@pytest.mark.parametrize("name", EXTRACTORS)
def test_every_extractor_has_a_line_of_help(name):
    assert 20 < len(EXTRACTORS[name].help) < 90


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_weights_have_64_features_and_one_version(name, tmp_path):
    opened, again = (EXTRACTORS[name].open({}, ()) for _ in range(2))
    assert opened.dim == 64
    assert opened.version == again.version
    assert save_bundled(opened, tmp_path) == tmp_path / f"{name}.safetensors"
    for weight in again.state_dict().values():
        weight.zero_()
    saved = ready(again, bundled(name, tmp_path))
    assert saved.version == opened.version
    images = random_images(3, 3, 32)
    assert np.array_equal(extract(saved, images).features, extract(opened, images).features)


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize(
    "damage", [lambda file: file.write_bytes(file.read_bytes()[:1000]), lambda file: file.unlink()]
)
def test_bundled_weights_that_are_cut_or_gone_name_the_file_and_the_command(name, damage, tmp_path):
    damage(save_bundled(EXTRACTORS[name].open({}, ()), tmp_path))
    with pytest.raises(UserError, match=rf"{tmp_path}/{name}\.safetensors.*python -m trainer extractor {name}"):
        bundled(name, tmp_path)


def test_bundled_weights_of_another_network_are_refused(tmp_path):
    file = save_bundled(EXTRACTORS["mnist"].open({}, ()), tmp_path)
    file.rename(tmp_path / "avatars.safetensors")
    with pytest.raises(UserError, match="do not fit the extractor 'avatars'"):
        ready(EXTRACTORS["avatars"].open({}, ()), bundled("avatars", tmp_path))


def test_the_version_follows_every_weight():
    weights = bundled("mnist")
    versions = {hash_of(weights)}
    for name in ("encoder.0.0.weight", "readers.0.bias"):
        weights = {**weights, name: weights[name] + 0.01}
        versions.add(hash_of(weights))
    assert len(versions) == 3
    assert hash_of({k: weights[k] for k in sorted(weights, reverse=True)}) in versions  # in whatever order


def test_a_data_set_gets_the_extractor_that_was_made_for_it():
    made_for = {"avatars:thumbs": "thumbs", "avatars:lorelei": "autoencoder"}
    made_for |= {name: name for name in ("mnist", "avatars", "pixel-faces")}
    assert {data: extractor_for(data) for data in made_for} == made_for
    assert [extractor_for(data) for data in ("avatars:pixel-art", "./mnist", "images")] == ["autoencoder"] * 3


@pytest.mark.slow
@pytest.mark.parametrize(("data", "side"), [("avatars", 64), ("avatars:thumbs", 64), ("pixel-faces", 16)])
def test_a_bundled_reader_reads_drawings_that_it_was_not_trained_on(data, side, tmp_path):
    faces = load(data, resolution=side, data_dir=tmp_path, limit=48, held_out=True, progress=False)
    found = accuracies(EXTRACTORS[extractor_for(data)].open({}, ()), faces)
    assert list(found) == [attribute.name for attribute in faces.attributes]
    assert min(found.values()) > 0.9  # of 48: 4 wrong at most
    assert np.mean(list(found.values())) > 0.95


def test_accuracies_leave_out_what_is_unknown(squares, tiny):
    data = squares(tiny(), n=10)
    reader = AttributeNet("mnist", 1, 32, (16, 32, 48, 64), data.attributes).eval()
    with torch.no_grad():
        reader.readers[0].weight.zero_()
        reader.readers[0].bias[:] = torch.tensor([1.0, 0.0])  # says 0 whatever it sees
    assert accuracies(reader, data) == {"parity": 0.5}
    data.labels[1::2] = -1
    assert accuracies(reader, data) == {"parity": 1.0}


def test_a_border_makes_28_pixels_32_and_colour_becomes_its_mean():
    images = random_images(2, 3, 28)
    grey = fitted_images(images, 32, 1)
    assert grey.shape == (2, 1, 32, 32)
    assert torch.equal(grey[:, :, 2:30, 2:30], images.mean(1, keepdim=True))
    assert (grey[:, :, [0, 1, 30, 31]] == -1).all()
    colour = fitted_images(random_images(2, 1, 32), 16, 3)
    assert colour.shape == (2, 3, 16, 16)
    assert torch.equal(colour[:, 0], colour[:, 2])
    assert fitted_images(torch.full((1, 1, 64, 64), 0.25), 32, 1) == pytest.approx(torch.full((1, 1, 32, 32), 0.25))


def test_inception_without_a_network_says_where_to_put_its_file(tmp_path, monkeypatch):
    def offline(*arguments, **options):
        raise OSError("Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(UserError, match=rf"{tmp_path}/hub/checkpoints/inception_v3.*\.pth.*not known.*https://"):
        EXTRACTORS["inception-v3"].open({}, ())


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"PK\x03\x04 cut"])
def test_a_damaged_file_of_inception_is_named(content, tmp_path, monkeypatch):
    from trainer.util import torchvision_fix  # noqa: F401 - must come before torchvision
    from torchvision.models import Inception_V3_Weights  # isort: skip

    file = tmp_path / "hub" / "checkpoints" / Inception_V3_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(UserError, match=str(file)):
        EXTRACTORS["inception-v3"].open({}, ())


def test_the_autoencoder_without_its_weights_says_how_to_have_them():
    with pytest.raises(UserError, match=r"has none.*python -m trainer reference"):
        EXTRACTORS["autoencoder"].open({}, CLASSES)


@pytest.mark.parametrize("spoil", ["missing", "other"])
def test_weights_that_do_not_fit_the_autoencoder_are_refused(spoil):
    carried = AttributeNet("autoencoder", 3, 32, (24, 32, 48, 64), CLASSES).state_dict()
    if spoil == "missing":
        del carried["encoder.0.0.weight"]
    else:
        carried["encoder.0.0.weight"] = carried["encoder.0.0.weight"][:, :, :1]
    with pytest.raises(UserError, match="do not fit" if spoil == "other" else "has none"):
        EXTRACTORS["autoencoder"].open(carried, CLASSES)


def test_weights_in_a_file_are_half_as_wide(tmp_path):
    file = save_bundled(EXTRACTORS["mnist"].open({}, ()), tmp_path)
    assert {tensor.dtype for tensor in load_file(file).values()} == {torch.float16}
    save_file({"x": torch.zeros(1)}, file)
    with pytest.raises(UserError, match="do not fit the extractor 'mnist'"):
        ready(EXTRACTORS["mnist"].open({}, ()), load_file(file))
