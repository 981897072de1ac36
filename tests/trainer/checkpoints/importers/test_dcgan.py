"""PyTorch's DCGAN tutorial and its copies: read off their tensors, drawn as the original draws."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.critic import load_critic
from trainer.checkpoints.importers import import_file, look
from trainer.util.errors import UserError

CLOSE = 1e-4  # of a pixel in [-1, 1]


class Wrapped(nn.Module):
    """The tutorial keeps its layers under `main`."""

    def __init__(self, layers):
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x)


def generator(nz=100, ngf=64, nc=3, size=64, bias=False, base=4):
    """The tutorial's network, with one doubling more or less for other sizes."""
    levels = (size // base).bit_length() - 1
    widths = [ngf << k for k in reversed(range(levels))]
    layers = [nn.ConvTranspose2d(nz, widths[0], base, 1, 0, bias=bias), nn.BatchNorm2d(widths[0]), nn.ReLU(True)]
    for a, b in pairwise(widths):
        layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=bias), nn.BatchNorm2d(b), nn.ReLU(True)]
    return settled(Wrapped([*layers, nn.ConvTranspose2d(widths[-1], nc, 4, 2, 1, bias=bias), nn.Tanh()]))


def discriminator(ndf=64, nc=3, size=64):
    levels = size.bit_length() - 3
    widths = [ndf << k for k in range(levels)]
    layers = [nn.Conv2d(nc, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for a, b in pairwise(widths):
        layers += [nn.Conv2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.2)]
    return settled(Wrapped([*layers, nn.Conv2d(widths[-1], 1, 4, 1, 0, bias=False), nn.Sigmoid()]))


def settled(network):
    """As after some training: weights that draw with contrast, norms that have seen data."""
    rng = torch.Generator().manual_seed(1)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2, generator=rng)
        elif tensor.ndim == 4:
            tensor.normal_(0.0, 0.5 / tensor.shape[0] ** 0.5, generator=rng)
        elif tensor.is_floating_point():
            tensor.normal_(1.0 if "weight" in name else 0.0, 0.1, generator=rng)
    return network.eval()


def difference(folder, original, nz):
    """(largest difference of the imported generator's images from the original's, deviation where tanh is not flat)."""
    g = load_generator(folder, read_info(folder))
    z = torch.randn(8, nz, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        drawn = g(z)
        return (drawn - original(z[..., None, None])).abs().max().item(), drawn[drawn.abs() < 0.9].std().item()


def nested(wrap, state):
    for name in reversed(wrap.split(".")):
        state = {name: state}
    return state


SIZES = [
    {"size": 64},
    {"size": 32, "nz": 64, "ngf": 16, "nc": 1},
    {"size": 128, "ngf": 8},
    {"size": 28, "base": 7, "nc": 1},
]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", SIZES, ids=lambda shape: str(shape["size"]))
def test_images_are_the_originals(shape, bias, tmp_path):
    original = generator(**{"ngf": 8, **shape}, bias=bias)
    torch.save(original.state_dict(), tmp_path / "netG.pth")
    folder = import_file(tmp_path / "netG.pth", tmp_path / "out", lambda told: None)
    apart, contrast = difference(folder, original, shape.get("nz", 100))
    assert contrast > 0.05
    assert apart < CLOSE


@pytest.mark.parametrize(
    "wrap", ["state_dict", "netG", "generator", "G", "g_ema", "model", "checkpoint.model.generator", "netG.state_dict"]
)
def test_a_state_dict_is_found_under_any_key(wrap, tmp_path):
    original = generator(ngf=8, size=32)
    tree = {"epoch": 3, "lr": 0.1, "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}}}
    torch.save(tree | nested(wrap, original.state_dict()), tmp_path / "all.pt")
    folder = import_file(tmp_path / "all.pt", tmp_path / "out", lambda told: None)
    assert difference(folder, original, 100)[0] < CLOSE
    assert dict(look(tmp_path / "all.pt").preview.facts)["found at"] == wrap


@pytest.mark.parametrize(
    "prefix", ["module.", "module.module.", "_orig_mod.", "netG.", "model.generator.", "module.G."]
)
def test_prefixes_of_names_do_not_matter(prefix, tmp_path):
    original = generator(ngf=8, size=32)
    state = {prefix + name: tensor for name, tensor in original.state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "a.pt")
    folder = import_file(tmp_path / "a.pt", tmp_path / "out", lambda told: None)
    assert difference(folder, original, 100)[0] < CLOSE


def legacy(network, path):
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize(
    "save",
    [
        lambda network, path: save_file({name: t.contiguous() for name, t in network.state_dict().items()}, path),
        legacy,
        torch.save,  # the whole module, whose class is not here
    ],
    ids=["safetensors", "legacy", "module"],
)
def test_other_ways_to_save_are_read_too(save, tmp_path):
    original = generator(ngf=8, size=32)
    save(original, tmp_path / "model.bin")
    folder = import_file(tmp_path / "model.bin", tmp_path / "out", lambda told: None)
    assert difference(folder, original, 100)[0] < CLOSE


def test_halved_weights_are_read(tmp_path):
    original = generator(ngf=8, size=32)
    torch.save(
        {name: t.half() if t.is_floating_point() else t for name, t in original.state_dict().items()}, tmp_path / "a.pt"
    )
    folder = import_file(tmp_path / "a.pt", tmp_path / "out", lambda told: None)
    assert difference(folder, original, 100)[0] < 0.05


def test_layers_with_names_of_their_own_are_put_in_order(tmp_path):
    original = generator(ngf=8, size=32)
    names = {
        "main.0": "tconv1",
        "main.1": "bn1",
        "main.3": "tconv2",
        "main.4": "bn2",
        "main.6": "tconv3",
        "main.7": "bn3",
    }
    names["main.9"] = "tconv4"
    state = {}
    for name, tensor in original.state_dict().items():
        layer, _, rest = name.rpartition(".")
        state[f"{names[layer]}.{rest}"] = tensor
    torch.save(state, tmp_path / "a.pt")
    folder = import_file(tmp_path / "a.pt", tmp_path / "out", lambda told: None)
    assert difference(folder, original, 100)[0] < CLOSE


def test_the_discriminator_comes_along(tmp_path):
    g, d = generator(ngf=8, size=32), discriminator(ndf=4, size=32)
    torch.save({"netD": d.state_dict(), "netG": g.state_dict()}, tmp_path / "both.pt")
    imported = look(tmp_path / "both.pt").load()
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert imported.critic.eval()(images).sigmoid().numpy() == pytest.approx(d(images).flatten().numpy(), abs=1e-5)
        folder = import_file(tmp_path / "both.pt", tmp_path / "out", lambda told: None)
        kept = load_critic(folder, read_info(folder))
        assert kept(images).sigmoid().numpy() == pytest.approx(d(images).flatten().numpy(), rel=1e-2)


def test_a_preview_tells_what_the_file_holds_and_what_is_assumed(tmp_path):
    torch.save({"netG": generator(ngf=8, size=32, nc=1, nz=50).state_dict()}, tmp_path / "a.pt")
    preview = look(tmp_path / "a.pt").preview
    assert preview.recognised == "DCGAN generator (as in PyTorch's tutorial)"
    assert dict(preview.facts) == {"image": "32 x 32, grey", "latent": "50 normal numbers", "found at": "netG"}
    assert ("main.0.weight", "50 x 32 x 4 x 4") in preview.tensors
    assert "Strides and activations do not stand in a state dict" in preview.lost[0]
    assert "no discriminator" in preview.lost[1]


def changed(state, name, tensor):
    return state | {name: tensor}


REFUSED = {
    "kernels": (lambda s: changed(s, "main.9.weight", torch.zeros(8, 3, 3, 3)), "with kernels of 4, 4, 4, 3"),
    "channels": (lambda s: changed(s, "main.9.weight", torch.zeros(8, 4, 4, 4)), "and 4 channels; 16 to 128 pixels"),
    "chain": (lambda s: changed(s, "main.3.weight", torch.zeros(9, 16, 4, 4)), "no generator that is known"),
    "norm": (lambda s: changed(s, "main.4.bias", torch.zeros(9)), "no generator that is known"),
    "more": (lambda s: changed(s, "main.11.weight", torch.zeros(9)), "no generator that is known"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_networks_are_refused_with_what_was_found(case, tmp_path):
    change, told = REFUSED[case]
    torch.save(change(dict(generator(ngf=8, size=32).state_dict())), tmp_path / "a.pt")
    with pytest.raises(UserError, match=told):
        look(tmp_path / "a.pt")


def test_widths_that_do_not_halve_are_refused(tmp_path):
    layers = [nn.ConvTranspose2d(9, 12, 4), nn.BatchNorm2d(12), nn.ConvTranspose2d(12, 8, 4), nn.BatchNorm2d(8)]
    torch.save(Wrapped([*layers, nn.ConvTranspose2d(8, 3, 4, bias=False)]).state_dict(), tmp_path / "a.pt")
    with pytest.raises(UserError, match="with layers of 12, 8, 3 channels; those that halve each time are read"):
        look(tmp_path / "a.pt")


def test_nan_is_refused(tmp_path):
    state = generator(ngf=8, size=32).state_dict()
    state["main.3.weight"][0, 0, 0, 0] = torch.nan
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(UserError, match="NaN or infinite weights"):
        import_file(tmp_path / "a.pt", tmp_path / "out", lambda told: None)


def test_what_is_saved_draws_what_was_imported(tmp_path):
    original = generator(ngf=8, size=32)
    torch.save(original.state_dict(), tmp_path / "a.pt")
    imported = look(tmp_path / "a.pt").load().generator.eval()
    loaded = load_generator(import_file(tmp_path / "a.pt", tmp_path / "out", print), read_info(tmp_path / "out"))
    z = torch.zeros(1, 100)
    with torch.no_grad():
        assert np.array_equal(imported(z).numpy(), loaded(z).numpy())
