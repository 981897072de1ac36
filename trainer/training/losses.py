"""Adversarial losses as pure functions of logits; reduction, weighting and backward belong to the step."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import relu, softplus

from trainer.util.registry import Registry


class GanLoss(NamedTuple):
    """Both players' losses.

    Attributes:
        help: one line for `python -m trainer list`.
        d: (real logits [N], fake logits [N], real target) -> loss [N]. The target is 1, or less with one-sided label
            smoothing (Salimans et al. 2016, section 3.4).
        g: (real logits [N], fake logits [N]) -> loss [N]; most ignore the real ones.
        smoothable: whether `d` heeds the target.
        decides: the logit above which D takes an image for real; None where only differences of logits mean anything.
        probability: whether sigmoid(logit) is D's probability, from which the Jensen-Shannon divergence is bounded.
        distance: whether mean real minus mean fake logits estimate a distance (the critic's).
    """

    help: str
    d: Callable[[Tensor, Tensor, float], Tensor]
    g: Callable[[Tensor, Tensor], Tensor]
    smoothable: bool = False
    decides: float | None = 0.0
    probability: bool = False
    distance: bool = False


def cross_entropy(logits: Tensor, target: float) -> Tensor:
    """-target log D - (1 - target) log(1 - D) for D = sigmoid(logits); natural units, lower is better. [N] -> [N]."""
    return target * softplus(-logits) + (1 - target) * softplus(logits)


def cross_entropy_d(real: Tensor, fake: Tensor, target: float) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), Goodfellow et al. 2014, equation 1."""
    return cross_entropy(real, target) + cross_entropy(fake, 0.0)


LOSSES: Registry[GanLoss] = Registry("loss")

LOSSES["non-saturating"] = GanLoss(
    help="G maximises log D(G(z)): strong gradients even when D wins (Goodfellow et al. 2014)",
    d=cross_entropy_d,
    g=lambda real, fake: softplus(-fake),
    smoothable=True,
    probability=True,
)
LOSSES["minimax"] = GanLoss(
    help="G minimises log(1 - D(G(z))): the original objective; its gradient vanishes when D wins",
    d=cross_entropy_d,
    g=lambda real, fake: -softplus(fake),
    smoothable=True,
    probability=True,
)
LOSSES["least-squares"] = GanLoss(
    help="squared distance of D's logits to 1 and 0: gradients even for correctly classified images (LSGAN)",
    d=lambda real, fake, target: ((real - target).square() + fake.square()) / 2,  # Mao et al. 2017, equation 9
    g=lambda real, fake: (fake - 1).square() / 2,
    smoothable=True,
    decides=0.5,
)
LOSSES["hinge"] = GanLoss(
    help="D learns only from images within a margin of 1 (Lim and Ye 2017; Miyato et al. 2018)",
    d=lambda real, fake, target: relu(1 - real) + relu(1 + fake),
    g=lambda real, fake: -fake,
)
LOSSES["wasserstein"] = GanLoss(
    help="a critic estimates the earth mover's distance; needs weight clipping, a gradient penalty or spectral norm",
    d=lambda real, fake, target: fake - real,  # Arjovsky et al. 2017, equation 2
    g=lambda real, fake: -fake,
    decides=None,
    distance=True,
)
LOSSES["relativistic"] = GanLoss(
    help="each real image should look more real than a generated one, which avoids mode dropping (RpGAN, R3GAN)",
    d=lambda real, fake, target: softplus(fake - real),  # Jolicoeur-Martineau 2019; Huang et al. 2024, equation 2
    g=lambda real, fake: softplus(real - fake),
    decides=None,
)
