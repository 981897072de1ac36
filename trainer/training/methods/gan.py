"""The adversarial game (Goodfellow et al. 2014, arXiv 1406.2661): D learns to tell real from generated, G to pass.

Losses, penalties and augmentations are choices of their own; what they share is here.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import torch
from PIL import Image
from torch import Tensor, nn

from trainer.data import Dataset
from trainer.metrics.training import d_accuracy, gradient_norm, jsd_bound
from trainer.training.augment import augment, update_ada_p
from trainer.training.batches import Batch, draw_latents
from trainer.training.config import TrainConfig
from trainer.training.losses import LOSSES, GanLoss
from trainer.training.methods.base import METHODS, Method, frozen, optimizer_step
from trainer.training.methods.infogan import code_loss
from trainer.training.methods.progressive import grow
from trainer.training.portrait import portrait
from trainer.training.recording import Recorder, make_recordable
from trainer.training.regularizers import (
    PATH_DECAY,
    PATH_EVERY,
    PENALTIES,
    Penalty,
    PenaltyInputs,
    clip_weights,
    path_lengths,
)
from trainer.training.state import TrainState


class Samples(NamedTuple):
    """What D sees in a step: real and generated images [N, C, H, W], and the latents that the latter were made from."""

    real: Tensor
    fake: Tensor
    latents: dict[str, Any]


class Gan(Method):
    """A step of D, and, each `n_critic`-th time, one of G on the same images."""

    help = "generative adversarial network: a generator against a discriminator (Goodfellow et al. 2014)"
    shown = ("loss_d", "loss_g", "d_accuracy_real", "d_accuracy_fake", "distance")
    running = {"augmented": 0.0, "path_mean": 0.0}  # noqa: RUF012 (a Mapping: nobody writes to it)

    def __init__(self, config: TrainConfig):
        super().__init__(config)
        self.recorder = Recorder()

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """One step of D, and one of G if it is due. Real images [N, C, H, W] in [-1, 1] -> scalars by name."""
        if self.config.progressive:
            grow(state, self.config.grow_kimg)
        latents = draw_latents(state.ema.module, batch, self.config.style_mixing)
        if not self.recordable(state):
            return self.play(state, batch, latents)

        def play(drawn: dict[str, Any]) -> dict[str, Tensor]:
            return self.play(state, replace(batch, real=drawn["real"], label=drawn["label"]), drawn["latents"])

        make_recordable(state.optimizers.values())
        drawn = {"real": batch.real, "label": batch.label, "latents": latents}
        return self.recorder((self.penalty.due(self.config, batch.count), self.g_is_due(batch)), play, drawn)

    def play(self, state: TrainState, batch: Batch, latents: dict[str, Any]) -> dict[str, Tensor]:
        """The step with these latents."""
        fake = self.seen_by_d(state, batch, state.networks["g"](label=batch.label, **latents))
        samples = Samples(self.seen_by_d(state, batch, batch.real), fake, latents)
        real_logits, values = self.step_d(state, batch, samples)
        if self.g_is_due(batch):
            values |= self.step_g(state, batch, samples, real_logits)
        return values

    @property
    def penalty(self) -> Penalty:
        """What D's slope costs."""
        return PENALTIES[self.config.penalty]

    def g_is_due(self, batch: Batch) -> bool:
        """Whether G learns from this batch, too."""
        return batch.count % self.config.n_critic == self.config.n_critic - 1

    def recordable(self, state: TrainState) -> bool:
        """Whether steps may be recorded on this device: they draw no numbers of their own, and read none back."""
        config, fabric = self.config, state.fabric
        draws = config.augment or config.instance_noise or config.penalty == "gp" or any(config.codes)
        reads = config.path_length or config.progressive or config.precision == "16-mixed"
        alone = fabric.device.type == "cuda" and fabric.world_size == 1
        return config.cuda_graphs and alone and not draws and not reads

    def sheet(self, state: TrainState, dataset: Dataset) -> Image.Image | None:
        """The portrait with D's decision behind it for points; None for images."""
        if self.config.resolution == 1:
            return portrait(state.ema.module, dataset.images, state.bare("d"))
        return None

    def seen_by_d(self, state: TrainState, batch: Batch, images: Tensor) -> Tensor:
        """What D sees of real or generated images, [N, C, H, W]: some augmented, noise on all."""
        config = self.config
        share = state.running["augmented"] if config.ada_target else 1.0
        noise = config.instance_noise * max(0.0, 1 - state.images_seen / config.total_images)
        images = augment(images, config.augment, batch.rng, batch.mine, batch.size, share)
        return images + noise * batch.normal(*images.shape[1:]) if noise else images

    def step_d(self, state: TrainState, batch: Batch, samples: Samples) -> tuple[Tensor, dict[str, Tensor]]:
        """D learns to tell real from generated: (logits of the real ones [N / pac_size], scalars)."""
        config, label = self.config, batch.label
        loss, penalty = LOSSES[config.loss], self.penalty
        due = penalty.due(config, batch.count)
        real = samples.real.detach().requires_grad_(due)
        fake = samples.fake.detach().requires_grad_(due and penalty.fake)
        # Penalties differentiate twice, which Fabric's wrapper refuses in mixed precision: there D goes bare, in full.
        wrapped, bare = state.networks["d"], state.bare("d")
        alone = due and penalty.fake
        if not due and bare.judges_together(len(real)):
            real_logits, fake_logits = logits_of_both(wrapped, real, fake, label)
        else:
            real_logits = (bare if due else wrapped)(real, label)
            fake_logits = (bare if alone else wrapped)(fake, label)
        loss_d = loss.d(real_logits, fake_logits, 1 - config.label_smoothing).mean()
        total = loss_d
        if due:
            inputs = PenaltyInputs(lambda images: bare(images, label), real, fake, real_logits, fake_logits, batch.rng)
            total = total + penalty.value(config, inputs)
        if any(config.codes):
            total = total + config.info_lambda * code_loss(state.bare("g"), bare, fake, samples.latents["z"])
        optimizer_step(state, total, "d", alone=alone)
        if config.penalty == "clip":
            clip_weights(bare, config.weight_clip)
        real_logits, fake_logits = real_logits.detach(), fake_logits.detach()
        values = {"loss_d": loss_d.detach(), "grad_d": gradient_norm(wrapped)}
        values |= discriminator_stats(loss, real_logits, fake_logits)
        if config.ada_target:
            values["augmented"] = self.adapt(state, real_logits - (loss.decides or 0.0))
        return real_logits, values

    def adapt(self, state: TrainState, real_logits: Tensor) -> Tensor:
        """Augment a little more or less from the next step on. Returns the share of augmented images."""
        sign: Any = state.fabric.all_reduce(real_logits.sign().mean())
        share = update_ada_p(state.running["augmented"], float(sign), self.config.ada_target, self.config.batch)
        state.running["augmented"] = share
        return torch.tensor(share, device=state.fabric.device)

    def step_g(self, state: TrainState, batch: Batch, samples: Samples, real_logits: Tensor) -> dict[str, Tensor]:
        """G learns to be taken for real by the D that has just learned. D goes bare: nothing of it is synchronised."""
        config, d = self.config, state.bare("d")
        with frozen(d):
            with state.fabric.autocast():
                logits = d(samples.fake, batch.label).float()
            loss_g = LOSSES[config.loss].g(real_logits, logits).mean()
            total, values = loss_g, {"loss_g": loss_g}
            if any(config.codes):
                values["code_loss"] = code_loss(state.bare("g"), d, samples.fake, samples.latents["z"])
                total = total + config.info_lambda * values["code_loss"]
            if config.path_length and batch.count // config.n_critic % PATH_EVERY == 0:
                total = total + config.path_length * PATH_EVERY * self.path_loss(state, batch, samples)
            optimizer_step(state, total, "g")
        values["grad_g"] = gradient_norm(state.networks["g"])
        return {name: value.detach() for name, value in values.items()}

    def path_loss(self, state: TrainState, batch: Batch, samples: Samples) -> Tensor:
        """Squared distance of path lengths from their running mean, which follows them."""
        lengths = path_lengths(state.bare("g"), samples.latents, batch.label, batch.rng)
        mean: Any = state.fabric.all_reduce(lengths.detach().mean())
        state.running["path_mean"] += PATH_DECAY * (float(mean) - state.running["path_mean"])
        return (lengths - state.running["path_mean"]).square().mean()


def logits_of_both(d: nn.Module, real: Tensor, fake: Tensor, label: Tensor | None) -> tuple[Tensor, Tensor]:
    """D's logits of real and of generated images [N, C, H, W], [N] each, from one pass: a fifth faster than two.

    They take turns, so that groups of minibatch_stddev are those of either side alone.
    """
    images = torch.stack([real, fake], 1).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    logits = d(images, None if label is None else label.repeat_interleave(2)).unflatten(0, (-1, 2))  # [N, 2]
    return logits[:, 0], logits[:, 1]


def discriminator_stats(loss: GanLoss, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """What D's logits [N / pac_size] of both sides say, as far as they mean something under this loss."""
    values: dict[str, Tensor] = {}
    if loss.decides is not None:
        on_real, on_fake = d_accuracy(real=real - loss.decides, fake=fake - loss.decides)
        values |= {"d_accuracy_real": on_real, "d_accuracy_fake": on_fake}
    if loss.probability:
        values["jsd"] = jsd_bound(real=real, fake=fake)
    if loss.distance:
        values["distance"] = real.mean() - fake.mean()
    return values


METHODS["gan"] = Gan
