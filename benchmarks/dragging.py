"""Do dragged points reach their targets, and what else changes? On the avatars: the mouth, and the outline of the head.

The tracker says where a handle has come to by the features that the drag itself moves; `patch` is an independent look,
at the grey values of the two images (normalised cross-correlation).
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.common import CHECKPOINTS, Record, circumstances, main, markdown
from explorer.core.dragging import Drag, Pair, Settings, Step, result, steps
from explorer.core.model import Model
from explorer.core.recipe import Recipe

FIRST_SEED = 1000
MOUTH = (32.0, 43.0)  # of the avatars at 64 x 64
EAR_LEVEL = 32.5  # row in which the head's outline is looked for
NEAREST, FARTHEST = 4.0, 10.0  # pixels of a target from its handle
PATCH, REACH = 5, 12  # half the side of what is matched, and how far it is looked for
GROUND = 2.0  # grey values: what varies less has no pattern
NEAR = 0.01  # of a correlation, a pixel farther away costs so much
ROOM = 8.0  # pixels around the way that a mask leaves free
USUAL = Settings()
TRIED = {
    "usual": USUAL,
    "usual, with a mask": USUAL,
    "rate 0.05": USUAL._replace(rate=0.05),
    "rate 0.2": USUAL._replace(rate=0.2),
    "radius 3": USUAL._replace(radius=3.0),
    "features of 32 px": USUAL._replace(coarser=1),
}


class Case(NamedTuple):
    """A pair to drag and what it is: "mouth" or "outline"; image uint8 (H, W, C), free bool (H, W): around the way."""

    what: str
    recipe: Recipe
    pair: Pair
    image: np.ndarray
    free: np.ndarray


def cases(model: Model, count: int) -> Iterator[Case]:
    """Seeds in turn: the mouth goes up, down, left or right, the outline in or out."""
    random = np.random.default_rng(0)
    for i in range(count):
        recipe = Recipe(model.name, seed=FIRST_SEED + i)
        image = model.images([recipe])[0]
        what, quarter = ("outline", 2 * random.integers(2)) if i % 2 else ("mouth", random.integers(4))
        x, y = (outline(image), EAR_LEVEL) if i % 2 else MOUTH
        length, angle = random.uniform(NEAREST, FARTHEST), quarter * np.pi / 2
        angle += np.pi * (x + length * np.cos(angle) < 1)  # not out of the image: the other way
        to = x + length * np.cos(angle), y + length * np.sin(angle)
        pair = Pair((x, y), (float(to[0]), float(to[1])))
        yield Case(what, recipe, pair, image, around(pair, model.resolution))


def outline(image: np.ndarray) -> float:
    """The first column from the left, at the ears' level, with an edge half as strong as the strongest in that half."""
    row = image[30:35].mean((0, 2))
    edges = np.abs(np.diff(row[: len(row) // 2]))
    return float((edges >= edges.max() / 2).argmax() + 1)


def around(pair: Pair, side: int) -> np.ndarray:
    """bool (side, side): a disc that holds the way and some room."""
    middle = np.add(pair.handle, pair.target) / 2
    y, x = np.mgrid[:side, :side] + 0.5
    reach = np.hypot(*np.subtract(pair.handle, pair.target)) / 2 + ROOM
    return np.hypot(x - middle[0], y - middle[1]) <= reach


def matched(before: np.ndarray, after: np.ndarray, point: tuple[float, float]) -> tuple[float, float]:
    """Where the pattern around a point of one image is in the other, to the pixel."""
    margin = PATCH + REACH
    one, other = (np.pad(image.mean(2), margin, mode="edge") for image in (before, after))
    x, y = (int(c) + margin for c in point)

    def pattern(grey: np.ndarray, dx: int, dy: int) -> np.ndarray:
        part = grey[y + dy - PATCH : y + dy + PATCH + 1, x + dx - PATCH : x + dx + PATCH + 1]
        return (part - part.mean()) / (part.std() + GROUND)

    wanted = pattern(one, 0, 0)
    reach = range(-REACH, REACH + 1)
    places = [(dx, dy) for dx in reach for dy in reach if inside(point, dx, dy, len(before))]
    likeness = [(wanted * pattern(other, dx, dy)).mean() - NEAR * np.hypot(dx, dy) for dx, dy in places]
    dx, dy = places[int(np.argmax(likeness))]
    return point[0] + dx, point[1] + dy


def inside(point: tuple[float, float], dx: int, dy: int, side: int) -> bool:
    return 0 <= point[0] + dx < side and 0 <= point[1] + dy < side


def outcome(model: Model, case: Case, last: Step) -> dict[str, Any]:
    """What one drag came to. Lengths in pixels, change in grey levels of 255."""
    image = model.images([result(case.recipe, last)])[0]
    change = np.abs(image.astype(float) - case.image).mean(2)
    gap = np.subtract(matched(case.image, image, case.pair.handle), case.pair.target)
    return {
        "what": case.what,
        "before": last.distances[0],
        "tracked": last.distances[last.best],
        "patch": float(np.hypot(*gap)),
        "outside": float(change[~case.free].mean()),
        "steps": len(last.distances) - 1,
    }


def tried(model: Model, settings: Settings, masked: bool, count: int) -> dict[str, Any]:
    """All cases with some settings: means for each kind of handle, and the speed of the steps."""
    found, wall, busy = [], 0.0, 0.0
    for case in cases(model, count):
        drag = Drag(case.recipe, (case.pair,), case.free if masked else None)
        started, worked = time.perf_counter(), time.process_time()
        *_, last = steps(model, drag, settings)
        wall, busy = wall + time.perf_counter() - started, busy + time.process_time() - worked
        found.append(outcome(model, case, last))
    taken = sum(one["steps"] for one in found)
    kinds = {what: summary([one for one in found if one["what"] == what]) for what in ("mouth", "outline")}
    return {**kinds, "steps_per_second": round(taken / wall, 1), "steps_per_core_second": round(taken / busy, 1)}


def summary(found: list[dict[str, Any]]) -> dict[str, float]:
    """Means over the cases of one kind."""
    mean = {name: round(float(np.mean([one[name] for one in found])), 2) for name in found[0] if name != "what"}
    within = {f"{name}_within_1": round(float(np.mean([one[name] <= 1 for one in found])), 3) for name in ("tracked",)}
    return {
        "cases": len(found),
        **mean,
        **within,
        "patch_within_2": float(np.mean([one["patch"] <= 2 for one in found])),
    }


def measure(*, checkpoint: Path = CHECKPOINTS / "avatars-stylegan", cases: int = 40, cap: int = 60) -> Record:
    torch.set_num_threads(1)
    model = Model(checkpoint)
    return {name: tried(model, settings._replace(cap=cap), "mask" in name, cases) for name, settings in TRIED.items()}


def table(record: Record) -> str:
    titles = ["settings", "handle", "before, px", "tracked, px", "within 1 px", "patch, px", "patch within 2 px"]
    rows = [cells(name, what, results) for name, results in record["results"].items() for what in ("mouth", "outline")]
    each = record["settings"]["cases"] // 2
    return (
        f"{markdown([*titles, 'change outside', 'steps', 'steps/s'], rows)}\n\n"
        f"{each} cases of each handle a row. Usual: rate {USUAL.rate:g}, radius {USUAL.radius:g} px, tracking "
        f"{USUAL.tracking:g} px, features of 16 px, pull {USUAL.pull:g}; at most {record['settings']['cap']} steps. "
        f"Change outside: mean of 255 grey levels, outside of a disc around the way. {circumstances(record)}"
    )


def cells(name: str, what: str, results: dict[str, Any]) -> list[str]:
    """A row of the table."""
    kind = results[what]
    lengths = [f"{kind[key]:.1f}" for key in ("before", "tracked", "patch", "outside")]
    shares = [f"{kind[key]:.0%}" for key in ("tracked_within_1", "patch_within_2")]
    speed = [f"{kind['steps']:.0f}", f"{results['steps_per_second']:.0f}"]
    return [name, what, *lengths[:2], shares[0], lengths[2], shares[1], lengths[3], *speed]


if __name__ == "__main__":
    main(measure, table)
