"""What is watched during a training."""

import math

import pytest
import torch
from torch import nn

from trainer.metrics.training import d_accuracy, gradient_norm, jsd_bound


def test_accuracy_is_told_for_each_side():
    real, fake = d_accuracy(real=torch.tensor([1.0, 2.0, -1.0, 0.0]), fake=torch.tensor([-1.0, 3.0]))
    assert (real.item(), fake.item()) == (0.5, 0.5)
    real, fake = d_accuracy(real=torch.tensor([1.0, 2.0, 3.0, 0.0]), fake=torch.tensor([0.0, 0.5, 3.0, 4.0, -1.0]))
    assert (real.item(), fake.item()) == pytest.approx((0.75, 0.2))  # a logit of 0 is wrong on either side


def test_a_d_that_guesses_sees_no_divergence_and_one_that_knows_sees_log_2():
    assert jsd_bound(real=torch.zeros(5), fake=torch.zeros(7)).item() == pytest.approx(0, abs=1e-12)
    certain = torch.full((5,), 100.0)
    assert jsd_bound(real=certain, fake=-certain).item() == pytest.approx(math.log(2))
    assert jsd_bound(real=-certain, fake=certain).item() < 0


def test_the_optimal_d_tells_the_divergence_and_every_other_less():
    """Two normal distributions 2 apart: the optimal logit is the log ratio of densities, 2 x."""
    x = torch.linspace(-12, 12, 100_001, dtype=torch.float64)
    p, q = ((-((x - c) ** 2) / 2).exp() / math.sqrt(2 * math.pi) for c in (1.0, -1.0))
    middle = (p + q) / 2
    kl = lambda a: torch.trapezoid(torch.where(a > 1e-300, a * (a / middle).log(), 0), x).item()  # noqa: E731
    jsd = (kl(p) + kl(q)) / 2
    z = torch.randn(400_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    bounds = {scale: jsd_bound(real=scale * (z + 1), fake=scale * (z - 1)).item() for scale in (0.5, 1, 2, 4)}
    assert bounds[2] == pytest.approx(jsd, abs=2e-3)
    assert max(bounds, key=bounds.get) == 2


def test_the_norm_of_all_gradients():
    module = nn.Linear(2, 1)
    assert gradient_norm(module).item() == 0
    module.weight.grad, module.bias.grad = torch.tensor([[3.0, 0.0]]), torch.tensor([4.0])
    assert gradient_norm(module).item() == pytest.approx(5)
