"""The discriminator in NVIDIA's files of StyleGAN2 as ours: residual or not, with classes or without."""

from collections.abc import Mapping
from typing import Any

from trainer.checkpoints.importers.nvidia_modules import check_filter, expect, listed, mapping_of, part, tensor
from trainer.checkpoints.importers.rebuilt import Module
from trainer.checkpoints.importers.stylegan2 import State, clamp_of, table_of
from trainer.checkpoints.importers.stylegan2_critic import FoundCritic, both, fitted, shared, taken
from trainer.util.reading import Unfit

FILTER = ".resample_filter"


def critic_of(network: Module, generator: Mapping[str, Any]) -> FoundCritic:
    """NVIDIA's discriminator, of a generator with these options. Raises Unfit, with the name of what is different."""
    sides = sorted((int(name[1:]) for name in network.parts if name[:1] == "b" and name[1:].isdecimal()), reverse=True)
    if sides != [4 << k for k in reversed(range(len(sides)))] or len(sides) < 2:
        raise Unfit(f"its {network.name:.40} is not StyleGAN2's: it has {listed(network)}")
    *blocks, last = (part(network, f"b{side}") for side in sides)
    form = form_of(blocks[0], last)
    limit = clamp_of({limit for block in blocks for limit in limits_of(block, form)} | limits_of_last(last, form))
    labels, mapped = labels_of(network)
    widths = [len(tensor(part(block, "conv0"), "bias")) for block in blocks] + [len(tensor(part(last, "conv"), "bias"))]
    channels = tensor(part(blocks[0], "fromrgb"), "weight").shape[1]
    same = shared(generator, resolution=sides[0], channels=channels, num_classes=mapped.get("num_classes", 0))
    options = (
        same | table_of(sides[0], widths[::-1]) | spread_of(last, widths[-1]) | {"form": form, "conv_clamp": limit}
    )
    if labels:
        options |= {"label_dim": mapped["w_dim"], "mapping_layers": mapped["mapping_layers"]}
    tensors = {name: found for name, found in network.state().items() if not name.endswith(FILTER)}
    plain = {name: found for name, found in tensors.items() if not name.startswith("mapping.")}
    return fitted("stylegan2", options, taken(plain, names_of(sides, form)) | labels)


def form_of(block: Module, last: Module) -> str:
    """How its levels are joined, told by the layers that there are."""
    return "resnet" if "skip" in block.parts else "skip" if "fromrgb" in last.parts else "orig"


def limits_of(block: Module, form: str) -> set[Any]:
    """The limits that a level's layers name. Raises Unfit for one that is not the published one."""
    expect(block, architecture=form)
    check_filter(block)
    found = set()
    for name, layer in block.parts.items():
        expect(layer, activation="linear" if name == "skip" else "lrelu", up=1)
        expect(layer, down=2 if name in ("conv1", "skip") else 1)
        check_filter(layer)
        if name == "skip":
            expect(layer, conv_clamp=None)
        else:
            found.add(layer.attributes.get("conv_clamp"))
    return found


def limits_of_last(last: Module, form: str) -> set[Any]:
    """Likewise, of the level at 4 pixels."""
    expect(last, architecture=form)
    conv = part(last, "conv")
    expect(conv, activation="lrelu", up=1, down=1)
    expect(part(last, "fc"), activation="lrelu", bias_gain=1)
    expect(part(last, "out"), activation="linear", bias_gain=1)
    if form == "skip":
        expect(part(last, "fromrgb"), activation="lrelu", conv_clamp=None)
    return {conv.attributes.get("conv_clamp")}


def labels_of(network: Module) -> tuple[State, dict[str, Any]]:
    """The mapping of labels in our names and the options that it decides, empty where there are no classes."""
    if "mapping" not in network.parts:
        return {}, {}
    state, options = mapping_of(part(network, "mapping"))
    return {name: value for name, value in state.items() if name != "w_avg"}, options


def spread_of(last: Module, width: int) -> dict[str, int]:
    """How it sees that the images of a minibatch differ."""
    maps = tensor(part(last, "conv"), "weight").shape[1] - width
    layer = last.parts.get("mbstd", Module("MinibatchStdLayer"))
    expect(layer, num_channels=maps)
    group = layer.attributes.get("group_size", 4)
    return {"spread_maps": maps, "group": 0 if group is None else group}


def names_of(sides: list[int], form: str) -> dict[str, str]:
    """Our names of its tensors: NVIDIA's. `sides`: of its levels, the largest first."""
    *blocks, _ = sides
    names = both("last_conv", "b4.conv") | both("last_linear", "b4.fc") | both("head", "b4.out")
    for k, side in enumerate(sides if form == "skip" else sides[:1]):
        names |= both(f"from_rgb.{k}", f"b{side}.fromrgb")
    for k, side in enumerate(blocks):
        names |= both(f"blocks.{k}.conv", f"b{side}.conv0") | both(f"blocks.{k}.down", f"b{side}.conv1")
        if form == "resnet":
            names[f"blocks.{k}.skip.weight"] = f"b{side}.skip.weight"
    return names
