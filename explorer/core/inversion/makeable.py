"""Real images that no sample covers: were they never sampled, or can the model not make them?"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from explorer.core.inversion.inverter import AT_ONCE, Inverter, Progress
from explorer.core.inversion.objective import Objective
from explorer.core.inversion.outcome import recipe_of
from explorer.core.inversion.search import Effort
from explorer.core.recipe import Recipe
from trainer.diagnosis import Reference
from trainer.features.feature_set import extract
from trainer.metrics.distances import neighbours
from trainer.util.errors import UserError
from trainer.util.images import to_float, to_uint8

NEIGHBOURS = 5  # k of coverage, as in trainer/metrics/prdc.py
TRIED = 24  # uncovered images that are tried, evenly spread over all
IN_W = Effort(passes=3, w=80, layers=0)  # what the model samples lies in w; w+ would find more than it can ever sample


class Tried(NamedTuple):
    """Real images and the model's nearest: rows of the reference, uint8 images (n, R, R, C), recipes, and bool (n,),
    whether the image that was found covers the real one, as a sample would."""

    rows: np.ndarray
    images: np.ndarray
    recipes: list[Recipe]
    reached: np.ndarray


def try_to_make(inverter: Inverter, rows: np.ndarray, among: np.ndarray) -> Iterator[Progress | Tried]:
    """Search for real images of the reference in w; the last item says which the model can make.

    Args: rows: of the reference's real images; among: those that coverage is measured on.
    """
    if inverter.reference is None:
        raise UserError(f"{inverter.name} has no reference, so there are no real images to look for.")
    yield from inverter.prepare()
    parts = np.split(rows, range(AT_ONCE, len(rows), AT_ONCE))
    images, recipes = [], []
    for i, part in enumerate(parts):
        objective = objective_of(inverter, part)
        for guess in inverter.searcher.search(objective, inverter.searcher.best_classes(objective), IN_W):
            last = guess
            yield Progress(
                stage_of(i, len(rows)), i * IN_W.w + (guess.step if guess.stage == "w" else 0), len(parts) * IN_W.w
            )
        images.append(to_uint8(last.images))
        ws, labels = inverter.searcher.space.ws(last.u, last.labels), last.labels.tolist()
        classes = inverter.searcher.synthesis.generator.num_classes
        recipes += [recipe_of(inverter.name, ws[k, :1], labels[k] if classes else None) for k in range(len(part))]
    drawn = np.concatenate(images)
    yield Tried(rows, drawn, recipes, covers(inverter.reference, drawn, rows, among))


def stage_of(part: int, count: int) -> str:
    """What is told while a part of so many images is looked for: which of them, counted from 1."""
    first, last = part * AT_ONCE + 1, min(count, (part + 1) * AT_ONCE)
    if count == 1:
        return "looking for the sample"
    which = f"sample {first}" if first == last else f"samples {first} to {last}"
    return f"looking for {which} of {count}"


def objective_of(inverter: Inverter, rows: np.ndarray) -> Objective:
    """That of real images: the pixels of their thumbnails, and their features as the reference has them."""
    assert inverter.reference is not None
    objective = inverter.objective(inverter.real(rows))
    if inverter.perception is None:
        return objective
    features = torch.from_numpy(inverter.reference.real.features[rows]) / inverter.perception.deviations
    return replace(objective, perception=inverter.perception, wanted=features, whole=True)


def covers(reference: Reference, images: np.ndarray, rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """bool (n,): whether each image lies within the neighbourhood of its real one, as coverage measures it.

    The neighbourhood of a real image reaches to its NEIGHBOURS-th nearest other real image, by features.
    """
    real = reference.real.features
    made = extract(reference.reader, to_float(torch.from_numpy(images))).features
    among = np.union1d(among, rows)
    distances, _ = neighbours(real[rows], real[among], min(NEIGHBOURS + 1, len(among)))  # the nearest is itself
    found: np.ndarray = np.linalg.norm(made - real[rows], axis=1) <= distances[:, -1]
    return found


def told(tried: Tried, uncovered: int) -> str:
    """Which share of the uncovered is which."""
    n, can = len(tried.rows), int(tried.reached.sum())
    cannot = n - can
    which = f"All {n}" if n == uncovered else f"{n} of the {uncovered:,}"
    return (
        f"{which} uncovered real samples were looked for in w. {can} ({100 * can / n:.0f} %) can be made but were not "
        f"sampled; {cannot} ({100 * cannot / n:.0f} %) cannot be made: the nearest image that was found does not cover "
        "them either."
    )
