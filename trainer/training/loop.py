"""The training loop: one step of both players at a time. It knows neither a run's folder, nor the terminal, nor a page.

Every random number of a step is a function of (seed, images seen), so a run that resumes goes on as if never stopped.
"""

import inspect
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from torch.optim.swa_utils import AveragedModel

from trainer.data import Dataset
from trainer.metrics.training import d_accuracy, gradient_norm, jsd_bound
from trainer.networks import ARCHITECTURES, Generator
from trainer.networks.vae import elbo
from trainer.training.augment import adapted, augment
from trainer.training.config import ARGUMENTS, TrainConfig
from trainer.training.losses import LOSSES
from trainer.training.regularizers import PENALTIES, Round, clip
from trainer.training.validation import check_applies
from trainer.util.errors import UserError
from trainer.util.images import to_images

Tensors = tuple[Tensor, ...] | list[Tensor]
PATH_EVERY = 8  # steps from one path length regularisation to the next
PATH_DECAY = 0.01  # how fast the mean path length follows


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
        augmented: share of the pictures that ADA augments at present.
        path_mean: running mean of path lengths, what path length regularisation pulls to.
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
    augmented: float = 0.0
    path_mean: float = 0.0

    def set_lr(self, config: TrainConfig) -> None:
        """Both players' learning rates at this point of the run."""
        left = max(0.0, 1 - self.images_seen / config.total_images)
        share = min(1.0, left / config.lr_decay) if config.lr_decay else 1.0
        for optimizer, lr in ((self.opt_g, config.lr), (self.opt_d, config.d_lr or config.lr)):
            for group in optimizer.param_groups:
                group["lr"] = lr * share


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
    return {name: getattr(config, name) for name in ARGUMENTS if name in taken}


def build_networks(config: TrainConfig, *, channels: int, num_classes: int) -> tuple[Generator, nn.Module]:
    """Both networks with initial weights decided by the seed alone. Raises UserError where a setting does not apply."""
    architecture = ARCHITECTURES[config.arch]
    check_applies(config)
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
    state = TrainState(wrapped_g, wrapped_d, ema, opt_g, opt_d)
    state.set_lr(config)
    return state


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

    def augmented(self, images: Tensor, rng: torch.Generator, share: float, noise: float) -> Tensor:
        """What D sees of real or generated pictures, [N, C, H, W]: `share` of them augmented, with noise on all."""
        images = augment(images, self.config.augment, rng, self.mine, self.config.batch, share)
        if noise:
            drawn = torch.randn(self.config.batch, *images.shape[1:], generator=rng)[self.mine]
            images = images + noise * drawn.to(images.device)
        return images

    def at(self, images_seen: int, rng: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """The batch that follows `images_seen` pictures: images [N, C, H, W], labels [N] or None."""
        rows = picture_indices(len(self.dataset), images_seen, self.config.batch, self.config.seed)[self.mine]
        order = np.argsort(rows)  # read the file front to back
        pixels = np.empty((len(rows), *self.dataset.images.shape[1:]), self.dataset.images.dtype)
        pixels[order] = self.dataset.images[rows[order]]
        images = to_images(torch.from_numpy(pixels).to(self.fabric.device))
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


def descend(optimizer: Optimizer, loss: Tensor, fabric: Fabric, alone: bool = False) -> None:
    """`alone`: the loss was made without Fabric's wrapper, so that nobody has averaged the processes' gradients yet."""
    optimizer.zero_grad(set_to_none=True)
    fabric.backward(loss)
    if alone and fabric.world_size > 1:
        for parameter in (p for group in optimizer.param_groups for p in group["params"] if p.grad is not None):
            parameter.grad = fabric.all_reduce(parameter.grad, reduce_op="mean")
    optimizer.step()


def step(state: TrainState, batches: Batches, config: TrainConfig, fabric: Fabric) -> dict[str, Tensor]:
    """One step of D, and, each `d_steps`-th time, one of G on the same pictures. Returns scalars by name."""
    rng = torch.Generator().manual_seed(step_seed(config, state.images_seen))
    count = state.images_seen // config.batch
    grow(state, config)
    if config.lr_decay:
        state.set_lr(config)
    real, label = batches.at(state.images_seen, rng)
    if ARCHITECTURES[config.arch].variational:
        values = step_variational(state, batches, config, fabric, rng, real, label)
    else:
        drawn = draw_latents(state.ema.module, config, rng)
        drawn["noise"] = [noise[batches.mine].to(fabric.device) for noise in drawn["noise"]]
        drawn |= {k: v[batches.mine].to(fabric.device) for k, v in drawn.items() if k != "noise"}
        share = state.augmented if config.ada_target else 1.0
        noise = config.instance_noise * max(0.0, 1 - state.images_seen / config.total_images)
        fake = batches.augmented(state.generator(label=label, **drawn), rng, share, noise)
        real = batches.augmented(real, rng, share, noise)
        real_logits, values = step_d(state, config, fabric, rng, count, real, fake, label, drawn["z"])
        if count % config.d_steps == config.d_steps - 1:
            values |= step_g(state, config, fabric, rng, count, real_logits, fake, label, drawn)

    state.images_seen += config.batch
    half_life = min(config.ema_kimg * 1000, 0.05 * state.images_seen)
    state.ema.decay = 0.5 ** (config.batch / half_life) if half_life else 0.0
    state.ema.update_parameters(state.generator.module)
    return values


def step_d(
    state: TrainState,
    config: TrainConfig,
    fabric: Fabric,
    rng: torch.Generator,
    count: int,
    real: Tensor,
    fake: Tensor,
    label: Tensor | None,
    z: Tensor,
) -> tuple[Tensor, dict[str, Tensor]]:
    """D learns to tell real from generated: (logits of the real ones [N / pack], scalars)."""
    loss, penalty = LOSSES[config.loss], PENALTIES[config.penalty]
    weight = penalty.weight(config)
    every = config.r1_every if penalty.lazy else 1
    penalise = penalty.of is not None and weight > 0 and count % every == 0
    real, fake = real.detach().requires_grad_(penalise), fake.detach().requires_grad_(penalise and penalty.fake)
    # Penalties differentiate twice, which Fabric's wrapper refuses in mixed precision: there D goes bare, in full.
    bare = state.discriminator.module
    alone = penalise and penalty.fake
    real_logits = (bare if penalise else state.discriminator)(real, label)
    fake_logits = (bare if alone else state.discriminator)(fake, label)
    loss_d = loss.d(real_logits, fake_logits, config.real_target).mean()
    total = loss_d
    if penalise and penalty.of is not None:
        round = Round(lambda images: bare(images, label), real, fake, real_logits, fake_logits, rng)
        total = total + weight * every * penalty.of(round).mean()
    if any(config.codes):
        total = total + config.info_weight * code_loss(state, fake, z)
    descend(state.opt_d, total, fabric, alone)
    if config.penalty == "clip":
        clip(state.discriminator.module, config.clip)
    values = {"loss_d": loss_d.detach(), "grad_d": gradient_norm(state.discriminator)}
    real_logits, fake_logits = real_logits.detach(), fake_logits.detach()
    values |= judgements(config, real_logits, fake_logits)
    if config.ada_target:
        sure = fabric.all_reduce((real_logits - (loss.decides or 0.0)).sign().mean())
        state.augmented = adapted(state.augmented, float(sure), config.ada_target, config.batch)  # type: ignore[arg-type]
        values["augmented"] = torch.tensor(state.augmented, device=fabric.device)
    return real_logits, values


def judgements(config: TrainConfig, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """What D's logits say, as far as they mean something under this loss."""
    loss = LOSSES[config.loss]
    values: dict[str, Tensor] = {}
    if loss.decides is not None:
        on_real, on_fake = d_accuracy(real=real - loss.decides, fake=fake - loss.decides)
        values |= {"d_accuracy_real": on_real, "d_accuracy_fake": on_fake}
    if loss.probability:
        values["jsd"] = jsd_bound(real=real, fake=fake)
    if loss.distance:
        values["distance"] = real.mean() - fake.mean()
    return values


def step_g(
    state: TrainState,
    config: TrainConfig,
    fabric: Fabric,
    rng: torch.Generator,
    count: int,
    real_logits: Tensor,
    fake: Tensor,
    label: Tensor | None,
    drawn: dict[str, Any],
) -> dict[str, Tensor]:
    """G learns to be taken for real by the D that has just learned. D goes unwrapped: nothing of it is synchronised."""
    with frozen(state.discriminator):
        with fabric.autocast():
            logits = state.discriminator.module(fake, label).float()
        loss_g = LOSSES[config.loss].g(real_logits, logits).mean()
        total = loss_g
        values = {}
        if any(config.codes):
            values["code_loss"] = code_loss(state, fake, drawn["z"])
            total = total + config.info_weight * values["code_loss"]
        if config.path_length and count // config.d_steps % PATH_EVERY == 0:
            total = total + config.path_length * PATH_EVERY * path_length(state, fabric, rng, label, drawn)
        descend(state.opt_g, total, fabric)
    grad_g = gradient_norm(state.generator)
    return {"loss_g": loss_g.detach(), "grad_g": grad_g} | {name: value.detach() for name, value in values.items()}


def code_loss(state: TrainState, fake: Tensor, z: Tensor) -> Tensor:
    """How badly InfoGAN's codes are read from the pictures, a scalar in nats (Chen et al. 2016, equation 5, negated and
    without the codes' entropy; the continuous ones with a Gaussian of unit variance)."""
    g, d = state.generator.module, state.discriminator.module
    logits, values = d.read_codes(fake)
    categorical, continuous = d.codes
    codes = g.latent(z)[:, -(categorical + continuous) :]
    loss = fake.new_zeros(())
    if categorical:
        loss = loss + F.cross_entropy(logits, codes[:, :categorical].argmax(1))
    if continuous:
        loss = loss + (values - codes[:, categorical:]).square().sum(1).mean() / 2
    return loss


def path_length(
    state: TrainState, fabric: Fabric, rng: torch.Generator, label: Tensor | None, drawn: dict[str, Any]
) -> Tensor:
    """(|J^T y| - its running mean)^2 (StyleGAN2, Karras et al. 2020, equation 4), on half of the batch."""
    g = state.generator.module
    half = max(1, len(drawn["z"]) // 2)
    ws = g.map(drawn["z"][:half], None if label is None else label[:half])
    images = g.synthesize(ws, [noise[:half] for noise in drawn["noise"]] or None)
    y = torch.randn(images.shape, generator=rng).to(images.device) / math.sqrt(images.shape[2] * images.shape[3])
    (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
    lengths = gradient.square().sum(2).mean(1).sqrt()  # [N]
    mean = float(fabric.all_reduce(lengths.detach().mean()))  # type: ignore[arg-type]
    state.path_mean += PATH_DECAY * (mean - state.path_mean)
    return (lengths - state.path_mean).square().mean()


def step_variational(
    state: TrainState,
    batches: Batches,
    config: TrainConfig,
    fabric: Fabric,
    rng: torch.Generator,
    real: Tensor,
    label: Tensor | None,
) -> dict[str, Tensor]:
    """A VAE's step: encode, draw, decode; both networks descend on the negative evidence bound."""
    drawn = torch.randn(config.batch, config.z_dim, generator=rng)[batches.mine].to(fabric.device)
    mean, log_variance = state.discriminator(real, label)
    decoded = state.generator(mean + (log_variance / 2).exp() * drawn, label)
    reconstruction, divergence = elbo(real, decoded, mean, log_variance)
    for optimizer in (state.opt_d, state.opt_g):
        optimizer.zero_grad(set_to_none=True)
    fabric.backward(reconstruction + config.kl_weight * divergence)
    values = {"grad_d": gradient_norm(state.discriminator), "grad_g": gradient_norm(state.generator)}
    for optimizer in (state.opt_d, state.opt_g):
        optimizer.step()
    error = (real - decoded).square().mean().detach()
    return values | {"reconstruction": error, "divergence": divergence.detach()}


def grow(state: TrainState, config: TrainConfig) -> None:
    """Progressive growing (Karras et al. 2018): tell the networks how many doublings are in use by now."""
    if config.progressive:
        networks: tuple[Any, ...] = (state.generator.module, state.discriminator.module, state.ema.module)
        for network in networks:
            network.grown.fill_(doublings(state.images_seen, config.grow_kimg, network.levels))


def doublings(images: int, grow_kimg: float, levels: int) -> float:
    """How many are in use: each is waited for `grow_kimg`, then faded in over as many."""
    turn, rest = divmod(images / (1000 * grow_kimg), 2)
    return min(float(levels), turn + max(0.0, rest - 1))


def train(state: TrainState, dataset: Dataset, config: TrainConfig, fabric: Fabric) -> Iterator[Report]:
    """Yield a Report after every step until `config.kimg` is reached. Between two reports the state is consistent."""
    batches = Batches(dataset, config, fabric)
    state.generator.train()
    state.discriminator.train()
    while state.images_seen < config.total_images:
        values = step(state, batches, config, fabric)
        yield Report(state.images_seen, values)
