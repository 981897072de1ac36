"""NVIDIA's pickles: StyleGAN2 and StyleGAN2-ADA in PyTorch, and the StyleGAN2 networks of the StyleGAN3 repository.

They hold whole modules with the source of their classes. That source is never run: attributes and tensors are read, and
what differs from the published StyleGAN2 is refused by name.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from trainer.checkpoints.importers.base import (
    IMPORTERS,
    Found,
    Imported,
    Importer,
    Preview,
    foreign_info,
    image_facts,
    open_source,
    shown,
)
from trainer.checkpoints.importers.nvidia_critic import critic_of
from trainer.checkpoints.importers.nvidia_modules import check_filter, expect, listed, mapping_of, part, tensor
from trainer.checkpoints.importers.pickled import parsed
from trainer.checkpoints.importers.rebuilt import DICTS, TYPES, Module, Rebuilder
from trainer.checkpoints.importers.refusals import WAY
from trainer.checkpoints.importers.stylegan2 import ARCH, ESTIMATED, State, built, clamp_of, mean_w, table_of
from trainer.checkpoints.importers.stylegan2_critic import NONE, FoundCritic, attempted
from trainer.checkpoints.importers.weights import LEGACY, States
from trainer.util.reading import Unfit

KIND = "NVIDIA StyleGAN2 generator"
NAMES = {*DICTS, *(f"torch.{kind}" for kind in TYPES), "numpy.ndarray", "builtins.object"}
PREFERRED = ("G_ema", "G")  # averaged or not
MARKS = {"synthesis.b4.const", "mapping.fc0.weight"}  # of a state dict
CRITIC_MARKS = {"b4.fc.weight", "b4.out.weight"}
UNLIMITED = "Limits of activations (conv_clamp) do not stand in a state dict: none are assumed."


class Read(NamedTuple):
    """A generator in our names; `tracked`: whether the file has the mean w."""

    options: dict[str, Any]
    state: State
    tracked: bool


def look(path: Path) -> Found | None:
    """What a pickle of NVIDIA's holds; None for another kind of file. Raises Unfit for other pickles."""
    with open_source(path) as file:
        start = file.read(len(LEGACY))
        if start[:1] != b"\x80" or start == LEGACY:
            return None
        file.seek(0)
        tree = Rebuilder()(parsed(file, NAMES))
    networks = tree if isinstance(tree, Mapping) else {"G_ema": tree}
    name = next((name for name in PREFERRED if isinstance(networks.get(name), Module)), "")
    if not name:
        raise Unfit("it is a pickle without a network named G_ema or G")
    return found_in(networks[name], name, networks)


def recognised(states: States) -> Found | None:
    """The first of some state dicts that is of such a network, if one is. Raises Unfit for one of another shape."""
    for where, tensors in states.items():
        if tensors.keys() >= MARKS:
            critics = (tree_of(found, "Discriminator") for found in states.values() if found.keys() >= CRITIC_MARKS)
            return found_in(tree_of(tensors, "Generator"), where, {"D": next(critics, None)}, (UNLIMITED,))
    return None


def found_in(network: Module, where: str, networks: Mapping[str, Any], told: tuple[str, ...] = ()) -> Found:
    """What is shown of a generator, and how it is loaded. `networks`: all of a file; `told`: of what else is lost."""
    read, d = generator_of(network), networks.get("D")
    critic = attempted(lambda: critic_of(d, read.options)) if isinstance(d, Module) else FoundCritic(told=(NONE,))
    stays = told + lost(networks, where, read.tracked) + critic.told
    facts = image_facts(read.options, where)
    return Found(Preview(KIND, facts, shown(network.state()), lost=stays), partial(load, read, critic))


def tree_of(tensors: State, name: str) -> Module:
    """The modules that the names of a state dict tell of; `name`: of the whole."""
    root = Module(name)
    for where, value in tensors.items():
        *path, last = where.split(".")
        module = root
        for inner in path:
            module = module.parts.setdefault(inner, Module(inner))
        module.tensors[last] = value
    return root


def load(read: Read, critic: FoundCritic) -> Imported:
    """The generator as ours."""
    generator = built(read.options, read.state)
    if not read.tracked:
        generator.w_avg.copy_(mean_w(generator))
    return Imported(generator, foreign_info(ARCH, read.options, KIND), critic.built(), critic.options)


def lost(networks: Mapping[str, Any], name: str, tracked: bool) -> tuple[str, ...]:
    """What does not come along."""
    sentences = {
        "The generator before averaging (G) stays behind.": name == "G_ema" and networks.get("G") is not None,
        "The generator is not an average over training (the file has no G_ema).": name == "G",
        "The augmentation of training stays behind.": networks.get("augment_pipe") is not None,
        ESTIMATED: not tracked,
    }
    return tuple(sentence for sentence, holds in sentences.items() if holds)


def generator_of(network: Module) -> Read:
    """A pickled generator in our names. Raises Unfit, with the name of what is different, for any but StyleGAN2."""
    synthesis, mapping = part(network, "synthesis"), part(network, "mapping")
    if "input" in synthesis.parts:
        raise Unfit(f"it is a generator of StyleGAN3, whose own layers are not read here. {WAY}")
    sides = sorted(int(name[1:]) for name in synthesis.parts if name[:1] == "b" and name[1:].isdecimal())
    if not sides or len(sides) != len(synthesis.parts) or sides != [4 << k for k in range(len(sides))]:
        raise Unfit(f"its {network.name:.40} is no StyleGAN2 generator: the synthesis has {listed(synthesis)}")
    blocks = [part(synthesis, f"b{side}") for side in sides]
    convs = [conv for block in blocks for conv in convs_of(block)]
    rgbs = [part(block, "torgb") for block in blocks]
    state, mapped = mapping_of(mapping)
    state["constant"] = tensor(blocks[0], "const")[None]
    for k, conv in enumerate(convs):
        state |= {f"convs.{k}.{name}": value for name, value in conv_of(conv, up=k % 2 == 1).items()}
    for k, rgb in enumerate(rgbs):
        state |= {f"to_rgb.{k}.{name}": value for name, value in modulated(rgb).items()}
    fixed = all("noise_const" in conv.tensors for conv in convs)
    if fixed:
        state |= {f"noise_const.layer{k}": conv.tensors["noise_const"][None, None] for k, conv in enumerate(convs)}
    options = mapped | table_of(sides[-1], [len(tensor(conv, "bias")) for conv in [convs[0], *convs[1::2]]])
    clamp = clamp_of({layer.attributes.get("conv_clamp") for layer in (*convs, *rgbs)})
    shape = {"resolution": sides[-1], "channels": len(tensor(rgbs[0], "bias"))}
    return Read(
        shape | options | {"convs_per_block": 2, "conv_clamp": clamp, "noise_const": fixed},
        state,
        "w_avg" in mapping.tensors,
    )


def convs_of(block: Module) -> list[Module]:
    """The styled convolutions of a level: one at 4 pixels, two at the others."""
    expect(block, architecture="skip")
    check_filter(block)
    return [part(block, name) for name in (("conv1",) if "const" in block.tensors else ("conv0", "conv1"))]


def conv_of(conv: Module, up: bool) -> State:
    """A styled convolution in our names; one without noise has a strength of 0."""
    expect(conv, activation="lrelu", up=2 if up else 1)
    check_filter(conv)
    return modulated(conv) | {"noise_strength": conv.tensors.get("noise_strength", torch.zeros([]))}


def modulated(layer: Module) -> State:
    """A modulated convolution in our names."""
    affine = part(layer, "affine")
    expect(affine, activation="linear", bias_gain=1)
    return {
        "conv.weight": tensor(layer, "weight"),
        "conv.affine.weight": tensor(affine, "weight"),
        "conv.affine.bias": tensor(affine, "bias"),
        "bias": tensor(layer, "bias"),
    }


IMPORTERS["nvidia"] = Importer("NVIDIA's pickles of StyleGAN2 and StyleGAN2-ADA (PyTorch)", look)
