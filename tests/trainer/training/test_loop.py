"""The loop: what it shows, in which order, that it resumes to the last bit, and what it leaves alone."""

import itertools
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from trainer.networks import ARCHITECTURES, latent_architectures
from trainer.runs.launch import open_fabric
from trainer.runs.run import Run
from trainer.training.loop import set_learning_rates, train
from trainer.training.methods.base import frozen, optimizer_step
from trainer.training.regularizers import PENALTIES
from trainer.training.setup import new_state
from trainer.training.state import MovingAverage
from trainer.training.state_io import pack_state


def run_steps(state, data, config, steps=None):
    """Train for `steps` steps, or to the end; returns the reports."""
    return list(itertools.islice(train(state, data, config), steps))


def assert_same_state(one, other):
    (tensors, scalars), (others, other_scalars) = pack_state(one), pack_state(other)
    assert scalars["images_seen"] == other_scalars["images_seen"]
    assert tensors.keys() == others.keys()
    assert [name for name in tensors if not torch.equal(tensors[name], others[name])] == []


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("arch", latent_architectures())
def test_saving_and_resuming_equals_training_straight_through(arch, conditional, tiny, squares, fabric, tmp_path):
    config = tiny(arch, conditional=conditional, mirror=True, r1_gamma=1.0, r1_every=2, kimg=0.024)
    data = squares(config)
    straight = new_state(config, data, fabric)
    assert len(run_steps(straight, data, config)) == 6

    run = Run(tmp_path, "halved")
    first = new_state(config, data, fabric)
    run_steps(first, data, config, steps=3)
    run.save_state(first)
    resumed = new_state(config, data, fabric)
    assert run.load_state(resumed)
    assert_same_state(resumed, first)
    assert len(run_steps(resumed, data, config)) == 3
    assert_same_state(resumed, straight)


def test_training_changes_the_weights_of_both_players_and_of_the_average(tiny, squares, fabric):
    config = tiny()
    state = new_state(config, squares(config), fabric)
    before = {name: tensor.clone() for name, tensor in pack_state(state)[0].items()}
    run_steps(state, squares(config), config)
    after, _ = pack_state(state)
    still = [name for name in before if torch.equal(before[name], after[name])]
    assert [name for name in still if not name.endswith("num_batches_tracked")] == []


def test_it_stops_at_the_first_whole_batch_that_reaches_kimg(tiny, squares, fabric):
    config = tiny(kimg=0.010, batch=4)
    reports = run_steps(new_state(config, squares(config), fabric), squares(config), config)
    assert [report.images_seen for report in reports] == [4, 8, 12]


EVALUATED = [arch for arch in latent_architectures() if ARCHITECTURES[arch].method == "gan"]


@pytest.mark.parametrize("arch", EVALUATED)
def test_a_report_holds_finite_losses_and_accuracies_between_nought_and_one(arch, tiny, squares, fabric):
    config = tiny(arch)
    (report,) = run_steps(new_state(config, squares(config), fabric), squares(config), config, steps=1)
    values = {name: float(value) for name, value in report.values.items()}
    assert set(values) == {"loss_d", "loss_g", "d_accuracy_real", "d_accuracy_fake", "grad_d", "grad_g", "jsd"}
    assert np.isfinite(list(values.values())).all()
    assert 0 <= values["d_accuracy_real"] <= 1
    assert 0 <= values["d_accuracy_fake"] <= 1


def flat(module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


@pytest.mark.parametrize("arch", EVALUATED)
def test_each_player_moves_by_its_own_optimiser_alone(arch, tiny, squares, fabric, monkeypatch):
    config = tiny(arch)
    data = squares(config)
    state = new_state(config, data, fabric)
    players, moved = (state.bare("g"), state.bare("d")), []

    def watched(*given, **more):
        before = [flat(player) for player in players]
        optimizer_step(*given, **more)
        moved.append([not torch.equal(old, flat(player)) for old, player in zip(before, players, strict=True)])

    monkeypatch.setattr("trainer.training.methods.gan.optimizer_step", watched)
    run_steps(state, data, config, steps=1)
    assert moved == [[False, True], [True, False]]
    assert all(p.requires_grad for p in state.bare("d").parameters())


@pytest.mark.parametrize(
    ("decay", "seen", "share"),
    [(0.25, 0, 1), (0.25, 750, 1), (0.25, 875, 0.5), (0.25, 950, 0.2), (0.25, 1000, 0), (0.25, 1004, 0), (0, 999, 1)],
)
def test_the_rates_fall_to_0_in_a_line_over_the_last_share_of_a_run(decay, seen, share):
    config = SimpleNamespace(total_images=1000, lr_decay=decay)
    method = SimpleNamespace(config=config, learning_rate={"g": 2.0, "d": 3.0}.get)
    optimizers = {name: SimpleNamespace(param_groups=[{"lr": 1.0}, {"lr": 1.0}]) for name in ("g", "d")}
    set_learning_rates(SimpleNamespace(images_seen=seen, optimizers=optimizers), method)
    rates = {name: [group["lr"] for group in optimizer.param_groups] for name, optimizer in optimizers.items()}
    assert rates == {"g": pytest.approx([2 * share] * 2), "d": pytest.approx([3 * share] * 2)}


def test_freezing_ends_with_the_block_even_when_it_fails():
    module, inside = torch.nn.Linear(2, 2), []
    with suppress(ZeroDivisionError), frozen(module):
        inside = [p.requires_grad for p in module.parameters()]
        1 / 0  # noqa: B018
    assert inside == [False, False]
    assert all(p.requires_grad for p in module.parameters())


@pytest.mark.parametrize(
    ("ema_kimg", "images_seen", "decay"),
    [
        (1.0, 40_000, 0.5 ** (4 / 1000)),  # after 1000 images a weight counts half
        (10.0, 1_996, 0.5 ** (4 / 100)),  # of the first 2000 images 5 % are 100
        (0.0, 1_996, 0.0),  # off: the average is the generator
    ],
)
def test_the_half_life_of_the_moving_average(ema_kimg, images_seen, decay, tiny, squares, fabric):
    config = tiny(ema_kimg=ema_kimg, kimg=100.0)
    state = new_state(config, squares(config), fabric)
    run_steps(state, squares(config), config, steps=1)
    state.images_seen = images_seen
    old = flat(state.ema)
    run_steps(state, squares(config), config, steps=1)
    assert state.ema.decay == pytest.approx(decay)
    assert torch.allclose(flat(state.ema), decay * old + (1 - decay) * flat(state.bare("g")), atol=1e-6)


def test_the_average_of_buffers_is_kept_too_and_counters_are_copied():
    model = torch.nn.BatchNorm1d(1)
    average = MovingAverage(model)
    average.update_parameters(model)
    model.running_mean.fill_(1.0)
    model.num_batches_tracked.fill_(7)
    average.decay = 0.75
    average.update_parameters(model)
    assert average.module.running_mean.item() == pytest.approx(0.25)
    assert average.module.num_batches_tracked.item() == 7


def test_r1_is_paid_every_so_many_steps(tiny, squares, fabric):
    config = tiny(r1_gamma=1.0, r1_every=3, kimg=0.028)
    paid = []
    penalty = PENALTIES["r1"]._replace(of=lambda round: paid.append(state.images_seen) or round.real_logits * 0)
    state = new_state(config, squares(config), fabric)
    with PENALTIES.replaced("r1", penalty):
        run_steps(state, squares(config), config)
    assert paid == [0, 12, 24]


def test_mixed_precision_trains_with_r1_too(tiny, squares):
    config = tiny(precision="bf16-mixed", r1_gamma=1.0, r1_every=1, kimg=0.008)
    mixed = open_fabric(config)
    mixed.launch()
    state = new_state(config, squares(config), mixed)
    reports = run_steps(state, squares(config), config)
    assert len(reports) == 2
    assert flat(state.bare("g")).isfinite().all()
    assert {p.dtype for p in state.bare("g").parameters()} == {torch.float32}


def rates(state) -> dict[str, float]:
    return {name: optimizer.param_groups[0]["lr"] for name, optimizer in state.optimizers.items()}


def test_the_rates_fall_to_nothing_over_the_last_share_of_the_run(tiny, squares, fabric):
    config = tiny("mlp", lr=0.01, lr_d=0.02, lr_decay=0.5, kimg=0.016)
    state = new_state(config, squares(config), fabric)
    found = [rates(state) for _ in train(state, squares(config), config)]
    assert [found_at["g"] for found_at in found] == pytest.approx([0.01, 0.01, 0.01, 0.005])
    assert [found_at["d"] for found_at in found] == pytest.approx([0.02, 0.02, 0.02, 0.01])


def test_without_a_decay_the_rates_stay(tiny, squares, fabric):
    config = tiny("mlp", lr=0.01, kimg=0.008)
    state = new_state(config, squares(config), fabric)
    assert [rates(state) for _ in train(state, squares(config), config)] == [{"g": 0.01, "d": 0.01}] * 2
