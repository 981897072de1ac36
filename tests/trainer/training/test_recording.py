"""Recorded steps: which may be recorded, and that they do what steps do. The latter needs a GPU."""

from types import SimpleNamespace

import pytest
import torch

from tests.trainer.training.test_loop import run_steps
from trainer.runs.launch import open_fabric
from trainer.training.methods import method_for
from trainer.training.recording import WARM_UP
from trainer.training.setup import new_state
from trainer.training.state_io import pack_state

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
GPU = SimpleNamespace(fabric=SimpleNamespace(device=torch.device("cuda"), world_size=1))


@pytest.mark.parametrize(
    ("settings", "recordable"),
    [
        ({}, True),
        ({"penalty": "r1r2", "r1_gamma": 1.0}, True),
        ({"precision": "bf16-mixed"}, True),
        ({"cuda_graphs": False}, False),
        ({"augment": "color"}, False),
        ({"instance_noise": 0.1}, False),
        ({"penalty": "gp"}, False),
        ({"path_length": 2.0}, False),
        ({"progressive": True}, False),
        ({"precision": "16-mixed"}, False),
    ],
)
def test_steps_that_draw_numbers_or_read_them_back_are_not_recorded(settings, recordable, tiny):
    assert method_for(tiny("stylegan-lite", **settings)).recordable(GPU) == recordable


@pytest.mark.parametrize(("device", "world_size"), [("cpu", 1), ("cuda", 2)])
def test_neither_a_cpu_nor_several_devices_record(device, world_size, tiny):
    fabric = SimpleNamespace(device=torch.device(device), world_size=world_size)
    assert not method_for(tiny()).recordable(SimpleNamespace(fabric=fabric))


@needs_gpu
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("arch", ["stylegan-lite", "dcgan"])
@pytest.mark.parametrize("more", [{}, {"n_critic": 2}, {"palette": 4, "noise_inputs": False}])
def test_recorded_steps_train_as_others_do(arch, precision, more, tiny, squares):
    if arch == "dcgan" and "palette" in more:
        pytest.skip("belongs to stylegan-lite")
    penalty = {"r1_gamma": 1.0, "r1_every": 3} if arch == "stylegan-lite" else {}
    steps = 8 * WARM_UP
    ends = []
    for graphs in (False, True):
        config = tiny(
            arch, precision=precision, cuda_graphs=graphs, kimg=steps * 0.004, lr_decay=0.5, **penalty, **more
        )
        data, fabric = squares(config), open_fabric(config)
        fabric.launch()
        state = new_state(config, data, fabric)
        reports = run_steps(state, data, config)
        assert len(reports) == steps
        ends.append((pack_state(state)[0], [report.values for report in reports]))
    (plain, told), (recorded, told_too) = ends
    off = [name for name in plain if not torch.allclose(plain[name], recorded[name], rtol=1e-2, atol=1e-3)]
    assert off == []
    assert [values.keys() for values in told] == [values.keys() for values in told_too]
    for values, others in zip(told, told_too, strict=True):
        assert all(torch.allclose(values[name], others[name], rtol=5e-2, atol=1e-2) for name in values)
