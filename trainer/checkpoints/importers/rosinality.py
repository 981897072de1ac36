"""rosinality's StyleGAN2 in PyTorch: files of the state dicts g_ema, g and d, with or without the state of training."""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from trainer.checkpoints.importers.base import Found, Imported, Preview, foreign_info, image_facts, shown
from trainer.checkpoints.importers.stylegan2 import ARCH, ESTIMATED, State, built, mean_w, table_of
from trainer.checkpoints.importers.stylegan2_critic import NONE, FoundCritic, attempted, both, fitted, shared, taken
from trainer.checkpoints.importers.weights import States, in_order
from trainer.networks.layers import binomial_filter
from trainer.util.reading import Unfit

KIND = "rosinality StyleGAN2 generator"
MARKS = {"input.input", "conv1.conv.modulation.weight", "to_rgb1.conv.modulation.weight", "style.1.weight"}
TAPS = binomial_filter(1)[0, 0]
KERNEL = ".kernel"  # the end of the name of a blur's taps
ASSUMED = "The mapping's learning rate does not stand in the file: the usual hundredth is assumed."


def recognised(states: States) -> Found | None:
    """The first of some state dicts that is such a generator, if one is. Raises Unfit for one of another shape."""
    for where, tensors in states.items():
        if tensors.keys() >= MARKS:
            average = states.get("", {}).get("latent_avg")
            options, state = generator_of(tensors)
            critic = critic_in(states, options)
            lost = (ASSUMED, *([ESTIMATED] if average is None else []), *critic.told)
            preview = Preview(KIND, image_facts(options, where), shown(tensors), lost=lost)
            return Found(preview, partial(load, options, state, average, critic))
    return None


def load(options: Mapping[str, int], state: State, average: Tensor | None, critic: FoundCritic) -> Imported:
    """The generator as ours."""
    generator = built(options, state)
    generator.w_avg.copy_(mean_w(generator) if average is None else average.flatten())
    return Imported(generator, foreign_info(ARCH, options, KIND), critic.built(), critic.options)


def critic_in(states: States, options: Mapping[str, int]) -> FoundCritic:
    """The first discriminator for such images; where none is, the first sentence on why."""
    candidates = [tensors for tensors in states.values() if "final_conv.0.weight" in tensors]
    found = [attempted(partial(critic_of, d, options)) for d in candidates]
    return next((critic for critic in found if critic.name), found[0] if found else FoundCritic(told=(NONE,)))


def critic_of(tensors: Mapping[str, Tensor], generator: Mapping[str, int]) -> FoundCritic:
    """A discriminator as ours. Its convolutions and their biases are modules of their own. Raises Unfit."""
    levels = sum(name.endswith(".skip.1.weight") for name in tensors)
    names = halves("from_rgb.0", "convs.0", 0) | halves("last_conv", "final_conv", 0)
    names |= both("last_linear", "final_linear.0") | both("head", "final_linear.1")
    for k in range(levels):
        theirs = f"convs.{k + 1}"
        names |= halves(f"blocks.{k}.conv", f"{theirs}.conv1", 0) | halves(f"blocks.{k}.down", f"{theirs}.conv2", 1)
        names[f"blocks.{k}.skip.weight"] = f"{theirs}.skip.1.weight"
    for name, taps in tensors.items():
        if name.endswith(KERNEL) and (taps.shape != TAPS.shape or not torch.allclose(taps, TAPS / 4)):
            raise Unfit(f"its {name:.60} is another filter than [1, 3, 3, 1]")
    state = taken({name: tensor for name, tensor in tensors.items() if not name.endswith(KERNEL)}, names)
    resolution, channels = 4 << levels, state["from_rgb.0.weight"].shape[1]
    widths = [len(state[f"blocks.{k}.conv.bias"]) for k in range(levels)] + [len(state["last_conv.bias"])]
    same = shared(generator, resolution=resolution, channels=channels)
    return fitted("stylegan2", same | table_of(resolution, widths[::-1]), state)


def halves(ours: str, theirs: str, first: int) -> dict[str, str]:
    """The names of a layer whose weight and bias are its parts `first` and the next."""
    return {f"{ours}.weight": f"{theirs}.{first}.weight", f"{ours}.bias": f"{theirs}.{first + 1}.bias"}


def generator_of(tensors: Mapping[str, Tensor]) -> tuple[dict[str, int], State]:
    """Its options and its state in our names."""
    for name, taps in tensors.items():
        if name.endswith("kernel") and (taps.shape != TAPS.shape or not torch.allclose(taps, TAPS)):
            raise Unfit(f"its {name:.60} is another filter than [1, 3, 3, 1]")
    convs = ["conv1", *children(tensors, "convs")]
    rgbs = ["to_rgb1", *children(tensors, "to_rgbs")]
    layers = children(tensors, "style")
    state = {"constant": tensors["input.input"]}
    for k, name in enumerate(layers):
        state |= {f"mapping.layers.{k}.{key}": need(tensors, f"{name}.{key}") for key in ("weight", "bias")}
    for k, name in enumerate(convs):
        noise, bias = need(tensors, f"{name}.noise.weight"), need(tensors, f"{name}.activate.bias")
        state |= conv_of(tensors, name, f"convs.{k}") | {
            f"convs.{k}.noise_strength": noise.reshape(()),
            f"convs.{k}.bias": bias,
        }
    for k, name in enumerate(rgbs):
        state |= conv_of(tensors, name, f"to_rgb.{k}") | {f"to_rgb.{k}.bias": need(tensors, f"{name}.bias").flatten()}
    noises = children(tensors, "noises")
    fixed = len(noises) == len(convs)
    if fixed:
        state |= {f"noise_const.layer{k}": tensors[name] for k, name in enumerate(noises)}
    z_dim = need(tensors, "style.1.weight").shape[1]
    state["w_avg"] = torch.zeros(z_dim)
    resolution = 4 << len(rgbs) - 1
    options = {"resolution": resolution, "channels": len(state["to_rgb.0.bias"]), "z_dim": z_dim}
    widths = [state[f"convs.{k}.bias"].shape[0] for k in (0, *range(1, len(convs), 2))]
    options |= table_of(resolution, widths) | {
        "mapping_layers": len(layers),
        "convs_per_block": 2,
        "noise_const": fixed,
    }
    return options, state


def conv_of(tensors: Mapping[str, Tensor], name: str, ours: str) -> State:
    """A modulated convolution in our names; its weights have an axis for the batch."""
    weight = need(tensors, f"{name}.conv.weight")
    if weight.ndim != 5 or len(weight) != 1:
        raise Unfit(f"its {name}.conv.weight has {weight.ndim} axes; 5 are expected")
    affine = {key: need(tensors, f"{name}.conv.modulation.{key}") for key in ("weight", "bias")}
    return {f"{ours}.conv.weight": weight[0]} | {f"{ours}.conv.affine.{key}": value for key, value in affine.items()}


def children(tensors: Mapping[str, Tensor], name: str) -> list[str]:
    """The parts of a list of modules, in their order: convs.0, convs.1, ...; of tensors, the tensors."""
    return in_order({".".join(key.split(".")[:2]) for key in tensors if key.startswith(f"{name}.")})


def need(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    """A tensor. Raises Unfit where there is none."""
    if name not in tensors:
        raise Unfit(f"it looks like a {KIND}, and has no {name}")
    return tensors[name]
