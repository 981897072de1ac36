"""PyTorch's DCGAN tutorial and its copies: state dicts of transposed 4 x 4 convolutions with batch norm between them.

A state dict holds no strides and no activations: those of the tutorial are taken for granted, and the preview says so.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from trainer.checkpoints.importers.base import (
    Found,
    Imported,
    Preview,
    fitting_critic,
    foreign_info,
    image_facts,
    shown,
)
from trainer.checkpoints.importers.weights import States, in_order
from trainer.networks.dcgan import DcganDiscriminator, DcganGenerator
from trainer.util.reading import Unfit

KIND = "DCGAN generator (as in PyTorch's tutorial)"
KERNEL = 4
NORM = ("weight", "bias", "running_mean", "running_var")
COUNTED = {"num_batches_tracked": torch.tensor(0)}  # which only training reads
ASSUMED = (
    "Strides and activations do not stand in a state dict: the tutorial's are assumed (the first layer makes the "
    "smallest image, each further one doubles it; ReLU, tanh at the end)."
)
NO_CRITIC = "There is no discriminator: the file has none like the tutorial's for these images."

State = dict[str, Tensor]


class Stack(NamedTuple):
    """Convolutions in their order, and the batch norms between them."""

    convs: list[Tensor]  # weights
    biases: list[Tensor | None]
    norms: list[State]


class Shape(NamedTuple):
    """What the tensors say of a generator."""

    resolution: int
    channels: int
    z_dim: int
    width: int


def recognised(states: States) -> Found | None:
    """The first of some state dicts that is such a generator, if one is. Raises Unfit for one of a foreign shape."""
    for where, tensors in states.items():
        for stack in stacks(tensors):
            if shape := shape_of(stack):
                critic = critic_in(states, shape)
                return Found(preview(where, tensors, shape, critic), partial(built, stack, shape, critic))
    return None


def critic_in(states: States, shape: Shape) -> DcganDiscriminator | None:
    """The first of some state dicts that is the tutorial's discriminator for such images."""
    found = (critic_of(stack, shape) for tensors in states.values() for stack in stacks(tensors))
    return next((critic for critic in found if critic is not None), None)


def stacks(tensors: Mapping[str, Tensor]) -> Iterator[Stack]:
    """The layers of a state dict by the numbers in their names, then in the file's order; none if it has others."""
    names = [name.removesuffix(".weight") for name in tensors if name.endswith(".weight")]
    known = sum(tensor.ndim > 0 for tensor in tensors.values())  # all but the norms' counts of batches
    for order in (in_order(names), names):
        convs = [name for name in order if tensors[f"{name}.weight"].ndim == 4]
        norms = [name for name in order if all(f"{name}.{key}" in tensors for key in NORM)]
        biases = [tensors.get(f"{name}.bias") for name in convs]
        if len(convs) + sum(bias is not None for bias in biases) + len(NORM) * len(norms) == known:
            weights = [tensors[f"{name}.weight"] for name in convs]
            yield Stack(weights, biases, [{key: tensors[f"{name}.{key}"] for key in NORM} for name in norms])


def fits(stack: Stack, widths: list[int], normed: list[int]) -> bool:
    """Whether biases and norms have as many values as their layers channels: of all layers, and of the normed ones."""
    biases = [(len(bias), width) for bias, width in zip(stack.biases, widths, strict=True) if bias is not None]
    norms = [(len(value), width) for norm, width in zip(stack.norms, normed, strict=True) for value in norm.values()]
    return all(found == width for found, width in biases + norms)


def shape_of(stack: Stack) -> Shape | None:
    """The generator's shape, None where the layers are no DCGAN's. Raises Unfit for one that ours cannot be."""
    weights = [tuple(weight.shape) for weight in stack.convs]  # [in, out, k, k]
    widths = [weight[1] for weight in weights]
    if len(weights) < 2 or len(stack.norms) != len(weights) - 1 or any(w[2] != w[3] for w in weights):
        return None
    chained = all(a[1] == b[0] for a, b in pairwise(weights)) and fits(stack, widths, widths[:-1])
    if not chained or widths[-2] <= widths[-1]:
        return None  # widths that grow are a discriminator's, read the wrong way round
    base, *kernels = [weight[2] for weight in weights]
    channels, resolution = widths[-1], base << len(kernels)
    what = f"it looks like a DCGAN generator of {resolution} x {resolution} pixels"
    if set(kernels) != {KERNEL}:
        raise Unfit(
            f"{what} with kernels of {', '.join(map(str, [base, *kernels]))}; after the first, those of 4 are read"
        )
    if widths[:-1] != [widths[-2] << k for k in reversed(range(len(widths) - 1))]:
        raise Unfit(
            f"{what} with layers of {', '.join(map(str, widths))} channels; those that halve each time are read"
        )
    if channels not in (1, 3) or base not in (4, 7) or not 16 <= resolution <= 128:
        raise Unfit(f"{what} and {channels} channels; 16 to 128 pixels, in grey or colour, are read")
    return Shape(resolution, channels, weights[0][0], widths[-2])


def critic_of(stack: Stack, shape: Shape) -> DcganDiscriminator | None:
    """The tutorial's discriminator of such images as ours, without the sigmoid; None if these layers are none."""
    weights = [tuple(weight.shape) for weight in stack.convs]  # [out, in, k, k]
    if len(weights) < 3 or len(stack.norms) != len(weights) - 2 or any(bias is not None for bias in stack.biases[:-1]):
        return None
    *convs, last = stack.convs
    state = {"layers.0.bias": torch.zeros(weights[0][0]), "head.weight": last.flatten(1)}
    state["head.bias"] = torch.zeros(1) if stack.biases[-1] is None else stack.biases[-1]
    for k, weight in enumerate(convs):
        state[f"layers.{3 * k - 1 if k else 0}.weight"] = weight
    for k, norm in enumerate(stack.norms):
        state |= {f"layers.{3 * k + 3}.{name}": value for name, value in (norm | COUNTED).items()}
    options = {"resolution": shape.resolution, "channels": shape.channels, "width": weights[0][0]}
    return fitting_critic(DcganDiscriminator, options, state)


def preview(where: str, tensors: Mapping[str, Tensor], shape: Shape, critic: DcganDiscriminator | None) -> Preview:
    """What is shown of a generator that was found."""
    facts = image_facts(shape._asdict(), where)
    return Preview(KIND, facts, shown(tensors), lost=(ASSUMED, *([] if critic else [NO_CRITIC])))


def built(stack: Stack, shape: Shape, critic: DcganDiscriminator | None) -> Imported:
    """The generator as ours. A bias before a batch norm is taken into the norm's mean, which is the same."""
    generator = DcganGenerator(**shape._asdict())
    state = generator.state_dict()
    for k, (weight, bias) in enumerate(zip(stack.convs, stack.biases, strict=True)):
        state[f"layers.{3 * k - 1}.weight" if k else "project.weight"] = weight
        shift = torch.zeros(weight.shape[1]) if bias is None else bias
        if k == len(stack.norms):
            state[f"layers.{3 * k - 1}.bias"] = shift
        else:
            norm = stack.norms[k]
            norm = norm | {"running_mean": norm["running_mean"] - shift}
            state |= {f"layers.{3 * k}.{name}": value for name, value in norm.items()}
    generator.load_state_dict(state)
    options = {"resolution": shape.resolution, "channels": shape.channels}
    if critic is not None:
        options["width"] = len(critic.state_dict()["layers.0.bias"])
    return Imported(generator, foreign_info("dcgan", shape._asdict(), KIND), critic, options)
