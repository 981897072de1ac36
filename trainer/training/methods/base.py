"""A way of learning: which networks there are, what one step does with a batch, and what is shown of it.

The loop, the run, the state file and the page know no method by name. An architecture says which one trains it; a new
one is one file, and one line in `METHODS`.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from trainer.data import Dataset
from trainer.networks import ARCHITECTURES
from trainer.training.batches import Batch
from trainer.training.config import ARGUMENTS, TrainConfig
from trainer.training.portrait import portrait
from trainer.training.state import TrainState
from trainer.util.registry import Registry


class DataShape(NamedTuple):
    """What networks have to know of a data set."""

    channels: int
    num_classes: int
    given_channels: int = 0  # of what a translator is given; 0 where it is made of the images themselves


class Method(ABC):
    """A way of learning under the settings of a run.

    Attributes:
        help: one line.
        checkpoint: the network that becomes the checkpoint: a `Generator`, z -> image, or a `Translator`.
        critic: the network that a published translator keeps to show which patches it takes for made.
        takes: what it learns from: "images", "pairs", or "collections", two that are not paired.
        shown: the scalars of a step that the terminal has room for.
        running: the numbers that its steps keep in `TrainState.running`, with their first values.
    """

    help: str
    takes: str = "images"
    checkpoint: str = "g"
    critic: str = "d"
    shown: tuple[str, ...] = ()
    running: Mapping[str, float] = {}

    def __init__(self, config: TrainConfig):
        self.config = config

    def networks(self, data: DataShape) -> dict[str, nn.Module]:
        """Its networks by name, with new weights: the architecture's two as `g` and `d`, unless it says otherwise."""
        architecture = ARCHITECTURES[self.config.arch]
        return {
            "g": new_network(architecture.generator, self.config, data),
            "d": new_network(architecture.discriminator, self.config, data),
        }

    def optimizers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        """An optimiser for each network that learns, by its name."""
        betas = self.config.beta1, self.config.beta2
        return {
            name: Adam(network.parameters(), lr=self.learning_rate(name, 0), betas=betas, eps=1e-8, fused=True)
            for name, network in networks.items()
        }

    def learning_rate(self, name: str, images_seen: int) -> float:
        """The rate of a network's optimiser before it falls with `--lr-decay`: `lr_d` for critics if it is set.

        0 of all but critics during `d_first`. What stands where a critic does and is none, a VAE's encoder, has
        neither: the options do not apply.
        """
        if name.startswith("d"):
            return self.config.lr_d or self.config.lr
        return self.config.lr if images_seen >= self.config.d_first * 1000 else 0.0

    @abstractmethod
    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """One update of the networks. Returns scalars by name, means over the batch, still on the device."""

    def sheet(self, state: TrainState, dataset: Dataset) -> Tensor | Image.Image | None:
        """What is shown of it now: 64 images [N, C, H, W] of inputs that stay the same, or an image of its own.

        None: the images that the explorer shows for the seeds 0 to 63, which the run draws.
        """
        g = state.ema.module
        return portrait(g, dataset.images) if g.resolution == 1 else None


METHODS: Registry[type[Method]] = Registry("method")


def method_for(config: TrainConfig) -> Method:
    """The method that trains the chosen architecture."""
    return METHODS[ARCHITECTURES[config.arch].method](config)


def options_for(network: type[nn.Module], config: TrainConfig) -> dict[str, Any]:
    """The settings that this network's constructor takes, by name."""
    taken = inspect.signature(network).parameters
    return {name: getattr(config, name) for name in ARGUMENTS if name in taken}


def new_network(network: type[nn.Module], config: TrainConfig, data: DataShape) -> nn.Module:
    """A network for these settings and data, told of the classes where they are learned."""
    shape = {
        "resolution": config.resolution,
        "channels": data.channels,
        "num_classes": data.num_classes if config.conditional else 0,
        "given_channels": data.given_channels or data.channels,
    }
    taken = inspect.signature(network).parameters
    return network(**{name: shape[name] for name in shape if name in taken}, **options_for(network, config))


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """No gradients for these parameters: one network's step passes through another without paying for its own."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


def optimizer_step(state: TrainState, loss: Tensor, *names: str, alone: bool = False) -> None:
    """One step of the named networks down a loss.

    Args: alone: the loss was made without Fabric's wrapper, so that nobody has averaged the processes' gradients yet.
    """
    fabric, optimizers = state.fabric, [state.optimizers[name] for name in names]
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    fabric.backward(loss)
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    if alone and fabric.world_size > 1:
        for parameter in (p for group in groups for p in group["params"] if p.grad is not None):
            parameter.grad = fabric.all_reduce(parameter.grad, reduce_op="mean")
    for optimizer in optimizers:
        optimizer.step()
