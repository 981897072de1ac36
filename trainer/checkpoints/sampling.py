"""From seeds to images, the one way: the app, the command line, previews, sheets, evaluation and verdicts alike.

How many images share a pass decides the last bits of what a convolution returns. On a CPU, every pass therefore has the
generator's own size, filled up if need be, so that equal seeds give equal pixels in any company. Statistics of many
images take larger passes of one size: the same images, but that a pixel may be off by 1/255 (of points: by 1e-6).
Every pass has one thread; where there are more, each draws passes of its own, which is faster than to share one. Large
images are drawn one after the other by all threads: several at once do not fit the memory.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from trainer.networks import Generator
from trainer.networks.base import LARGE
from trainer.util.images import to_pixels

BULK_PASS = 16  # images a pass for statistics: fewer cost calls, more no longer fit the processor's cache
DEVICE_PASS = 64  # images a pass on an accelerator, whose bits are not the CPU's in any case
DEVICE_PIXELS = DEVICE_PASS * 256**2  # of the images of such a pass


def seed_z(seed: int, z_dim: int) -> np.ndarray:
    """The z of a seed, wherever an image is known by one: standard normal float32 (z_dim,)."""
    return np.random.default_rng(seed).standard_normal(z_dim, dtype=np.float32)


@torch.inference_mode()
def map_z(generator: Generator, z: np.ndarray, label: int = 0) -> Tensor:
    """z (z_dim,) of a class -> ws [1, num_ws, w_dim], mapped by itself, so that its bits depend on nothing else."""
    device = generator.w_avg.device
    classes = torch.tensor([label], device=device) if generator.num_classes else None
    return generator.map(torch.from_numpy(z)[None].to(device), classes)


def seed_noise(generator: Generator, seeds: Sequence[int], modes: Sequence[str]) -> list[Tensor] | None:
    """Noise inputs of some seeds, each with its mode of spec.NOISE_MODES: [N, 1, s, s] a layer; None without any."""
    if not generator.noise_sizes:
        return None
    device = generator.w_avg.device
    rows = []
    for seed, mode in zip(seeds, modes, strict=True):
        random = torch.Generator().manual_seed(seed) if mode == "random" else None
        row = generator.fixed_noise() if random is None else generator.draw_noise(1, random)
        rows.append([layer.to(device) * (mode != "none") for layer in row])
    return [torch.cat(layers) for layers in zip(*rows, strict=True)]


def at_fixed_noise(generator: Generator, ws: Tensor) -> Tensor:
    """Images of ws [N, num_ws, w_dim] with the noise of the mode "fixed", [N, C, H, W]; with gradients, if ws have."""
    noise = [layer.expand(len(ws), -1, -1, -1) for layer in generator.fixed_noise()]
    return generator.synthesize(ws, noise or None)


def sample(
    generator: Generator,
    seeds: Sequence[int],
    labels: Sequence[int] | np.ndarray | None = None,
    psi: float = 1.0,
    noise: str = "fixed",
    exact: bool = True,
) -> np.ndarray:
    """The images of some seeds, uint8 (N, H, W, C), or points, float32 (N, 1, 1, 2): those that the app shows.

    Args: labels: the class of each, as many as seeds; None for the classes in turn, seed by seed, where there are some.
        psi: truncation. noise: of spec.NOISE_MODES. exact: as in `in_passes`.
    """
    classes = [seed % max(generator.num_classes, 1) for seed in seeds] if labels is None else labels

    @torch.inference_mode()
    def draw(rows: Sequence[int]) -> np.ndarray:
        ws = torch.cat([map_z(generator, seed_z(seeds[i], generator.z_dim), int(classes[i])) for i in rows])
        noise_inputs = seed_noise(generator, [seeds[i] for i in rows], [noise] * len(rows))
        return to_pixels(generator.synthesize(generator.truncate(ws, psi), noise_inputs))

    return in_passes(generator, len(seeds), draw, exact)


def in_passes(
    generator: Generator, count: int, draw: Callable[[Sequence[int]], np.ndarray], exact: bool = True
) -> np.ndarray:
    """Images 0 .. count - 1, at least one, where draw([i, j, ...]) draws those of one pass.

    Args: exact: passes of the size at which equal inputs give equal pixels; otherwise the larger ones, for statistics.
    """
    on_cpu, large = generator.w_avg.device.type == "cpu", generator.resolution >= LARGE
    if on_cpu:
        size = generator.pass_size if exact or large else BULK_PASS
    else:
        size = min(DEVICE_PASS, max(1, DEVICE_PIXELS // generator.resolution**2))
    passes = [[min(i, count - 1) for i in range(start, start + size)] for start in range(0, count, size)]
    if large:
        return np.concatenate([draw(rows) for rows in passes])[:count]
    with one_thread_each() as threads:
        if threads == 1 or not on_cpu or len(passes) == 1:
            parts = [draw(rows) for rows in passes]
        else:
            with ThreadPoolExecutor(threads, "sampling", torch.set_num_threads, (1,)) as pool:
                parts = list(pool.map(draw, passes))
    return np.concatenate(parts)[:count]


@contextmanager
def one_thread_each() -> Iterator[int]:
    """While it lasts, no operation of PyTorch shares its work; gives how many threads it has otherwise."""
    threads = torch.get_num_threads()
    if threads == 1:
        yield 1
        return
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)
