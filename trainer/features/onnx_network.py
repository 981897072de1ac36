"""Any feature network of the person's: an ONNX file on this machine or on the Hub.

Its name says where it lies and how it is read: `dino.onnx`, `dino.onnx:imagenet`, `hf://user/repo/model.onnx:clip:224`.
A reference keeps that name, so the network is opened again from the same place. The file is looked through before it
runs, and runs within limits (onnx_files.py).
"""

import hashlib
import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from trainer.features.base import EXTRACTORS, Extractor, ExtractorSpec, Heads, fitted_images
from trainer.features.onnx_input import SIDES, WAYS, image_input, scaled, way_of
from trainer.util.errors import UserError
from trainer.util.hub import Limits, fetched, is_address
from trainer.util.onnx_files import parsed, run, session
from trainer.util.reading import Unfit, printable, read_bytes, reason

if TYPE_CHECKING:
    from onnx import ModelProto

NAMED = re.compile(r"(?P<place>.+\.onnx)(?P<words>(:[^:/]*)*)", re.IGNORECASE | re.DOTALL)
MAX_BYTES = 2**30  # of a file
MAX_FEATURES = 4096  # as many as a reference holds
BATCH = 32  # images at once: a large network has a minute for them


class OnnxNetwork(Extractor):
    """The first output of a network, flattened; of tokens [N, T, d] that are too many, the first, which stands for the
    image in DINOv2 and CLIP. dim is 0 before the first images, where the network takes any size."""

    def __init__(self, name: str, data: bytes, words: tuple[str, ...]):
        """Raises Unfit for a file that is no feature network, or that cannot be run."""
        super().__init__()
        model = parsed(data)
        self.name, self.input = name, image_input(model)
        self.way, self.side = read_as(words, model, self.input.side)
        self.version = f"{hashlib.sha256(data).hexdigest()[:12]}-{self.way}-{self.side}"
        self.network = session(data)
        blank = np.zeros((1, self.input.channels, self.side, self.side), np.float32)
        self.dim = self.rows(blank).shape[1] if self.side else 0

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Images [N, C, H, W] in [-1, 1] -> features [N, d], no heads. Raises UserError where the network fails."""
        pixels = fitted_images(images, self.side or images.shape[2], self.input.channels).numpy()
        size = self.input.batch or BATCH
        try:
            found = np.concatenate([self.rows(pixels[i : i + size]) for i in range(0, len(pixels), size)])
        except Unfit as error:
            raise refused(self.name, error) from error
        self.dim = found.shape[1]
        return torch.from_numpy(found), []

    def rows(self, pixels: np.ndarray) -> np.ndarray:
        """A batch, float32 (n, C, H, W) in [-1, 1] -> features (n, d). Raises Unfit."""
        given = scaled(pixels, self.way)
        if missing := max(self.input.batch - len(given), 0):
            given = np.concatenate([given, np.repeat(given[-1:], missing, 0)])
        given = (given.transpose(0, 2, 3, 1) if self.input.last else given).astype(self.input.dtype)
        try:
            output = run(self.network, {self.input.name: np.ascontiguousarray(given)})[0]
        except Unfit as error:
            raise Unfit(f"{error}, given images of {pixels.shape[2]} pixels a side") from error
        return features_in(output, len(given))[: len(pixels)]


def features_in(output: np.ndarray, count: int) -> np.ndarray:
    """The first output for some images -> their features, float32 (n, d). Raises Unfit where it holds none."""
    if output.dtype.kind != "f" or output.ndim < 2 or len(output) != count or not output.size:
        raise Unfit(f"its first output is {output.dtype} of shape {output.shape} for {count} images: no features")
    if output.ndim == 3 and output[0].size > MAX_FEATURES:
        output = output[:, 0]
    found: np.ndarray = output.reshape(count, -1).astype(np.float32)
    if found.shape[1] > MAX_FEATURES:
        raise Unfit(
            f"its first output has {found.shape[1]:,} numbers an image; up to {MAX_FEATURES:,} can be compared, so "
            "export it with pooling"
        )
    if not np.isfinite(found).all():
        raise Unfit("its features hold NaN or infinity")
    return found


def read_as(words: tuple[str, ...], model: "ModelProto", side: int) -> tuple[str, int]:
    """How pixels are given and at how many a side, 0 for their own. Raises Unfit for words that say neither."""
    way = ""
    for word in words:
        if word in WAYS:
            way = word
        elif word.isdecimal() and SIDES[0] <= int(word[:5]) <= SIDES[1] and side in (0, int(word)):
            side = int(word)
        elif word.isdecimal():
            wanted = side or f"{SIDES[0]} to {SIDES[1]}"
            raise Unfit(f"it takes images of {wanted} pixels a side, not {word:.10}")
        else:
            raise Unfit(f"{word!r:.40} says nothing of how it reads images; {', '.join(WAYS)} and a size do")
    return way or way_of(model), side


def open_onnx(name: str, carried: Mapping[str, Tensor], heads: Heads) -> Extractor:
    """Open the network of that name. Raises UserError where it cannot be had or used."""
    named = NAMED.fullmatch(name)
    assert named
    place, words = named["place"], named["words"]
    path = fetched(place, limits=Limits(size=MAX_BYTES)).expanduser().resolve()
    full = f"{place if is_address(place) else path}{words}"
    try:
        return OnnxNetwork(full, read_bytes(path, MAX_BYTES), tuple(words.split(":")[1:])).eval()
    except (OSError, Unfit) as error:
        raise refused(name, error) from error


def refused(name: str, error: Exception) -> UserError:
    """The sentence for a network that cannot be used."""
    return UserError(
        f"{printable(name)} cannot be used as an extractor: {reason(error)}. Give an ONNX file with one image input "
        "[N, 3, H, W] or [N, H, W, 3] of floating-point numbers, or a name from `python -m trainer list`."
    )


def spec_of(name: str) -> ExtractorSpec | None:
    """The extractor of such a name, as a row of EXTRACTORS; None for other names."""
    if not NAMED.fullmatch(name):
        return None
    return ExtractorSpec("a network of yours, in an ONNX file", "", partial(open_onnx, name))


EXTRACTORS.elsewhere.append(spec_of)
