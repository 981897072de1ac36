"""What a step works on: real images in shuffled epochs, and latents, all decided by (seed, images seen).

Noise inputs are drawn where they are needed, so that those of a GPU are others than those of a CPU.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from trainer.data import Dataset
from trainer.networks import Generator
from trainer.training.config import TrainConfig
from trainer.util.images import to_float

HELD_SHARE = 0.25  # of an accelerator's free memory, that packed images may take


@dataclass(frozen=True)
class Batch:
    """All that one step works on, this process' share of it.

    Attributes:
        real: images [N, C, H, W] in [-1, 1], or points as they are.
        label: their classes [N], None where none are learned.
        given: what a translator is given, images [N, C, H, W] in [-1, 1]: of pairs, what `real` belongs to; of two
            collections, images of the other one; None where `real` is all there is.
        rng: on the CPU; every random number of the step comes from it, or from what it has seeded.
        count: steps before this one.
        size: images of the whole batch, over all processes.
        mine: which of them are this process'.
    """

    real: Tensor
    label: Tensor | None
    given: Tensor | None
    rng: torch.Generator
    count: int
    size: int
    mine: slice

    def share(self, whole: Tensor) -> Tensor:
        """This process' rows of what was drawn for the whole batch, [size, ...] -> [N, ...], on its device."""
        return on(self.real.device, whole[self.mine])

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers [N, *shape]."""
        return self.share(torch.randn(self.size, *shape, generator=self.rng))

    def many(self) -> torch.Generator:
        """For more random numbers than should travel: on a GPU one of its own, decided by `rng`; else `rng` itself."""
        device = self.real.device
        if device.type != "cuda":
            return self.rng
        seed = int(torch.randint(2**62, (), generator=self.rng))
        return torch.Generator(device).manual_seed(seed)


class Batches:
    """A data set as an endless row of batches."""

    def __init__(self, dataset: Dataset, config: TrainConfig, fabric: Fabric):
        self.dataset, self.config, self.device = dataset, config, fabric.device
        self.images = held(dataset.images, self.device)
        self.given_images = None if dataset.given_images is None else held(dataset.given_images, self.device)
        self.groups = groups_of(dataset, config.balance) if config.balance else []
        share = config.batch // fabric.world_size
        self.mine = slice(fabric.global_rank * share, (fabric.global_rank + 1) * share)

    def at(self, images_seen: int) -> Batch:
        """The batch that follows so many images."""
        config, size = self.config, self.config.batch
        rng = torch.Generator().manual_seed(step_seed(config.seed, images_seen))
        rows = self.rows(images_seen, size)[self.mine]
        flip = torch.rand(size, generator=rng)[self.mine] < 0.5 if config.mirror else None
        images = self.read(self.images, rows, flip)
        label = on(self.device, torch.from_numpy(self.dataset.labels[rows, 0])) if config.conditional else None
        given = self.given(rows, flip, images_seen)
        return Batch(images, label, given, rng, images_seen // size, size, self.mine)

    def rows(self, images_seen: int, count: int) -> np.ndarray:
        """Which images come next, (count,): of an endless row of shuffled epochs, or balanced by an attribute.

        Of a value that n images have, n ** (1 - power) parts are shown (Kang et al. 2020, equation 1).
        """
        if not self.groups:
            return image_indices(len(self.dataset), images_seen, count, self.config.seed)
        rng = np.random.default_rng(step_seed(self.config.seed, images_seen))
        parts = np.array([len(group) for group in self.groups]) ** (1 - self.config.balance_power)
        chosen = (self.groups[value] for value in rng.choice(len(parts), count, p=parts / parts.sum()))
        return np.array([group[rng.integers(len(group))] for group in chosen])

    def given(self, rows: np.ndarray, flip: Tensor | None, images_seen: int) -> Tensor | None:
        """What belongs to these rows, or, of two collections, what comes next in the other one."""
        dataset, config = self.dataset, self.config
        if self.given_images is None:
            return None
        if not dataset.paired:
            order = image_indices(len(self.given_images), images_seen, config.batch, config.seed + 1)
            rows = order[self.mine]
        return self.read(self.given_images, rows, flip)

    def read(self, images: np.ndarray | Tensor, rows: np.ndarray, flip: Tensor | None) -> Tensor:
        """These rows as images [N, C, H, W], some of them mirrored."""
        if isinstance(images, Tensor):
            found = to_float(images[on(images.device, torch.from_numpy(rows))])
        else:
            found = to_float(on(self.device, torch.from_numpy(pixels_of(images, rows))))
        if flip is not None:
            found = torch.where(on(found.device, flip)[:, None, None, None], found.flip(3), found)
        return found.contiguous(memory_format=torch.channels_last)


def on(device: torch.device, tensor: Tensor) -> Tensor:
    """On a device; what a CUDA device is doing is not waited for, as that takes its copy before the call returns."""
    return tensor.to(device, non_blocking=device.type == "cuda")


def held(images: np.ndarray, device: torch.device) -> np.ndarray | Tensor:
    """Packed images in the memory of a GPU that has room to spare for them; where there is none, as they are."""
    if device.type != "cuda" or images.nbytes > HELD_SHARE * torch.cuda.mem_get_info(device)[0]:
        return images
    return torch.from_numpy(np.array(images)).to(device)  # a copy: torch warns of a file that cannot be written


def pixels_of(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """These rows of packed images, (n, H, W, C), their file read front to back."""
    order = np.argsort(rows)
    pixels = np.empty((len(rows), *images.shape[1:]), images.dtype)
    pixels[order] = images[rows[order]]
    return pixels


def groups_of(dataset: Dataset, attribute: str) -> list[np.ndarray]:
    """The rows of each value of an attribute that there are images of; those without one are a group, too."""
    column = [attribute.name for attribute in dataset.attributes].index(attribute)
    labels = dataset.labels[:, column]
    return [np.flatnonzero(labels == value) for value in np.unique(labels)]


def step_seed(seed: int, images_seen: int) -> int:
    """One seed a step, well spread: neighbouring counts give unrelated streams."""
    return int(np.random.SeedSequence([seed, images_seen]).generate_state(1, np.uint64)[0] >> 1)


@lru_cache(maxsize=2)
def epoch_order(n: int, epoch: int, seed: int) -> np.ndarray:
    """The order in which an epoch shows its n images, int64 (n,)."""
    return np.random.default_rng([seed, epoch]).permutation(n)


def image_indices(n: int, start: int, count: int, seed: int) -> np.ndarray:
    """Which images stand at positions start .. start + count - 1 of an endless row of shuffled epochs. (count,)."""
    epochs, offsets = np.divmod(np.arange(start, start + count), n)
    return np.array([epoch_order(n, epoch, seed)[i] for epoch, i in zip(epochs.tolist(), offsets, strict=True)])


def draw_latents(g: Generator, batch: Batch, style_mixing: float) -> dict[str, Any]:
    """z, noise inputs and style mixing of a batch: the keyword arguments of `Generator.forward` beside the label.

    Args: style_mixing: the share of images that are made from two latents.
    """
    drawn: dict[str, Any] = {"z": batch.normal(g.z_dim)}
    drawn["noise"] = [batch.share(noise) for noise in g.draw_noise(batch.size, batch.many())]
    if style_mixing > 0 and g.num_ws > 1:
        drawn["z_mix"] = batch.normal(g.z_dim)
        crossover = torch.randint(1, g.num_ws, (batch.size,), generator=batch.rng)
        mixes = torch.rand(batch.size, generator=batch.rng) < style_mixing
        drawn["crossover"] = batch.share(torch.where(mixes, crossover, g.num_ws))
    return drawn
