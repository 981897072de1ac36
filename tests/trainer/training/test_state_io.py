"""The state file: what an earlier version wrote goes on as it did, and what a method has done is whole."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from trainer.training.config import TrainConfig, config_from
from trainer.training.loop import train
from trainer.training.setup import new_state
from trainer.training.state_io import load, pack_state, read_scalars, save, unpack_state

STATES = Path(__file__).parents[2] / "samples" / "states"  # written by a9e22a4 after three and after six steps
WROTE = {
    "gan": {"arch": "dcgan", "augment": "color,cutout", "ada_target": 0.6, "conditional": True, "mirror": True}
    | {"lr_decay": 0.5},
    "vae": {"arch": "vae"},
}


def config_of(settings: dict) -> TrainConfig:
    return config_from({"resolution": 16, "width": 2, "z_dim": 4, "batch": 4, "threads": 1, "kimg": 0.024} | settings)


@pytest.mark.parametrize("name", WROTE)
def test_a_state_of_an_earlier_version_goes_on_as_it_did(name, squares, fabric, tmp_path):
    config = config_of(WROTE[name])
    data = squares(config)
    state = new_state(config, data, fabric)
    assert load(STATES / f"{name}-3.safetensors", state)
    assert state.images_seen == 12
    for _ in train(state, data, config):
        pass
    before = read_scalars(STATES / f"{name}-6.safetensors")
    assert pytest.approx(state.running) == {key: before[key] for key in state.running}
    save(tmp_path / "state.safetensors", state)
    found, wanted = load_file(tmp_path / "state.safetensors"), load_file(STATES / f"{name}-6.safetensors")
    assert found.keys() == wanted.keys()
    for key in wanted:  # another kind of processor rounds sums otherwise
        torch.testing.assert_close(found[key], wanted[key], atol=1e-5, rtol=1e-3)


def test_numbers_that_a_method_keeps_are_saved_with_it(squares, fabric, tmp_path):
    config = config_of(WROTE["gan"])
    state, other = (new_state(config, squares(config), fabric) for _ in range(2))
    state.running |= {"augmented": 0.25, "path_mean": 1.5}
    save(tmp_path / "state.safetensors", state)
    assert load(tmp_path / "state.safetensors", other)
    assert other.running == {"augmented": 0.25, "path_mean": 1.5}


def test_a_player_that_has_had_no_step_yet_resumes_without_moments(squares, fabric, tmp_path):
    """With five steps of D for one of G, the state saved after the first step holds no moments of G's optimiser."""
    config = config_of({"arch": "mlp", "loss": "wasserstein", "penalty": "clip", "n_critic": 5, "kimg": 0.04})
    data = squares(config)
    straight, first, resumed = (new_state(config, data, fabric) for _ in range(3))
    next(train(first, data, config))
    save(tmp_path / "state.safetensors", first)
    assert load(tmp_path / "state.safetensors", resumed)
    for state in (straight, resumed):
        for _ in train(state, data, config):
            pass
    wanted, found = pack_state(straight)[0], pack_state(resumed)[0]
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)


@pytest.mark.parametrize(("lacking", "step"), [("opt_g.", 100.0), ("opt_", 1.0)])
def test_moments_that_cannot_be_missing_are_missed(lacking, step, squares, fabric):
    """Of G alone once D has stepped as often as n_critic can be; of all networks as soon as an image was seen."""
    config = config_of({"arch": "mlp"})
    state, other = (new_state(config, squares(config), fabric) for _ in range(2))
    next(train(state, squares(config), config))
    tensors, scalars = pack_state(state)
    tensors |= {name: torch.tensor(step) for name in tensors if name.startswith("opt_") and name.endswith(".step")}
    unpack_state(other, tensors, scalars)
    with pytest.raises(KeyError):
        unpack_state(other, {k: v for k, v in tensors.items() if not k.startswith(lacking)}, scalars)
