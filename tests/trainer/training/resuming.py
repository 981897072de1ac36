"""A training that was stopped and goes on, beside one that was not."""

from pathlib import Path

import torch
from lightning_fabric import Fabric

from trainer.data import Dataset
from trainer.training.config import TrainConfig
from trainer.training.loop import train
from trainer.training.setup import new_state
from trainer.training.state_io import load, pack_state, save


def unlike_after_a_stop(config: TrainConfig, data: Dataset, fabric: Fabric, file: Path, at: int = 12) -> list[str]:
    """Names of the tensors whose bits differ in the end, once a training was stopped after `at` images and resumed."""
    whole = new_state(config, data, fabric)
    for report in train(whole, data, config):
        if report.images_seen == at:
            save(file, whole)
    resumed = new_state(config, data, fabric)
    assert load(file, resumed)
    list(train(resumed, data, config))
    found, wanted = pack_state(resumed)[0], pack_state(whole)[0]
    assert found.keys() == wanted.keys()
    return [name for name in wanted if not torch.equal(found[name], wanted[name])]
