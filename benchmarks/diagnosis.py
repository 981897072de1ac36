"""Do the verdicts find faults, and only faults? Constructed cases from MNIST's test split, and really trained models.

Each case splits the 10,000 test images anew: one half is the reference's real side, the other half is what a fault is
made of, so that a healthy case is what a perfect generator would give. Goals, for 2,000 images: one of ten classes
not made is found in at least 95 % of cases, and named rightly in 95 % of these; at most 1 % false alarms.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.common import CHECKPOINTS, ROOT, Record, circumstances, interval, main, markdown
from benchmarks.faults import FAULTS, HEALTHY
from benchmarks.faults.base import Fault, Made, Material
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.sampling import sample
from trainer.data import Dataset, load
from trainer.diagnosis import Finding, Reference, diagnose, load_reference
from trainer.diagnosis.declared import SEEN
from trainer.diagnosis.reference import FILE
from trainer.diagnosis.reference_build import coordinates, part, rounded
from trainer.features.feature_set import FeatureSet, extract, extract_dataset
from trainer.features.pixels import as_images
from trainer.metrics.distances import nearest
from trainer.metrics.modes import wilson

FOUND, NAMED, FALSE_ALARMS = 0.95, 0.95, 0.01  # the goals
GRAVE = 2
HEAD = (
    "fault",
    "cases",
    "found, %",
    "95 % interval",
    "verdict right",
    "wrong grave claim",
    "classes named",
    "verdicts",
)


class Score(NamedTuple):
    """How a diagnosis did on one case.

    Attributes:
        found: a finding shows the fault. right: the verdict is right.
        wrong: a grave finding claims what is not there, a kind or a class.
        named: the classes that are missing are named, all and no others; None where there are none.
    """

    found: bool
    right: bool
    wrong: bool
    named: bool | None


def score(fault: Fault, findings: Sequence[Finding], classes: Collection[str]) -> Score:
    """Evaluate the findings, the verdict first; classes: those concerned, empty where the fault concerns no class."""
    grave = [finding for finding in findings if finding.grade == GRAVE]
    strangers = classes and any(set(finding.classes) - set(classes) for finding in grave)
    missing = {name for finding in findings if finding.kind == "mode-dropping" for name in finding.classes}
    return Score(
        found=any(finding.kind in fault.shows for finding in findings),
        right=findings[0].kind in fault.verdicts,
        wrong=bool(strangers) or any(finding.kind not in fault.true for finding in grave),
        named=missing == set(classes) if classes and "mode-dropping" in fault.shows else None,
    )


class Sides:
    """A data set's unseen images, split anew for each case into a reference's real side and a pool."""

    def __init__(self, reference: Reference, unseen: Dataset, data_dir: Path):
        known = extract_dataset(reference.reader, unseen, data_dir, progress=False)
        self.known = replace(known, pixels=coordinates(reference.space, unseen))
        self.reference = reference
        self.distances = nearest(self.known.pixels.astype(np.float64), reference.seen, 1)[:, 0]

    def split(self, rng: np.random.Generator) -> tuple[Reference, np.ndarray]:
        """A reference that knows half of the images, and the rows of the others."""
        rows = rng.permutation(len(self.known))
        half, pool = np.split(rows, [len(rows) // 2])
        real = self.known.take(half)
        counts = tuple(np.bincount(p.argmax(1), minlength=p.shape[1]) for p in real.probabilities)
        reference = replace(self.reference, real=rounded(real), counts=counts)
        reference.__dict__["unseen_distances"] = self.distances[half]  # known already
        return reference, pool


Case = tuple[Reference, Made]


def tried(fault: Fault, cases: Iterator[Case]) -> Record:
    """What the diagnosis said of a fault's cases, in sum."""
    scores, verdicts, findings, sizes = [], Counter(), Counter(), []
    started = time.perf_counter()
    for reference, (fake, classes) in cases:
        found = diagnose(reference, fake).findings
        scores.append(score(fault, found, classes))
        verdicts[found[0].kind] += 1
        findings.update({finding.kind for finding in found})
        sizes.append(len(fake))
    named = [s.named for s in scores if s.named is not None]
    record = {
        "cases": len(scores),
        "n": int(np.mean(sizes)),
        **{key: round(float(np.mean([getattr(s, key) for s in scores])), 4) for key in ("found", "right", "wrong")},
        "named": round(float(np.mean(named)), 4) if named else None,
        "known": fault.known,
        "verdicts": dict(verdicts.most_common()),
        "findings": dict(findings.most_common()),
    }
    print(f"{fault.name}: {record['verdicts']} {record['findings']} {time.perf_counter() - started:.0f} s", flush=True)
    return record


def digits(data_dir: Path, reference: Reference, n: int) -> tuple[Sides, Material]:
    """MNIST's test images, and those trained on that the reference keeps."""
    unseen = load("mnist", resolution=32, data_dir=data_dir, held_out=True)
    trained = load("mnist", resolution=32, data_dir=data_dir)
    sides = Sides(reference, unseen, data_dir)

    def read(images: np.ndarray) -> FeatureSet:
        return extract(reference.reader, as_images(eight_bits(images)[..., None]), reference.space)

    kept = part(trained, slice(None, None, -(-len(trained) // SEEN))).images
    return sides, Material(grey(unseen.images), unseen.labels[:, 0], sides.known, grey(kept), read, n)


def grey(images: np.ndarray) -> np.ndarray:
    """uint8 (N, S, S, 1) -> float32 (N, S, S) from 0 to 1."""
    return shares(images[..., 0])


def shares(images: np.ndarray) -> np.ndarray:
    """uint8 -> float32 from 0 to 1."""
    return images.astype(np.float32) / 255


def eight_bits(images: np.ndarray) -> np.ndarray:
    """The inverse."""
    return (images * 255).round().clip(0, 255).astype(np.uint8)


def constructed(sides: Sides, material: Material, fault: Fault, count: int, seed: int) -> Iterator[Case]:
    for case in range(count):
        rng = np.random.default_rng([seed, case, *fault.name.encode()])
        reference, pool = sides.split(rng)
        yield reference, fault.make(material, pool, rng, case)


def values_lost(sides: Sides, labels: np.ndarray, head: int, count: int, n: int, seed: int) -> Iterator[Case]:
    """One value of one attribute is not made, each in its turn."""
    for case in range(count):
        rng = np.random.default_rng([seed, head, case])
        reference, pool = sides.split(rng)
        rows = pool[labels[pool, head] != case % len(reference.heads[head].values)][:n]
        gone = [
            f"{attribute.name}: {name}"
            for i, attribute in enumerate(reference.heads)
            for value, name in enumerate(attribute.values)
            if value in labels[pool, i] and value not in labels[rows, i]  # one may only be seen with another
        ]
        yield reference, (sides.known.take(rows), tuple(gone))


def faces(data_dir: Path, reference: Reference, n: int, count: int, cases: int, seed: int) -> Record:
    """The same for drawn faces with several attributes: healthy ones, and one value of an attribute not made."""
    unseen = load("avatars", resolution=64, data_dir=data_dir, held_out=True)
    sides = Sides(reference, unseen, data_dir)
    whole = Material(np.empty(0), np.empty(0), sides.known, np.empty(0), extract, n)
    found = {HEALTHY.name: tried(HEALTHY, constructed(sides, whole, HEALTHY, count, seed))}
    for head, attribute in enumerate(reference.heads):
        fault = replace(FAULTS[0], name=f"a value of {attribute.name} not made", known=False)
        lost = values_lost(sides, unseen.labels, head, cases, n, seed)
        found[fault.name] = tried(fault, lost)
    return found


def trained_models(folders: Sequence[Path], reference: Reference, n: int) -> Record:
    """What is said of the images of real generators of the same data."""
    found = {}
    for folder in folders:
        info = read_info(folder)
        generator = load_generator(folder, info)
        if (generator.resolution, generator.channels) != (reference.resolution, reference.channels):
            continue
        if not info.data or info.data.get("name") != reference.data:
            continue
        drawn = sample(generator, range(n), noise="random", exact=False)
        fake = extract(reference.reader, as_images(drawn), reference.space)
        findings = diagnose(reference, fake).findings
        name = folder.parents[1].name if folder.parent.name == "snapshots" else folder.name
        found[name] = {
            "kimg": info.images_seen / 1000,
            "findings": [f.kind for f in findings],
            "text": findings[0].text,
        }
    return found


def goals(found: Record) -> Record:
    """The goals' figures, false alarms with the 95 % interval of their rate."""
    well, drop = found[HEALTHY.name], found[FAULTS[0].name]
    alarms = well["cases"] - well["verdicts"].get("healthy", 0)
    low, high = (float(bound[0]) for bound in wilson(np.array([alarms]), well["cases"]))
    return {
        "false_alarms": round(alarms / well["cases"], 4),
        "interval": [round(low, 4), round(high, 4)],
        "met": alarms / well["cases"] <= FALSE_ALARMS and drop["found"] >= FOUND and drop["named"] >= NAMED,
    }


def measure(
    *,
    data_dir: Path = ROOT / "data",
    checkpoints: Path = CHECKPOINTS,
    runs: str = "",
    n: int = 2000,
    healthy: int = 300,
    drops: int = 200,
    cases: int = 10,
    faces_healthy: int = 100,
    faces_cases: int = 12,
    seed: int = 0,
    threads: int = 1,
) -> Record:
    """runs: a folder whose runs' latest snapshots are evaluated beside the published checkpoints. n: images a case."""
    torch.set_num_threads(threads)
    reference = load_reference(checkpoints / "mnist-dcgan")
    sides, material = digits(data_dir, reference, n)
    found = {}
    for fault, count in ((HEALTHY, healthy), (FAULTS[0], drops), *((fault, cases) for fault in FAULTS[1:])):
        found[fault.name] = tried(fault, constructed(sides, material, fault, count, seed))
    for size, count in ((400, healthy // 3), (1000, healthy // 3), (5000, healthy // 10)):
        other = replace(HEALTHY, name=f"healthy, n = {size:,}")
        found[other.name] = tried(other, constructed(sides, replace(material, n=size), other, count, seed))
    folders = [path.parent for path in sorted(checkpoints.glob("*/config.json"))]
    folders += [path.parent for path in sorted(Path(runs).glob("*/snapshots/latest/config.json"))] if runs else []
    results = {"faults": found, **goals(found), "trained": trained_models(folders, reference, n)}
    if (checkpoints / "avatars-stylegan" / FILE).is_file():
        drawn = load_reference(checkpoints / "avatars-stylegan")
        results["faces"] = faces(data_dir, drawn, n, faces_healthy, faces_cases, seed)
    return results


def rows_of(found: Record) -> list[list[str]]:
    """A fault a row: shares in %."""

    def share(value: float | None) -> str:
        return "" if value is None else f"{100 * value:.0f}" if value in (0, 1) else f"{100 * value:.1f}"

    keys = ("right", "wrong", "named")
    return [
        [
            name + ("" if fault["known"] or name.startswith(HEALTHY.name) else " *"),
            f"{fault['cases']:,}",
            share(fault["found"]),
            interval(round(fault["found"] * fault["cases"]), fault["cases"]),
            *(share(fault[key]) for key in keys),
            ", ".join(f"{kind} {count}" for kind, count in fault["verdicts"].items()),
        ]
        for name, fault in found.items()
    ]


def table(record: Record) -> str:
    results, settings = record["results"], record["settings"]
    drop = results["faults"][FAULTS[0].name]
    trained = [
        [name, f"{model['kimg']:,.0f}", ", ".join(model["findings"])] for name, model in results["trained"].items()
    ]
    parts = [
        markdown(HEAD, rows_of(results["faults"])),
        f"{settings['n']:,} images a case unless said otherwise; * the panel was not chosen on this fault. "
        f"Goals: one digit not made is found in {100 * FOUND:.0f} % ({100 * drop['found']:.1f}), named in "
        f"{100 * NAMED:.0f} % ({100 * drop['named']:.1f}), false alarms at most {100 * FALSE_ALARMS:.0f} % "
        f"({100 * results['false_alarms']:.1f}, 95 % interval {100 * results['interval'][0]:.1f} to "
        f"{100 * results['interval'][1]:.1f}): {'met' if results['met'] else 'missed'}. {circumstances(record)}",
        "Really trained:",
        markdown(["generator of digits", "kimg", "findings"], trained),
    ]
    if "faces" in results:
        parts += ["Drawn faces, nine attributes:", markdown(HEAD, rows_of(results["faces"]))]
    return "\n\n".join(parts)


if __name__ == "__main__":
    main(measure, table)
