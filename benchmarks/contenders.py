"""Those who train against the clock: each a row of steps, and a way to draw images from what it has learned so far."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks import pytorch_dcgan
from benchmarks.common import begun
from benchmarks.stylegan2_peer import BATCH as PEER_BATCH
from benchmarks.stylegan2_peer import Peer
from benchmarks.train_speed import parameters
from trainer.checkpoints.sampling import sample
from trainer.data import Dataset
from trainer.training.batches import image_indices, pixels_of
from trainer.training.config import config_from
from trainer.training.loop import train
from trainer.util.images import to_float, to_uint8

EXAMPLE_SIDE, EXAMPLE_BATCH = 64, 64  # the example's defaults


class Loop(NamedTuple):
    """A training that is ready to go.

    Attributes:
        steps: each `next` is one whole step, without an end.
        batch: real images a step.
        draw: n -> images uint8 (n, H, W, C), of the moving average if there is one; changes nothing of the training.
        parameters: of G and of D.
    """

    steps: Iterator[Any]
    batch: int
    draw: Callable[[int], np.ndarray]
    parameters: tuple[int, int]


def ours(preset: str, given: dict[str, Any], data: Dataset, seed: int) -> Loop:
    """Our loop with a preset's settings and those that are given, at a constant learning rate."""
    settings = {"resolution": data.resolution, "seed": seed, "threads": 1, "kimg": 1e6, **given}
    config = config_from(settings, preset)
    state = begun(config, data)

    def draw(n: int) -> np.ndarray:
        return sample(state.ema.module.eval(), range(n), noise="random", exact=False)

    return Loop(
        train(state, data, config), config.batch, draw, (parameters(state.bare("g")), parameters(state.bare("d")))
    )


def real_batches(data: Dataset, batch: int, seed: int) -> Iterator[Tensor]:
    """Images [batch, C, H, W] in [-1, 1], in shuffled epochs without an end."""
    for step in count():
        rows = image_indices(len(data), step * batch, batch, seed)
        yield to_float(torch.from_numpy(pixels_of(data.images, rows))).contiguous()


def apart(draw: Callable[[int], Tensor]) -> Callable[[int], np.ndarray]:
    """`draw` of images [n, C, H, W] in [-1, 1] as bytes, always with the same random numbers, which training keeps."""

    def drawn(n: int) -> np.ndarray:
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(n)
            return to_uint8(draw(n))

    return drawn


def example(data: Dataset, seed: int) -> Loop:
    """PyTorch's example as published: 64 pixels, to which smaller images are enlarged, batch 64.

    It draws as the example does, in batches by whose own statistics batch norm goes.
    """
    torch.use_deterministic_algorithms(False)
    torch.manual_seed(seed)
    net_g, net_d = pytorch_dcgan.generator(data.channels), pytorch_dcgan.discriminator(data.channels)
    batches = (F.interpolate(real, EXAMPLE_SIDE, mode="bilinear") for real in real_batches(data, EXAMPLE_BATCH, seed))

    def draw(n: int) -> Tensor:
        z = torch.randn(-(-n // EXAMPLE_BATCH) * EXAMPLE_BATCH, pytorch_dcgan.NZ, 1, 1)
        return torch.cat([net_g(part) for part in z.split(EXAMPLE_BATCH)])[:n]

    steps = pytorch_dcgan.train(net_g, net_d, batches)
    return Loop(steps, EXAMPLE_BATCH, apart(draw), (parameters(net_g), parameters(net_d)))


def stylegan2(capacity: int, fmap_max: int, data: Dataset, seed: int) -> Loop:
    """stylegan2-pytorch, whose images have three colours; grey ones are repeated and averaged."""
    torch.use_deterministic_algorithms(False)
    batches = (real.expand(-1, 3, -1, -1) * 0.5 + 0.5 for real in real_batches(data, PEER_BATCH, seed))
    peer = Peer(data.resolution, capacity, fmap_max, batches, seed)

    def draw(n: int) -> Tensor:
        images = peer.draw(n) * 2 - 1
        return images if data.channels == 3 else images.mean(1, keepdim=True)

    gan = peer.trainer.GAN
    return Loop(peer.steps(), PEER_BATCH, apart(draw), (parameters(gan.S) + parameters(gan.G), parameters(gan.D)))


TWO = {"convs_per_block": 2, "d_convs_per_block": 1}  # convolutions a level in G, in D

CONTENDERS: dict[str, Callable[[Dataset, int], Loop]] = {
    "our stylegan-lite (preset avatars-cpu)": partial(ours, "avatars-cpu", {}),
    "our stylegan-lite without its palette": partial(ours, "avatars-cpu", {"palette": 0, "noise_inputs": True}),
    "our stylegan-lite, G of two convolutions a level": partial(ours, "avatars-cpu", TWO),
    "the same without a palette": partial(ours, "avatars-cpu", {**TWO, "palette": 0, "noise_inputs": True}),
    "our dcgan, width 32, batch 32": partial(ours, "dcgan", {"width": 32, "batch": 32}),
    "our r3gan (preset)": partial(ours, "r3gan", {}),
    "PyTorch example DCGAN": example,
    "stylegan2-pytorch, capacity 4, at most 128 channels": partial(stylegan2, 4, 128),
    "stylegan2-pytorch, capacity 4": partial(stylegan2, 4, 512),
    "stylegan2-pytorch, capacity 8": partial(stylegan2, 8, 512),
}
