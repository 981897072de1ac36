"""A measurement in words, and where it stands on a line: for the page and for reports."""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trainer.diagnosis.measurements import Measurement
from trainer.metrics import SHARE, Figure, all_figures


class Placed(NamedTuple):
    """Where the value and the band of healthy data stand on a line, in % of its length; width 0: no band."""

    value: float
    start: float = 0.0
    width: float = 0.0


def in_order(by_key: Mapping[str, Measurement], *places: str) -> Iterator[tuple[Figure, Measurement]]:
    """The measurements that stand in these places of the panel, all for none, in the order of the registry."""
    for key, figure in all_figures().items():
        if key in by_key and (figure.panel in places if places else figure.panel):
            yield figure, by_key[key]


def explained(figure: Figure) -> str:
    """What a figure is, in which unit, and how it is read."""
    return f"{figure.words[0].upper()}{figure.words[1:]}. {figure.reading}".rstrip()


def placed(figure: Figure, measurement: Measurement) -> Placed | None:
    """A measurement on a line from the least to the most that matters; None for a value that is undefined."""
    if math.isnan(measurement.value):
        return None
    marks = [measurement.value, *(x for x in (measurement.low, measurement.high, *figure.range) if x is not None)]
    minimum, maximum = min(marks), max(marks)
    if figure.range == SHARE and min(x for x in marks[:3] if x is not None) > 0.5:
        minimum = 0.5 if min(measurement.value, measurement.low or 1) > 0.5 else 0.0
    span = (maximum - minimum) or 1.0

    def at(x: float) -> float:
        return min(100.0, max(0.0, 100 * (x - minimum) / span))

    if measurement.low is None and measurement.high is None:
        return Placed(at(measurement.value))
    start = at(minimum if measurement.low is None else measurement.low)
    end = at(maximum if measurement.high is None else measurement.high)
    return Placed(at(measurement.value), start, max(end - start, 1))


def healthy(measurement: Measurement) -> str:
    """The band in words."""
    low, high = measurement.low, measurement.high
    if low is None and high is None:
        return "The expected range is not known for this selection."
    if low is None:
        return f"Expected: up to {number(high)}."
    return f"Expected: at least {number(low)}." if high is None else f"Expected: {number(low)} to {number(high)}."


def number(value: float | None) -> str:
    """Three digits, plain."""
    if value is None or math.isnan(value):
        return "undefined"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
