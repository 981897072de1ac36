"""The loop: what it shows, in which order, that it resumes to the last bit, and what it leaves alone."""

import itertools
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch

from trainer.networks import ARCHITECTURES
from trainer.runs.launch import open_fabric
from trainer.runs.run import Run
from trainer.training.loop import (
    Batches,
    MovingAverage,
    check_dataset,
    descend,
    draw_latents,
    frozen,
    new_state,
    picture_indices,
    step,
    step_seed,
    train,
)
from trainer.training.regularizers import PENALTIES
from trainer.training.state_io import pack_state
from trainer.util.errors import UserError


def run_steps(state, data, config, fabric, steps=None):
    """Train for `steps` steps, or to the end; returns the reports."""
    return list(itertools.islice(train(state, data, config, fabric), steps))


def assert_same_state(one, other):
    (tensors, scalars), (others, other_scalars) = pack_state(one), pack_state(other)
    assert scalars["images_seen"] == other_scalars["images_seen"]
    assert tensors.keys() == others.keys()
    assert [name for name in tensors if not torch.equal(tensors[name], others[name])] == []


def test_each_picture_is_shown_once_an_epoch_in_another_order():
    rows = picture_indices(10, 0, 30, seed=0).reshape(3, 10)
    assert [sorted(epoch) for epoch in rows.tolist()] == [list(range(10))] * 3
    assert len({tuple(epoch) for epoch in rows.tolist()}) == 3
    assert rows.tolist() != picture_indices(10, 0, 30, seed=1).reshape(3, 10).tolist()


@pytest.mark.parametrize("batch", [1, 3, 7, 10, 29])
def test_any_split_into_batches_gives_the_same_stream(batch):
    whole = picture_indices(10, 0, 58, seed=3)
    parts = [picture_indices(10, start, min(batch, 58 - start), seed=3) for start in range(0, 58, batch)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_every_step_has_a_seed_of_its_own(tiny):
    configs = [tiny(seed=seed) for seed in range(20)]
    seeds = {step_seed(config, images) for config in configs for images in range(0, 640, 32)}
    assert len(seeds) == 20 * 20
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert step_seed(replace(tiny(), seed=2**63 - 1), 10**9) >= 0


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_saving_and_resuming_equals_training_straight_through(arch, conditional, tiny, squares, fabric, tmp_path):
    config = tiny(arch, conditional=conditional, mirror=True, r1_gamma=1.0, r1_every=2, kimg=0.024)
    data = squares(config)
    straight = new_state(config, data, fabric)
    assert len(run_steps(straight, data, config, fabric)) == 6

    run = Run(tmp_path, "halved")
    first = new_state(config, data, fabric)
    run_steps(first, data, config, fabric, steps=3)
    run.save_state(first)
    resumed = new_state(config, data, fabric)
    assert run.load_state(resumed)
    assert_same_state(resumed, first)
    assert len(run_steps(resumed, data, config, fabric)) == 3
    assert_same_state(resumed, straight)


def test_training_changes_the_weights_of_both_players_and_of_the_average(tiny, squares, fabric):
    config = tiny()
    state = new_state(config, squares(config), fabric)
    before = {name: tensor.clone() for name, tensor in pack_state(state)[0].items()}
    run_steps(state, squares(config), config, fabric)
    after, _ = pack_state(state)
    still = [name for name in before if torch.equal(before[name], after[name])]
    assert [name for name in still if not name.endswith("num_batches_tracked")] == []


def test_it_stops_at_the_first_whole_batch_that_reaches_kimg(tiny, squares, fabric):
    config = tiny(kimg=0.010, batch=4)
    reports = run_steps(new_state(config, squares(config), fabric), squares(config), config, fabric)
    assert [report.images_seen for report in reports] == [4, 8, 12]


JUDGED = [arch for arch in ARCHITECTURES if not ARCHITECTURES[arch].variational]


@pytest.mark.parametrize("arch", JUDGED)
def test_a_report_holds_finite_losses_and_accuracies_between_nought_and_one(arch, tiny, squares, fabric):
    config = tiny(arch)
    (report,) = run_steps(new_state(config, squares(config), fabric), squares(config), config, fabric, steps=1)
    values = {name: float(value) for name, value in report.values.items()}
    assert set(values) == {"loss_d", "loss_g", "d_accuracy_real", "d_accuracy_fake", "grad_d", "grad_g", "jsd"}
    assert np.isfinite(list(values.values())).all()
    assert 0 <= values["d_accuracy_real"] <= 1
    assert 0 <= values["d_accuracy_fake"] <= 1


def flat(module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


@pytest.mark.parametrize("arch", JUDGED)
def test_each_player_moves_by_its_own_optimiser_alone(arch, tiny, squares, fabric, monkeypatch):
    config = tiny(arch)
    data = squares(config)
    state = new_state(config, data, fabric)
    players, moved = (state.generator, state.discriminator), []

    def watched(optimizer, loss, fabric, alone=False):
        before = [flat(player) for player in players]
        descend(optimizer, loss, fabric)
        moved.append([not torch.equal(old, flat(player)) for old, player in zip(before, players, strict=True)])

    monkeypatch.setattr("trainer.training.loop.descend", watched)
    step(state, Batches(data, config, fabric), config, fabric)
    assert moved == [[False, True], [True, False]]
    assert all(p.requires_grad for p in state.discriminator.parameters())


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
        (1.0, 40_000, 0.5 ** (4 / 1000)),  # after 1000 pictures a weight counts half
        (10.0, 1_996, 0.5 ** (4 / 100)),  # of the first 2000 pictures 5 % are 100
        (0.0, 1_996, 0.0),  # off: the average is the generator
    ],
)
def test_the_half_life_of_the_moving_average(ema_kimg, images_seen, decay, tiny, squares, fabric):
    config = tiny(ema_kimg=ema_kimg)
    state = new_state(config, squares(config), fabric)
    run_steps(state, squares(config), config, fabric, steps=1)
    state.images_seen = images_seen
    old = flat(state.ema)
    step(state, Batches(squares(config), config, fabric), config, fabric)
    assert state.ema.decay == pytest.approx(decay)
    assert torch.allclose(flat(state.ema), decay * old + (1 - decay) * flat(state.generator), atol=1e-6)


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


def test_real_pictures_lie_between_minus_one_and_one_with_their_own_labels(tiny, squares, fabric):
    config = tiny(conditional=True)
    data = squares(config)
    images, label = Batches(data, config, fabric).at(0, torch.Generator())
    rows = picture_indices(len(data), 0, config.batch, config.seed)
    expected = torch.from_numpy(data.images[rows]).permute(0, 3, 1, 2) / 127.5 - 1
    assert torch.equal(images, expected)
    assert label.tolist() == data.labels[rows, 0].tolist()


def test_mirroring_turns_about_half_of_the_pictures_and_no_other_way(tiny, squares, fabric):
    config = tiny(batch=200)
    data = squares(config, n=200)
    plain, _ = Batches(data, config, fabric).at(0, torch.Generator())
    mirrored, _ = Batches(data, replace(config, mirror=True), fabric).at(0, torch.Generator().manual_seed(0))
    turned = (mirrored == plain.flip(3)).flatten(1).all(1)
    assert torch.equal(turned, ~(mirrored == plain).flatten(1).all(1))
    assert 70 < turned.sum() < 130


def test_style_mixing_mixes_the_asked_share_and_always_keeps_the_first_layer(tiny, squares, fabric):
    config = tiny(batch=400, style_mixing=0.25)
    g = new_state(config, squares(config), fabric).ema.module
    crossover = draw_latents(g, config, torch.Generator().manual_seed(0))["crossover"]
    assert crossover.min() >= 1
    assert crossover.max() == g.num_ws
    assert (crossover < g.num_ws).float().mean().item() == pytest.approx(0.25, abs=0.07)
    assert "crossover" not in draw_latents(g, replace(config, style_mixing=0.0), torch.Generator())


def test_r1_is_paid_every_so_many_steps(tiny, squares, fabric):
    config = tiny(r1_gamma=1.0, r1_every=3, kimg=0.028)
    paid = []
    told = PENALTIES["r1"]._replace(of=lambda round: paid.append(state.images_seen) or round.real_logits * 0)
    state = new_state(config, squares(config), fabric)
    with PENALTIES.replaced("r1", told):
        run_steps(state, squares(config), config, fabric)
    assert paid == [0, 12, 24]


def test_mixed_precision_trains_with_r1_too(tiny, squares):
    config = tiny(precision="bf16-mixed", r1_gamma=1.0, r1_every=1, kimg=0.008)
    mixed = open_fabric(config)
    mixed.launch()
    state = new_state(config, squares(config), mixed)
    reports = run_steps(state, squares(config), config, mixed)
    assert len(reports) == 2
    assert flat(state.generator).isfinite().all()
    assert {p.dtype for p in state.generator.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("settings", "facts", "message"),
    [
        ({}, {"n": 1}, r"squares has 1 picture; a GAN needs at least 2"),
        ({"conditional": True}, {"classes": 0}, r"--conditional needs classes; squares has none"),
        ({"conditional": True}, {"classes": 1}, r"--conditional needs classes; squares has none"),
    ],
)
def test_data_that_cannot_be_trained_on_is_told(settings, facts, message, tiny, squares, fabric):
    config = tiny(**settings)
    with pytest.raises(UserError, match=message):
        new_state(config, squares(config, **facts), fabric)


def test_pictures_without_a_class_are_counted_where_classes_are_asked_for(tiny, squares):
    config = tiny(conditional=True)
    data = squares(config)
    data.labels[:3] = -1
    with pytest.raises(UserError, match=r"3 of 10 in squares have none"):
        check_dataset(config, data)
    check_dataset(replace(config, conditional=False), data)
