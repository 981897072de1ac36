"""BicycleGAN (Zhu et al. 2017, arXiv 1711.11586): paired translation with a style code that decides what the input
leaves open.

Two cycles share the networks. *Image to code to image* (cVAE-GAN, section 3.2): the code of the truth has to give the
truth back. *Code to image to code* (cLR-GAN, section 3.3): a drawn code has to be read off the image made with it.
"""

from typing import Any

import torch
from torch import Tensor, nn

from trainer.metrics.training import gradient_norm
from trainer.networks import ARCHITECTURES
from trainer.training.batches import Batch
from trainer.training.losses import LOSSES
from trainer.training.methods.base import METHODS, DataShape, Method, frozen, new_network, optimizer_step
from trainer.training.methods.critics import critic_step
from trainer.training.state import TrainState


class Bicycle(Method):
    """A step of both critics, and one of generator and encoder together."""

    help = "BicycleGAN: paired translation with a style code (Zhu et al. 2017)"
    takes = "pairs"
    shown = ("loss_d", "loss_g", "l1", "code_l1")

    def networks(self, data: DataShape) -> dict[str, nn.Module]:
        """g with its encoder; `d` judges images of codes that were read, `d2` those of codes that were drawn."""
        critic = ARCHITECTURES[self.config.arch].discriminator
        found = super().networks(data)
        return found | {"d2": new_network(critic, self.config, data)}

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """Pairs of images [N, C, H, W] -> scalars by name."""
        g, drawn = state.bare("g"), batch.normal(self.config.z_dim)
        mean, log_variance = g.encoder(batch.real)
        read = mean + (log_variance / 2).exp() * batch.normal(self.config.z_dim)
        restored, varied = g(batch.given, read), g(batch.given, drawn)
        real, values = self.step_d(state, batch, {"d": restored.detach(), "d2": varied.detach()})
        divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2
        l1 = (restored - batch.real).abs().mean()
        with frozen(state.bare("d")), frozen(state.bare("d2")):
            loss_g = sum(
                LOSSES[self.config.loss].g(real[name], state.bare(name)(images, batch.given)).mean()
                for name, images in (("d", restored), ("d2", varied))
            )
            total = loss_g + self.config.l1_weight * l1 + self.config.beta * divergence
            code_l1 = (self.code_read(g, varied) - drawn).abs().mean()
            optimizer_step(state, total + self.config.code_weight * code_l1, "g")
        found = {"loss_g": loss_g, "l1": l1, "divergence": divergence, "code_l1": code_l1}
        return values | {name: value.detach() for name, value in found.items()} | {"grad_g": gradient_norm(g)}

    def code_read(self, g: Any, images: Tensor) -> Tensor:
        """The code that the encoder as it is reads off images [N, C, H, W]: only G learns of it (section 4)."""
        encoder = g.encoder
        weights = {name: weight.detach() for name, weight in encoder.named_parameters()}
        mean: Tensor = torch.func.functional_call(encoder, weights, (images,))[0]
        return mean

    def step_d(
        self, state: TrainState, batch: Batch, made: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Each critic learns to tell pairs of the data from those that G completed; their losses are halved.

        Returns (logits of the real ones by critic [N, 1, h, w], scalars; all but the loss are `d`'s).
        """
        real, told = {}, {}
        for name, images in made.items():
            d = state.networks[name]
            real_logits, fake_logits = d(batch.real, batch.given), d(images, batch.given)
            told[name] = critic_step(state, name, self.config, (real_logits, fake_logits), weight=0.5)
            real[name] = real_logits.detach()
        loss_d = torch.stack([values["loss_d"] for values in told.values()]).sum() / 2
        return real, {**told[self.critic], "loss_d": loss_d}


METHODS["bicycle"] = Bicycle
