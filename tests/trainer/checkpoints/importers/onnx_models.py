"""Generators of another program, exported to ONNX as their users do: every layout, range and way to say the class."""

import math
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 3


class Style(NamedTuple):
    """How a generator gives its images, and takes its latent and its label."""

    layout: str = "NCHW"
    range: str = "[-1, 1]"
    colour: bool = True
    label: str = ""  # "index", "column" for [N, 1], "one-hot", or none
    tail: tuple[int, ...] = (8,)  # shape of a latent


PLAIN = Style()


class Foreign(nn.Module):
    """A dense layer, two transposed convolutions, images of 16 pixels."""

    def __init__(self, style: Style = PLAIN):
        super().__init__()
        self.style = style
        self.embed = nn.Embedding(CLASSES, 4)
        width = 8 + {"": 0, "one-hot": CLASSES}.get(style.label, 4)
        self.dense = nn.Sequential(nn.Linear(width, 16 * 4 * 4), nn.BatchNorm1d(256), nn.ReLU())
        channels = 3 if style.colour else 1
        self.convs = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, channels, 4, 2, 1)
        )
        with torch.no_grad():
            for weight in self.parameters():
                weight.mul_(2)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z [N, *tail] and perhaps a label -> images as the style says."""
        z = z.flatten(1)
        if self.style.label:
            z = torch.cat([z, label if self.style.label == "one-hot" else self.embed(label.reshape(-1))], dim=1)
        images = self.convs(self.dense(z).reshape(-1, 16, 4, 4)).tanh()
        if self.style.range != "[-1, 1]":
            images = (images + 1) * (0.5 if self.style.range == "[0, 1]" else 127.5)
        if self.style.layout == "NHWC":
            return images.permute(0, 2, 3, 1)
        return images[:, 0] if self.style.layout == "NHW" else images


def foreign(style: Style = PLAIN) -> Foreign:
    """One with weights that are the same each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Foreign(style).eval()


def given(style: Style, z: Tensor, classes: Tensor) -> tuple[Tensor, ...]:
    """The inputs of a generator of a style, for latents [N, z] and classes [N]."""
    z = z.reshape(len(z), *style.tail)
    kinds = {"index": classes, "column": classes[:, None], "one-hot": F.one_hot(classes, CLASSES).float()}
    return (z, kinds[style.label]) if style.label else (z,)


def write(path: Path, style: Style = PLAIN, batch: int = 0, network: nn.Module | None = None, opset: int = 17) -> Path:
    """Export to a file; `batch`: images at once, 0 for any number."""
    rows = batch or 2
    inputs = given(style, torch.randn(rows, math.prod(style.tail)), torch.zeros(rows, dtype=torch.long))
    names = ["z", "label"][: len(inputs)]
    torch.onnx.export(
        network or foreign(style),
        inputs,
        path,
        input_names=names,
        output_names=["images"],
        dynamic_axes=None if batch else {name: {0: "n"} for name in [*names, "images"]},
        opset_version=opset,
        dynamo=False,
    )
    return path
