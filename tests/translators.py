"""Translators for tests: an untrained checkpoint with examples and a critic, and ones whose output is plain."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from trainer.checkpoints import patch_critic
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.checkpoints.examples import FILE, Examples
from trainer.checkpoints.translating import translated
from trainer.checkpoints.tried import tried_on
from trainer.networks import ARCHITECTURES
from trainer.networks.architecture import Architecture
from trainer.networks.translator import PatchCritic, Translator

SIDE = 16
LINES = {
    "kind": "line art",
    "channels": 3,
    "palette": {
        "ink": [20, 20, 20],
        "hair: brown": [90, 50, 40],
        "hair: red": [150, 40, 0],
        "skin: pale": [190, 160, 140],
    },
    "papers": {"cream": [250, 240, 210], "blue": [214, 230, 255]},
}
MAP = {
    "kind": "part map",
    "channels": 3,
    "palette": {"background": [240, 236, 226], "skin": [242, 180, 140], "hair": [138, 79, 45]},
    "papers": {"background": [240, 236, 226]},
}


class Plain(Translator):
    """A network of which everybody knows what it makes."""

    def __init__(self, resolution: int = SIDE, channels: int = 3, given_channels: int = 3):
        super().__init__()
        self.resolution = self.given_resolution = resolution
        self.channels, self.given_channels = channels, given_channels
        self.shift = nn.Parameter(torch.zeros(1))


class Negative(Plain):
    """Light becomes dark, and there and back is where it was."""

    two_way = True

    def translate(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """The negative."""
        return self.shift - given

    def back(self, images: Tensor) -> Tensor:
        """Its negative."""
        return self.shift - images


class Hole(Plain):
    """What is marked becomes white."""

    masked = True

    def translate(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """The image, white in the mask."""
        return torch.where(given[:, -1:] > 0, torch.ones(()), given[:, :-1]) + self.shift


class Twice(Plain):
    """Every pixel becomes four."""

    def __init__(self, resolution: int = SIDE, channels: int = 3):
        super().__init__(resolution, channels, channels)
        self.given_resolution = resolution // 2

    def translate(self, given: Tensor, z: Tensor | None = None) -> Tensor:
        """The nearest neighbours."""
        return given.repeat_interleave(2, 2).repeat_interleave(2, 3) + self.shift


PLAIN = {"negative": Negative, "hole": Hole, "twice": Twice}


@pytest.fixture
def plain_translators(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain ones are architectures while a test runs."""
    for name, network in PLAIN.items():
        monkeypatch.setitem(ARCHITECTURES, name, Architecture(name, network, PatchCritic, method="pix2pix"))


def make_translator(
    folder: Path,
    arch: str = "unet",
    given: dict[str, Any] | None = LINES,
    *,
    examples: int = 3,
    critic: bool = False,
    side: int = SIDE,
) -> Path:
    """A sound checkpoint of random weights."""
    options: dict[str, Any] = {"resolution": side, "channels": 3}
    if arch in PLAIN:
        network = PLAIN[arch](side)
    else:
        options |= {"width": 8} if arch == "inpainting" else {"given_channels": 3, "width": 8}
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = ARCHITECTURES[arch].generator(**options).eval()
    data = {"name": "drawings"} | ({"given": given} if given else {})
    info = CheckpointInfo(arch, options, 0, f"a tiny {arch}", data)
    rows = example_drawings(network, max(1, examples))
    tried = tried_on(network, Examples(rows, 255 - translated(network, rows)))
    save_checkpoint(folder, network, info, "# A card\n", packed(network) if critic else None, tried)
    if not examples:
        (folder / FILE).unlink()
    return folder


def packed(network: Translator) -> patch_critic.PackedCritic:
    """A critic that sees both sides."""
    options = {"resolution": network.resolution, "channels": 3, "given_channels": 3, "width": 4, "patch_levels": 1}
    return patch_critic.packed(PatchCritic(**options), options)


def example_drawings(network: Translator, count: int) -> np.ndarray:
    """A dark square on cream paper, each elsewhere: uint8 (count, side, side, inputs); the mask is the left half."""
    side = network.given_resolution
    images = np.empty((count, side, side, 3), np.uint8)
    images[:] = LINES["papers"]["cream"]
    for i, image in enumerate(images):
        image[2 + i : 6 + i, 3:9] = LINES["palette"]["ink"]
    if not network.masked:
        return images
    mask = np.zeros((count, side, side, 1), np.uint8)
    mask[:, :, : side // 2] = 255
    return np.concatenate([images, mask], -1)


def make_sharpener(folder: Path, given: int, channels: int, data: str) -> Path:
    """A network of random weights that makes images of `given` pixels four times as large."""
    options: dict[str, Any] = {"resolution": 4 * given, "channels": channels, "scale": 4, "width": 4, "blocks": 1}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ARCHITECTURES["srresnet"].generator(**options).eval()
        torch.nn.init.normal_(network.to_image.weight, std=0.1)
    truth = np.random.default_rng(0).integers(0, 256, (1, 4 * given, 4 * given, channels), np.uint8)
    examples = Examples(network.given_of(truth, np.random.default_rng(0)), truth)
    info = CheckpointInfo("srresnet", options, 0, "a tiny srresnet", {"name": data})
    save_checkpoint(folder, network, info, "# A card\n", tried=tried_on(network, examples))
    return folder
