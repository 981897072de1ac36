"""StyleGAN2's discriminators of three programs: ours scores as theirs do; one that ours cannot be stays behind."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.trainer.checkpoints.importers import (
    lucidrains_critics,
    nvidia_critics,
    nvidia_models,
    rosinality_critics,
    test_lucidrains,
    test_rosinality,
)
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.critic import built, load_critic, scores
from trainer.checkpoints.importers import base, import_file, look
from trainer.checkpoints.sampling import sample
from trainer.networks import CRITICS
from trainer.util.reading import Unfit

CLOSE = 1e-3  # of a score, relative
BATCHES = (1, 2, 4, 8)

NVIDIA = {
    "16": {},
    "8": {"resolution": 8},
    "64": {"resolution": 64, "channel_base": 1024},
    "256": {"resolution": 256, "channel_base": 1024, "channel_max": 16},
    "grey": {"channels": 1},
    "skip": {"architecture": "skip"},
    "orig": {"architecture": "orig"},
    "clamped": {"conv_clamp": 1},
    "skip-clamped": {"architecture": "skip", "conv_clamp": 1},
    "conditional": {"c_dim": 3},
    "many-classes": {"c_dim": 10, "cmap_dim": 6, "num_layers": 2},
    "conditional-skip": {"c_dim": 2, "architecture": "skip"},
    "groups-of-2": {"mbstd_group_size": 2},
    "whole-batch": {"mbstd_group_size": None},
    "four-maps": {"mbstd_num_channels": 4},
    "no-spread": {"mbstd_num_channels": 0},
}
OF_GENERATOR = {"resolution", "channels", "c_dim", "channel_base", "channel_max"}


def nvidia_pair(**options):
    """A generator and a discriminator of NVIDIA's for it."""
    shape = {name: value for name, value in options.items() if name in OF_GENERATOR}
    return nvidia_models.generator(**shape), nvidia_critics.discriminator(**options)


def pictures(n, channels, side):
    """Images of blobs, each of its own contrast, so that scores differ: noise alone looks the same to wide layers."""
    rng = torch.Generator().manual_seed(n)
    blobs = torch.randn(n, channels, 4, 4, generator=rng) * torch.linspace(0.3, 2, n)[:, None, None, None]
    return (F.interpolate(blobs, size=side) + 0.1 * torch.randn(n, channels, side, side, generator=rng)).clamp(-1, 1)


def assert_equal_scores(found, expected):
    assert len(expected) < BATCHES[-1] or expected.std() > 10 * CLOSE * expected.abs().mean()
    assert found.numpy() == pytest.approx(expected.numpy(), rel=CLOSE, abs=1e-5)


@pytest.mark.parametrize("kind", NVIDIA)
def test_nvidias_scores_are_the_originals(kind, tmp_path):
    options = NVIDIA[kind]
    g, d = nvidia_pair(**options)
    found = look(nvidia_models.snapshot(tmp_path / "a.pkl", g, D=d))
    critic, classes = found.load().critic, options.get("c_dim", 0)
    for n in BATCHES:
        images = pictures(n, options.get("channels", 3), options.get("resolution", 16))
        label = torch.arange(n) % max(classes, 1)
        one_hot = F.one_hot(label, classes).float() if classes else torch.zeros(n, 0)
        assert_equal_scores(critic(images, label), d(images, one_hot).flatten())
    assert found.preview.lost == ()


def test_the_limit_of_activations_is_kept(tmp_path):
    """Without it, the scores would differ."""
    g, d = nvidia_pair(conv_clamp=1)
    critic = look(nvidia_models.snapshot(tmp_path / "a.pkl", g, D=d)).load().critic
    images = pictures(4, 3, 16)
    for module in critic.modules():
        if hasattr(module, "limit"):
            module.limit = 0
    assert (critic(images) - d(images, None).flatten()).abs().min() > 5 * CLOSE


def test_a_state_dict_of_nvidias_is_read(tmp_path):
    for options in ({"c_dim": 3}, {"architecture": "skip"}):
        g, d = nvidia_pair(**options)
        torch.save({"G_ema": g.state_dict(), "D": d.state_dict()}, tmp_path / "a.pt")
        found = look(tmp_path / "a.pt")
        images, label = pictures(4, 3, 16), torch.tensor([0, 1, 2, 0])
        expected = d(images, F.one_hot(label, 3).float()).flatten()
        assert_equal_scores(found.load().critic(images, label), expected)
        assert not any("discriminator" in sentence for sentence in found.preview.lost)


@pytest.mark.parametrize("widths", [(12, 8, 4), (6, 6), (16, 16, 16, 8, 4), (8, 8, 8, 8, 8, 4)])
def test_rosinalitys_scores_are_the_originals(widths, tmp_path):
    side, d = 2 << len(widths), rosinality_critics.discriminator(widths)
    g = test_rosinality.generator(size=side, widths=widths)
    torch.save({"g_ema": g.state_dict(), "d": d.state_dict()}, tmp_path / "a.pt")
    found = look(tmp_path / "a.pt")
    critic = found.load().critic
    for n in BATCHES:
        images = pictures(n, 3, side)
        assert_equal_scores(critic(images), d(images).flatten())
    assert "discriminator" not in " ".join(found.preview.lost)


@pytest.mark.parametrize(
    "options", [{}, {"size": 8}, {"size": 64, "fmap_max": 16}, {"size": 32, "channels": 1}, {"size": 128}], ids=str
)
def test_lucidrains_scores_are_the_originals_turned_round(options, tmp_path):
    side = options.get("size", 16)
    d = lucidrains_critics.discriminator(**{"size": 16, "capacity": 2, "fmap_max": 64} | options)
    save_lucidrains(tmp_path / "a.pt", d, **options)
    found = look(tmp_path / "a.pt")
    critic = found.load().critic
    for n in BATCHES:
        images = pictures(n, options.get("channels", 3), side)
        assert_equal_scores(critic(images), -d((images + 1) / 2))
    assert found.preview.lost[0].startswith("The discriminator is taken to be trained with the package's usual hinge")


def save_lucidrains(path, d, change=lambda state: state, **options):
    """A file of lucidrains' with this discriminator, which stands in it twice, as in the package."""
    state = {name: tensor for name, tensor in test_lucidrains.gan(**options).state_dict().items() if name[:2] != "D."}
    own = change(dict(d.state_dict()))
    state |= {f"{prefix}.{name}": tensor for prefix in ("D", "D_aug.D") for name, tensor in own.items()}
    torch.save({"GAN": state, "version": "1.8.9"}, path)


def files(folder):
    """A file of each program with its discriminator."""
    g, d = nvidia_pair(c_dim=3)
    yield nvidia_models.snapshot(folder / "nvidia.pkl", g, D=d)
    d = rosinality_critics.discriminator()
    torch.save({"g_ema": test_rosinality.generator().state_dict(), "d": d.state_dict()}, folder / "rosinality.pt")
    yield folder / "rosinality.pt"
    save_lucidrains(folder / "lucidrains.pt", lucidrains_critics.discriminator(size=16, capacity=2))
    yield folder / "lucidrains.pt"


def test_the_checkpoint_keeps_it_and_each_image_is_scored_by_itself(tmp_path):
    for path in files(tmp_path):
        imported = look(path).load()
        folder = import_file(path, tmp_path / path.stem, print)
        info = read_info(folder)
        kept = load_critic(folder, info)
        labels = [seed % max(imported.generator.num_classes, 1) for seed in range(6)]
        images = sample(load_generator(folder, info), range(6), labels)
        together = scores(kept, images, labels)
        spread = float(np.ptp(together))
        assert spread > 0
        expected = scores(imported.critic, images, labels)
        assert together == pytest.approx(expected, rel=5e-3, abs=2e-3 * spread), path  # 16 bits
        alone = [float(scores(kept, image[None], [label])[0]) for image, label in zip(images, labels, strict=True)]
        assert together.tolist() == alone


def cut(path, change):
    """A pickle of NVIDIA's whose discriminator was changed."""
    g, d = nvidia_pair()
    change(d)
    return nvidia_models.snapshot(path / "a.pkl", g, D=d)


def of_rosinality(path, change):
    state = dict(rosinality_critics.discriminator().state_dict())
    torch.save({"g_ema": test_rosinality.generator().state_dict(), "d": state | change}, path / "a.pt")
    return path / "a.pt"


def of_lucidrains(path, change):
    save_lucidrains(path / "a.pt", lucidrains_critics.discriminator(size=16, capacity=2), lambda state: state | change)
    return path / "a.pt"


def set_architecture(d):
    d.b8.architecture = "orig"


def set_filter(d):
    d.b16.conv1.resample_filter = torch.ones(4, 4) / 16


BEHIND = {
    "nan": (cut, lambda d: d.b8.conv1.weight.fill_(torch.nan), "it has NaN or infinite weights, blocks.1.down.weight"),
    "shape": (
        cut,
        lambda d: setattr(d.b8.conv1.weight, "data", torch.ones(3, 3)),
        "blocks.1.down.weight is 3 x 3 where",
    ),
    "missing": (cut, lambda d: delattr(d.b8.conv1, "bias"), "it has no b8.conv1.bias"),
    "level": (cut, lambda d: delattr(d, "b8"), "its Discriminator is not StyleGAN2's: it has b16, b4"),
    "extra": (cut, lambda d: d.b8.register_buffer("gate", torch.ones(3)), "it has a b8.gate, which is not read"),
    "activation": (cut, lambda d: setattr(d.b8.conv0, "activation", "relu"), "Conv2dLayer has activation = 'relu'"),
    "architecture": (cut, set_architecture, "DiscriminatorBlock has architecture = 'orig', where 'resnet' is read"),
    "filter": (cut, set_filter, "Conv2dLayer has another resample_filter"),
    "limits": (cut, lambda d: setattr(d.b8.conv1, "conv_clamp", 3), "its layers have the limits"),
    "group": (cut, lambda d: setattr(d.b4.mbstd, "group_size", "all"), "group is 'all'"),
    "maps": (cut, lambda d: setattr(d.b4.mbstd, "num_channels", 2), "MinibatchStdLayer has num_channels = 2"),
    "ros-nan": (of_rosinality, {"final_conv.1.bias": torch.full((12,), torch.inf)}, "it has NaN or infinite weights"),
    "ros-shape": (of_rosinality, {"final_linear.0.weight": torch.ones(12, 5)}, "last_linear.weight is 12 x 5 where"),
    "ros-filter": (of_rosinality, {"convs.1.conv2.0.kernel": torch.ones(4, 4)}, "is another filter than [1, 3, 3, 1]"),
    "ros-extra": (of_rosinality, {"convs.1.noise.weight": torch.ones(1)}, "it has a convs.1.noise.weight"),
    "attention": (of_lucidrains, {"attn_blocks.0.0.fn.g": torch.ones(1)}, "it has attention, which is not read"),
    "quantised": (of_lucidrains, {"quantize_blocks.0.fn.embed": torch.ones(1)}, "it has quantised features"),
    "luc-extra": (of_lucidrains, {"to_logit.2.weight": torch.ones(1)}, "it has a to_logit.2.weight"),
    "luc-nan": (of_lucidrains, {"to_logit.bias": torch.full((1,), torch.nan)}, "weights, head.bias among 1"),
    "luc-shape": (of_lucidrains, {"blocks.1.net.0.weight": torch.ones(1, 2)}, "blocks.1.convs.0.weight is 1 x 2 where"),
}


@pytest.mark.parametrize("case", BEHIND)
def test_what_ours_cannot_be_stays_behind_with_one_sentence_and_the_generator_comes(case, tmp_path):
    make, change, why = BEHIND[case]
    path, told = make(tmp_path, change), []
    found = look(path)
    sentences = [sentence for sentence in found.preview.lost if "discriminator" in sentence]
    assert len(sentences) == 1
    assert sentences[0].startswith("The discriminator stays behind: ")
    assert why in sentences[0]
    folder = import_file(path, tmp_path / "out", told.append)
    assert sentences[0] in told
    assert load_critic(folder, read_info(folder)) is None


OTHERS = [
    ({"resolution": 32}, "32 pixels a side, its generator for 16"),
    ({"c_dim": 3}, "3 classes"),
    ({"channels": 1}, "1 channels"),
]


@pytest.mark.parametrize(("options", "why"), OTHERS)
def test_one_for_other_images_stays_behind(options, why, tmp_path):
    d = nvidia_critics.discriminator(**options)
    found = look(nvidia_models.snapshot(tmp_path / "a.pkl", nvidia_models.generator(), D=d))
    assert f"it is made for {why}" in found.preview.lost[0]
    assert found.load().critic is None


def test_of_several_discriminators_the_one_that_fits_is_taken(tmp_path):
    other, fitting = rosinality_critics.discriminator((6, 6)), rosinality_critics.discriminator()
    tree = {"a": other.state_dict(), "g_ema": test_rosinality.generator().state_dict(), "z": fitting.state_dict()}
    torch.save(tree, tmp_path / "a.pt")
    images = pictures(4, 3, 16)
    assert_equal_scores(look(tmp_path / "a.pt").load().critic(images), fitting(images).flatten())


def test_without_one_the_preview_says_so(tmp_path):
    torch.save({"g_ema": test_rosinality.generator().state_dict()}, tmp_path / "a.pt")
    torch.save({"G_ema": nvidia_models.generator().state_dict()}, tmp_path / "b.pt")
    for path in (
        tmp_path / "a.pt",
        tmp_path / "b.pt",
        nvidia_models.snapshot(tmp_path / "c", nvidia_models.generator()),
    ):
        assert "There is no discriminator in the file." in look(path).preview.lost


def test_a_huge_one_stays_behind_and_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "MAX_CRITIC", 1000)
    told = []
    g, d = nvidia_pair()
    folder = import_file(nvidia_models.snapshot(tmp_path / "a.pkl", g, D=d), tmp_path / "out", told.append)
    assert any(sentence.startswith("The discriminator stays behind: it has") for sentence in told)
    assert load_critic(folder, read_info(folder)) is None


def test_a_large_one_is_tried_without_an_image_and_with_its_options():
    options = {"resolution": 512, "channels": 3, "width": 4, "min_channels": 1, "spread_maps": 2}
    state = CRITICS["stylegan2"](**options).state_dict()
    critic = built(CRITICS["stylegan2"], options, state)
    assert np.isfinite(scores(critic, np.zeros((1, 512, 512, 3), np.uint8), [0])).all()
    odd = options | {"spread_maps": 3}  # does not divide the four channels
    with pytest.raises(Unfit, match="a critic that does not run"):
        built(CRITICS["stylegan2"], odd, CRITICS["stylegan2"](**odd).state_dict())
