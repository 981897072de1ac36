"""Regularisers of both players. A penalty of D is one value per image; its row says when and how strongly it is taken.

It reads `PenaltyInputs`: what D has just been shown, and D itself.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from trainer.networks import Generator
from trainer.util.registry import Registry

PATH_EVERY = 8  # steps of G from one path length regularisation to the next
PATH_DECAY = 0.01  # how fast the mean path length follows

Critic = Callable[[Tensor], Tensor]  # images [N, C, H, W] -> logits


class PenaltyInputs(NamedTuple):
    """What D has been shown: images [N, C, H, W] that require gradients, and its logits [N / pac_size] of each side."""

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
        of: PenaltyInputs -> a value an image [N]; None where the weights themselves are changed instead.
        knob, factor: the setting that weighs it, and what that is multiplied by.
        lazy: whether it is taken every `r1_every` steps alone, that many times as strong (Karras et al. 2020, B).
        fake: whether it needs gradients at generated images.
        losses: the losses that it makes sense for; () for any.
    """

    help: str
    of: Callable[[PenaltyInputs], Tensor] | None = None
    knob: str = ""
    factor: float = 1.0
    lazy: bool = False
    fake: bool = False
    losses: tuple[str, ...] = ()

    def weight(self, config: Any) -> float:
        """What it is multiplied by under these settings."""
        return self.factor * getattr(config, self.knob) if self.knob else 0.0

    def every(self, config: Any) -> int:
        """Steps from one time that it is taken to the next."""
        return config.r1_every if self.lazy else 1

    def due(self, config: Any, count: int) -> bool:
        """Whether it is taken after so many steps."""
        return self.of is not None and self.weight(config) > 0 and count % self.every(config) == 0

    def value(self, config: Any, inputs: PenaltyInputs) -> Tensor:
        """What D's loss grows by, a scalar: stronger the more rarely it is taken."""
        assert self.of is not None
        return self.weight(config) * self.every(config) * self.of(inputs).mean()


def squared_gradient(images: Tensor, logits: Tensor) -> Tensor:
    """Squared length of the gradient of D at images, [N]: images [N, C, H, W] that led to the logits."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3))


def r1(inputs: PenaltyInputs) -> Tensor:
    """Squared gradient at real images (Mescheder et al. 2018, equation 9 without gamma / 2)."""
    return squared_gradient(inputs.real, inputs.real_logits)


def r1r2(inputs: PenaltyInputs) -> Tensor:
    """Squared gradients at real and at generated images, added (R1 + R2; Huang et al. 2024, section 2)."""
    return r1(inputs) + squared_gradient(inputs.fake, inputs.fake_logits)


def gp(inputs: PenaltyInputs) -> Tensor:
    """(|gradient| - 1)^2 at random points between real and generated images (Gulrajani et al. 2017, equation 3)."""
    t = torch.rand(len(inputs.real), 1, 1, 1, generator=inputs.rng).to(inputs.real.device)
    between = inputs.fake.detach().lerp(inputs.real.detach(), t).requires_grad_()
    return ((squared_gradient(between, inputs.d(between)) + 1e-12).sqrt() - 1).square()


@torch.no_grad()
def clip_weights(d: nn.Module, maximum: float) -> None:
    """Keep every weight within [-maximum, maximum] (Arjovsky et al. 2017, algorithm 1)."""
    torch._foreach_clamp_min_(list(d.parameters()), -maximum)
    torch._foreach_clamp_max_(list(d.parameters()), maximum)


def path_lengths(g: Generator, latents: dict[str, Any], label: Tensor | None, rng: torch.Generator) -> Tensor:
    """|J^T y| with the generator's Jacobian in w, for half of a batch, [N / 2].

    Args: latents: z [N, z_dim] and noise [[N, 1, s, s], ...], as `draw_latents` gives them; rng: y comes from it.
    Source: StyleGAN2, Karras et al. 2020, equation 4.
    """
    half = max(1, len(latents["z"]) // 2)
    ws = g.map(latents["z"][:half], None if label is None else label[:half])
    images = g.synthesize(ws, [noise[:half] for noise in latents["noise"]] or None)
    y = torch.randn(images.shape, generator=rng).to(images.device) / math.sqrt(images.shape[2] * images.shape[3])
    (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
    return gradient.square().sum(2).mean(1).sqrt()


PENALTIES: Registry[Penalty] = Registry("penalty")
PENALTIES["none"] = Penalty("no penalty")
PENALTIES["r1"] = Penalty(
    "gradient penalty on real images, weight --r1-gamma / 2, every --r1-every steps (Mescheder et al. 2018)",
    r1, "r1_gamma", 1 / 2, lazy=True,
)  # fmt: skip
PENALTIES["r1r2"] = Penalty(
    "the same on real and on generated images (R3GAN, Huang et al. 2024)",
    r1r2, "r1_gamma", 1 / 2, lazy=True, fake=True,
)  # fmt: skip
PENALTIES["gp"] = Penalty(
    "gradient norm pulled to 1 between real and generated images, weight --gp-weight (Gulrajani et al. 2017)",
    gp, "gp_weight",
)  # fmt: skip
PENALTIES["clip"] = Penalty(
    "D's weights stay within --weight-clip (Arjovsky et al. 2017)", knob="weight_clip", losses=("wasserstein",)
)  # fmt: skip
