"""A step of a critic of patches, which all translators take alike: tell real from made."""

from collections.abc import Callable

from torch import Tensor

from trainer.metrics.training import gradient_norm
from trainer.training.config import TrainConfig
from trainer.training.losses import LOSSES
from trainer.training.methods.base import optimizer_step
from trainer.training.methods.gan import discriminator_stats
from trainer.training.state import TrainState

Logits = tuple[Tensor, Tensor]  # of real and of made images, [N, 1, h, w] each
Mean = Callable[[Tensor], Tensor]  # losses of patches [N, 1, h, w] -> a scalar


def critic_step(
    state: TrainState, name: str, config: TrainConfig, logits: Logits, *, weight: float = 1.0, mean: Mean = Tensor.mean
) -> dict[str, Tensor]:
    """One step of the named critic down its loss, from what it says of real and of made images. Scalars by name.

    Args: weight: of the loss in the step; it is told without. mean: over the patches.
    """
    loss, (real, fake) = LOSSES[config.loss], logits
    loss_d = mean(loss.d(real, fake, 1 - config.label_smoothing))
    optimizer_step(state, weight * loss_d, name)
    stats = discriminator_stats(loss, real.detach(), fake.detach())
    return {"loss_d": loss_d.detach(), "grad_d": gradient_norm(state.networks[name]), **stats}
