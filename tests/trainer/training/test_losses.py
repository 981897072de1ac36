"""Closed forms of the adversarial losses and of the penalties."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from trainer.training.losses import LOSSES, cross_entropy
from trainer.training.regularizers import PENALTIES, PenaltyInputs, clip_weights, gp, path_lengths, r1, r1r2

ZERO = torch.zeros(1)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_one_finite_value_an_image_even_where_a_player_wins_outright(name):
    logits = torch.tensor([-1000.0, -1.0, 0.0, 1.0, 1000.0])
    for real in logits:
        pair = real.expand(5), logits
        for values in (LOSSES[name].d(*pair, 1.0), LOSSES[name].g(*pair)):
            assert values.shape == (5,)
            assert values.isfinite().all()


@pytest.mark.parametrize("name", LOSSES)
def test_each_player_gains_by_winning(name):
    """D's loss falls as real logits rise and fake ones fall; G's falls as fake logits rise."""
    real, fake = (torch.full((3,), 0.5, requires_grad=True) for _ in range(2))
    up, down = torch.autograd.grad(LOSSES[name].d(real, fake, 1.0).sum(), [real, fake])
    assert (up < 0).all()
    assert (down > 0).all()
    (gain,) = torch.autograd.grad(LOSSES[name].g(real, fake).sum(), fake)
    assert (gain < 0).all()


def best_logit(name: str, real_share: float) -> float | None:
    """The logit at which D pays least for images of which this share is real; None if none or each is the best."""
    logits = torch.linspace(-5, 5, 2001)
    real, fake = LOSSES[name].d(logits, ZERO, 1.0), LOSSES[name].d(ZERO, logits, 1.0)
    losses = real_share * real + (1 - real_share) * fake
    best = logits[losses < losses.min() + 1e-6]
    inside = best.abs().max() < 5  # else D pays ever less, or always the same
    return float(best.mean()) if inside else None


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_decides_where_it_is_best_for_d_to_be_undecided(name):
    """Where half of the images that look alike are real; nowhere if a shift of all logits changes nothing."""
    loss, logits = LOSSES[name], torch.linspace(-5, 5, 11)
    shifted = loss.d(logits, logits, 1.0)
    if torch.allclose(shifted, shifted[:1]):
        assert loss.decides is None
    else:
        assert loss.decides == pytest.approx(best_logit(name, 0.5), abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_a_logit_is_a_probability_where_the_best_one_has_the_odds_of_being_real(name):
    """log(p / (1 - p)), Goodfellow et al. 2014, proposition 1; differences of logits are none."""
    loss, odds = LOSSES[name], [math.log(share / (1 - share)) for share in (0.1, 0.6, 0.9)]
    best = [best_logit(name, share) for share in (0.1, 0.6, 0.9)]
    told = loss.decides is not None and None not in best and best == pytest.approx(odds, abs=0.01)
    assert loss.probability == told


@pytest.mark.parametrize("name", LOSSES)
def test_a_distance_is_what_d_raises_real_above_generated_logits(name):
    real, fake = torch.tensor([3.0, -1.0]), torch.tensor([0.5, 2.0])
    assert LOSSES[name].distance == torch.equal(-LOSSES[name].d(real, fake, 1.0), real - fake)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_says_what_it_is(name):
    assert 20 < len(LOSSES[name].help) < 110


@pytest.mark.parametrize("name", ["non-saturating", "minimax"])
def test_an_undecided_d_pays_log_4(name):
    """D = 1/2 everywhere is the equilibrium of Goodfellow et al. 2014, theorem 1: 2 log 2 = log 4."""
    assert LOSSES[name].d(ZERO, ZERO, 1.0).item() == pytest.approx(math.log(4))


def test_g_pays_log_2_or_gains_it_at_one_half():
    assert LOSSES["non-saturating"].g(ZERO, ZERO).item() == pytest.approx(math.log(2))
    assert LOSSES["minimax"].g(ZERO, ZERO).item() == pytest.approx(-math.log(2))


@pytest.mark.parametrize("name", ["non-saturating", "minimax"])
def test_log_4_is_the_least_that_d_can_pay_when_both_sides_look_alike(name):
    """Real and generated images that D cannot tell apart get one logit: its best is 0."""
    logits = torch.linspace(-5, 5, 1001)
    losses = LOSSES[name].d(logits, logits, 1.0)
    assert losses.min().item() == pytest.approx(math.log(4))
    assert logits[losses.argmin()].item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", ["non-saturating", "minimax"])
def test_a_target_of_0_9_is_best_met_by_a_logit_of_log_9(name):
    """sigmoid(log 9) = 0.9."""
    logit = torch.tensor([math.log(9)], requires_grad=True)
    (slope,) = torch.autograd.grad(LOSSES[name].d(logit, ZERO, 0.9).sum(), logit)
    assert slope.item() == pytest.approx(0, abs=1e-6)
    (slope,) = torch.autograd.grad(LOSSES[name].d(logit, ZERO, 1.0).sum(), logit)
    assert slope.item() == pytest.approx(-0.1, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_smoothable_tells_whether_the_target_matters(name):
    real = torch.tensor([1.0])
    changed = LOSSES[name].d(real, ZERO, 0.9).item() != LOSSES[name].d(real, ZERO, 1.0).item()
    assert changed == LOSSES[name].smoothable


def slope_of_g(name: str, fake_logit: float) -> float:
    fake = torch.tensor([float(fake_logit)], requires_grad=True)
    (slope,) = torch.autograd.grad(LOSSES[name].g(ZERO, fake).sum(), fake)
    return slope.item()


def test_minimax_starves_g_where_d_wins_and_non_saturating_feeds_it():
    """At a fake logit of -10, D = 4.5e-5: the slopes are -D and -(1 - D)."""
    d = 1 / (1 + math.exp(10))
    assert slope_of_g("minimax", -10) == pytest.approx(-d, rel=1e-4)
    assert slope_of_g("non-saturating", -10) == pytest.approx(-(1 - d), rel=1e-4)
    assert slope_of_g("minimax", 0) == slope_of_g("non-saturating", 0) == pytest.approx(-0.5)


def test_cross_entropy_is_its_definition():
    p = 1 / (1 + math.exp(-0.7))
    expected = -0.9 * math.log(p) - 0.1 * math.log(1 - p)
    assert cross_entropy(torch.tensor([0.7]), 0.9).item() == pytest.approx(expected)


def shown(d, real, fake, seed: int = 0) -> PenaltyInputs:
    """What a penalty of a critic d, images -> logits [N], reads."""
    real, fake = real.requires_grad_(), fake.requires_grad_()
    return PenaltyInputs(d, real, fake, d(real), d(fake), torch.Generator().manual_seed(seed))


def test_r1_of_a_linear_discriminator_is_the_squared_length_of_its_weights():
    a = torch.arange(12.0).view(3, 2, 2)
    inputs = shown(lambda images: (images * a).sum((1, 2, 3)), torch.randn(5, 3, 2, 2), torch.randn(5, 3, 2, 2))
    assert torch.allclose(r1(inputs), torch.full((5,), 506.0))  # 0 + 1 + 4 + ... + 121
    assert torch.allclose(r1r2(inputs), torch.full((5,), 1012.0))


@pytest.mark.parametrize(("name", "expected"), [("r1", 8 / 2 * 4 * 9), ("r1r2", 8 / 2 * 4 * 18), ("gp", 5 * 4)])
def test_a_penalty_weighs_what_it_says_and_more_where_it_is_lazy(name, expected):
    """D(x) = 3 x in one pixel: the squared slope is 9, and (3 - 1)^2 = 4. R1 has gamma / 2, every fourth step."""
    config = SimpleNamespace(r1_gamma=8.0, r1_every=4, gp_weight=5.0)
    inputs = shown(lambda images: 3 * images.sum((1, 2, 3)), torch.randn(4, 1, 1, 1), torch.randn(4, 1, 1, 1))
    assert PENALTIES[name].value(config, inputs).item() == pytest.approx(expected, rel=1e-5)
    due = [count for count in range(9) if PENALTIES[name].due(config, count)]
    assert due == ([0, 4, 8] if PENALTIES[name].lazy else list(range(9)))


def test_a_penalty_without_weight_is_never_due():
    config = SimpleNamespace(r1_gamma=0.0, r1_every=4, weight_clip=0.01)
    assert not any(PENALTIES[name].due(config, 0) for name in ("none", "r1", "r1r2", "clip"))


def test_path_lengths_of_a_linear_generator_are_the_lengths_of_its_rows():
    """w -> (3 w_0, 0) in one pixel of two channels: |J^T y| = 3 |y_0|."""

    class Linear(nn.Module):
        def map(self, z, label):
            return z[:, None]

        def synthesize(self, ws, noise):
            return torch.stack([3 * ws[:, 0, 0], 0 * ws[:, 0, 0]], 1)[:, :, None, None]

    z = torch.randn(6, 2, requires_grad=True)
    found = path_lengths(Linear(), {"z": z, "noise": []}, None, torch.Generator().manual_seed(0))
    y = torch.randn(3, 2, 1, 1, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(found, 3 * y[:, 0, 0, 0].abs())


def test_r1_can_be_descended():
    """D(x) = s x with x in one pixel: the penalty s squared has slope 2 s."""
    s = torch.tensor(3.0, requires_grad=True)
    inputs = shown(lambda images: (images * s).sum((1, 2, 3)), torch.randn(4, 1, 1, 1), torch.randn(4, 1, 1, 1))
    r1(inputs).mean().backward()
    assert s.grad.item() == pytest.approx(6)


def test_the_gradient_penalty_is_zero_at_slope_1_and_squared_away_from_it():
    for slope in (1.0, 3.0):
        inputs = shown(
            lambda images, s=slope: s * images.sum((1, 2, 3)), torch.randn(4, 1, 1, 1), torch.randn(4, 1, 1, 1)
        )
        assert torch.allclose(gp(inputs), torch.full((4,), (slope - 1) ** 2), atol=1e-5)


def test_the_gradient_penalty_looks_between_real_and_generated():
    seen = []
    inputs = shown(lambda images: images.sum((1, 2, 3)), torch.zeros(64, 1, 1, 1), torch.ones(64, 1, 1, 1))
    gp(inputs._replace(d=lambda images: seen.append(images) or images.sum((1, 2, 3))))
    assert 0 < seen[0].min() < 0.2 < 0.8 < seen[0].max() < 1


def test_clipping_bounds_every_weight():
    d = nn.Linear(5, 5)
    clip_weights(d, 0.01)
    assert all(p.abs().max() <= 0.01 for p in d.parameters())


def test_least_squares_pulls_to_its_targets():
    loss = LOSSES["least-squares"]
    assert loss.d(torch.tensor([1.0]), torch.tensor([0.0]), 1.0).item() == 0
    assert loss.d(torch.tensor([3.0]), torch.tensor([1.0]), 1.0).item() == pytest.approx((4 + 1) / 2)
    assert loss.g(torch.tensor([9.0]), torch.tensor([3.0])).item() == pytest.approx(2)


def test_hinge_ignores_what_is_beyond_its_margin():
    loss = LOSSES["hinge"]
    assert loss.d(torch.tensor([1.5]), torch.tensor([-2.0]), 1.0).item() == 0
    assert loss.d(torch.tensor([0.0]), torch.tensor([0.0]), 1.0).item() == 2


@pytest.mark.parametrize("name", ["wasserstein", "relativistic"])
def test_losses_of_differences_do_not_change_when_both_logits_are_shifted(name):
    real, fake = torch.randn(5), torch.randn(5)
    assert torch.allclose(LOSSES[name].d(real, fake, 1.0), LOSSES[name].d(real + 3, fake + 3, 1.0), atol=1e-5)
    assert LOSSES[name].decides is None
