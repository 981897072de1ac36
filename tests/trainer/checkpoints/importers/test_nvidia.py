"""NVIDIA's pickles: the images are the original's, and nothing that a file holds is run."""

import pickle
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.trainer.checkpoints.importers.nvidia_models import Persistent, generator, snapshot
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.importers import import_file, look
from trainer.checkpoints.sampling import seed_noise
from trainer.networks.stylegan_lite import StyleGanGenerator
from trainer.util.errors import UserError

CLOSE = 1e-3  # of a pixel in [-1, 1]


def images(original, ours, psi=1.0, noise="const", n=3):
    """(the original's images, ours) of the same z and classes."""
    z = torch.randn(n, ours.z_dim, generator=torch.Generator().manual_seed(0))
    label = torch.arange(n) % max(ours.num_classes, 1)
    c = F.one_hot(label, ours.num_classes).float() if ours.num_classes else torch.zeros(n, 0)
    inputs = seed_noise(ours, range(n), ["fixed" if noise == "const" else "none"] * n)
    with torch.no_grad():
        ws = ours.truncate(ours.map(z, label), psi)
        return original(z, c, truncation_psi=psi, noise_mode=noise), ours.synthesize(ws, inputs)


def imported(original, tmp_path, **more):
    """The checkpoint's generator, from the original's pickle by way of the checkpoint's folder."""
    path = snapshot(tmp_path / "network-snapshot.pkl", original, **more)
    folder = import_file(path, tmp_path / "out", lambda told: None)
    return load_generator(folder, read_info(folder))


KINDS = {
    "16": {},
    "8": {"resolution": 8},
    "64": {"resolution": 64},
    "256": {"resolution": 256, "channel_base": 1024, "channel_max": 16},
    "grey": {"channels": 1},
    "conditional": {"c_dim": 3},
    "many-classes": {"c_dim": 10, "w_dim": 12, "mapping": {"num_layers": 2}},
    "wider-w": {"z_dim": 6, "w_dim": 10},
    "flat-table": {"channel_base": 32768, "channel_max": 12},
    "steep-table": {"resolution": 32, "channel_base": 128, "channel_max": 512},
    "two-layers": {"mapping": {"num_layers": 2, "lr_multiplier": 0.05}},
    "clamped": {"conv_clamp": 2},
    "no-noise": {"use_noise": False},
}


@pytest.mark.parametrize("kind", KINDS)
def test_images_are_the_originals(kind, tmp_path):
    original = generator(**KINDS[kind])
    ours = imported(original, tmp_path)
    for psi, noise in product((1.0, 0.5), ("const", "none")):
        theirs, found = images(original, ours, psi, noise)
        assert theirs.std() > 0.3
        assert (theirs - found).abs().max() < CLOSE


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_every_protocol_are_read(protocol, tmp_path):
    original = generator()
    theirs, ours = images(original, imported(original, tmp_path, protocol=protocol))
    assert (theirs - ours).abs().max() < CLOSE


def test_limits_are_kept(tmp_path):
    """Without the limit, the images would differ."""
    original = generator(conv_clamp=2)
    ours = imported(original, tmp_path)
    theirs, found = images(original, ours)
    options = read_info(tmp_path / "out").options
    free = StyleGanGenerator(**options | {"conv_clamp": 0})
    free.load_state_dict(ours.state_dict())
    assert (theirs - found).abs().max() < CLOSE < (theirs - images(original, free)[1]).abs().max()


def test_the_noise_of_the_file_is_the_fixed_noise(tmp_path):
    original = generator()
    ours = imported(original, tmp_path)
    assert torch.equal(ours.fixed_noise()[0][0, 0], original.synthesis.b4.conv1.noise_const)
    assert torch.equal(ours.fixed_noise()[-1][0, 0], original.synthesis.b16.conv1.noise_const)


def test_the_average_is_preferred_and_what_stays_behind_is_told(tmp_path):
    average, other = generator(seed=1), generator(seed=2)
    pickled = {"G": other, "D": other, "augment_pipe": None}
    path = snapshot(tmp_path / "a.pkl", average, **pickled)
    found = look(path)
    theirs, ours = images(average, found.load().generator.eval())
    assert (theirs - ours).abs().max() < CLOSE
    assert dict(found.preview.facts) == {"image": "16 x 16, colour", "latent": "8 normal numbers", "found at": "G_ema"}
    assert ("synthesis.b4.const", "24 x 4 x 4") in found.preview.tensors
    assert found.preview.lost[0] == "The generator before averaging (G) stays behind."
    assert "The discriminator stays behind" in found.preview.lost[1]
    assert found.load().critic is None


def test_without_a_mean_w_it_is_estimated_and_told(tmp_path):
    original = generator()
    del original.mapping.w_avg
    found = look(snapshot(tmp_path / "a.pkl", original))
    original.mapping.num_ws = None
    w = original.mapping(torch.randn(10_000, 8, generator=torch.Generator().manual_seed(3)), None)
    assert found.load().generator.w_avg.numpy() == pytest.approx(w.mean(0).numpy(), abs=0.1)
    assert "The file has no mean w: it is estimated from 10,000 z." in found.preview.lost


def test_a_network_alone_is_read(tmp_path):
    original = generator()
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(original))
    theirs, ours = images(original, look(tmp_path / "a.pkl").load().generator.eval())
    assert (theirs - ours).abs().max() < CLOSE


def test_a_state_dict_of_such_a_network_is_read(tmp_path):
    original = generator(c_dim=3)
    torch.save({"iteration": 5, "G_ema": original.state_dict()}, tmp_path / "a.pt")
    found = look(tmp_path / "a.pt")
    theirs, ours = images(original, found.load().generator.eval())
    assert (theirs - ours).abs().max() < CLOSE
    assert "conv_clamp" in found.preview.lost[0]


def test_a_file_with_another_ending_is_known_by_what_it_holds(tmp_path):
    path = snapshot(tmp_path / "stylegan.pt", generator())
    assert look(path).preview.recognised == "NVIDIA StyleGAN2 generator"


class Planted:
    """What runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("where", ["G", "training_set_kwargs", "G_ema"])
def test_a_pickle_that_plants_code_is_refused_by_name_and_runs_nothing(where, protocol, tmp_path):
    left = tmp_path / "left"
    path = snapshot(tmp_path / "a.pkl", generator(), protocol=protocol, **{where: Planted(left)})
    with pytest.raises(
        UserError, match=r"asks for (posix|nt)\.system, which is not expected in it; nothing of it was run"
    ):
        import_file(path, tmp_path / "out", print)
    assert not left.exists()
    assert not (tmp_path / "out").exists()
    pickle.loads(pickle.dumps(Planted(left)))  # the command does run where pickles are run
    assert left.exists()


def test_the_source_in_a_pickle_is_not_run(tmp_path):
    """Whoever ran it, or called what rebuilds its modules, would meet an exception."""
    path = snapshot(tmp_path / "a.pkl", generator())
    assert b"the source in a pickle was run" in path.read_bytes()
    with pytest.raises(RuntimeError, match="a pickle was run"):
        pickle.loads(path.read_bytes())
    assert look(path).load().generator.resolution == 16


def spoiled(change, **options):
    made = generator(**options)
    change(made)
    return made


def set_filter(g):
    g.synthesis.b8.conv0.resample_filter = torch.ones(4, 4) / 16


def set_source(g):
    g.synthesis.input = Persistent()


REFUSED = {
    "activation": (
        lambda g: setattr(g.mapping.fc3, "activation", "relu"),
        "FullyConnectedLayer has activation = 'relu'",
    ),
    "architecture": (lambda g: setattr(g.synthesis.b8, "architecture", "resnet"), "architecture = 'resnet'"),
    "filter": (set_filter, "SynthesisLayer has another resample_filter"),
    "stylegan3": (set_source, "it is a generator of StyleGAN3, whose own layers are not read here"),
    "missing": (lambda g: delattr(g.synthesis.b8, "conv1"), "it has conv0, torgb, and no conv1"),
    "level": (lambda g: delattr(g.synthesis, "b8"), "is no StyleGAN2 generator: the synthesis has b4, b16"),
    "shape": (
        lambda g: setattr(g.synthesis.b8.conv1, "weight", torch.nn.Parameter(torch.ones(3, 3, 3, 3))),
        "is 3 x 3 x 3 x 3 where",
    ),
    "limits": (lambda g: setattr(g.synthesis.b8.conv1, "conv_clamp", 3), "its layers have the limits"),
    "class": (lambda g: setattr(g, "synthesis", Persistent()), "has no parts"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_stylegan2_is_refused_by_name(case, tmp_path):
    change, told = REFUSED[case]
    with pytest.raises(UserError, match=told):
        look(snapshot(tmp_path / "a.pkl", spoiled(change))).load()


def test_a_table_of_channels_that_is_not_ours_is_refused(tmp_path):
    with pytest.raises(UserError, match="its layers have 5, 3, 1 channels; tables that halve"):
        look(snapshot(tmp_path / "a.pkl", generator(channel_base=27, channel_max=5)))


def test_nan_is_refused(tmp_path):
    path = snapshot(tmp_path / "a.pkl", spoiled(lambda g: g.synthesis.b8.conv1.weight.data.fill_(torch.nan)))
    with pytest.raises(UserError, match=r"NaN or infinite weights, convs\.2\.conv\.weight among 1"):
        import_file(path, tmp_path / "out", print)


def test_a_pickle_without_a_generator_is_refused(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"D": [1, 2]}))
    with pytest.raises(UserError, match="without a network named G_ema or G"):
        look(tmp_path / "a.pkl")


def test_every_cut_of_a_pickle_is_told_in_a_sentence(tmp_path):
    data = snapshot(tmp_path / "a.pkl", generator(resolution=8)).read_bytes()
    for cut in np.linspace(1, len(data) - 1, 40).astype(int):
        (tmp_path / "b.pkl").write_bytes(data[:cut])
        with pytest.raises(UserError, match=r"b\.pkl"):
            look(tmp_path / "b.pkl")


def test_spoiled_bytes_are_told_in_a_sentence(tmp_path):
    data = snapshot(tmp_path / "a.pkl", generator(resolution=8)).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(data)
        for place in rng.integers(2, len(data), 20):
            broken[place] = rng.integers(256)
        (tmp_path / "b.pkl").write_bytes(broken)
        try:
            look(tmp_path / "b.pkl").load()
        except UserError as error:
            assert "b.pkl" in str(error)  # noqa: PT017
