"""How near does a search come to a picture, and how long does it take, stage by stage? One thread.

Pictures: held-out real images that no training saw, and images that the model generated. Each is searched for alone.
To real ones, a private branch of the generator is tuned afterwards.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.common import CHECKPOINTS, Record, circumstances, main, markdown, median
from explorer.core.inversion.inverter import Inverter, spread
from explorer.core.inversion.search import Guess
from explorer.core.inversion.target import Target, psnr, rmse
from explorer.core.inversion.tuning import TUNING, Branching
from explorer.core.model import Model
from trainer.data.avatars import FACES
from trainer.data.curated import HELD_OUT_START
from trainer.features.pixels import as_images

MODELS = ("avatars-stylegan", "mnist-dcgan")
STAGES = ("encoder", "refinement", "w, 40 steps", "w", "w+", "tuned")
GOAL = 20.0  # seconds of one core, of the whole search at 64 x 64
UNSEEN = 5000  # faces after the first of those that no training and no reference saw


def held_out(inverter: Inverter, count: int) -> Target:
    """Real images: newly drawn faces at 64 pixels, and of MNIST the reference's unseen digits."""
    if inverter.name == "avatars-stylegan":
        start = HELD_OUT_START + UNSEEN
        faces = [FACES(i, inverter.searcher.synthesis.resolution)[0] for i in range(start, start + count)]
        return Target(as_images(np.stack(faces)))
    assert inverter.reference is not None
    return inverter.real(spread(len(inverter.reference.thumbs), count))


def generated(inverter: Inverter, count: int) -> Target:
    """The model's own."""
    labels = torch.arange(count) % len(inverter.searcher.space.means)
    _, images = inverter.searcher.synthesis.own_samples(
        inverter.searcher.space, labels, torch.Generator().manual_seed(123)
    )
    return Target(images.clamp(-1, 1))


SETS: dict[str, Callable[[Inverter, int], Target]] = {"held-out real": held_out, "generated": generated}


def stage_of(stage: str, step: int, steps: int) -> str:
    """The stage of the table that ends with this step; "" for one in between."""
    if stage == "encoder":
        return {1: "encoder", steps: "refinement"}.get(step, "")
    if (stage, step) == ("w", 40):
        return "w, 40 steps"
    return stage if step == steps else ""


def searched(inverter: Inverter, target: Target, tunes: bool) -> dict[str, list[float]]:
    """Stage -> mean squared error, feature distance and processor's and wall seconds, of one picture.

    tunes: whether a branch is tuned; its last number is the root mean squared change of other images, of 255.
    """
    objective = inverter.objective(target)
    found: dict[str, list[float]] = {}
    began, cpu = time.perf_counter(), time.process_time()
    labels = inverter.searcher.best_classes(objective)
    for guess in inverter.searcher.search(objective, labels):
        stage = stage_of(guess.stage, guess.step, guess.steps)
        if stage:
            with torch.no_grad():
                images = guess.images.clamp(-1, 1)
                features = objective.feature_distance(images)
                distance = float("nan") if features is None else float(features)
                error = float(target.error(images))
            found[stage] = [error, distance, time.process_time() - cpu, time.perf_counter() - began]
    if tunes:
        branch = tuned(inverter, target, guess)
        images = branch.image(branch.copy)
        with torch.no_grad():
            features = objective.feature_distance(images)
        distance = float("nan") if features is None else float(features)
        spent = [time.process_time() - cpu, time.perf_counter() - began]
        found["tuned"] = [float(target.error(images)), distance, *spent, branch.drift()]
    return found


def tuned(inverter: Inverter, target: Target, guess: Guess) -> Branching:
    """A branch of the usual tuning, from what a search found."""
    with torch.no_grad():
        ws = inverter.searcher.space.ws(guess.u, guess.labels)
    branch = Branching(inverter, target, ws, int(guess.labels[0]), TUNING)
    for i in range(TUNING.steps):
        branch.step((i + 1) / (TUNING.steps + 1))
    return branch


def measure(*, checkpoints: Path = CHECKPOINTS, images: int = 20, threads: int = 1) -> Record:
    torch.set_num_threads(threads)
    results: Record = {}
    for name in MODELS:
        inverter = Inverter(Model(checkpoints / name))
        for _ in inverter.prepare():
            pass
        for kind, pictures in SETS.items():
            target = pictures(inverter, images)
            runs = [searched(inverter, target.take(torch.tensor([i])), kind == "held-out real") for i in range(images)]
            results[f"{name}, {kind}"] = {
                stage: [[round(value, 6) for value in run[stage]] for run in runs]
                for stage in STAGES
                if stage in runs[0]
            }
    return {"searches": results}


def table(record: Record) -> str:
    results = record["results"]
    rows, changed = [], list[str]()
    for what, stages in results["searches"].items():
        for stage, runs in stages.items():
            errors, features, cpu, wall, *others = (list(column) for column in zip(*runs, strict=True))
            middle = median(errors)
            row = [f"{rmse(middle):.1f}", f"{psnr(middle):.1f}", f"{median(features):.3f}", f"{median(cpu):.2f}"]
            rows.append([what, stage, *row, f"{median(wall):.2f}"])
            changed += [f"{median(change):.1f} of 255 in {what.split(',')[0]}" for change in others]
    head = ["checkpoint, images", "after", "RMSE of 255", "PSNR, dB", "features", "CPU, s", "wall, s"]
    runs = [
        run
        for stages in results["searches"].values()
        for stage, runs in stages.items()
        if stage != "tuned"
        for run in runs
    ]
    slowest, wall = max(run[2] for run in runs), max(run[3] for run in runs)
    tuning = f"Tuning changes other images by {' and '.join(changed)}. " if changed else ""
    met = "met" if slowest < GOAL else "missed"
    return (
        f"{markdown(head, rows)}\n\n"
        f"Medians of {record['settings']['images']} images, each searched for alone, {record['settings']['threads']} "
        f"thread; seconds from the start of the search. Features: mean squared difference in deviations, about 2 "
        f"between two strangers. Slowest search: {slowest:.1f} s of one core (goal: under {GOAL:g} s, {met}), "
        f"{wall:.1f} s by the clock beside whatever else ran. {tuning}"
        f"{circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
