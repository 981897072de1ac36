"""lucidrains' StyleGAN2 in PyTorch: files with the state dict `GAN`, of which the averaged SE and GE are drawn."""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from trainer.checkpoints.importers.base import Found, Imported, Preview, foreign_info, image_facts, shown
from trainer.checkpoints.importers.stylegan2 import ESTIMATED, State, built, mean_w, table_of
from trainer.checkpoints.importers.weights import States, in_order
from trainer.util.reading import Unfit

ARCH = "bilinear-stylegan2"
KIND = "lucidrains StyleGAN2 generator"
AVERAGED, PLAIN = ("SE", "GE"), ("S", "G")  # mapping, synthesis
PLAIN_ONLY = "The generator is not an average over training (the file has no GE)."
EARLY = (
    "it is a StyleGAN2 of an early version of lucidrains' package, before it had initial_conv and blurred its images"
)
PARTS = {  # of a block: ours
    "to_style1": "styles.0",
    "to_style2": "styles.1",
    "to_rgb.to_style": "styles.2",
    "to_noise1": "noises.0",
    "to_noise2": "noises.1",
}
WEIGHTS = {"conv1.weight": "weights.0", "conv2.weight": "weights.1", "to_rgb.conv.weight": "weights.2"}


def recognised(states: States) -> Found | None:
    """The first of some state dicts that is such a generator, if one is. Raises Unfit for one of another shape."""
    for where, tensors in states.items():
        for names in (AVERAGED, PLAIN):
            mapping, synthesis = (under(tensors, name) for name in names)
            if "net.0.weight" in mapping and "blocks.0.conv1.weight" in synthesis:
                options, state = generator_of(mapping, synthesis)
                stays = ("The discriminator stays behind.", ESTIMATED, *([] if names == AVERAGED else [PLAIN_ONLY]))
                facts = image_facts(options, where)
                preview = Preview(KIND, facts, shown(mapping | synthesis), lost=stays)
                return Found(preview, partial(load, options, state))
    return None


def load(options: Mapping[str, int], state: State) -> Imported:
    """The generator as ours."""
    generator = built(options, state, ARCH)
    generator.w_avg.copy_(mean_w(generator))
    return Imported(generator, foreign_info(ARCH, options, KIND))


def generator_of(mapping: Mapping[str, Tensor], synthesis: Mapping[str, Tensor]) -> tuple[dict[str, int], State]:
    """Its options and its state in our names. Raises Unfit for options of the package that are not read."""
    if "to_initial_block.weight" in synthesis or any(name.startswith("attns.") for name in synthesis):
        raise Unfit(f"it is a {KIND} with attention or without a constant, which are not read")
    if "initial_conv.weight" not in synthesis or "blocks.0.to_rgb.upsample.1.f" not in synthesis:
        raise Unfit(EARLY)
    layers = in_order({name.rpartition(".")[0] for name in mapping})
    state = {"constant": synthesis["initial_block"], "w_avg": torch.zeros(mapping["net.0.weight"].shape[1])}
    for k, name in enumerate(layers):
        state |= {f"mapping.{k}.{key}": value for key, value in under(mapping, name).items()}
    for name, value in synthesis.items():
        if ours := renamed(name):
            state[ours] = value
    count = sum(name.endswith(".conv1.weight") for name in synthesis)
    widths = [len(state[f"blocks.{k}.weights.1"]) for k in range(count)]
    shape = {"resolution": 4 << count - 1, "channels": len(state["blocks.0.weights.2"]), "z_dim": len(state["w_avg"])}
    if shape["channels"] not in (1, 3):
        raise Unfit(f"it draws images of {shape['channels']} channels; 1 or 3 are read")
    return shape | table_of(shape["resolution"], widths) | {"mapping_layers": len(layers)}, state


def renamed(name: str) -> str:
    """A tensor's name in ours; "" for the blur's taps, which ours has of its own. Raises Unfit for one not expected."""
    if name == "initial_block" or name.endswith(".upsample.1.f"):
        return ""
    if name.startswith("initial_conv."):
        return name.replace("initial_conv", "first")
    head, number, rest = (*name.split(".", 2), "", "")[:3]
    if head == "blocks" and rest in WEIGHTS:
        return f"blocks.{number}.{WEIGHTS[rest]}"
    part, _, key = rest.rpartition(".")
    if head == "blocks" and part in PARTS:
        return f"blocks.{number}.{PARTS[part]}.{key}"
    raise Unfit(f"it looks like a {KIND}, and has a {name:.60}")


def under(tensors: Mapping[str, Tensor], name: str) -> State:
    """The tensors under a prefix, without it."""
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}
