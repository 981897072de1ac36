"""The images that a run is trained on, of one data set or of two, and a few that it is not."""

from pathlib import Path
from typing import Any

from trainer.checkpoints.examples import COUNT
from trainer.data import Dataset, NoHeldOut, load
from trainer.data.collections import beside
from trainer.training.config import TrainConfig
from trainer.util.errors import UserError


def training_images(config: TrainConfig, data_dir: Path, progress: bool = True) -> Dataset:
    """Those of --data, beside those of --data-a where that is given. Raises UserError as `load`, naming the option."""
    return opened(config, data_dir, limit=config.limit or None, progress=progress)


def held_out_images(config: TrainConfig, data_dir: Path) -> Dataset | None:
    """A few that no training sees, for a translator to be tried on; None where there are none."""
    try:
        return opened(config, data_dir, limit=COUNT, held_out=True, progress=False)
    except (NoHeldOut, UserError):
        return None


def opened(config: TrainConfig, data_dir: Path, **which: Any) -> Dataset:
    """One data set, or two collections as one. `which`: of the images, as `load` takes it."""
    found = load(config.data, resolution=config.resolution, data_dir=data_dir, **which)
    if not config.data_a:
        return found
    try:
        return beside(found, load(config.data_a, resolution=config.resolution, data_dir=data_dir, **which))
    except UserError as error:
        raise UserError(f"--data-a: {error}", field="data_a") from error
