"""The images that a run is trained on, of one data set or of two."""

from pathlib import Path

from trainer.data import Dataset, load
from trainer.data.collections import beside
from trainer.training.config import TrainConfig
from trainer.util.errors import UserError


def training_images(config: TrainConfig, data_dir: Path, progress: bool = True) -> Dataset:
    """Those of --data, beside those of --data-a where that is given. Raises UserError as `load`, naming the option."""
    limit = config.limit or None
    found = load(config.data, resolution=config.resolution, data_dir=data_dir, limit=limit, progress=progress)
    if not config.data_a:
        return found
    try:
        other = load(config.data_a, resolution=config.resolution, data_dir=data_dir, limit=limit, progress=progress)
        return beside(found, other)
    except UserError as error:
        raise UserError(f"--data-a: {error}", field="data_a") from error
