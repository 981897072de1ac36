"""The training loop: one step of both players at a time. It knows neither a run's folder, nor the terminal, nor a page.

Every random number of a step is a function of (seed, images seen), so a run that resumes goes on as if never stopped.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from torch.optim.swa_utils import AveragedModel

from trainer.augment import augment
from trainer.config import TrainConfig, flag
from trainer.data import Dataset
from trainer.errors import UserError
from trainer.losses import LOSSES
from trainer.metrics.training import d_accuracy, gradient_norm, jsd_bound
from trainer.networks import ARCHITECTURES, Discriminator, Generator
from trainer.penalties import r1

Tensors = tuple[Tensor, ...] | list[Tensor]


@dataclass
class Report:
    """What one step gave. Values are means over the batch, still on the device."""

    images_seen: int
    values: dict[str, Tensor]


@dataclass
class TrainState:
    """All that changes while training. The two players are wrapped by Fabric; their `module` is the bare network.

    Attributes:
        steered: settings that were changed on the way, with their present values.
        rolled_back: whether the run has been taken back to an earlier state once, after a number that was not finite.
    """

    generator: Any
    discriminator: Any
    ema: "MovingAverage"
    opt_g: Optimizer
    opt_d: Optimizer
    images_seen: int = 0
    seconds: float = 0.0
    steered: dict[str, Any] = field(default_factory=dict)
    rolled_back: bool = False

    def set_lr(self, lr: float) -> None:
        """Both players' learning rate from now on."""
        for optimizer in (self.opt_g, self.opt_d):
            for group in optimizer.param_groups:
                group["lr"] = lr


class MovingAverage(AveragedModel):
    """The generator that is shown and saved: an exponential moving average of weights and buffers."""

    module: Generator

    def __init__(self, model: nn.Module):
        super().__init__(model, multi_avg_fn=self.average, use_buffers=True)
        self.decay = 0.0
        self.eval().requires_grad_(False)

    @torch.no_grad()
    def average(self, averaged: Tensors, current: Tensors, _: Tensor | int) -> None:
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(averaged, current, 1 - self.decay)
        else:  # batch norm's counters
            torch._foreach_copy_(averaged, current)


def options_for(network: type[nn.Module], config: TrainConfig) -> dict[str, Any]:
    """The settings that this network's constructor takes, by name."""
    taken = inspect.signature(network).parameters
    return {name: getattr(config, name) for name in ("z_dim", "width", "fine_width", "refine") if name in taken}


def build_networks(config: TrainConfig, *, channels: int, num_classes: int) -> tuple[Generator, Discriminator]:
    """Both networks with initial weights decided by the seed alone. Raises UserError where a setting does not apply."""
    architecture = ARCHITECTURES[config.arch]
    for name in ("fine_width", "refine"):
        if getattr(config, name) and name not in inspect.signature(architecture.generator).parameters:
            raise UserError(f"{flag(name)} does not apply to --arch {config.arch}. Leave it out.")
    shape: dict[str, Any] = {
        "resolution": config.resolution,
        "channels": channels,
        "num_classes": num_classes if config.conditional else 0,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        g = architecture.generator(**shape, **options_for(architecture.generator, config))
        d = architecture.discriminator(**shape, **options_for(architecture.discriminator, config))
    for network in (g, d):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # 1.1 to 1.6 times as fast on a CPU
    return g, d


def check_networks(config: TrainConfig) -> None:
    """Raise UserError where `build_networks` would, without allocating anything."""
    with torch.device("meta"):
        build_networks(config, channels=1, num_classes=2)


def check_dataset(config: TrainConfig, dataset: Dataset) -> None:
    """Raise UserError for a data set that these settings cannot train on."""
    if len(dataset) < 2:
        raise UserError(f"{config.data} has {len(dataset)} picture; a GAN needs at least 2 different ones.")
    if config.conditional and dataset.num_classes < 2:
        raise UserError(f"--conditional needs classes; {config.data} has none. Leave it out, or use class subfolders.")
    unknown = int((dataset.labels[:, 0] < 0).sum()) if config.conditional else 0
    if unknown:
        raise UserError(
            f"--conditional needs the class of every picture; {unknown} of {len(dataset)} in {config.data} have none. "
            "Move them into the subfolder of their class, or leave --conditional out."
        )


def new_state(config: TrainConfig, dataset: Dataset, fabric: Fabric) -> TrainState:
    """Networks, moving average and optimisers before the first step. Raises UserError as `check_dataset`."""
    check_dataset(config, dataset)
    g, d = build_networks(config, channels=dataset.channels, num_classes=dataset.num_classes)
    ema = MovingAverage(g).to(fabric.device)
    adam: dict[str, Any] = {"lr": config.lr, "betas": (config.beta1, config.beta2), "eps": 1e-8}
    wrapped_g, opt_g = fabric.setup(g, Adam(g.parameters(), **adam))
    wrapped_d, opt_d = fabric.setup(d, Adam(d.parameters(), **adam))
    return TrainState(wrapped_g, wrapped_d, ema, opt_g, opt_d)


def step_seed(config: TrainConfig, images_seen: int) -> int:
    """One seed a step, well spread: neighbouring counts give unrelated streams."""
    return int(np.random.SeedSequence([config.seed, images_seen]).generate_state(1, np.uint64)[0] >> 1)


@lru_cache(maxsize=2)
def epoch_order(n: int, epoch: int, seed: int) -> np.ndarray:
    """The order in which an epoch shows its n pictures, int64 (n,)."""
    return np.random.default_rng([seed, epoch]).permutation(n)


def picture_indices(n: int, start: int, count: int, seed: int) -> np.ndarray:
    """Which pictures stand at positions start .. start + count - 1 of an endless row of shuffled epochs. (count,)."""
    epochs, offsets = np.divmod(np.arange(start, start + count), n)
    return np.array([epoch_order(n, epoch, seed)[i] for epoch, i in zip(epochs.tolist(), offsets, strict=True)])


class Batches:
    """Real pictures in [-1, 1], this process' share of each batch."""

    def __init__(self, dataset: Dataset, config: TrainConfig, fabric: Fabric):
        self.dataset, self.config, self.fabric = dataset, config, fabric
        share = config.batch // fabric.world_size
        self.mine = slice(fabric.global_rank * share, (fabric.global_rank + 1) * share)

    def augmented(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """What D sees of real or generated pictures, [N, C, H, W]."""
        return augment(images, self.config.augment, rng, self.mine, self.config.batch)

    def at(self, images_seen: int, rng: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """The batch that follows `images_seen` pictures: images [N, C, H, W], labels [N] or None."""
        rows = picture_indices(len(self.dataset), images_seen, self.config.batch, self.config.seed)[self.mine]
        order = np.argsort(rows)  # read the file front to back
        pixels = np.empty((len(rows), *self.dataset.images.shape[1:]), np.uint8)
        pixels[order] = self.dataset.images[rows[order]]
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(self.fabric.device).float() / 127.5 - 1
        if self.config.mirror:
            flip = torch.rand(self.config.batch, generator=rng)[self.mine] < 0.5
            images = torch.where(flip.to(images.device)[:, None, None, None], images.flip(3), images)
        label = None
        if self.config.conditional:
            label = torch.from_numpy(self.dataset.labels[rows, 0]).to(self.fabric.device)
        return images.contiguous(memory_format=torch.channels_last), label


def draw_latents(g: Generator, config: TrainConfig, rng: torch.Generator) -> dict[str, Any]:
    """z, noise inputs and style mixing for a whole batch, on the CPU: the keyword arguments of `Generator.forward`."""
    n = config.batch
    drawn: dict[str, Any] = {"z": torch.randn(n, g.z_dim, generator=rng), "noise": g.draw_noise(n, rng)}
    if config.style_mixing > 0 and g.num_ws > 1:
        drawn["z_mix"] = torch.randn(n, g.z_dim, generator=rng)
        crossover = torch.randint(1, g.num_ws, (n,), generator=rng)
        mixes = torch.rand(n, generator=rng) < config.style_mixing
        drawn["crossover"] = torch.where(mixes, crossover, g.num_ws)
    return drawn


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """No gradients for these parameters: G's step passes through D without paying for D's."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


def descend(optimizer: Optimizer, loss: Tensor, fabric: Fabric) -> None:
    optimizer.zero_grad(set_to_none=True)
    fabric.backward(loss)
    optimizer.step()


def step(state: TrainState, batches: Batches, config: TrainConfig, fabric: Fabric) -> dict[str, Tensor]:
    """One step of D, then one of G, both on the same generated pictures. Returns scalars by name."""
    rng = torch.Generator().manual_seed(step_seed(config, state.images_seen))
    loss = LOSSES[config.loss]
    real, label = batches.at(state.images_seen, rng)
    drawn = draw_latents(state.ema.module, config, rng)
    drawn["noise"] = [noise[batches.mine].to(fabric.device) for noise in drawn["noise"]]
    drawn |= {k: v[batches.mine].to(fabric.device) for k, v in drawn.items() if k != "noise"}
    fake = batches.augmented(state.generator(label=label, **drawn), rng)

    # D: tell real from generated.
    penalise = config.r1_gamma > 0 and (state.images_seen // config.batch) % config.r1_every == 0
    real.requires_grad_(penalise)
    # R1 differentiates twice, which Fabric's wrapper refuses in mixed precision: then D goes bare, in full precision.
    real_logits = (state.discriminator.module if penalise else state.discriminator)(batches.augmented(real, rng), label)
    fake_logits = state.discriminator(fake.detach(), label)
    loss_d = loss.d(real_logits, fake_logits, config.real_target).mean()
    total_d = loss_d
    if penalise:
        total_d = loss_d + config.r1_gamma / 2 * config.r1_every * r1(real, real_logits).mean()
    descend(state.opt_d, total_d, fabric)
    grad_d = gradient_norm(state.discriminator)

    # G: be taken for real by the D that has just learned. D itself is not synchronised here, so it goes unwrapped.
    with frozen(state.discriminator):
        with fabric.autocast():
            logits = state.discriminator.module(fake, label).float()
        loss_g = loss.g(real_logits.detach(), logits).mean()
        descend(state.opt_g, loss_g, fabric)
    grad_g = gradient_norm(state.generator)

    state.images_seen += config.batch
    half_life = min(config.ema_kimg * 1000, 0.05 * state.images_seen)
    state.ema.decay = 0.5 ** (config.batch / half_life) if half_life else 0.0
    state.ema.update_parameters(state.generator.module)
    real_logits, fake_logits = real_logits.detach(), fake_logits.detach()
    on_real, on_fake = d_accuracy(real=real_logits, fake=fake_logits)
    return {
        "loss_d": loss_d.detach(),
        "loss_g": loss_g.detach(),
        "d_accuracy_real": on_real,
        "d_accuracy_fake": on_fake,
        "grad_d": grad_d,
        "grad_g": grad_g,
        "jsd": jsd_bound(real=real_logits, fake=fake_logits),
    }


def train(state: TrainState, dataset: Dataset, config: TrainConfig, fabric: Fabric) -> Iterator[Report]:
    """Yield a Report after every step until `config.kimg` is reached. Between two reports the state is consistent."""
    batches = Batches(dataset, config, fabric)
    state.generator.train()
    state.discriminator.train()
    while state.images_seen < config.total_images:
        values = step(state, batches, config, fabric)
        yield Report(state.images_seen, values)
