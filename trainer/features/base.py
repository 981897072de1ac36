"""What every extractor has in common: images in, features and class probabilities out."""

import hashlib
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.data import Attribute, Dataset
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.hub import is_address
from trainer.util.reading import reason
from trainer.util.registry import Registry
from trainer.util.tensors import read_torch, save_tensors

Tell = Callable[[str], object]
Heads = tuple[Attribute, ...]
Measure = Callable[[Tensor], Tensor]  # images [N, C, H, W] in [-1, 1] -> a number each, [N]


class Extractor(nn.Module):
    """Images of any size and of 1 or 3 channels -> features, and logits where it knows classes. Always in eval mode.

    Attributes:
        name: its name in EXTRACTORS.
        version: changes whenever the same image would give other features; caches and references carry it.
        dim: d, the width of the features.
        heads: what the probabilities speak of, in their order; () where it knows no classes.
    """

    name: str
    version: str
    dim: int
    heads: Heads = ()

    @abstractmethod
    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Images [N, C, H, W] in [-1, 1] -> features [N, d], and for each head its logits [N, values]."""

    def resizing(self, side: int) -> str:
        """What becomes of images of so many pixels a side before they are read, a sentence; "" where that is clear."""
        return ""


NO_FACTS: Mapping[str, Any] = MappingProxyType({})


class ExtractorSpec(NamedTuple):
    """A row of EXTRACTORS.

    Attributes:
        help: one line.
        data: the one data set that it was made for, "" for any.
        open: (the tensors that a reference holds, its heads) -> the extractor. UserError if it cannot be had.
        fit: (images, tell) -> an extractor trained on them; None where nothing is trained for a data set.
        side: pixels a side of the images that a bundled one is trained on.
        carried: whether a reference has to hold its tensors, since it is a new one for each data set.
        resembles: (features (n, d), classes of the first attribute (n,)) -> bool (n,): whether each counts as of its
            class, where a published rule says so; None where the neighbourhoods of real images decide.
        facts: what is known of the data besides, by the names under which measures ask for it.
        measured: attributes that are measured off the image, by name.
        caveat: what its features are not worth, as a sentence beside every result; "" where there is nothing to say.
    """

    help: str
    data: str
    open: Callable[[Mapping[str, Tensor], Heads], Extractor]
    fit: Callable[[Dataset, Tell], Extractor] | None = None
    side: int = 0
    carried: bool = False
    resembles: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    facts: Mapping[str, Any] = NO_FACTS
    measured: Mapping[str, Measure] = NO_FACTS
    caveat: str = ""


class Extractors(Registry[ExtractorSpec]):
    """Those of a name, and besides what lies at a place that is the name.

    Attributes:
        elsewhere: each gives the extractor at such a place, None for names of another form.
    """

    def __init__(self, kind: str):
        super().__init__(kind)
        self.elsewhere: list[Callable[[str], ExtractorSpec | None]] = []

    def __missing__(self, name: str) -> ExtractorSpec:
        found = next(filter(None, (spec_of(name) for spec_of in self.elsewhere)), None)
        return found or super().__missing__(name)


EXTRACTORS = Extractors("extractor")

WEIGHTS = Path(__file__).parent / "weights"
UNFIT_IN_NAMES = re.compile(r"[^\w.-]+")


def extractor_for(data: str) -> str:
    """The extractor that a data set gets unless the person names another."""
    return next((name for name, kind in EXTRACTORS.items() if kind.data == data), "autoencoder")


def caveats(extractor: Extractor, side: int) -> list[str]:
    """What an extractor's features are not worth, for images of so many pixels a side, in sentences."""
    return [text for text in (EXTRACTORS[extractor.name].caveat, extractor.resizing(side)) if text]


def shown(name: str) -> str:
    """An extractor's name without the folders of this machine."""
    if is_address(name):
        return name
    kind, colon, place = name.partition(":")
    return f"{kind}:{shown(place)}" if colon and "/" not in kind else Path(name).name


def file_part(extractor: Extractor) -> str:
    """Name and version of an extractor as a part of a file's name."""
    return f"{UNFIT_IN_NAMES.sub('-', shown(extractor.name))[-60:]}-{extractor.version}"


def fitted_images(images: Tensor, side: int, channels: int) -> Tensor:
    """Images [N, C, H, W] at another size and number of channels: [N, channels, side, side].

    28-pixel images become 32-pixel ones by a border of -1, as `mnist` itself does. Smaller is an antialiased mean.
    """
    if images.shape[1] != channels:
        images = images.mean(1, keepdim=True).expand(-1, channels, -1, -1)
    if images.shape[2:] == (28, 28) and side == 32:
        return F.pad(images, (2, 2, 2, 2), value=-1.0)
    if images.shape[2:] != (side, side):
        images = F.interpolate(images, (side, side), mode="bilinear", antialias=True)
    return images


def bundled(name: str, folder: Path = WEIGHTS) -> dict[str, Tensor]:
    """The weights that come in the box. Raises UserError if they are damaged or missing."""
    path = folder / f"{name}.safetensors"
    try:
        return {key: tensor.float() for key, tensor in read_torch(path)[0].items()}
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read ({reason(error)}). Restore it from the repository, or train it again: "
            f"`python -m trainer extractor {name}`."
        ) from error


def save_bundled(extractor: Extractor, folder: Path = WEIGHTS) -> Path:
    """Write weights as `bundled` reads them, in 16 bits. Raises UserError if the folder cannot be written."""
    path = folder / f"{extractor.name}.safetensors"
    halves = {key: tensor.half().contiguous() for key, tensor in extractor.state_dict().items()}
    write_atomically(path, lambda temporary: save_tensors(temporary, halves))
    return path


def hash_of(weights: Mapping[str, Tensor]) -> str:
    """A short hash of weights: the version of an extractor that is nothing but them."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + weights[name].detach().half().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def ready(extractor: Extractor, weights: Mapping[str, Tensor]) -> Extractor:
    """Load the weights and freeze. Raises UserError if they belong to another network."""
    try:
        extractor.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise UserError(f"These weights do not fit the extractor {extractor.name!r} ({reason(error)}).") from error
    extractor.version = hash_of(weights)
    return extractor.eval().requires_grad_(False)
