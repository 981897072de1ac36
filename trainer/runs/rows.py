"""The rows of a run's store, as its three tables hold them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from trainer.util import old_names
from trainer.util.reading import parse_json


class Metric(NamedTuple):
    """One measured value; `images_seen` are the real ones by then, `id` grows with each row ever written."""

    id: int
    images_seen: int
    name: str
    value: float


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        images_seen: real images by then; time: in seconds since 1970.
        kind: started, resumed, stopped, finished, failed, paused, unpaused, changed, snapshot, verdict, best, alert,
            resolved, rolled-back or note.
        text: a sentence for people; detail: the same in numbers.
    """

    id: int
    images_seen: int
    time: float
    kind: str
    text: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Command:
    """Something that somebody asks of a training. `answer` is None until it has been heard."""

    id: int
    kind: str
    argument: dict[str, Any]
    answer: str | None


def event_of(row: tuple) -> Event:
    """A row of the events table. Raises ValueError for one that no training has written: SQLite's types bind nobody."""
    id, images_seen, when, kind, text, detail = row
    event = Event(
        id, images_seen, when, old_names.EVENTS.get(kind, kind), text, old_names.current_detail(parse_json(detail))
    )
    sound = isinstance(images_seen, int) and isinstance(when, float | int) and isinstance(kind, str)
    if not (sound and isinstance(text, str) and isinstance(event.detail, dict)):
        raise ValueError(f"event {id} is invalid")
    return event


def metric_of(row: tuple) -> Metric:
    """A row of the metrics table; errors as `event_of`. A value is None where it was NaN."""
    metric = Metric(*row)
    if not (isinstance(metric.images_seen, int) and isinstance(metric.name, str)):
        raise ValueError(f"measurement {metric.id} is invalid")
    if not isinstance(metric.value, float | int | None):
        raise ValueError(f"measurement {metric.id} is not a number")
    return metric


def command_of(row: tuple) -> Command:
    """A row of the commands table."""
    id, kind, argument, answer = row
    return Command(id, kind, old_names.current(parse_json(argument)), answer)
