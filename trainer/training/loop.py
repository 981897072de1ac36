"""The training loop. It knows neither how a method learns, nor a run's folder, nor the terminal, nor a page.

Every random number of a step is a function of (seed, images seen), so a run that resumes goes on as if never stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from trainer.data import Dataset
from trainer.training.batches import Batches
from trainer.training.config import TrainConfig
from trainer.training.methods import Method, method_for
from trainer.training.state import TrainState


@dataclass
class Report:
    """What one step gave. Values are means over the batch, still on the device."""

    images_seen: int
    values: dict[str, Tensor]


def train(state: TrainState, dataset: Dataset, config: TrainConfig) -> Iterator[Report]:
    """Yield a Report after every step until `config.kimg` is reached. Between two reports the state is consistent."""
    method, batches = method_for(config), Batches(dataset, config, state.fabric)
    for network in state.networks.values():
        network.train()
    while state.images_seen < config.total_images:
        set_learning_rates(state, method)
        values = method.step(state, batches.at(state.images_seen))
        state.images_seen += config.batch
        update_ema(state, method)
        yield Report(state.images_seen, values)


def set_learning_rates(state: TrainState, method: Method) -> None:
    """The rates at this point of the run: they fall to 0 over its last `lr_decay`."""
    config = method.config
    left = max(0.0, 1 - state.images_seen / config.total_images)
    share = min(1.0, left / config.lr_decay) if config.lr_decay else 1.0
    for name, optimizer in state.optimizers.items():
        for group in optimizer.param_groups:
            rate = method.learning_rate(name, state.images_seen) * share
            if isinstance(group["lr"], Tensor):  # recorded steps read it there
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate


def update_ema(state: TrainState, method: Method) -> None:
    """Average the checkpoint's network in; the half-life is at most a twentieth of the run so far.

    An average that began with a checkpoint's weights has nothing to forget (StyleGAN2-ADA's rule, too).
    """
    config = method.config
    half_life = config.ema_kimg * 1000
    if not state.started_from:
        half_life = min(half_life, 0.05 * state.images_seen)
    state.ema.decay = 0.5 ** (config.batch / half_life) if half_life else 0.0
    state.ema.update_parameters(state.bare(method.checkpoint))
