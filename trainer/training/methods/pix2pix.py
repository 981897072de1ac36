"""pix2pix (Isola et al. 2017, arXiv 1611.07004): paired translation; a critic of patches sees input and output."""

from torch import Tensor

from trainer.metrics.training import gradient_norm
from trainer.training.batches import Batch
from trainer.training.losses import LOSSES
from trainer.training.methods.base import METHODS, Method, frozen, optimizer_step
from trainer.training.methods.critics import critic_step
from trainer.training.state import TrainState


class Pix2Pix(Method):
    """A step of D on real and made pairs, and one of G on the same images: pass for real, and be near the truth."""

    help = "pix2pix: paired translation, adversarial loss and L1 distance (Isola et al. 2017)"
    takes = "pairs"
    shown = ("loss_d", "loss_g", "l1")

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """Pairs of images [N, C, H, W] -> scalars by name. D's loss is halved, as in the paper."""
        assert batch.given is not None
        d, fake = state.networks["d"], state.networks["g"](batch.given)
        real_logits, fake_logits = d(batch.real, batch.given), d(fake.detach(), batch.given)
        values = critic_step(state, "d", self.config, (real_logits, fake_logits), weight=0.5)
        return values | self.step_g(state, batch, fake, real_logits.detach())

    def step_g(self, state: TrainState, batch: Batch, fake: Tensor, real_logits: Tensor) -> dict[str, Tensor]:
        """G learns to pass (equation 1) and to come near the truth (equation 3, weighed by `l1_weight`)."""
        d = state.bare("d")
        with frozen(d):
            loss_g = LOSSES[self.config.loss].g(real_logits, d(fake, batch.given)).mean()
            l1 = (fake - batch.real).abs().mean()
            optimizer_step(state, loss_g + self.config.l1_weight * l1, "g")
        return {"loss_g": loss_g.detach(), "l1": l1.detach(), "grad_g": gradient_norm(state.networks["g"])}


METHODS["pix2pix"] = Pix2Pix
