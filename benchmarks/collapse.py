"""How many modes does each kind of GAN make? VEEGAN's and PacGAN's protocol, beside what the papers report.

Points: a ring of 8 and a grid of 25 modes, 2,500 generated points, of high quality within three deviations of a mode.
Stacked MNIST: 26,000 images, each colour read by our classifier of digits, 1,000 modes, KL to equal shares. Every
method sees as many points, and has as many minutes of one thread for stacked MNIST. The verdict
is our diagnosis', which does not know the modes' centres: fewer healthy splits than usual stand behind its bands.
"""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import Record, begun, circumstances, main, markdown
from trainer.checkpoints.sampling import sample
from trainer.data import Dataset, load
from trainer.data.points import PLANS
from trainer.diagnosis import Reference, diagnose
from trainer.diagnosis.reference_build import build_reference, halves, reader_for
from trainer.features import extractor_for
from trainer.features.feature_set import FeatureSet, extract
from trainer.features.pixels import as_images
from trainer.metrics.modes import label_kl, modes_captured
from trainer.metrics.plane import plane_modes
from trainer.networks import Generator
from trainer.training.config import TrainConfig, config_from
from trainer.training.loop import train

POINTS = 2500
STACKED = 26_000
EVALUATED = 2000  # images or points of a verdict
SPLITS = {EVALUATED: 60}
PART = 1000  # images generated and read at once
ADAM = {"lr": 1e-3, "beta1": 0.5, "beta2": 0.999}
PLAIN: dict[str, Any] = {"penalty": "none", "loss": "non-saturating", "batch": 128, **ADAM}
PLANE: dict[str, dict[str, Any]] = {
    "GAN": PLAIN,
    "GAN, minimax": {**PLAIN, "loss": "minimax"},
    "PacGAN2": {**PLAIN, "pac_size": 2},
    "WGAN-GP": {"loss": "wasserstein", "penalty": "gp", "gp_weight": 0.1, "n_critic": 5, "batch": 128},
    "preset points (R3GAN's loss)": {},
}
DIGITS: dict[str, tuple[str, dict[str, Any]]] = {
    "DCGAN": ("mnist-dcgan", {}),
    "PacDCGAN2": ("mnist-dcgan", {"pac_size": 2}),
    "WGAN-GP": ("wgan-gp", {}),
    "R3GAN's recipe": ("r3gan", {}),
    "StyleGAN-lite": ("stylegan-lite", {"width": 64, "z_dim": 64}),
}
PUBLISHED = {  # (data, method) -> text; sources in the table's foot
    ("ring8", "GAN"): "1 / 0.993 (VEEGAN), 6.3 / 0.982 (PacGAN)",
    ("ring8", "PacGAN2"): "7.9 / 0.956 (PacGAN)",
    ("grid25", "GAN"): "3.3 / 0.005 (VEEGAN), 17.3 / 0.948 (PacGAN)",
    ("grid25", "PacGAN2"): "23.8 / 0.913 (PacGAN)",
    ("stacked-mnist", "DCGAN"): "99 / 3.40 (VEEGAN), 78.9 / 4.50 (PacGAN)",
    ("stacked-mnist", "PacDCGAN2"): "1000 / 0.06 (PacGAN)",
}


def measure(
    *, kimg: float = 2500.0, seeds: int = 3, stacked_minutes: float = 4.0, data_dir: Path = Path("data")
) -> Record:
    """kimg, seeds: of the trainings on points; stacked_minutes: of each on stacked MNIST. 0 leaves either out."""
    torch.set_num_threads(1)
    found: Record = {}
    for data in PLANS if seeds > 0 else ():
        known = reference(data, 1, data_dir)
        dataset = load(data, resolution=1, data_dir=data_dir)
        for method, settings in PLANE.items():
            runs = []
            for seed in range(seeds):
                given = {"data": data, "seed": seed, "kimg": kimg, "threads": 1, **settings}
                g, spent = trained(config_from(given, "points"), dataset)
                runs.append({**spent, **on_points(g, data), "verdict": verdict(known, g)})
                print(data, method, runs[-1], flush=True)
            found[f"{data}|{method}"] = runs
    if stacked_minutes > 0:
        known = reference("stacked-mnist", 32, data_dir)
        dataset = load("stacked-mnist", resolution=32, data_dir=data_dir)
        for method, (preset, settings) in DIGITS.items():
            given = {"data": "stacked-mnist", "resolution": 32, "kimg": 1e6, "threads": 1, **settings}
            g, spent = trained(config_from(given, preset), dataset, 60 * stacked_minutes)
            run = {**spent, **on_digits(known, g), "verdict": verdict(known, g)}
            print("stacked-mnist", method, run, flush=True)
            found[f"stacked-mnist|{method}"] = [run]
    return found


def trained(config: TrainConfig, dataset: Dataset, seconds: float = math.inf) -> tuple[Generator, dict[str, float]]:
    """(the moving average at the end, or after so many seconds, how long and far that was)."""
    state = begun(config, dataset)
    since = time.perf_counter()
    for _ in train(state, dataset, config):
        if time.perf_counter() - since > seconds:
            break
    passed = time.perf_counter() - since
    return state.ema.module.eval(), {"kimg": state.images_seen / 1000, "seconds": round(passed, 1)}


def reference(data: str, resolution: int, data_dir: Path) -> Reference:
    real = halves(data, resolution, data_dir, None)
    return build_reference(real, reader_for(extractor_for(data), real.seen, data_dir, print), data_dir, SPLITS)


def read(reference: Reference, g: Generator, count: int, seed: int) -> FeatureSet:
    seeds = range(seed, seed + count)
    parts = [sample(g, seeds[start : start + PART], noise="random", exact=False) for start in range(0, count, PART)]
    return FeatureSet.joined([extract(reference.reader, as_images(part), reference.space) for part in parts])


def verdict(reference: Reference, g: Generator) -> str:
    """The diagnosis' title, and the modes of its first attribute that it says are made."""
    diagnosis = diagnose(reference, read(reference, g, EVALUATED, seed=7))
    panel = diagnosis.measurements
    made = sum(not share.missing for attribute in panel.attributes for share in attribute.classes) if panel else 0
    of = sum(len(attribute.classes) for attribute in panel.attributes) if panel else 0
    return f"{diagnosis.verdict.title} ({made} of {of})"


def on_points(g: Generator, data: str) -> Mapping[str, float]:
    plan = PLANS[data]
    points = sample(g, range(POINTS), exact=False).reshape(-1, 2)
    found = plane_modes(fake=points, centres=plan.centres, sigma=plan.sigma)
    named = {name.removeprefix("plane_"): value for name, value in found.items()}
    return {name: value for name, value in named.items() if not np.isnan(value)}  # a record has no NaN


def on_digits(reference: Reference, g: Generator) -> Mapping[str, float]:
    labels = [p.argmax(1) for p in read(reference, g, STACKED, seed=1).probabilities]
    stacked = 100 * labels[0] + 10 * labels[1] + labels[2]
    even = np.tile(np.arange(1000), 26)
    kl = label_kl(real_labels=even, fake_labels=stacked, k_classes=1000)
    return {"modes": modes_captured(fake_labels=stacked, k_classes=1000), "kl": kl}


def table(record: Record) -> str:
    rows = []
    for key, runs in record["results"].items():
        data, method = key.split("|")
        second = "high_quality" if "high_quality" in runs[0] else "kl"
        verdicts = sorted({run["verdict"] for run in runs}, key=[run["verdict"] for run in runs].index)
        spent = [f"{np.mean([run[name] for run in runs]):,.0f}" for name in ("kimg", "seconds")]
        measured = [spread([run[name] for run in runs], digits) for name, digits in (("modes", 1), (second, 3))]
        rows.append([data, method, *measured, PUBLISHED.get((data, method), ""), "; ".join(verdicts), *spent])
    head = ["data", "method", "modes", "high quality, or KL", "published", "our verdict (modes)", "kimg", "seconds"]
    s = record["settings"]
    return (
        f"{markdown(head, rows)}\n\nMean ± deviation over {s['seeds']} seeds of {s['kimg']:g} kimg each for points; "
        f"one run of {s['stacked_minutes']:g} minutes each for stacked MNIST, where KL stands (lower is better); "
        "one thread. "
        "Real points: 0.989 of high quality. Published: VEEGAN (Srivastava et al. 2017), PacGAN (Lin et al. 2018, "
        f"ten trials), each with its own networks and budget. {circumstances(record)}"
    )


def spread(values: list[float], digits: int) -> str:
    mean = f"{np.mean(values):.{digits}f}"
    return f"{mean} ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else mean


if __name__ == "__main__":
    main(measure, table)
