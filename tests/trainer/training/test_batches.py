"""What a step works on: which images, in which order, with which random numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from trainer.training import batches
from trainer.training.batches import Batches, draw_latents, image_indices, step_seed
from trainer.training.setup import new_state


def test_each_image_is_shown_once_an_epoch_in_another_order():
    rows = image_indices(10, 0, 30, seed=0).reshape(3, 10)
    assert [sorted(epoch) for epoch in rows.tolist()] == [list(range(10))] * 3
    assert len({tuple(epoch) for epoch in rows.tolist()}) == 3
    assert rows.tolist() != image_indices(10, 0, 30, seed=1).reshape(3, 10).tolist()


@pytest.mark.parametrize("batch", [1, 3, 7, 10, 29])
def test_any_split_into_batches_gives_the_same_stream(batch):
    whole = image_indices(10, 0, 58, seed=3)
    parts = [image_indices(10, start, min(batch, 58 - start), seed=3) for start in range(0, 58, batch)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_every_step_has_a_seed_of_its_own():
    seeds = {step_seed(seed, images_seen) for seed in range(20) for images_seen in range(0, 640, 32)}
    assert len(seeds) == 20 * 20
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert step_seed(2**63 - 1, 10**9) >= 0


def test_each_value_of_a_balanced_attribute_is_shown_equally_often(tiny, squares, fabric):
    config = tiny(balance="parity")
    data = replace(squares(config), labels=np.array([[0]] * 7 + [[1], [-1], [-1]]))
    shown = Batches(data, config, fabric)
    rows = np.concatenate([shown.rows(start, 40) for start in range(0, 4000, 40)])
    counts = np.bincount(rows, minlength=10)
    assert [counts[:7].sum(), counts[7], counts[8:].sum()] == pytest.approx([4000 / 3] * 3, rel=0.1)
    assert counts.min() > 0
    assert np.array_equal(shown.rows(80, 40), Batches(data, config, fabric).rows(80, 40))
    real = shown.at(80).real
    assert torch.equal(real, shown.read(data.images, shown.rows(80, config.batch), None))


@pytest.mark.parametrize(("power", "parts"), [(1, [1, 1, 1]), (0.5, [7**0.5, 1, 2**0.5]), (0, [7, 1, 2])])
def test_a_balance_goes_as_far_as_its_power_says(tiny, squares, fabric, power, parts):
    config = tiny(balance="parity", balance_power=power)
    data = replace(squares(config), labels=np.array([[0]] * 7 + [[1], [-1], [-1]]))
    counts = np.bincount(Batches(data, config, fabric).rows(0, 10_000), minlength=10)
    shown = np.array([counts[:7].sum(), counts[7], counts[8:].sum()]) / 10_000
    assert shown == pytest.approx(np.array(parts) / sum(parts), abs=0.02)


def test_real_images_lie_between_minus_one_and_one_with_their_own_labels(tiny, squares, fabric):
    config = tiny(conditional=True)
    data = squares(config)
    batch = Batches(data, config, fabric).at(0)
    rows = image_indices(len(data), 0, config.batch, config.seed)
    expected = torch.from_numpy(data.images[rows]).permute(0, 3, 1, 2) / 127.5 - 1
    assert torch.equal(batch.real, expected)
    assert batch.label.tolist() == data.labels[rows, 0].tolist()


def test_mirroring_turns_about_half_of_the_images_and_no_other_way(tiny, squares, fabric):
    config = tiny(batch=200)
    data = squares(config, n=200)
    plain = Batches(data, config, fabric).at(0).real
    mirrored = Batches(data, replace(config, mirror=True), fabric).at(0).real
    turned = (mirrored == plain.flip(3)).flatten(1).all(1)
    assert torch.equal(turned, ~(mirrored == plain).flatten(1).all(1))
    assert 70 < turned.sum() < 130


def test_style_mixing_mixes_the_asked_share_and_always_keeps_the_first_layer(tiny, squares, fabric):
    config = tiny(batch=400)
    data = squares(config)
    g, batch = new_state(config, data, fabric).ema.module, Batches(data, config, fabric).at(0)
    crossover = draw_latents(g, batch, 0.25)["crossover"]
    assert crossover.min() >= 1
    assert crossover.max() == g.num_ws
    assert (crossover < g.num_ws).float().mean().item() == pytest.approx(0.25, abs=0.07)
    assert "crossover" not in draw_latents(g, batch, 0.0)


def test_each_process_gets_its_rows_of_what_is_drawn_for_all(tiny, squares, fabric):
    config = tiny(batch=6, conditional=True)
    whole, parts = Batches(squares(config), config, fabric), []
    for rank in range(3):
        part = Batches(squares(config), config, fabric)
        part.mine = slice(2 * rank, 2 * rank + 2)
        parts.append(part.at(12))
    batch = whole.at(12)
    assert torch.equal(torch.cat([part.real for part in parts]), batch.real)
    assert torch.equal(torch.cat([part.label for part in parts]), batch.label)
    assert torch.equal(torch.cat([part.normal(5) for part in parts]), batch.normal(5))
    assert {part.count for part in parts} == {2}


@pytest.mark.parametrize("mirror", [False, True])
def test_images_in_the_memory_of_a_gpu_give_the_same_batches(mirror, tiny, squares, fabric, monkeypatch):
    config = tiny(mirror=mirror)
    data = squares(config)
    expected = Batches(data, config, fabric).at(8)
    monkeypatch.setattr(batches, "held", lambda images, device: torch.from_numpy(images).to(device))
    held = Batches(data, config, fabric)
    assert isinstance(held.images, torch.Tensor)
    assert torch.equal(held.at(8).real, expected.real)


def test_images_stay_where_they_are_without_a_gpu_or_room_on_it(monkeypatch):
    images = np.zeros((10, 8, 8, 3), np.uint8)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (4 * images.nbytes - 1, 10**9))
    assert batches.held(images, torch.device("cpu")) is images
    assert batches.held(images, torch.device("cuda")) is images
