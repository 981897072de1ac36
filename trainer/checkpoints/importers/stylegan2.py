"""What the StyleGAN2 files of different programs have in common: their tensors under our names, checked and built."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainer.checkpoints.building import side_by_side, wanted_tensors
from trainer.checkpoints.sampling import seed_z
from trainer.networks import Generator, generator_class
from trainer.networks.stylegan_lite import sizes, widths_at
from trainer.util.errors import UserError
from trainer.util.reading import Unfit

ARCH = "stylegan-lite"
ESTIMATED = "The file has no mean w: it is estimated from 10,000 z."
State = dict[str, Tensor]


def table_of(resolution: int, widths: list[int]) -> dict[str, int]:
    """The options that give these channels at 4, 8, ... pixels. Raises Unfit where none do."""
    try:
        sides = sizes(resolution)
    except UserError as error:
        raise Unfit(
            f"it makes images of {resolution} x {resolution} pixels; 8 to 1024, a power of two, are read"
        ) from error
    width, finest = max(widths), widths[-1]
    if widths_at(sides, width, finest) != widths:
        raise Unfit(
            f"its layers have {', '.join(map(str, widths))} channels; tables that halve towards the finest are read"
        )
    return {"width": width, "min_channels": finest}


def built(options: Mapping[str, Any], state: Mapping[str, Tensor], arch: str = ARCH) -> Generator:
    """The generator with its weights. Raises Unfit for a tensor that is missing, too many or of another shape."""
    check_fits(state, wanted_tensors(arch, options, len(state)))
    generator = generator_class(arch)(**options)
    generator.load_state_dict(dict(state))
    return generator


def check_fits(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise Unfit for a tensor that is missing, too many or of another shape than it is wanted."""
    for name in sorted(wanted.keys() | state.keys()):
        shapes = [side_by_side(tuple(have[name].shape)) if name in have else "missing" for have in (state, wanted)]
        if shapes[0] != shapes[1]:
            raise Unfit(f"{name} is {shapes[0]} where {shapes[1]} is expected")


def clamp_of(values: set[Any]) -> int:
    """The option for the limits that a network's layers name. Raises Unfit for different ones."""
    limits = {0 if value is None else value for value in values}
    if len(limits) > 1 or any(value != int(value) for value in limits):
        raise Unfit(f"its layers have the limits {sorted(limits)}; one whole number for all is read")
    return int(limits.pop()) if limits else 0


def scaled(tensor: Tensor, gain: float) -> Tensor:
    """A tensor times a number; as it is where that is 1, to the last bit."""
    return tensor if abs(gain - 1) < 1e-9 else tensor * gain


@torch.inference_mode()
def mean_w(generator: Generator, count: int = 10_000) -> Tensor:
    """The mean w of seeds 0 .. count - 1, of the classes in turn: the centre of truncation, for files without one."""
    z = torch.from_numpy(np.stack([seed_z(seed, generator.z_dim) for seed in range(count)]))
    label = torch.arange(count) % max(generator.num_classes, 1)
    return generator.eval().map(z, label)[:, 0].mean(0)
