"""What is a discriminator worth as an extractor? Faults of `diagnosis` by a critic's features and by the reader's.

The critics are those of one small DCGAN of MNIST at two moments of its training. The reader of digits stands beside
them twice: with its classes, and by its features alone, whose groups (k-means) are then the modes, as with a critic.
What each finds is kept in the data folder, so that a run that was stopped goes on.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.common import ROOT, Record, as_json, circumstances, interval, main, markdown
from benchmarks.diagnosis import Case, constructed, digits, tried
from benchmarks.faults import HEALTHY, quality
from benchmarks.faults.base import Fault
from benchmarks.faults.classes import lost, one, weighted
from benchmarks.faults.edits import blurred
from benchmarks.faults.variety import repeated
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.critic_features import PREFIX
from trainer.checkpoints.sampling import sample
from trainer.data import load
from trainer.diagnosis import Reference, diagnose
from trainer.diagnosis.reference import read_reference
from trainer.diagnosis.reference_build import Halves, build_reference, kept_reference, part
from trainer.features import EXTRACTORS
from trainer.features.feature_set import extract, extract_dataset
from trainer.features.groups import grouped
from trainer.features.pixels import as_images
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.run import Run
from trainer.training.config import config_from
from trainer.util.atomic_io import write_text

SIDE = 32  # pixels
EVERY = 3  # of the images trained on, as many as the groups are found among
READER, ALONE = "mnist", "mnist, no classes"
FAULTS = (
    Fault("one digit not made", lost(1), ("mode-dropping",)),
    Fault("one digit at a tenth of its share", weighted(one(0.1), named=True), ("mode-dropping",)),
    Fault("3 % are one image", repeated(0.03), ("intra-mode-collapse",)),
    quality("blur 1", blurred(1.0)),
)


def critics(data_dir: Path, moments: list[float]) -> dict[str, Path]:
    """Name -> checkpoint with its critic, at these thousands of images; trained unless it is there."""
    folder = data_dir / "critics"
    run, found = Run(folder / "runs", "mnist"), {}
    for kimg in moments:
        name = f"critic, {kimg:g} kimg"
        found[name] = folder / "checkpoints" / f"mnist-{kimg:g}"
        if not found[name].is_dir():
            config = config_from({"kimg": kimg, "threads": 1, "diagnose": False}, "mnist-dcgan")
            for progress in run_training(run, config, places=Paths(folder / "checkpoints", data_dir)):
                print(progress, flush=True)
            publish(run, found[name].name, found[name].parent, critic=True)
    return found


def real_images(data_dir: Path) -> Halves:
    """MNIST's images trained on, a part of them, and its test images."""
    seen = part(load("mnist", resolution=SIDE, data_dir=data_dir), slice(0, None, EVERY))
    return Halves(seen, load("mnist", resolution=SIDE, data_dir=data_dir, held_out=True), apart=True)


def reference_by(name: str, folders: dict[str, Path], data_dir: Path, splits: dict[int, int]) -> Reference:
    """A reference of MNIST by one of the extractors."""
    real = real_images(data_dir)
    if name == ALONE:
        reader = EXTRACTORS["mnist"].open({}, ())
        alone = grouped(reader, extract_dataset(reader, real.seen, data_dir).features)
        return build_reference(real, alone, data_dir, splits)
    extractor = f"{PREFIX}{folders[name].resolve()}" if name in folders else "mnist"
    return read_reference(kept_reference(real, data_dir, extractor, splits), "mnist")


def unnamed(cases: Iterator[Case]) -> Iterator[Case]:
    """The same cases; no classes need be named, as groups have other names."""
    for reference, (fake, _) in cases:
        yield reference, (fake, ())


def of_generator(folder: Path, reference: Reference, n: int) -> list[str]:
    """The findings on n samples of a generator."""
    images = as_images(sample(load_generator(folder, read_info(folder)), range(n), exact=False))
    return [
        finding.kind for finding in diagnose(reference, extract(reference.reader, images, reference.space)).findings
    ]


def measure(
    *,
    data_dir: Path = ROOT / "data",
    moments: str = "30,120",
    n: int = 500,
    splits: int = 100,
    healthy: int = 60,
    cases: int = 20,
    seed: int = 0,
) -> Record:
    """moments: thousands of images after which the critic is kept. n: images a case. splits: healthy ones, a reader."""
    torch.set_num_threads(1)
    folders = critics(data_dir, [float(moment) for moment in moments.split(",")])
    found: Record = {}
    for reader in (READER, ALONE, *folders):
        kept = data_dir / "critics" / f"{reader}-{n}-{splits}-{healthy}-{cases}-{seed}.json"
        if not kept.is_file():
            reference = reference_by(reader, folders, data_dir, {n: splits})
            counts = {fault: healthy if fault is HEALTHY else cases for fault in (HEALTHY, *FAULTS)}
            write_text(kept, as_json(by_reader(reference, folders, data_dir, n, counts, seed)))
        found[reader] = json.loads(kept.read_text())
    return {"readers": found}


def by_reader(
    reference: Reference, folders: dict[str, Path], data_dir: Path, n: int, counts: dict[Fault, int], seed: int
) -> Record:
    """What one reader finds of each fault, in so many cases, and in the samples of the critics' own generators."""
    sides, material = digits(data_dir, reference, n)
    return {
        "features": reference.real.features.shape[1],
        "faults": {
            fault.name: tried(fault, unnamed(constructed(sides, material, fault, count, seed)))
            for fault, count in counts.items()
        },
        "generators": {own: of_generator(folder, reference, n) for own, folder in folders.items()},
    }


def table(record: Record) -> str:
    """A fault a row, an extractor a column: the share that is found, of healthy ones the share without an alarm."""
    readers = record["results"]["readers"]
    head = ["found, % (95 % interval)", *(f"{name} ({found['features']:,})" for name, found in readers.items())]
    rows = [
        [fault, *(told(found["faults"][fault]) for found in readers.values())] for fault in readers[READER]["faults"]
    ]
    rows += [
        [f"the generator of *{own}*", *(", ".join(found["generators"][own]) for found in readers.values())]
        for own in readers[READER]["generators"]
    ]
    settings = record["settings"]
    return (
        f"{markdown(head, rows)}\n\n{settings['n']:,} images a case, {settings['healthy']} healthy cases and "
        f"{settings['cases']} of each fault; in brackets in the head, the number of features. {circumstances(record)}"
    )


def told(fault: Record) -> str:
    """The share that is found, and where another verdict stands in its place or a grave claim is wrong, these."""
    count, cases = round(fault["found"] * fault["cases"]), fault["cases"]
    wrong = f"; wrong grave claim {100 * fault['wrong']:.0f} %" if fault["wrong"] else ""
    return f"{100 * count / cases:.0f} ({interval(count, cases)}){wrong}"


if __name__ == "__main__":
    main(measure, table)
