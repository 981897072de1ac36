"""Adversarial losses as pure functions of logits; reduction, weighting and backward belong to the step."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import softplus

from trainer.registry import Registry


class GanLoss(NamedTuple):
    """Both players' losses.

    Attributes:
        help: one line for `python -m trainer list`.
        d: (real logits [N], fake logits [N], real target) -> loss [N]. The target is 1, or less with one-sided label
            smoothing (Salimans et al. 2016, section 3.4).
        g: (real logits [N], fake logits [N]) -> loss [N]; most ignore the real ones.
        smoothable: whether `d` heeds the target.
    """

    help: str
    d: Callable[[Tensor, Tensor, float], Tensor]
    g: Callable[[Tensor, Tensor], Tensor]
    smoothable: bool


def cross_entropy(logits: Tensor, target: float) -> Tensor:
    """-target log D - (1 - target) log(1 - D) for D = sigmoid(logits); natural units, lower is better. [N] -> [N]."""
    return target * softplus(-logits) + (1 - target) * softplus(logits)


def cross_entropy_d(real: Tensor, fake: Tensor, target: float) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), Goodfellow et al. 2014, equation 1."""
    return cross_entropy(real, target) + cross_entropy(fake, 0.0)


LOSSES: Registry[GanLoss] = Registry("loss")

LOSSES["non-saturating"] = GanLoss(
    help="G maximises log D(G(z)): strong gradients while D still wins (Goodfellow et al. 2014)",
    d=cross_entropy_d,
    g=lambda real, fake: softplus(-fake),
    smoothable=True,
)
LOSSES["minimax"] = GanLoss(
    help="G minimises log(1 - D(G(z))): the original game; its gradient vanishes when D wins",
    d=cross_entropy_d,
    g=lambda real, fake: -softplus(fake),
    smoothable=True,
)
