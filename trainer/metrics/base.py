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


SHARE = (0.0, 1.0)  # the range of a share


class Chart(NamedTuple):
    """A chart of a training: figures that name the same one share it.

    Attributes:
        title: above it.
        place: the charts stand in the order of these.
        log: whether a logarithmic axis makes sense.
    """

    title: str
    place: int = 100
    log: bool = False


class Figure(NamedTuple):
    """One number, and all that is known of it wherever it is shown.

    Attributes:
        title: what it is called.
        help: one line: what it is.
        unit: of the number, "" where it has none.
        better: `lower`, `higher`, `real` (the closer to the same figure of the real data), `half` (the closer to 1/2),
            or `` where neither is.
        range: the ends of its scale, None where there is none.
        reading: what a low or a high value says, for whoever has not met it before.
        undefined: why it has no value, where that can be.
        panel: where Map & diagnosis shows it: `verdict` (a verdict rests on it), `context` (none does), "" nowhere.
        chart: in which chart of a training it is drawn, None in none; label: its line there, the title by default.
        card: whether a model card tells it. table: whether models and runs are compared by it.
    """

    title: str
    help: str
    unit: str = ""
    better: str = ""
    range: tuple[float | None, float | None] = (0.0, None)
    reading: str = ""
    undefined: str = ""
    panel: str = ""
    chart: Chart | None = None
    label: str = ""
    card: bool = False
    table: bool = False

    @property
    def words(self) -> str:
        """The help with its unit, as a table of figures tells it."""
        return f"{self.help}, {self.unit}" if self.unit else self.help


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
        """Names of the inputs: the parameters without a default."""
        parameters = inspect.signature(self.compute).parameters.values()
        return tuple(p.name for p in parameters if p.default is p.empty)

    def __call__(self, **inputs: Any) -> dict[str, Value]:
        """The figures, by key. Inputs beyond those needed are ignored, settings are left at their defaults."""
        result = self.compute(**{name: inputs[name] for name in self.needs})
        return dict(result) if isinstance(result, Mapping) else dict.fromkeys(self.figures, result)


METRICS: Registry[Measure] = Registry("measure")
FIGURES: Registry[Figure] = Registry("figure")  # those that no measure of METRICS gives: of a training, of a verdict


def figures() -> dict[str, Figure]:
    """Every figure of every measure, by its key."""
    return {key: figure for measure in METRICS.values() for key, figure in measure.figures.items()}


def of_training() -> dict[str, Figure]:
    """The figures of a training's own steps, by their key: drawn in a chart, and part of no verdict."""
    return {key: figure for key, figure in FIGURES.items() if figure.chart and not figure.panel}


def all_figures() -> dict[str, Figure]:
    """Whatever is measured anywhere, by its key."""
    return {**FIGURES, **figures()}


def charts() -> list[dict[str, Any]]:
    """The charts of a training, as the page draws them: title, log, series (key -> label), range (null: as the values
    need it), zero (the axis begins at 0), half (1/2 is marked), band (whose healthy band is shaded)."""
    series: dict[Chart, dict[str, Figure]] = {}
    for key, figure in all_figures().items():
        if figure.chart:
            series.setdefault(figure.chart, {})[key] = figure
    found = []
    for chart, lines in sorted(series.items(), key=lambda item: item[0].place):
        band, figure = next(iter(lines.items()))
        low, high = figure.range
        found.append(
            chart._asdict()
            | {
                "series": {key: line.label or line.title for key, line in lines.items()},
                "range": None if low is None or high is None else [low, high],
                "zero": low == 0 and high is None and not chart.log,
                "half": figure.better == "half",
                "band": band,
            }
        )
    return found


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
