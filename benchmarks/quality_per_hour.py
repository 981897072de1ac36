"""How good are the images after so many minutes of one core? Our presets, and others' DCGAN and StyleGAN2.

Each trains on avatars at 64 pixels, and on MNIST at 32, with one thread. The clock is the process' CPU time and stands
still while images are drawn and judged. One judge for all: benchmarks.judge, a reader that none was tuned by. A
contender whose rows are stored is not trained again, so that the hours can be spread over many calls.
"""

import json
import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from benchmarks.common import RESULTS, ROOT, Record, as_json, circumstances, commit, main, markdown
from benchmarks.contenders import CONTENDERS, Loop
from benchmarks.judge import SIDES, judge
from benchmarks.stylegan2_peer import Missing
from trainer.data import load
from trainer.features import Extractor
from trainer.features.feature_set import FeatureSet, extract, extract_dataset
from trainer.features.pixels import as_images
from trainer.metrics.fid import frechet_distance
from trainer.metrics.prdc import prdc
from trainer.util.atomic_io import write_text
from trainer.util.errors import UserError

MOMENTS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)  # core-minutes
SURE, MADE = 0.9, 0.01  # a value is made if the judge is so sure of it in so many of the images


def judged(reader: Extractor, real: FeatureSet, images: np.ndarray) -> Record:
    """The figures of images uint8 (n, H, W, C) against n held-out ones."""
    return figures(real, extract(reader, as_images(images)))


def figures(real: FeatureSet, fake: FeatureSet) -> Record:
    """Fréchet distance, shares of `prdc`, and the values made, in the judge's features; both sides of equal size."""
    shares = prdc(real=real.features, fake=fake.features)
    return {
        "fid": round(frechet_distance(real=real.features, fake=fake.features), 1),
        **{name: round(shares[name], 3) for name in ("precision", "recall", "coverage")},
        "made": round(made(fake), 3),
    }


def made(fake: FeatureSet) -> float:
    """Share of the values of all attributes that at least 1 % of the images show, as the judge is sure. 0 to 1."""
    shares = [
        np.bincount(fake.labels(head)[fake.sure(head, SURE)], minlength=probabilities.shape[1]) / len(fake)
        for head, probabilities in enumerate(fake.probabilities)
    ]
    return float((np.concatenate(shares) >= MADE).mean())


def moments(minutes: float) -> list[float]:
    """When to judge: the MOMENTS before the end, and the end."""
    return [moment for moment in MOMENTS if moment < minutes] + [minutes]


def against_the_clock(loop: Loop, stops: Sequence[float]) -> Iterator[tuple[float, int, float]]:
    """Train; at each stop, in core-minutes: (the stop, real images seen so far, core-minutes really spent)."""
    spent, seen = 0.0, 0
    for stop in stops:
        while spent < 60 * stop:
            started = time.process_time()
            next(loop.steps)
            spent += time.process_time() - started
            seen += loop.batch
        yield stop, seen, spent / 60


def curve(name: str, loop: Loop, minutes: float, samples: int, reader: Extractor, real: FeatureSet) -> list[Record]:
    """What a contender has come to at each moment."""
    rows = []
    for stop, seen, spent in against_the_clock(loop, moments(minutes)):
        found = judged(reader, real, loop.draw(samples))
        rows.append({"minutes": stop, "spent": round(spent, 3), "kimg": seen / 1000, **found})
        print(name, rows[-1], flush=True)
    return rows


def earlier(*files: Path) -> list[Record]:
    """The runs that are stored in records, of which some may be missing."""
    return [run for file in files if file.is_file() for run in json.loads(file.read_text())["results"]["runs"]]


def key(run: Record) -> tuple[object, ...]:
    """What a run is one of: two with the same key are not stored side by side."""
    return run["data"], run["contender"], run["seed"], run["samples"]


def longest(runs: Sequence[Record]) -> list[Record]:
    """Of each key the run that trained for the longest, in the order of the data sets and contenders."""
    best: dict[tuple[object, ...], Record] = {}
    for run in sorted(runs, key=lambda run: float(run["minutes"])):
        best[key(run)] = run
    order = list(CONTENDERS)
    return sorted(
        (run for run in best.values() if run["contender"] in order),
        key=lambda run: (list(SIDES).index(run["data"]), order.index(run["contender"]), run["seed"]),
    )


def trained(data: str, name: str, asked: Record, data_dir: Path) -> Record:
    """One contender's run."""
    reader, _ = judge(data_dir, data)
    real, _ = real_sides(data, reader, asked["samples"], data_dir)
    loop = CONTENDERS[name](load(data, resolution=SIDES[data], data_dir=data_dir), asked["seed"])
    about = {
        "data": data,
        "contender": name,
        **asked,
        "parameters": loop.parameters,
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "load_before": round(os.getloadavg()[0], 2),
    }
    return about | {"rows": curve(name, loop, asked["minutes"], asked["samples"], reader, real)}


def real_sides(data: str, reader: Extractor, samples: int, data_dir: Path) -> tuple[FeatureSet, FeatureSet]:
    """Held-out images, as many as are drawn: those that are judged against, and as many others."""
    held_out = load(data, resolution=SIDES[data], data_dir=data_dir, held_out=True, limit=2 * samples)
    found = extract_dataset(reader, held_out, data_dir)
    return found.take(slice(0, samples)), found.take(slice(samples, None))


def judges(names: Sequence[str], samples: int, data_dir: Path) -> Record:
    """Of each data set's judge: how much it reads rightly, and its figures of other held-out images."""
    found = {}
    for name in names:
        reader, accuracy = judge(data_dir, name)
        found[name] = {"accuracy": accuracy, "real": figures(*real_sides(name, reader, samples, data_dir))}
    return found


def asked_for(only: str) -> list[str]:
    """The contenders whose name begins so. Raises UserError if there is none."""
    names = [name for name in CONTENDERS if name.startswith(only)]
    if not names:
        raise UserError(f"No contender's name begins with {only!r}. Choose from: {', '.join(CONTENDERS)}.")
    return names


def measure(
    *,
    data: str = "avatars,mnist",
    only: str = "",
    minutes: float = 60.0,
    seed: int = 0,
    samples: int = 2000,
    data_dir: Path = ROOT / "data",
    kept: Path = RESULTS / "quality_per_hour.json",
) -> Record:
    """only: the beginning of a contender's name. minutes: of one core, each. kept: the record of earlier runs."""
    torch.set_num_threads(1)
    backup = data_dir / "benchmarks" / "quality_per_hour.json"  # a call that is killed keeps the runs it has finished
    runs = longest(earlier(kept, backup))
    asked = {"seed": seed, "minutes": minutes, "samples": samples}
    for name in data.split(","):
        for contender in asked_for(only):
            wanted = {"data": name, "contender": contender, **asked}
            if any(key(run) == key(wanted) and run["minutes"] >= minutes for run in runs):
                continue
            try:
                runs = longest([*runs, trained(name, contender, asked, data_dir)])
            except Missing as error:
                print(f"{contender} is left out: {error}", flush=True)
            write_text(backup, as_json({"results": {"runs": runs}}))
    runs = [run for run in runs if run["samples"] == samples]
    return {"judges": judges(list(dict.fromkeys(run["data"] for run in runs)), samples, data_dir), "runs": runs}


def cell(row: Record | None) -> str:
    """Fréchet distance / coverage / values made."""
    return f"{row['fid']:,.0f} / {row['coverage']:.2f} / {100 * row['made']:.0f} %" if row else ""


def table(record: Record) -> str:
    """A contender a row, core-minutes the columns; at the end of a data set's rows, other real images."""
    results = record["results"]
    stops = sorted({row["minutes"] for run in results["runs"] for row in run["rows"]})
    lines = []
    for data, of in results["judges"].items():
        for run in (run for run in results["runs"] if run["data"] == data):
            at = {row["minutes"]: row for row in run["rows"]}
            sizes = " / ".join(f"{count / 1e6:.2f}" for count in run["parameters"])
            name = run["contender"] + (f", seed {run['seed']}" if run["seed"] else "")
            lines.append([f"{data}: {name}", sizes, *(cell(at.get(stop)) for stop in stops)])
        lines.append([f"{data}: other real images", "", *[""] * (len(stops) - 1), cell(of["real"])])
    head = ["after core-minutes", "G / D, M parameters", *(f"{stop:g}" for stop in stops)]
    read = {data: np.mean(list(of["accuracy"].values())) for data, of in results["judges"].items()}
    accuracy = ", ".join(f"{data} {100 * share:.1f} %" for data, share in read.items())
    loads = [run["load_before"] for run in results["runs"]]
    return (
        f"{markdown(head, lines)}\n\nFréchet distance / coverage / values made, of {record['settings']['samples']:,} "
        f"images a cell. The judge reads {accuracy} of held-out attributes rightly. Load {min(loads):g} to "
        f"{max(loads):g} before the runs. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
