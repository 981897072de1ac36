"""The modules of NVIDIA's networks, as a pickle or a state dict tells of them: their parts, asked for by name."""

from typing import Any

import torch
from torch import Tensor

from trainer.checkpoints.importers.rebuilt import Module
from trainer.checkpoints.importers.stylegan2 import State, scaled
from trainer.networks.layers import binomial_filter
from trainer.util.reading import Unfit

LR_MULTIPLIER = 0.01  # of our mapping
TAPS = binomial_filter(1)[0, 0] / 4  # [4, 4], of sum 1


def mapping_of(mapping: Module) -> tuple[State, dict[str, Any]]:
    """The mapping network in our names, and the options that it decides."""
    layers = [part(mapping, f"fc{k}") for k in range(sum(name.startswith("fc") for name in mapping.parts))]
    state = {}
    for k, layer in enumerate(layers):
        expect(layer, activation="lrelu")
        rate = float(layer.attributes.get("bias_gain", LR_MULTIPLIER)) / LR_MULTIPLIER
        state[f"mapping.layers.{k}.weight"] = scaled(tensor(layer, "weight"), rate)
        state[f"mapping.layers.{k}.bias"] = scaled(tensor(layer, "bias"), rate)
    if not layers:
        raise Unfit("its mapping network has no layers")
    w_dim, inputs = len(tensor(layers[-1], "bias")), tensor(layers[0], "weight").shape[1]
    num_classes = 0
    if "embed" in mapping.parts:
        embed = mapping.parts["embed"]
        weight = tensor(embed, "weight")  # [features, classes]
        num_classes, inputs = weight.shape[1], inputs - weight.shape[0]
        bias = embed.tensors.get("bias", torch.zeros(1))
        state["mapping.embed.weight"] = weight.mT * num_classes**-0.5 + bias  # of a class, one-hot
    state["w_avg"] = mapping.tensors.get("w_avg", torch.zeros(w_dim))
    return state, {"z_dim": inputs, "w_dim": w_dim, "num_classes": num_classes, "mapping_layers": len(layers)}


def part(module: Module, name: str) -> Module:
    """A module's part. Raises Unfit where there is none."""
    if name not in module.parts:
        raise Unfit(f"its {module.name:.40} is not StyleGAN2's: it has {listed(module)}, and no {name}")
    return module.parts[name]


def tensor(module: Module, name: str) -> Tensor:
    """A module's tensor in 32 bits. Raises Unfit where there is none."""
    if name not in module.tensors:
        raise Unfit(f"its {module.name:.40} has no {name}")
    return module.tensors[name].float()


def expect(module: Module, **wanted: Any) -> None:
    """Raise Unfit for an attribute that the module has with another value than the published one."""
    for name, value in wanted.items():
        found = module.attributes.get(name, value)
        if found != value:
            raise Unfit(f"its {module.name:.40} has {name} = {found!r:.40}, where {value!r} is read")


def check_filter(module: Module) -> None:
    """Raise Unfit for another filter than [1, 3, 3, 1]."""
    taps = module.tensors.get("resample_filter", TAPS)
    if taps.shape != TAPS.shape or not torch.allclose(taps.float(), TAPS):
        raise Unfit(f"its {module.name:.40} has another resample_filter than [1, 3, 3, 1]")


def listed(module: Module) -> str:
    """A module's parts in a sentence."""
    return ", ".join([*module.parts][:6]) or "no parts"
