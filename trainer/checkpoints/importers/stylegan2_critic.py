"""The discriminators of StyleGAN2's files as ours: the residual one of the paper, without classes."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from trainer.checkpoints.importers.base import fitting_critic
from trainer.checkpoints.importers.rebuilt import Module
from trainer.checkpoints.importers.stylegan2 import State
from trainer.networks.stylegan_lite import StyleGanDiscriminator

STAYS = "The discriminator stays behind: ours is the paper's residual one, without classes."
LAST = {"last_conv": "b4.conv", "last_linear": "b4.fc", "head": "b4.out"}  # ours: NVIDIA's
ROSINALITY = {"last_linear": "final_linear.0", "head": "final_linear.1"}


def of_nvidia(network: Any, options: Mapping[str, Any]) -> StyleGanDiscriminator | None:
    """NVIDIA's discriminator of the images that a generator of these options draws; None for another one."""
    if not isinstance(network, Module) or network.attributes.get("c_dim") or "b4" not in network.parts:
        return None
    if any(part.attributes.get("architecture", "resnet") != "resnet" for part in network.parts.values()):
        return None
    tensors = network.state()
    sides = sorted((int(name[1:]) for name in network.parts if name[1:].isdecimal()), reverse=True)
    state = both(tensors, "from_rgb", f"b{sides[0]}.fromrgb")
    for k, side in enumerate(sides[:-1]):
        state |= both(tensors, f"blocks.{k}.conv", f"b{side}.conv0") | both(
            tensors, f"blocks.{k}.down", f"b{side}.conv1"
        )
        state |= both(tensors, f"blocks.{k}.skip", f"b{side}.skip")
    for ours, theirs in LAST.items():
        state |= both(tensors, ours, theirs)
    return built(options, state)


def of_rosinality(tensors: Mapping[str, Tensor], options: Mapping[str, Any]) -> StyleGanDiscriminator | None:
    """rosinality's discriminator, likewise. Its convolutions and their biases are modules of their own."""
    state = halves(tensors, "from_rgb", "convs.0", 0)
    levels = sum(name.endswith(".skip.1.weight") for name in tensors)
    for k in range(levels):
        theirs = f"convs.{k + 1}"
        state |= halves(tensors, f"blocks.{k}.conv", f"{theirs}.conv1", 0)
        state |= halves(tensors, f"blocks.{k}.down", f"{theirs}.conv2", 1)
        state |= halves(tensors, f"blocks.{k}.skip", f"{theirs}.skip", 1)
    state |= halves(tensors, "last_conv", "final_conv", 0)
    for ours, theirs in ROSINALITY.items():
        state |= both(tensors, ours, theirs)
    return built(options, state)


def both(tensors: Mapping[str, Tensor], ours: str, theirs: str) -> State:
    """A layer's weight and bias, as far as it has them."""
    return {f"{ours}.{key}": tensors[f"{theirs}.{key}"] for key in ("weight", "bias") if f"{theirs}.{key}" in tensors}


def halves(tensors: Mapping[str, Tensor], ours: str, theirs: str, first: int) -> State:
    """A layer whose weight and bias are its parts `first` and the next."""
    names = {f"{ours}.weight": f"{theirs}.{first}.weight", f"{ours}.bias": f"{theirs}.{first + 1}.bias"}
    return {name: tensors[found] for name, found in names.items() if found in tensors}


def built(options: Mapping[str, Any], state: State) -> StyleGanDiscriminator | None:
    """Ours with these weights; None where they are of another shape than a generator of these options asks for."""
    taken = {key: options[key] for key in ("resolution", "channels", "width", "min_channels")}
    taken |= {"convs_per_block": 2, "blurred": True}
    return fitting_critic(StyleGanDiscriminator, taken, state)
