"""One side of a comparison, whatever holds its images: a data set, a folder, a zip, a checkpoint or a run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.sampling import sample
from trainer.data import DATASETS, Attribute, Dataset, load
from trainer.data.folder import exists, path_and_way
from trainer.data.sizes import usual_side
from trainer.features.base import fitted_images
from trainer.features.pixels import as_images
from trainer.runs.publish import find_checkpoint
from trainer.util.errors import UserError
from trainer.util.images import to_uint8
from trainer.util.reading import printable

Ask = Callable[[int, Sequence[int]], np.ndarray | None]  # number of classes, seeds -> the class to ask for with each


@dataclass(frozen=True)
class Places:
    """Where data sets, checkpoints and runs lie."""

    data_dir: Path = Path("data")
    checkpoints: Path = Path("checkpoints")
    runs: Path = Path("runs")


@dataclass(frozen=True)
class ImageSet:
    """What a name on the command line stands for.

    Attributes:
        name: as the person gave it.
        side: pixels a side of its images, of most where they differ; None where they can be drawn at any size.
        checkpoint: the folder of a generator, None for a set of images.
    """

    name: str
    side: int | None
    checkpoint: Path | None = None

    def read(self, resolution: int, data_dir: Path) -> Dataset:
        """All images, square, at `resolution`. Raises UserError as `load`; not for a checkpoint."""
        return load(self.name, resolution=resolution, data_dir=data_dir)


def image_set(name: str, places: Places) -> ImageSet:
    """What a name stands for: a data set, else images at that path, else a checkpoint or a run.

    Raises: UserError if it is none of these, and for a generator of 2-D points.
    """
    path = Path(name)
    if name.partition(":")[0] in DATASETS or (exists(path_and_way(name)[0]) and not (path / "config.json").is_file()):
        return ImageSet(name, usual_side(name, places.data_dir))
    try:
        folder = find_checkpoint(name, places.checkpoints, places.runs)
    except UserError as error:
        raise UserError(
            f"{printable(name)} is no folder, zip or array of images, no data set ({', '.join(sorted(DATASETS))}), "
            f"no checkpoint in {places.checkpoints} and no run in {places.runs}. Give one of these."
        ) from error
    generator = load_generator(folder, read_info(folder))
    if generator.channels == 2:
        raise UserError(f"{folder.name} generates 2-D points, not images. Use `python -m trainer evaluate` for it.")
    return ImageSet(name, generator.resolution, folder)


def samples_of(folder: Path, count: int, resolution: int, ask: Ask) -> Dataset:
    """Images of a generator as a data set: of the seeds from 0 on, each with its own noise.

    Args: ask: which class to ask for, of a conditional generator.
    Raises: UserError for a checkpoint that cannot be used.
    """
    info = read_info(folder)
    generator = load_generator(folder, info)
    asked = ask(generator.num_classes, range(count))
    images = sample(generator, range(count), asked, noise="random", exact=False)
    known = info.data.get("attributes")
    names = next(iter(known.items()), None) if isinstance(known, dict) else None
    classes = (Attribute(names[0], tuple(map(str, names[1]))),) if names and asked is not None else ()
    labels = np.empty((count, 0), np.int64) if not classes or asked is None else np.asarray(asked, np.int64)[:, None]
    return Dataset(
        name=folder.name,
        images=resized(images, resolution),
        labels=labels,
        attributes=classes,
        licence=str(info.data.get("licence", "not stated")),
        credit=f"samples of {folder.name}",
        fingerprint=f"{info.sha256[:16]}-{count}",
    )


def resized(images: np.ndarray, side: int) -> np.ndarray:
    """uint8 (N, H, W, C) at `side` pixels a side, smaller ones antialiased."""
    if images.shape[1] == side:
        return images
    parts = [
        to_uint8(fitted_images(as_images(images[i : i + 128]), side, images.shape[3]))
        for i in range(0, len(images), 128)
    ]
    return np.concatenate(parts)


def shuffled(dataset: Dataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `count` images and their labels in a fixed random order: any first n are a fair sample."""
    rows = np.random.default_rng(0).permutation(len(dataset))[:count]
    return np.ascontiguousarray(dataset.images[rows]), dataset.labels[rows]
