"""What a training begins with: networks, moving average and optimisers, and the checks of what cannot work."""

from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from trainer.data import Dataset
from trainer.training.config import TrainConfig
from trainer.training.methods import method_for
from trainer.training.methods.base import DataShape
from trainer.training.state import MovingAverage, TrainState
from trainer.training.validation import check_applies
from trainer.util.errors import UserError

NEEDS = {
    "pairs": "--arch {} learns from pairs of images, and {} has none. Choose a data set of pairs, such as "
    "avatar-pairs:lines, or a folder pairs:PATH with the folders A and B.",
    "collections": "--arch {} translates one collection of images into another, and {} is one. "
    "Name the other one with --data-a.",
}


def build_networks(
    config: TrainConfig, *, channels: int, num_classes: int, given_channels: int = 0
) -> dict[str, nn.Module]:
    """The method's networks by name, with initial weights decided by the seed alone.

    Raises UserError where a setting does not apply.
    """
    check_applies(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        networks = method_for(config).networks(DataShape(channels, num_classes, given_channels))
    for network in networks.values():
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # 1.1 to 1.6 times as fast on a CPU
    return networks


def check_networks(config: TrainConfig) -> None:
    """Raise UserError where `build_networks` would, without allocating anything."""
    with torch.device("meta"):
        build_networks(config, channels=1, num_classes=2)


def check_dataset(config: TrainConfig, dataset: Dataset) -> None:
    """Raise UserError for a data set that these settings cannot train on."""
    if len(dataset) < 2:
        raise UserError(f"{config.data} has {len(dataset)} image; a GAN needs at least 2 different ones.")
    takes = method_for(config).takes
    if takes != "images" and (dataset.given is None or dataset.paired != (takes == "pairs")):
        raise UserError(NEEDS[takes].format(config.arch, config.data), field="data" if takes == "pairs" else "data_a")
    check_colours(config, dataset)
    names = [attribute.name for attribute in dataset.attributes]
    if config.balance and config.balance not in names:
        known = f"it has {', '.join(names)}" if names else "it has none"
        raise UserError(f"--balance {config.balance!r:.80} is no attribute of {config.data}: {known}.", field="balance")
    if config.conditional and dataset.num_classes < 2:
        raise UserError(f"--conditional needs classes; {config.data} has none. Leave it out, or use class subfolders.")
    unknown = int((dataset.labels[:, 0] < 0).sum()) if config.conditional else 0
    if unknown:
        raise UserError(
            f"--conditional needs a class for every image; {unknown} of {len(dataset)} in {config.data} have none. "
            "Move each into the subfolder of its class, or leave out --conditional."
        )


def check_colours(config: TrainConfig, dataset: Dataset) -> None:
    """Raise UserError for two collections, one grey and one in colour, of which an image cannot stay what it is."""
    if dataset.given is None or dataset.paired or dataset.given.channels == dataset.channels:
        return
    if config.identity_weight:
        colours = ["grey" if channels == 1 else "in colour" for channels in (dataset.given.channels, dataset.channels)]
        raise UserError(
            f"The images of {config.data_a} are {colours[0]}, and those of {config.data} {colours[1]}, which the "
            "identity loss cannot compare. Add --identity-weight 0, or choose collections of one kind.",
            field="data_a",
        )


def new_state(config: TrainConfig, dataset: Dataset, fabric: Fabric) -> TrainState:
    """All that changes, before the first step. Raises UserError as `check_dataset` and `build_networks`."""
    check_dataset(config, dataset)
    method = method_for(config)
    given_channels = dataset.given.channels if dataset.given else 0
    networks = build_networks(
        config, channels=dataset.channels, num_classes=dataset.num_classes, given_channels=given_channels
    )
    ema = MovingAverage(networks[method.checkpoint])
    ema.module.to(fabric.device)  # but not its counter, which is read at every step
    wrapped = {name: fabric.setup_module(network) for name, network in networks.items()}
    optimizers: dict[str, Any] = {}
    for name, optimizer in method.optimizers(networks).items():
        optimizers[name] = fabric.setup_optimizers(optimizer)
    return TrainState(wrapped, optimizers, ema, fabric, dict(method.running))
