"""Regularisers of the discriminator: each one value per picture; weight, schedule and reduction belong to the step.

A penalty reads a `Round`: what D has just been shown, and D itself.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from trainer.util.registry import Registry

Critic = Callable[[Tensor], Tensor]  # images [N, C, H, W] -> logits


class Round(NamedTuple):
    """What D has been shown: images [N, C, H, W] that require gradients, and its logits [N / pack] of each side."""

    d: Critic
    real: Tensor
    fake: Tensor
    real_logits: Tensor
    fake_logits: Tensor
    rng: torch.Generator


class Penalty(NamedTuple):
    """A row of PENALTIES.

    Attributes:
        help: one line.
        of: Round -> a value a picture [N]; None where the weights themselves are changed instead.
        knob, factor: the setting that weighs it, and what that is multiplied by.
        lazy: whether it is taken every `r1_every` steps alone, that many times as strong (Karras et al. 2020, B).
        fake: whether it needs gradients at generated pictures.
        losses: the losses that it makes sense for; () for any.
    """

    help: str
    of: Callable[[Round], Tensor] | None = None
    knob: str = ""
    factor: float = 1.0
    lazy: bool = False
    fake: bool = False
    losses: tuple[str, ...] = ()

    def weight(self, config: Any) -> float:
        """What it is multiplied by under these settings."""
        return self.factor * getattr(config, self.knob) if self.knob else 0.0


def squared_gradient(images: Tensor, logits: Tensor) -> Tensor:
    """Squared length of the gradient of D at pictures, [N]: images [N, C, H, W] that led to the logits."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3))


def r1(round: Round) -> Tensor:
    """Squared gradient at real pictures (Mescheder et al. 2018, equation 9 without gamma / 2)."""
    return squared_gradient(round.real, round.real_logits)


def r1r2(round: Round) -> Tensor:
    """Squared gradients at real and at generated pictures, added (R1 + R2; Huang et al. 2024, section 2)."""
    return r1(round) + squared_gradient(round.fake, round.fake_logits)


def gp(round: Round) -> Tensor:
    """(|gradient| - 1)^2 at random points between real and generated pictures (Gulrajani et al. 2017, equation 3)."""
    t = torch.rand(len(round.real), 1, 1, 1, generator=round.rng).to(round.real.device)
    between = round.fake.detach().lerp(round.real.detach(), t).requires_grad_()
    return ((squared_gradient(between, round.d(between)) + 1e-12).sqrt() - 1).square()


@torch.no_grad()
def clip(d: nn.Module, most: float) -> None:
    """Keep every weight within [-most, most] (Arjovsky et al. 2017, algorithm 1)."""
    torch._foreach_clamp_min_(list(d.parameters()), -most)
    torch._foreach_clamp_max_(list(d.parameters()), most)


PENALTIES: Registry[Penalty] = Registry("penalty")
PENALTIES["none"] = Penalty("D is not penalised")
PENALTIES["r1"] = Penalty(
    "D's slope at real pictures, weight --r1-gamma / 2, every --r1-every steps (Mescheder et al. 2018)",
    r1, "r1_gamma", 1 / 2, lazy=True,
)  # fmt: skip
PENALTIES["r1r2"] = Penalty(
    "the same at real and at generated pictures (R3GAN, Huang et al. 2024)",
    r1r2, "r1_gamma", 1 / 2, lazy=True, fake=True,
)  # fmt: skip
PENALTIES["gp"] = Penalty(
    "D's slope between real and generated pictures is pulled to 1, weight --gp-weight (Gulrajani et al. 2017)",
    gp, "gp_weight",
)  # fmt: skip
PENALTIES["clip"] = Penalty(
    "D's weights stay within --clip (Arjovsky et al. 2017)", knob="clip", losses=("wasserstein",)
)  # fmt: skip
