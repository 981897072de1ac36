"""Which directions change an attribute, and nothing else? Read by a network that no direction was found with.

For every attribute value that the model makes, each method's best direction is moved along: the strength is chosen on
some faces without the value, and then tried on others. Goal: 80 % of these get the value while each other attribute
changes in at most 10 %.
"""

from pathlib import Path

import numpy as np
from torch import Tensor

from benchmarks.common import CHECKPOINTS, ROOT, Record, circumstances, interval, main, markdown
from benchmarks.judge import judge
from explorer.core.directions import Directions
from explorer.core.directions.attributes import AttributeReader, Trait
from explorer.core.directions.base import sample_ws
from explorer.core.directions.catalogue import ABSENT, ready
from explorer.core.directions.learning import along, learned
from explorer.core.model import Model
from trainer.util.errors import UserError

GOAL, OTHERS = 0.8, 0.1
STRENGTHS = (1.0, 1.5, 2.0, 3.0, 4.5, 6.0)
TUNED, TRIED = 100, 500  # faces
POOL = 4_000  # samples among which faces without a value are looked for
LEAST = 100  # samples that must show a value for it to count as one that the model makes
SEED = 77  # of the faces: no method has seen them


class Trial:
    """Faces, and what the judge reads of them."""

    def __init__(self, model: Model, reader: AttributeReader):
        self.model, self.reader = model, reader
        self.ws = sample_ws(model.generator, POOL, SEED)
        self.before = self.read(self.ws)

    def read(self, ws: Tensor) -> np.ndarray:
        """The value of each attribute, int64 (N, attributes)."""
        return self.reader.values(self.reader.of(self.model.generator, ws)[1])

    def without(self, trait: Trait) -> np.ndarray:
        """Numbers of the faces without the value, those for tuning first."""
        return np.flatnonzero(self.before[:, trait.head] != trait.value)[: TUNED + TRIED]

    def moved(self, rows: np.ndarray, trait: Trait, step: Tensor) -> np.ndarray:
        """What became of faces: bool (N, attributes), whether each got the value, and whether each other changed."""
        after = self.read(self.ws[rows] + step)
        changed: np.ndarray = after != self.before[rows]
        changed[:, trait.head] = after[:, trait.head] == trait.value
        return changed

    def best(self, trait: Trait, direction: Tensor) -> Record:
        """The strength that comes nearest to the goal on the faces for tuning, tried on the others."""
        rows = self.without(trait)
        others = [i for i in range(self.before.shape[1]) if i != trait.head]

        def short(strength: float) -> float:
            shares = self.moved(rows[:TUNED], trait, strength * direction).mean(0)
            return float(max(0, GOAL - shares[trait.head]) + max(0, shares[others].max() - OTHERS))

        strength = min(STRENGTHS, key=short)
        shares = self.moved(rows[TUNED:], trait, strength * direction).mean(0)
        return {
            "strength": strength, "faces": len(rows) - TUNED, "gets": round(float(shares[trait.head]), 3),
            "others": round(float(shares[others].mean()), 3), "most": round(float(shares[others].max()), 3),
        }  # fmt: skip


def candidate(model: Model, directions: Directions, trait: Trait) -> Tensor | None:
    """The step of the method's direction for a value: its own, else the one that changes it most, turned towards it."""
    effects = directions.effects
    if effects is None or trait.name not in effects.traits:
        return None
    if "=" in directions.names_[0]:
        if trait.name not in directions.names_:
            return None
        axis = directions.index(trait.name)
        return along(model, directions, axis)
    gains = effects.gain[:, effects.traits.index(trait.name)]
    axis = int(np.abs(gains).argmax())
    return along(model, directions, axis) * float(np.sign(gains[axis]) or 1)


def measure(*, checkpoint: Path = CHECKPOINTS / "avatars-stylegan", data_dir: Path = ROOT / "data") -> Record:
    model = Model(checkpoint)
    for _ in learned(model):
        pass
    reader, accuracy = judge(data_dir)
    trial = Trial(model, AttributeReader(reader, {}, np.zeros((1, 1), np.float32)))
    made = [
        trait
        for trait in trial.reader.traits
        if (trial.before[:, trait.head] == trait.value).sum() >= LEAST * POOL / 20_000
        and not trait.name.endswith(ABSENT)
    ]
    if not made:
        raise UserError("The judge finds no attribute value in this model's images.")
    rows: dict[str, dict[str, Record | None]] = {}
    for trait in made:
        rows[trait.title] = {}
        for method, directions in ready(model).items():
            step = candidate(model, directions, trait)
            rows[trait.title][method] = None if step is None else trial.best(trait, step)
        print(trait.title, rows[trait.title], flush=True)
    return {"judge": accuracy, "values": rows}


def summary(values: dict[str, dict[str, Record | None]], method: str) -> list[str]:
    """A row of the table: how a method does over all values, and how many reach the goal."""
    found = [row[method] for row in values.values() if row.get(method)]
    reached = [one for one in found if one and one["gets"] >= GOAL and one["most"] <= OTHERS]
    got = sum(bool(one) and one["gets"] >= GOAL for one in found)
    mean = {key: np.mean([one[key] for one in found if one]) for key in ("gets", "others", "most")}
    return [
        method, f"{len(found)} of {len(values)}", f"{100 * mean['gets']:.0f} %", f"{100 * mean['others']:.0f} %",
        f"{100 * mean['most']:.0f} %", f"{got}", f"{len(reached)} ({interval(len(reached), len(values))})",
    ]  # fmt: skip


def table(record: Record) -> str:
    results = record["results"]
    values = results["values"]
    methods = sorted({name for row in values.values() for name in row}, key=lambda name: -order(values, name))
    head = ["method", "values", "get the value", "others, mean", "others, most", "80 % get it", "goal reached"]
    best = [
        [
            title,
            f"{100 * row['gets']:.0f} %",
            f"{100 * row['others']:.0f} %",
            f"{100 * row['most']:.0f} %",
            f"{row['strength']:g}",
        ]
        for title, methods_of in values.items()
        if (row := methods_of.get("learned"))
    ]
    accuracy = results["judge"]
    return (
        f"{markdown(head, [summary(values, method) for method in methods])}\n\n"
        f"Each value of an attribute, on up to {TRIED} faces without it; the judge reads held-out faces rightly in "
        f"{100 * min(accuracy.values()):.1f} to {100 * max(accuracy.values()):.1f} %. Of `learned` alone:\n\n"
        f"{markdown(['value', 'get it', 'others, mean', 'others, most', 'strength'], best)}\n\n{circumstances(record)}"
    )


def order(values: dict[str, dict[str, Record | None]], method: str) -> float:
    """What methods are ranked by: how many get the value, less how many others change."""
    found = [row[method] for row in values.values() if row.get(method)]
    return float(np.mean([one["gets"] - one["others"] for one in found if one])) if found else -1.0


if __name__ == "__main__":
    main(measure, table)
