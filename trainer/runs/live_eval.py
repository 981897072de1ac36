"""The live diagnosis: evaluates the moving average of G while it trains, within a bounded share of the time."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from trainer.checkpoints.sampling import sample
from trainer.data import DATASETS, Dataset
from trainer.diagnosis import Diagnosis, Reference, diagnose, load_reference
from trainer.diagnosis.class_shares import plain_attribute
from trainer.diagnosis.reference import FILE, read_reference
from trainer.diagnosis.thresholds import MIN_REAL
from trainer.features.feature_set import FeatureSet, extract
from trainer.features.pixels import as_images
from trainer.networks import Generator
from trainer.runs.run import Run
from trainer.runs.session import VERDICT_IMAGES
from trainer.training.config import TrainConfig
from trainer.util.atomic_io import link_or_copy
from trainer.util.errors import UserError, sentence_of
from trainer.util.reading import last_line

SHARE = 0.05  # of the time, at most
GUESS = 1.0  # seconds that a verdict is expected to take before the first
STEP = 50  # images a pass; between two passes a stop is heard


@dataclass(frozen=True)
class Verdict:
    """A diagnosis with the seconds that it took."""

    diagnosis: Diagnosis
    seconds: float

    @cached_property
    def values(self) -> dict[str, float]:
        """What the curves show: measurements that say something, the modes that are made, and their divergence."""
        measured = self.diagnosis.measurements
        if measured is None:
            return {}
        moot, attributes = self.diagnosis.moot, self.diagnosis.attributes
        found = {key: measurement.value for key, measurement in measured.by_key.items() if key not in moot}
        if attributes:
            found |= {"modes": sum(not share.missing for share in attributes[0].classes), "kl": attributes[0].kl}
        return {key: float(value) for key, value in found.items() if math.isfinite(value)}

    @property
    def rank(self) -> tuple[int, float]:
        """Sorts the best first: by the gravest fault, then by the Frechet distance."""
        return self.diagnosis.verdict.grade, self.values.get("fid", sys.float_info.max)

    def detail(self) -> dict[str, Any]:
        """All that a page shows of it, as plain values."""
        verdict, measured = self.diagnosis.verdict, self.diagnosis.measurements
        return {
            "kind": verdict.kind,
            "title": verdict.title,
            "grade": verdict.grade,
            "n": self.diagnosis.n,
            "seconds": round(self.seconds, 2),
            "readings": {key: [*map(plain, r[1:])] for key, r in measured.by_key.items()} if measured else {},
            "moot": sorted(self.diagnosis.moot),
            "heads": [plain_attribute(attribute) for attribute in self.diagnosis.attributes],
            "findings": [{"kind": f.kind, "title": f.title, "text": f.text} for f in self.diagnosis.findings],
        }


def plain(value: float | None) -> float | None:
    """A number for JSON, which has no NaN and no infinity."""
    return None if value is None or not math.isfinite(value) else float(value)


class LiveEvaluator:
    """Knows when the next verdict is due, and gives it. Without a reference of the data it has one made, beside."""

    def __init__(
        self,
        run: Run,
        config: TrainConfig,
        dataset: Dataset,
        places: "Paths",
        tell: Callable[[str], object],
        samples: int = VERDICT_IMAGES,
    ):
        self.run, self.config, self.places, self.tell, self.samples = run, config, places, tell, samples
        self.reference = find_reference(run, config, dataset, places)
        self.dataset_size = len(dataset)
        self.maker: subprocess.Popen | None = None
        self.cost = GUESS  # seconds of the last verdict
        self.spent = 0.0  # seconds of all verdicts
        self.since = time.perf_counter()  # the beginning
        self.images_seen = 0  # at the last verdict

    def start(self, images_seen: int) -> None:
        """The training goes on from here; its first snapshot is there."""
        self.images_seen, self.since = images_seen, time.perf_counter()
        if self.dataset_size < 2 * MIN_REAL.value:
            self.tell(f"No verdicts: {self.dataset_size} real images are too few to tell a fault from chance.")
        elif self.reference is None:
            self.tell("The first verdict waits for the reference of this data set, which is being built.")
            self.maker = make_beside(self.run, self.places)

    def end(self) -> None:
        """Stop the process that makes the reference, if it still runs."""
        if self.maker is not None:
            self.maker.terminate()
            self.maker.wait()

    def due(self, config: TrainConfig, images_seen: int) -> bool:
        """Whether the time has come: so many images after the last verdict, or once all of them stay under SHARE."""
        if self.maker is not None and self.maker.poll() is not None:
            self.fetch(self.maker.returncode)
        if self.reference is None:
            return False
        if config.diagnose_kimg:
            return images_seen - self.images_seen >= config.diagnose_kimg * 1000
        passed = time.perf_counter() - self.since
        return self.spent + self.cost <= SHARE * (passed + self.cost)

    def fetch(self, status: int) -> None:
        """The reference that was made beside the training, or why there is none."""
        self.maker = None
        log = self.run.folder / "reference.log"
        try:
            if status:
                raise UserError(sentence_of(last_line(log)))
            self.reference = load_reference(self.run.latest)
        except UserError as error:
            self.tell(f"No verdicts: {error}")

    def evaluate(self, g: Generator, images_seen: int, stopping: Callable[[], bool]) -> Verdict | None:
        """Evaluate fresh images: the seeds from the count of images seen on. None if it was asked to stop."""
        assert self.reference is not None
        since = time.perf_counter()
        seeds = range(images_seen, images_seen + self.samples)
        asked, found = self.reference.labels_to_ask(g.num_classes, seeds), []
        for start in range(0, self.samples, STEP):
            if stopping():
                return None
            labels = None if asked is None else asked[start : start + STEP]
            drawn = sample(g, seeds[start : start + STEP], labels, noise="random", exact=False)
            found.append(extract(self.reference.reader, as_images(drawn), self.reference.space))
        diagnosis = diagnose(self.reference, FeatureSet.joined(found), asked=asked)
        self.cost, self.images_seen = time.perf_counter() - since, images_seen
        self.spent += self.cost
        return Verdict(diagnosis, self.cost)


@dataclass(frozen=True)
class Paths:
    """Where references may lie already: of published checkpoints, and among the data."""

    data: Path
    checkpoints: Path


def find_reference(run: Run, config: TrainConfig, dataset: Dataset, places: Paths) -> Reference | None:
    """The reference of this data set, if it has been made before; it is then the run's own, too."""
    for path in candidates(run, config, dataset, places):
        try:
            found = read_reference(path, run.name)
            found.check_fits(run.name, config.resolution, dataset.channels)
        except UserError:
            continue
        if (found.data, found.dataset_size) == (dataset.name, len(dataset)):
            if path != run.folder / FILE:
                link_or_copy(path, run.folder / FILE)
            return found
    return None


def candidates(run: Run, config: TrainConfig, dataset: Dataset, places: Paths) -> Iterator[Path]:
    """The run's own, those of the same images, and those of published checkpoints on a data set with a name."""
    if (run.folder / FILE).is_file():
        yield run.folder / FILE
    yield from (places.data / "references").glob(f"{dataset.fingerprint}-*-{config.resolution}-*.safetensors")
    if config.data in DATASETS:
        yield from places.checkpoints.glob(f"*/{FILE}")


def make_beside(run: Run, places: Paths) -> subprocess.Popen:
    """Make the reference in a process of its own, one thread, behind everybody else; it may outlive this one."""
    words = ["-m", "trainer", "reference", str(run.latest.resolve()), "--data-dir", str(places.data.resolve())]
    with (run.folder / "reference.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, *words],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=(lambda: os.nice(15)) if hasattr(os, "nice") else None,
        )
