"""lucidrains' StyleGAN2 in PyTorch: files with the state dict `GAN`, of which the averaged SE and GE are drawn."""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from trainer.checkpoints.importers.base import Found, Imported, Preview, foreign_info, image_facts, shown
from trainer.checkpoints.importers.stylegan2 import ESTIMATED, State, built, mean_w, table_of
from trainer.checkpoints.importers.stylegan2_critic import NONE, FoundCritic, attempted, both, fitted, shared, taken
from trainer.checkpoints.importers.weights import States, in_order
from trainer.util.reading import Unfit

ARCH = "bilinear-stylegan2"
KIND = "lucidrains StyleGAN2 generator"
AVERAGED, PLAIN = ("SE", "GE"), ("S", "G")  # mapping, synthesis
PLAIN_ONLY = "The generator is not an average over training (the file has no GE)."
HINGE = "The discriminator is taken to be trained with the package's usual hinge loss; its scores are turned round."
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
                critic = critic_in(under(tensors, "D"), options)
                stays = (*critic.told, ESTIMATED, *([] if names == AVERAGED else [PLAIN_ONLY]))
                facts = image_facts(options, where)
                preview = Preview(KIND, facts, shown(mapping | synthesis), lost=stays)
                return Found(preview, partial(load, options, state, critic))
    return None


def load(options: Mapping[str, int], state: State, critic: FoundCritic) -> Imported:
    """The generator as ours."""
    generator = built(options, state, ARCH)
    generator.w_avg.copy_(mean_w(generator))
    return Imported(generator, foreign_info(ARCH, options, KIND), critic.built(), critic.options)


def critic_in(tensors: Mapping[str, Tensor], options: Mapping[str, int]) -> FoundCritic:
    """The discriminator of these tensors; a sentence where there is none, and where ours cannot be it."""
    return attempted(lambda: critic_of(tensors, options)) if tensors else FoundCritic(told=(NONE,))


def critic_of(tensors: Mapping[str, Tensor], generator: Mapping[str, int]) -> FoundCritic:
    """A discriminator as ours. Raises Unfit, with a name for those of the package's options that are not read."""
    for part, what in (("attn_blocks.", "attention"), ("quantize_blocks.", "quantised features")):
        if any(name.startswith(part) for name in tensors):
            raise Unfit(f"it has {what}, which is not read")
    if "final_conv.weight" not in tensors or "blocks.0.downsample.0.f" not in tensors:
        raise Unfit("it is of an early version of lucidrains' package, before it had final_conv and blurred")
    levels = sum(name.endswith(".conv_res.weight") for name in tensors) - 1
    names = both("last_conv", "final_conv") | both("head", "to_logit")
    for k in range(levels + 1):
        ours, theirs = f"blocks.{k}", f"blocks.{k}"
        names |= both(f"{ours}.skip", f"{theirs}.conv_res") | both(f"{ours}.convs.0", f"{theirs}.net.0")
        names |= both(f"{ours}.convs.1", f"{theirs}.net.2")
        if k < levels:
            names |= both(f"{ours}.down", f"{theirs}.downsample.1")
    state = taken({name: tensor for name, tensor in tensors.items() if not name.endswith(".downsample.0.f")}, names)
    width, channels = state["blocks.0.skip.weight"].shape[:2]
    same = shared(generator, resolution=2 << levels, channels=channels)
    options = same | {"width": width, "max_channels": len(state["last_conv.bias"])}
    return fitted("bilinear-stylegan2", options, state, (HINGE,))


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
