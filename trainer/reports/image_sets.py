"""One side of a comparison, whatever holds its images: a data set, a folder, a zip, a checkpoint or a run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from trainer.checkpoints.checkpoint import CheckpointInfo, load_generator, read_info
from trainer.checkpoints.sampling import sample
from trainer.data import DATASETS, Attribute, Dataset
from trainer.data.folder import exists, path_and_way
from trainer.data.sizes import usual_side
from trainer.features.base import fitted_images
from trainer.features.pixels import as_images
from trainer.networks import Generator
from trainer.runs.publish import find_checkpoint
from trainer.util.errors import UserError
from trainer.util.images import to_uint8
from trainer.util.reading import printable

Ask = Callable[[Sequence[str], int], np.ndarray]  # names of the classes, n -> the class of each of n images
AT_ONCE = 200  # images of a generator that are held at its own size


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
        sampler: what draws its images, None for a set of images.
    """

    name: str
    side: int | None
    sampler: "Sampler | None" = None


@dataclass(frozen=True)
class Sampler:
    """A generator that is loaded, with the name of its folder and what its checkpoint says."""

    name: str
    info: CheckpointInfo
    generator: Generator


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
    info = read_info(folder)
    generator = load_generator(folder, info)
    if generator.channels == 2:
        raise UserError(f"{folder.name} generates 2-D points, not images. Use `python -m trainer evaluate` for it.")
    return ImageSet(name, generator.resolution, Sampler(folder.name, info, generator))


def samples_of(sampler: Sampler, seeds: range, resolution: int, ask: Ask) -> Dataset:
    """Images of a generator as a data set: each of its seed, with the seed's own noise.

    Args: ask: which classes to ask for, of a conditional generator.
    """
    info, generator = sampler.info, sampler.generator
    known = info.data.get("attributes")
    name, values = next(iter(known.items())) if isinstance(known, dict) and known else ("class", [])
    if len(values) != generator.num_classes:
        values = range(generator.num_classes)
    names = tuple(map(str, values))
    asked = ask(names, len(seeds)) if names else None
    parts = [
        resized(sample(generator, seeds[i : i + AT_ONCE], part_of(asked, i), noise="random", exact=False), resolution)
        for i in tqdm(range(0, len(seeds), AT_ONCE), desc=f"samples of {sampler.name}")
    ]
    return Dataset(
        name=sampler.name,
        images=np.concatenate(parts),
        labels=np.empty((len(seeds), 0), np.int64) if asked is None else np.asarray(asked, np.int64)[:, None],
        attributes=(Attribute(str(name), names),) if names else (),
        licence=str(info.data.get("licence", "not stated")),
        credit=f"samples of {sampler.name}",
        fingerprint=f"{info.sha256[:16]}-{seeds.start}-{len(seeds)}",
    )


def part_of(asked: np.ndarray | None, start: int) -> np.ndarray | None:
    """The classes of one pass."""
    return None if asked is None else asked[start : start + AT_ONCE]


def resized(images: np.ndarray, side: int) -> np.ndarray:
    """uint8 (N, H, W, C) at `side` pixels a side, smaller ones antialiased."""
    if images.shape[1] == side:
        return images
    return to_uint8(fitted_images(as_images(images), side, images.shape[3]))


def shuffled(dataset: Dataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `count` images and their labels in a fixed random order: any first n are a fair sample."""
    rows = np.random.default_rng(0).permutation(len(dataset))[:count]
    return np.ascontiguousarray(dataset.images[rows]), dataset.labels[rows]
