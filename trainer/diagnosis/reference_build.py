"""Makes a reference from a data set: extract, keep what a diagnosis needs, and measure what healthy data give."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from trainer.data import Attribute, Dataset, NoHeldOut, load
from trainer.diagnosis.context import SIZES, SPLITS, healthy_splits
from trainer.diagnosis.declared import REAL, SEEN, THUMB
from trainer.diagnosis.reference import Reference, read_reference, save_reference
from trainer.diagnosis.thresholds import MIN_REAL
from trainer.features import EXTRACTORS, Extractor, Tell, extractor_for, file_part
from trainer.features.feature_set import BATCH, FeatureSet, extract, extract_dataset
from trainer.features.groups import Grouped, grouped
from trainer.features.pixels import PixelSpace, as_images, fit_pixels
from trainer.metrics.label_shift import fitted_temperature
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.images import thumbnails
from trainer.util.tensors import read_torch, save_tensors

UNSEEN = 10_000  # real images looked at, at most


class Halves(NamedTuple):
    """The real images of a comparison.

    Attributes:
        seen: images trained on, or those that stand in for them.
        unseen: other real images, which no extractor is shown.
        apart: whether these were never trained on.
    """

    seen: Dataset
    unseen: Dataset
    apart: bool


def reference_file(
    data: str, *, resolution: int, data_dir: Path, limit: int | None = None, extractor: str = "", tell: Tell = print
) -> Path:
    """The reference of a data set at a resolution, in `data_dir`: built at the first time, which takes minutes.

    Args: data, resolution, data_dir, limit: as the training has them. extractor: a name, "" for the data set's own.
    Raises: UserError for a data set that cannot be had or is too small, and for an extractor that cannot be had.
    """
    found = halves(data, resolution, data_dir, limit)
    return kept_reference(found, data_dir, extractor or extractor_for(data), tell=tell)


def kept_reference(
    real: Halves, data_dir: Path, extractor: str, splits: Mapping[int, int] | None = None, tell: Tell = print
) -> Path:
    """The reference of these images, in `data_dir`: built where it is not there already.

    Args: splits: as `build_reference` takes them.
    Raises: UserError for too few images, and for an extractor that cannot be had.
    """
    seen, unseen, _ = real
    if len(unseen) < MIN_REAL.value:
        raise UserError(
            f"{seen.name} leaves {len(unseen)} real images to compare with; a diagnosis needs at least "
            f"{MIN_REAL.value}. Add images: with so few, no metric can tell a fault from chance."
        )
    reader = reader_for(extractor, seen, data_dir, tell)
    extract(reader, as_images(seen.images[:1]))  # images that it cannot read are told before a bar is drawn
    if not reader.heads:
        reader = grouped(reader, extract_dataset(reader, seen, data_dir).features)
    key = f"{seen.fingerprint}-{len(seen)}-{seen.resolution}-{file_part(reader)}"
    key += "".join(f"-{size}x{count}" for size, count in (splits or {}).items())
    path = data_dir / "references" / f"{key.replace('/', '-')}.safetensors"
    if not complete(path, seen.name):
        tell(f"building the reference of {seen.name}: most of the time goes into the expected ranges")
        save_reference(path, build_reference(real, reader, data_dir, splits))
    return path


def complete(path: Path, name: str) -> bool:
    """Whether a reference is there and knows all that this version does: one of before was not calibrated."""
    try:
        kept = read_reference(path, name)
    except UserError:  # not there, damaged, or of another version
        return False
    return not kept.real_accuracy or kept.temperature is not None


def build_reference(
    real: Halves, reader: Extractor, data_dir: Path, splits: Mapping[int, int] | None = None
) -> Reference:
    """A reference from images trained on and others.

    Args: splits: number of images a side -> how many healthy splits; None: what makes the bands exact, in minutes.
    """
    seen, unseen, apart = real
    extracted = extract_dataset(reader, unseen, data_dir)
    space = fit_pixels(seen.images)
    extracted = replace(extracted, pixels=coordinates(space, unseen))
    kept = rows_kept(len(unseen))
    sizes = [size for size in splits or SIZES if 2 * size <= len(unseen)] or [len(unseen) // 2]
    nulls = {}
    true = true_labels(unseen, reader.heads[0])
    for size in sizes:
        counts = splits or SPLITS
        count = counts.get(size, max(counts.values()))
        drawn = healthy_splits(extracted, size, count, EXTRACTORS[reader.name].facts)
        found = list(tqdm(drawn, total=count, desc=f"real splits of {size}"))
        nulls[size] = {name: np.array([figures[name] for figures in found], np.float32) for name in found[0]}
    return Reference(
        data=seen.name,
        dataset_size=len(seen) if apart else len(seen) + len(unseen),
        resolution=seen.resolution,
        channels=seen.channels,
        extractor=reader.name,
        version=reader.version,
        heads=reader.heads,
        counts=tuple(np.bincount(p.argmax(1), minlength=p.shape[1]) for p in extracted.probabilities),
        real=rounded(extracted.take(kept)),
        seen=coordinates(space, part(seen, slice(None, None, -(-len(seen) // SEEN)))),
        unseen=apart,
        space=space,
        thumbs=thumbnails(unseen.images[kept], THUMB),
        nulls=nulls,
        real_accuracy=() if true is None else accuracy_on(true, extracted, reader.heads[0]),
        temperature=None if true is None else temperature_on(true, extracted),
        carried=carried_by(reader),
    )


def rows_kept(count: int) -> np.ndarray:
    """Which of so many unseen images a reference keeps, in random order: any first n of them are a fair sample."""
    return np.random.default_rng(0).permutation(count)[:REAL]


def true_labels(dataset: Dataset, first: Attribute) -> np.ndarray | None:
    """The true class of each image by the reader's first attribute, in its order of the classes, int64 (n,); -1 where
    it is not known, None where the data set does not know this attribute or one of its classes."""
    known = next((i for i, own in enumerate(dataset.attributes) if own.name == first.name), None)
    if known is None or set(first.values) - set(dataset.attributes[known].values):
        return None
    values = dataset.attributes[known].values
    order = np.array([first.values.index(name) if name in first.values else -1 for name in values] + [-1])
    result: np.ndarray = order[dataset.labels[:, known]]
    return result


def accuracy_on(true: np.ndarray, read: FeatureSet, first: Attribute) -> tuple[float, ...]:
    """Share of the images of each class of the reader's first attribute that it reads as that class, 0 to 1; 1 for a
    class without images. true: as `true_labels` gives them."""
    found, classes = read.labels(0), range(len(first.values))
    return tuple(float((found[true == j] == j).mean()) if (true == j).any() else 1.0 for j in classes)


def temperature_on(true: np.ndarray, read: FeatureSet) -> float | None:
    """The temperature that calibrates the probabilities of the first attribute; None where no true class is known."""
    known = true >= 0
    if not known.any():
        return None
    return fitted_temperature(probabilities=read.probabilities[0][known], labels=true[known])


def halves(data: str, resolution: int, data_dir: Path, limit: int | None) -> Halves:
    """The images trained on and the held-out ones of a data set; where it has none held out, two halves of it."""
    seen = with_classes(load(data, resolution=resolution, data_dir=data_dir, limit=limit))
    try:
        unseen = load(data, resolution=resolution, data_dir=data_dir, held_out=True)
    except NoHeldOut:
        return halved(seen)
    return Halves(seen, part(unseen, slice(0, UNSEEN)), apart=True)


def halved(dataset: Dataset) -> Halves:
    """Every other image stands in for the unseen ones, at most UNSEEN; it is not shown to the extractor."""
    step = 2 * max(1, -(-len(dataset) // (2 * UNSEEN)))
    return Halves(part(dataset, slice(0, None, 2)), part(dataset, slice(1, None, step)), apart=False)


def with_classes(dataset: Dataset) -> Dataset:
    """Without the attributes that have one value alone: they tell nothing apart."""
    kept = [i for i, attribute in enumerate(dataset.attributes) if len(attribute.values) > 1]
    attributes = tuple(dataset.attributes[i] for i in kept)
    return replace(dataset, attributes=attributes, labels=dataset.labels[:, kept])


def part(dataset: Dataset, rows: slice) -> Dataset:
    """Some of a data set's images, not copied, under a fingerprint of their own."""
    if len(dataset.images[rows]) == len(dataset):
        return dataset
    name = f"{dataset.fingerprint}-{rows.start or 0}-{rows.step or 1}"
    return replace(dataset, images=dataset.images[rows], labels=dataset.labels[rows], fingerprint=name)


def reader_for(name: str, seen: Dataset, data_dir: Path, tell: Tell) -> Extractor:
    """The extractor of that name; one that belongs to the data set is trained on it once and kept in `data_dir`."""
    kind = EXTRACTORS[name]
    if not kind.carried or kind.fit is None:
        return kind.open({}, seen.attributes)
    path = data_dir / "extractors" / f"{name}-{seen.fingerprint}-{seen.resolution}.safetensors"
    try:
        return kind.open({key: tensor.float() for key, tensor in read_torch(path)[0].items()}, seen.attributes)
    except (OSError, ValueError, LookupError, UserError):
        pass
    net = kind.fit(seen, tell)
    weights = {key: tensor.contiguous() for key, tensor in net.state_dict().items()}
    write_atomically(path, lambda temporary: save_tensors(temporary, weights))
    return net


def carried_by(reader: Extractor) -> dict[str, np.ndarray]:
    """What the reference has to hold for `Reference.reader` to be this extractor again."""
    inner = reader.extractor if isinstance(reader, Grouped) else reader
    found: dict[str, np.ndarray] = {}
    if EXTRACTORS[inner.name].carried:
        found = {name: tensor.half().numpy() for name, tensor in inner.state_dict().items()}
    if isinstance(reader, Grouped):
        found |= {"groups.centres": reader.centres.numpy(), "groups.variance": np.array(reader.variance, np.float32)}
    return found


def rounded(real: FeatureSet) -> FeatureSet:
    """As a reference keeps it: in 16 bits."""
    pixels, features, *probabilities = (
        array.astype(np.float16).astype(np.float32) for array in (real.pixels, real.features, *real.probabilities)
    )
    return FeatureSet(features, tuple(probabilities), pixels)


def coordinates(space: PixelSpace, dataset: Dataset) -> np.ndarray:
    """Pixel coordinates of all images of a data set, float32 (n, p)."""
    starts = range(0, len(dataset), BATCH)
    return np.concatenate([space(as_images(dataset.images[start : start + BATCH])) for start in starts])
