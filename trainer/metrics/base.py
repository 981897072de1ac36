"""What every measure has in common: a pure function of named arrays, and a line on each number that it gives."""

import inspect
import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from trainer.util.errors import UserError
from trainer.util.registry import Registry

Value = float | list[float]
Result = float | Mapping[str, Value]


class Figure(NamedTuple):
    """One number that a measure gives.

    Attributes:
        help: one line: what it is, its unit.
        better: `lower`, `higher`, `real` (the closer to the same figure of the real data), `half` (the closer to 1/2),
            or `` where the number only explains another one.
        undefined: why it has no value, where that can be.
    """

    help: str
    better: str = ""
    undefined: str = ""


class Measure:
    """A row of METRICS: a pure function and the figures it returns.

    The function's signature is the whole protocol: keyword-only arguments without a default are the inputs that it
    needs, each a name in `trainer.reports.measure.INPUTS` (`real`, `fake`, `held_out`, `real_labels`, ...); those with
    a default are settings. It returns a number if it gives one figure, else figure -> number or list of numbers (one a
    class); NaN means undefined for these inputs. It raises UserError for inputs it cannot work with.
    """

    def __init__(self, compute: Callable[..., Result], **figures: Figure):
        self.compute, self.figures = compute, figures

    @cached_property
    def needs(self) -> tuple[str, ...]:
        parameters = inspect.signature(self.compute).parameters.values()
        return tuple(p.name for p in parameters if p.default is p.empty)

    def __call__(self, **inputs: Any) -> dict[str, Value]:
        """The figures, by key. Inputs beyond those needed are ignored, settings are left at their defaults."""
        result = self.compute(**{name: inputs[name] for name in self.needs})
        return dict(result) if isinstance(result, Mapping) else dict.fromkeys(self.figures, result)


METRICS: Registry[Measure] = Registry("measure")


def figures() -> dict[str, Figure]:
    """Every figure of every measure, by its key."""
    return {key: figure for measure in METRICS.values() for key, figure in measure.figures.items()}


def applicable(inputs: Mapping[str, Any]) -> list[str]:
    """Names of the measures whose needs are among the inputs that are given (not None)."""
    given = {name for name, value in inputs.items() if value is not None}
    return [name for name, measure in METRICS.items() if given.issuperset(measure.needs)]


def measure_all(inputs: Mapping[str, Any]) -> dict[str, Value | None]:
    """Figure -> value of every measure that applies; None where it is undefined for these inputs.

    Raises UserError for inputs that a measure cannot work with; it names the measure.
    """
    found: dict[str, Value | None] = {}
    for name in applicable(inputs):
        try:
            values = METRICS[name](**inputs)
        except UserError as error:
            raise UserError(f"{name}: {error}") from error
        for key, value in values.items():
            found[key] = None if isinstance(value, float) and math.isnan(value) else value
    return found
