"""`python -m trainer diagnose`: is one set of images like another, and if not, how do they differ?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from trainer.data import Attribute, Dataset, load
from trainer.diagnosis import Reference, diagnose
from trainer.diagnosis.declared import THUMB
from trainer.diagnosis.examined import Examined
from trainer.diagnosis.reference import read_reference
from trainer.diagnosis.reference_build import Halves, halved, halves, kept_reference, with_classes
from trainer.diagnosis.thresholds import MIN_GENERATED
from trainer.features import Tell, caveats, extractor_for, shown
from trainer.features.feature_set import extract, extract_dataset
from trainer.features.pixels import as_images
from trainer.reports.image_sets import ImageSet, Places, image_set, samples_of, shuffled
from trainer.reports.set_figures import Labelled, copying, figures_of_labels, renumbered, with_figures
from trainer.runs.publish import extractor_at
from trainer.util.errors import UserError
from trainer.util.images import thumbnails
from trainer.util.reading import printable

SPLITS = {5000: 60, 2000: 200} | dict.fromkeys((1000, 500, 200, 100, 50), 300)  # images a side -> healthy splits
REAL_SEEDS = range(10**6, 10**6 + 10_000)  # of a generator that stands for the real data: none that the other one has
SIDES = (16, 256)  # pixels: the sizes that are chosen unless the person says otherwise
USUAL = 64  # where both sides can be drawn at any size


@dataclass(frozen=True)
class Question:
    """What is compared, and how.

    Attributes:
        real, fake: names as `image_set` takes them.
        resolution: pixels a side at which both are compared; 0 = the smaller one's.
        extractor: a name, "" for that of the real data.
        samples: generated images that are looked at, at most.
    """

    real: str
    fake: str
    resolution: int = 0
    extractor: str = ""
    samples: int = 5000


@dataclass(frozen=True, kw_only=True)
class TwoSets(Examined):
    """What was found.

    Attributes:
        real, fake_name: how the two sets are called.
        reference_path: where the reference lies.
        notes: sentences on what was done to the images before, and what could not be said of them.
        asked: int64 (n,), the class of the real data that each generated image is filed under; None where that is
            not known.
        beside: figures that no verdict rests on, by key: data copying, and with labels on both sides GAN-train.
        key: tells it from all others, also from those that are forgotten.
    """

    real: str
    fake_name: str
    reference_path: Path
    notes: tuple[str, ...]
    asked: np.ndarray | None = None
    beside: Mapping[str, float] = field(default_factory=dict)
    key: str = field(default_factory=lambda: uuid4().hex)

    @property
    def record(self) -> dict[str, Any]:
        """Both sets, the size at which they were compared, and the notes."""
        return {
            "real_set": self.real,
            "fake_set": self.fake_name,
            "resolution": self.reference.resolution,
            "notes": list(self.notes),
        }

    @property
    def scope(self) -> str:
        """The name of the generated set."""
        return self.fake_name


def compare_sets(question: Question, places: Places, tell: Tell = print) -> TwoSets:
    """The diagnosis of the second set against the first. `tell` hears what is being done.

    Raises: UserError for a side that cannot be read, too few real images, and an extractor that cannot be had.
    """
    real, fake = image_set(question.real, places), image_set(question.fake, places)
    side = question.resolution or common_side(real, fake)
    tell(f"reading the real images at {side} x {side} pixels")
    sides = real_halves(real, side, places.data_dir)
    tell("reading the generated images")
    generated = None
    if fake.sampler is None:
        generated = with_classes(load(fake.name, resolution=side, data_dir=places.data_dir))
    count = min(question.samples, len(generated) if generated else question.samples)
    check_count(count, question.fake)
    extractor = extractor_at(question.extractor or extractor_for(question.real), places.checkpoints, places.runs)
    path = kept_reference(sides, places.data_dir, extractor, splits_for(count, len(sides.unseen)), tell)
    reference = read_reference(path, sides.seen.name)
    if generated is None:
        assert fake.sampler
        tell(f"sampling {count:,} images")
        generated = samples_of(fake.sampler, range(count), side, lambda names, n: shares_of(reference, names, n))
    images, labels = shuffled(generated, count)
    tell(f"comparing {count:,} generated with {len(reference.real):,} real images")
    found = extract(reference.reader, as_images(images), reference.space)
    asked = as_asked(reference, generated.attributes, labels)
    beside = figures_of_labels(
        Labelled(real_features(reference, sides.unseen, places), sides.unseen.labels, sides.unseen.attributes),
        Labelled(found.features, labels, generated.attributes),
    )
    beside |= copying(reference, found)
    notes = [*sized(real, fake, side), *told(sides, generated), *unsaid(reference, sides, asked, generated)]
    notes += caveats(reference.reader, side)
    return TwoSets(
        reference, found, thumbnails(images, THUMB), with_figures(diagnose(reference, found, asked=asked), beside),
        real=sides.seen.name, fake_name=generated.name, reference_path=path, notes=tuple(notes), asked=asked,
        beside=beside,
    )  # fmt: skip


def real_features(reference: Reference, unseen: Dataset, places: Places) -> np.ndarray:
    """Of all unseen images (n, d), where their classes are known; none of them else."""
    if not unseen.attributes:
        return np.empty((0, 0), np.float32)
    return extract_dataset(reference.reader, unseen, places.data_dir).features


def common_side(real: ImageSet, fake: ImageSet) -> int:
    """Pixels a side at which two sets are compared: those of the smaller one, within SIDES."""
    known = [one.side for one in (real, fake) if one.side]
    return min(max(min(known, default=USUAL), SIDES[0]), SIDES[1])


def real_halves(real: ImageSet, side: int, data_dir: Path) -> Halves:
    """The real images: those held out beside those trained on, where the data set says so, else two halves."""
    if real.sampler is None:
        return halves(real.name, side, data_dir, None)
    return halved(with_classes(samples_of(real.sampler, REAL_SEEDS, side, at_random)))


def at_random(names: Sequence[str], n: int) -> np.ndarray:
    """A class for each of n images, all equally likely: halves of them have the same classes."""
    return np.random.default_rng(0).integers(len(names), size=n)


def shares_of(reference: Reference, names: Sequence[str], n: int) -> np.ndarray:
    """Classes in the real proportions, where the generator's classes are the real ones; else all equally likely."""
    if tuple(names) == reference.heads[0].values and not reference.grouped:
        asked = reference.labels_to_ask(len(names), range(n))
        assert asked is not None
        return asked
    return at_random(names, n)


def check_count(count: int, name: str) -> None:
    """Raises UserError for so few generated images that nothing could be said of them."""
    if count < MIN_GENERATED.value:
        raise UserError(
            f"{printable(name)} has {count} generated images; a diagnosis needs at least {MIN_GENERATED.value}."
        )


def splits_for(n_fake: int, n_unseen: int) -> dict[int, int]:
    """The one number of images a side that such a comparison uses, and how many healthy splits of it are made."""
    size = max(size for size in SPLITS if size <= max(min(n_fake, n_unseen // 2), min(SPLITS)))
    return {size: SPLITS[size]}


def as_asked(reference: Reference, attributes: tuple[Attribute, ...], labels: np.ndarray) -> np.ndarray | None:
    """The class of the real data that each generated image is filed under, int64 (n,).

    None unless all of the generated set's classes are the real ones', by name, and every image has one.
    """
    first = reference.heads[0]
    alone = len(attributes) == len(reference.heads) == 1  # then it may be called otherwise
    place = next((i for i, one in enumerate(attributes) if alone or one.name == first.name), None)
    if place is None or reference.grouped or (labels[:, place] < 0).any():
        return None
    return renumbered(labels[:, place], attributes[place], first)


def sized(real: ImageSet, fake: ImageSet, side: int) -> list[str]:
    """What was resized, in sentences."""
    of = {"real": real.side, "generated": fake.side}
    changed = [f"the {name} images are about {was} pixels a side" for name, was in of.items() if was and was != side]
    return (
        [f"{' and '.join(changed)}; both are compared at {side} x {side}, resized with antialiasing"] if changed else []
    )


def told(sides: Halves, generated: Dataset) -> list[str]:
    """The notes of both data sets: what was left out of them."""
    return [*(f"real images: {note}" for note in sides.seen.notes),
            *(f"generated images: {note}" for note in generated.notes)]  # fmt: skip


def unsaid(reference: Reference, sides: Halves, asked: np.ndarray | None, generated: Dataset) -> list[str]:
    """What such a comparison cannot know, in sentences."""
    notes = []
    if reference.grouped:
        why = f"{shown(reference.extractor)} reads no classes" if sides.seen.attributes else ""
        why = why or "the real images have no classes"
        notes.append(f"{why}, so modes are groups of similar images (k-means)")
    elif asked is None and generated.attributes:
        notes.append(
            "the classes that the generated images are filed under are not compared: they have other names than the "
            "real ones, or are not known of all"
        )
    if not sides.apart:
        notes.append(
            "every other real image stands in for the training set; generated images are compared with the rest"
        )
    return notes
