"""A checkpoint's critic as an extractor, by the name `critic:CHECKPOINT`: a folder, or hf://user/repo.

Its features are what the critic's score is computed from. Radford et al. 2016 (arXiv 1511.06434, section 5) read
classes from a discriminator's layers in this way. A reference keeps that name, so the critic is opened again from the
same place.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from trainer.checkpoints.checkpoint import read_info
from trainer.checkpoints.critic import KEY, each_alone, load_critic
from trainer.checkpoints.hub import fetched_checkpoint
from trainer.features.base import EXTRACTORS, Extractor, ExtractorSpec, Heads, fitted_images
from trainer.networks.base import Discriminator, packed
from trainer.util.errors import UserError
from trainer.util.hub import is_address
from trainer.util.reading import printable

PREFIX = "critic:"
MAX_FEATURES = 4096  # as many as a reference holds
COLOURS = {1: "grey images", 2: "points", 3: "colour images"}
CAVEAT = (
    "these are features of a critic, which learned to find fault with one generator: they are blind to what that "
    "generator did right, they change as it trains, and values of two critics do not compare"
)


class CriticFeatures(Extractor):
    """The critic's last hidden layer, flattened: what its score is a linear function of. Classes do not enter."""

    def __init__(self, name: str, critic: Discriminator, options: Mapping[str, int], sha256: str):
        """options: the generator's; sha256: of the critic's file. Raises UserError for more features than are kept."""
        super().__init__()
        self.name, self.version, self.critic = name, sha256[:12], critic
        self.side, self.channels = options["resolution"], options["channels"]
        self.dim = self(torch.zeros(1, self.channels, self.side, self.side))[0].shape[1]
        if self.dim > MAX_FEATURES:
            raise UserError(
                f"{shown_place(name)} has a critic with {self.dim:,} features; up to {MAX_FEATURES:,} can be compared. "
                "Use a critic of a smaller --width."
            )

    @torch.inference_mode()
    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Images [N, C, H, W] in [-1, 1] -> features [N, d], no heads. Each is read by itself, as
        the critic scores it. Raises UserError for images of other channels than the critic's."""
        if images.shape[1] != self.channels:
            raise UserError(
                f"{shown_place(self.name)} has a critic of {COLOURS[self.channels]}; these are "
                f"{COLOURS[images.shape[1]]}. Choose another extractor."
            )
        copies = self.critic.pac_size
        pixels = fitted_images(images, self.side, self.channels)
        found = each_alone(lambda batch: self.critic.features(packed(batch, copies)), copies, pixels)
        return found.flatten(1), []

    def resizing(self, side: int) -> str:
        """That the images are resized to those that the critic learned from, where they are of another size."""
        return "" if side == self.side else (
            f"the critic learned from images of {self.side} pixels, so these, of {side}, are resized for its features"
        )  # fmt: skip


def open_critic(name: str, carried: Mapping[str, Tensor], heads: Heads) -> Extractor:
    """Open the critic of that name. Raises UserError for a checkpoint that is not there, or that has none to use."""
    place = name.removeprefix(PREFIX)
    folder = fetched_checkpoint(place) if is_address(place) else Path(place).expanduser().resolve()
    info = read_info(folder)
    critic = load_critic(folder, info)
    if critic is None:
        raise UserError(
            f"{shown_place(name)} has no critic, so it gives no features. Publish its run with --critic, or choose "
            "another extractor."
        )
    full = PREFIX + (place if is_address(place) else str(folder))
    return CriticFeatures(full, critic, info.options, info.data[KEY]["sha256"]).eval()


def shown_place(name: str) -> str:
    """The checkpoint of such a name without the folders of this machine."""
    place = name.removeprefix(PREFIX)
    return printable(place if is_address(place) else Path(place).name)


def spec_of(name: str) -> ExtractorSpec | None:
    """The extractor of such a name, as a row of EXTRACTORS; None for other names."""
    if not name.startswith(PREFIX) or name == PREFIX:
        return None
    return ExtractorSpec("the critic of a checkpoint", "", partial(open_critic, name), caveat=CAVEAT)


EXTRACTORS.elsewhere.append(spec_of)
