"""All that changes while training: networks, their optimisers, the moving average, and how far they have come."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel


class MovingAverage(AveragedModel):
    """The network that is shown and saved: an exponential moving average of weights and buffers."""

    module: Any  # a Generator, or a Translator

    def __init__(self, model: nn.Module):
        super().__init__(model, use_buffers=True)
        self.decay = 0.0
        self.eval().requires_grad_(False)

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Take the present weights in: they count 1 - decay, the first and counters wholly. Waits for no device."""
        counts = 1.0 if self.n_averaged == 0 else 1 - self.decay
        pairs = [*zip(tensors_of(self.module), tensors_of(model), strict=True)]
        weights = [pair for pair in pairs if pair[0].is_floating_point()]
        torch._foreach_lerp_([averaged for averaged, _ in weights], [current for _, current in weights], counts)
        for averaged, current in pairs:
            if not averaged.is_floating_point():  # batch norm's counters
                averaged.copy_(current)
        self.n_averaged += 1


def tensors_of(module: nn.Module) -> Iterator[Tensor]:
    """Weights and buffers."""
    return chain(module.parameters(), module.buffers())


@dataclass
class TrainState:
    """All that changes while training. A method names its networks; what the file holds is named after them.

    Attributes:
        networks: by name, wrapped by Fabric; their `module` is the bare network.
        optimizers: by the name of the network that they step.
        ema: the moving average of the network that becomes the checkpoint.
        fabric: where and in what arithmetic they run.
        running: numbers that a method's steps keep, such as running means, by name.
        images_seen: real images so far.
        seconds: spent training.
        overrides: settings that were changed on the way, with their present values.
        started_from: the checkpoint whose weights it began with: name, images_seen, sha256, data, licence; or {}.
        rolled_back: whether the run has been taken back to an earlier state once, after a number that was not finite.
    """

    networks: dict[str, Any]
    optimizers: dict[str, Optimizer]
    ema: MovingAverage
    fabric: Fabric
    running: dict[str, float]
    images_seen: int = 0
    seconds: float = 0.0
    overrides: dict[str, Any] = field(default_factory=dict)
    started_from: dict[str, Any] = field(default_factory=dict)
    rolled_back: bool = False

    def bare(self, name: str) -> Any:
        """A network as its file wrote it, without Fabric's wrapper."""
        return self.networks[name].module
