"""The moving average and what a fresh state holds."""

import torch
from torch import nn

from trainer.training.state import MovingAverage, TrainState


def constant(value: float) -> nn.Sequential:
    """Two layers whose weights and counters are all one number."""
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    for tensor in [*model.parameters(), *model.buffers()]:
        tensor.data.fill_(value)
    return model


def test_the_average_takes_in_one_minus_decay_of_the_weights_and_copies_counters():
    ema = MovingAverage(constant(1))
    ema.update_parameters(constant(1))  # the first is copied whatever the decay
    ema.decay = 0.75
    ema.update_parameters(constant(5))
    assert {float(tensor) for tensor in ema.module[0].weight.flatten()} == {2.0}  # 3/4 of 1 and 1/4 of 5
    assert ema.module[1].running_mean.tolist() == [2, 2]
    assert ema.module[1].num_batches_tracked == 5


def test_a_fresh_average_follows_at_once_and_is_not_trained():
    ema = MovingAverage(constant(1))
    for value in (2, 7):
        ema.update_parameters(constant(value))
        assert ema.module[0].bias.tolist() == [value, value]
    assert not ema.training
    assert not any(parameter.requires_grad for parameter in ema.parameters())


def test_a_fresh_state_has_seen_nothing_and_was_never_taken_back():
    state = TrainState({"g": nn.Identity()}, {}, MovingAverage(constant(1)), None, {})
    assert (state.images_seen, state.seconds, state.overrides, state.rolled_back) == (0, 0, {}, False)
    wrapped = torch.nn.Module()
    wrapped.module = nn.Identity()
    assert TrainState({"g": wrapped}, {}, MovingAverage(constant(1)), None, {}).bare("g") is wrapped.module
