"""Two sets of photographs: does the diagnosis with the offline extractor find faults, and only faults?

CIFAR-10 as an image folder in a zip, its folders the classes. Every other image is what the reference and its extractor
are made of; each case splits the others anew, one half the real side, the other half what a fault is made of.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.common import ROOT, Record, circumstances, main, markdown
from benchmarks.diagnosis import HEAD, Case, Sides, constructed, eight_bits, rows_of, shares, tried
from benchmarks.faults import HEALTHY, quality
from benchmarks.faults.base import Fault, Material
from benchmarks.faults.classes import lost, one, weighted
from benchmarks.faults.edits import blurred, copied
from benchmarks.faults.variety import repeated
from trainer.data import Dataset, load
from trainer.diagnosis.reference import read_reference
from trainer.diagnosis.reference_build import halved, kept_reference, part, with_classes
from trainer.features.feature_set import FeatureSet, extract
from trainer.features.pixels import as_images
from trainer.reports.two_sets import SPLITS

FAULTS = (
    Fault("one class not made", lost(1), ("mode-dropping",)),
    Fault("one class at a tenth of its share", weighted(one(0.1), named=True), ("mode-dropping",)),
    Fault("one class twice as often", weighted(one(2.0)), ("imbalance",)),
    Fault("3 % are one image", repeated(0.03), ("intra-mode-collapse",)),
    Fault("10 % copied from training", copied(0.1), ("memorised",)),
    quality("blur 1", blurred(1.0), far=True),
    quality("blur 2", blurred(2.0), far=True),
)


def named_by(dataset: Dataset, cases: Iterator[Case]) -> Iterator[Case]:
    """The same cases with the data set's own names for the classes."""
    values = dataset.attributes[0].values
    for reference, (fake, classes) in cases:
        yield reference, (fake, tuple(values[int(name)] for name in classes))


def measure(
    *,
    images: Path = ROOT / "data" / "cifar10-jpg.zip",
    data_dir: Path = ROOT / "data",
    sizes: str = "1000,5000",
    healthy: int = 60,
    cases: int = 20,
    seed: int = 0,
    threads: int = 1,
) -> Record:
    """images: CIFAR-10 as an image folder or a zip of one. sizes: images a case, healthy ones and faults at each."""
    torch.set_num_threads(threads)
    dataset = with_classes(load(str(images), resolution=32, data_dir=data_dir))
    sides = halved(dataset)
    path = kept_reference(sides, data_dir, "autoencoder", {n: SPLITS[n] for n in numbers(sizes)})
    reference = read_reference(path, sides.seen.name)
    others = part(dataset, slice(1, None, 2))
    split = Sides(reference, others, data_dir)

    def read(images: np.ndarray) -> FeatureSet:
        return extract(reference.reader, as_images(eight_bits(images)), reference.space)

    material = Material(shares(others.images), others.labels[:, 0], split.known, shares(sides.seen.images), read, 0)
    found = {}
    for n in numbers(sizes):
        for fault in (HEALTHY, *FAULTS):
            one_size = replace(fault, name=f"{fault.name}, n = {n:,}")
            made = constructed(split, replace(material, n=n), one_size, healthy if fault is HEALTHY else cases, seed)
            found[one_size.name] = tried(one_size, named_by(dataset, made))
    read_rightly = dict(zip(dataset.attributes[0].values, reference.real_accuracy, strict=True))
    return {"faults": found, "real_accuracy": read_rightly}


def numbers(text: str) -> list[int]:
    """1000,5000 -> [1000, 5000]"""
    return [int(part) for part in text.split(",")]


def table(record: Record) -> str:
    """A fault a row, and how well the extractor reads real images."""
    found = record["results"]
    read = ", ".join(f"{name} {100 * share:.0f} %" for name, share in found["real_accuracy"].items())
    return f"{markdown(HEAD, rows_of(found['faults']))}\n\nReal images read rightly: {read}.\n\n{circumstances(record)}"


if __name__ == "__main__":
    main(measure, table)
