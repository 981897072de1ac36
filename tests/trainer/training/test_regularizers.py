"""What each penalty weighs, when it is taken, and what D's loss grows by; the length of G's paths."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from trainer.training.regularizers import (
    PATH_DECAY,
    PATH_EVERY,
    PENALTIES,
    PenaltyInputs,
    clip_weights,
    gp,
    path_lengths,
)

CONFIG = SimpleNamespace(r1_gamma=10.0, r1_every=16, gp_weight=3.0, weight_clip=0.01)


def test_the_weights_of_the_penalties_are_those_of_their_papers():
    """Gamma / 2 of R1 and R2 (Mescheder et al. 2018, equation 9), lambda of the gradient penalty."""
    weights = {name: penalty.weight(CONFIG) for name, penalty in PENALTIES.items() if penalty.of}
    assert weights == {"r1": 5.0, "r1r2": 5.0, "gp": 3.0}
    assert PENALTIES["none"].weight(CONFIG) == 0


def test_lazy_penalties_are_taken_every_so_many_steps_that_many_times_as_strong():
    assert {name: penalty.every(CONFIG) for name, penalty in PENALTIES.items()} == {
        **{"none": 1, "r1": 16, "r1r2": 16, "gp": 1, "clip": 1}
    }
    assert [count for count in range(40) if PENALTIES["r1"].due(CONFIG, count)] == [0, 16, 32]
    assert all(PENALTIES["gp"].due(CONFIG, count) for count in range(3))
    assert not any(PENALTIES[name].due(CONFIG, 0) for name in ("none", "clip"))
    assert not PENALTIES["r1"].due(SimpleNamespace(r1_gamma=0.0, r1_every=16), 0)
    assert PENALTIES["r1"].due(SimpleNamespace(r1_gamma=0.1, r1_every=16), 0)
    assert [name for name, penalty in PENALTIES.items() if penalty.fake] == ["r1r2"]


def inputs_of(d, real, fake) -> PenaltyInputs:
    real, fake = real.requires_grad_(), fake.requires_grad_()
    return PenaltyInputs(d, real, fake, d(real), d(fake), torch.Generator().manual_seed(0))


def test_the_loss_grows_by_half_gamma_times_the_squared_slope_times_the_steps_between():
    """D(x) = 3 x in one pixel: the squared slope is 9."""
    inputs = inputs_of(lambda images: 3 * images.sum((1, 2, 3)), torch.randn(4, 1, 1, 1), torch.randn(4, 1, 1, 1))
    assert PENALTIES["r1"].value(CONFIG, inputs).item() == pytest.approx(10 / 2 * 9 * 16)
    assert PENALTIES["r1r2"].value(CONFIG, inputs).item() == pytest.approx(10 / 2 * (9 + 9) * 16)
    assert PENALTIES["gp"].value(CONFIG, inputs).item() == pytest.approx(3 * (3 - 1) ** 2, rel=1e-4)


def test_the_gradient_penalty_of_a_flat_d_is_1_and_can_be_descended():
    """The root is taken of a little more than 0: at 0 its slope would be infinite."""
    s = torch.zeros((), requires_grad=True)
    inputs = inputs_of(lambda images: s * images.sum((1, 2, 3)), torch.randn(4, 1, 1, 1), torch.randn(4, 1, 1, 1))
    value = gp(inputs).mean()
    value.backward()
    assert value.item() == pytest.approx(1, abs=1e-5)
    assert s.grad.isfinite()


def test_clipping_moves_what_is_beyond_to_the_bound_and_nothing_else():
    d = nn.Linear(4, 1, bias=False)
    d.weight.data = torch.tensor([[-3.0, -0.005, 0.002, 7.0]])
    clip_weights(d, 0.01)
    assert d.weight.tolist()[0] == pytest.approx([-0.01, -0.005, 0.002, 0.01])


class Scaled(nn.Module):
    """A generator whose image is w, twice as bright: its Jacobian is 2 in every direction."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))

    def map(self, z, label):
        return z[:, None].clone().requires_grad_()

    def synthesize(self, ws, noise):
        return self.scale * ws.view(len(ws), 1, 2, 8)


def test_the_length_of_a_path_is_that_of_the_jacobian_times_a_random_image_of_length_1():
    """y is normal with deviation 1 / sqrt(H W): |2 y| is 2 on average, and half of the batch is looked at."""
    latents = {"z": torch.randn(4000, 16), "noise": []}
    lengths = path_lengths(Scaled(), latents, None, torch.Generator().manual_seed(0))
    assert lengths.shape == (2000,)
    assert lengths.square().mean().sqrt().item() == pytest.approx(2, rel=0.02)
    for n in (1, 2, 3):
        assert path_lengths(Scaled(), {"z": torch.randn(n, 16), "noise": []}, None, torch.Generator()).shape == (1,)
    assert (PATH_EVERY, PATH_DECAY) == (8, 0.01)  # as published


def test_the_length_of_a_path_can_be_descended():
    """It grows in proportion to the scale: its slope is the length over 2."""
    g = Scaled()
    length = path_lengths(g, {"z": torch.randn(8, 16), "noise": []}, None, torch.Generator().manual_seed(0)).mean()
    length.backward()
    assert g.scale.grad.item() == pytest.approx(length.item() / 2)
