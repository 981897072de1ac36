"""Regularisers of the discriminator, each one value per picture; weighting belongs to the step."""

import torch
from torch import Tensor


def r1(real: Tensor, logits: Tensor) -> Tensor:
    """Squared length of the gradient of D at real pictures, [N] (Mescheder et al. 2018, equation 9 without gamma / 2).

    Args: real [N, C, H, W], requires_grad; logits [N], D(real).
    """
    (gradient,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    return gradient.square().sum((1, 2, 3))
