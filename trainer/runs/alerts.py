"""When a training needs somebody's eye: each alert is one test of what has been measured, with what usually helps.

D's accuracy, the losses and G's gradients tell how training goes, never whether G has collapsed (an AUC of 0.54 to 0.69
over 168 checkpoints): that is for the live diagnosis alone. The constants stand in `trainer.diagnosis.thresholds`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Any, NamedTuple

from trainer.diagnosis.thresholds import (
    ALERT_AGREEING,
    ALERT_QUIET,
    ALERT_REPORTS,
    ALERT_START_ONE_IN,
    ALERT_VERDICTS,
    COVERAGE_LOST,
    COVERAGE_REACHED,
    D_DOMINATES,
    D_LOSES,
    GRADIENT_ONE_IN,
    GRADIENT_REPORTS,
    GRADIENT_ZERO,
    GRAVE,
    PLATEAU_POINTS,
    PLATEAU_RATIO,
    PLATEAU_SPAN_ONE_IN,
)
from trainer.runs.rows import Event, Metric
from trainer.util.registry import Registry

RECENT = ALERT_REPORTS.value


@dataclass
class History:
    """What a run has measured so far.

    Attributes:
        total: real images in the end.
        series: name -> (images seen, value) in order.
        verdicts: (images seen, detail of the verdict's event) in order.
    """

    total: int
    series: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    verdicts: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def add(self, images_seen: int, values: dict[str, float]) -> None:
        """Append what was measured after this many real images, by name."""
        for name, value in values.items():
            self.series.setdefault(name, []).append((images_seen, value))

    def last(self, name: str, count: int = RECENT) -> list[float]:
        """The newest values of a series; none before there are `count` of them."""
        values = [value for _, value in self.series.get(name, [])[-count:]]
        return values if len(values) == count else []

    def span(self, name: str, count: int = RECENT) -> str:
        """How many images the newest values of a series cover, as words."""
        points = self.series[name]
        before = points[-count - 1][0] if len(points) > count else 0
        return f"the last {(points[-1][0] - before) / 1000:,.3g} kimg"


class Alert(NamedTuple):
    """One thing that can go wrong. `test` gives the evidence as a sentence, "" where there is none."""

    title: str
    remedy: str
    test: Callable[[History], str]

    def words(self) -> dict[str, str]:
        """What its events tell a person, besides the evidence."""
        return {"title": self.title, "remedy": self.remedy}


ALERTS: Registry[Alert] = Registry("alert")


def d_dominates(history: History) -> str:
    """D is right about all real and all generated images."""
    real, fake = history.last("d_accuracy_real"), history.last("d_accuracy_fake")
    if not real or min(fmean(real), fmean(fake)) < D_DOMINATES.value:
        return ""
    return (
        f"Over {history.span('d_accuracy_real')} D was right about {100 * fmean(real):.1f} % of the real and "
        f"{100 * fmean(fake):.1f} % of the generated images: G almost never fools it."
    )


def d_loses(history: History) -> str:
    """D is wrong about all images of one side."""
    for name, side in (("d_accuracy_real", "real"), ("d_accuracy_fake", "generated")):
        values = history.last(name)
        if values and fmean(values) <= D_LOSES.value:
            return f"Over {history.span(name)} D was right about only {100 * fmean(values):.1f} % of the {side} images."
    return ""


def g_gradient(history: History) -> str:
    """G's gradient is a hundredth of what it was: it may fall from the first step on, so no mean would tell."""
    newest = GRADIENT_REPORTS.value
    now, before = history.last("grad_g", newest), history.series.get("grad_g", [])[:-newest]
    starts = range(0, len(before) - RECENT + 1, RECENT)
    highest = max((median(value for _, value in before[i : i + RECENT]) for i in starts), default=0.0)
    if not now or (fmean(now) > GRADIENT_ZERO.value and fmean(now) >= highest / GRADIENT_ONE_IN.value):
        return ""
    return f"G's gradient has fallen to {fmean(now):.2g}, from {highest:.2g} earlier in this run: G barely changes."


def collapse(history: History) -> str:
    """Two of the newest three verdicts show variety lost: nearly one image, or far less than before."""
    count = ALERT_VERDICTS.value
    earlier, newest = history.verdicts[:-count], history.verdicts[-count:]
    if len(newest) < count or newest[0][0] < history.total / ALERT_START_ONE_IN.value:
        return ""
    best = max((coverage(detail) for _, detail in earlier), default=0.0)
    whole = any(detail["grade"] < GRAVE.value for _, detail in earlier)
    lost = [
        (images_seen, detail)
        for images_seen, detail in newest
        if detail["kind"] == "total-collapse"
        or (best >= COVERAGE_REACHED.value and coverage(detail) < best * COVERAGE_LOST.value)
        or (whole and detail["kind"] in ("mode-dropping", "intra-mode-collapse"))
    ]
    if len(lost) < ALERT_AGREEING.value:
        return ""
    images_seen, detail = lost[-1]
    at = f"{images_seen / 1000:,.3g} kimg"
    text = f"{len(lost)} of the last {count} verdicts show lost diversity; at {at}: {detail['text']}"
    if best:
        text += f" Coverage is {coverage(detail):.2f}; its best was {best:.2f}."
    return text


def coverage(detail: dict[str, Any]) -> float:
    """The pixel coverage in a verdict's detail, 0 to 1; 0 if it was not measured."""
    result: float = (detail["readings"].get("pixel_coverage") or [0.0])[0]
    return result


def plateau(history: History) -> str:
    """The distance to the real images has not fallen over the second half of the run."""
    points = history.series.get("fid", [])
    if len(points) < PLATEAU_POINTS.value:
        return ""
    middle = (points[0][0] + points[-1][0]) / 2
    first = [(value, images_seen) for images_seen, value in points if images_seen <= middle]
    second = [(value, images_seen) for images_seen, value in points if images_seen > middle]
    short = points[-1][0] - points[0][0] < history.total / PLATEAU_SPAN_ONE_IN.value
    if not second or short or min(second)[0] < PLATEAU_RATIO.value * min(first)[0]:
        return ""
    return (
        f"The Fréchet distance was lowest at {min(first)[1] / 1000:,.3g} kimg, with {min(first)[0]:.4g}, and has not "
        f"been below {min(second)[0]:.4g} in the second half of the run, up to {points[-1][0] / 1000:,.3g} kimg."
    )


ALERTS["d-dominates"] = Alert(
    "D dominates",
    "Weaken D: one-sided label smoothing (--label-smoothing 0.1), a stronger R1 (--r1-gamma), augmentation (--augment "
    "color,translation,cutout), more data, or a smaller D in a new run. Ignore this while the samples still improve.",
    d_dominates,
)
ALERTS["d-loses"] = Alert(
    "D is failing",
    "Lower the learning rate or the R1 weight; in a new run, make D wider or G narrower.",
    d_loses,
)
ALERTS["g-gradient"] = Alert(
    "G's gradient vanishes",
    "In a new run, use --loss non-saturating instead of minimax; weaken D with label smoothing, R1 or augmentation.",
    g_gradient,
)
ALERTS["collapse"] = Alert(
    "Loss of diversity",
    "Branch from an earlier snapshot with a lower --lr, a higher --r1-gamma or --augment. More data helps too.",
    collapse,
)
ALERTS["plateau"] = Alert(
    "No longer improving",
    "Divide the learning rate by 3, or stop: the best snapshot is kept. More data or a wider network may help further.",
    plateau,
)
# Found while summing up, not by a test: the run is taken back at once.
NOT_FINITE = Alert("Not a finite number", "Lower --lr, or raise --r1-gamma.", lambda history: "")


def known_alert(name: object) -> dict[str, str]:
    """The words of the alert that an event names, {} for one that this version does not have."""
    alert = NOT_FINITE if name == "not-finite" else ALERTS.get(name) if isinstance(name, str) else None
    return alert.words() if alert else {}


class AlertMonitor:
    """Raises each alert once when its cause appears, and says when it has been gone for a while."""

    def __init__(self, total: int, metrics: Iterable[Metric] = (), events: Iterable[Event] = ()):
        """Goes on from what a run has measured before."""
        self.history = History(total)
        self.quiet: dict[str, int] = {}  # open alert -> measurements without its cause
        for metric in metrics:
            self.history.add(metric.images_seen, {metric.name: metric.value})
        for event in events:
            if event.kind == "verdict":
                self.history.verdicts.append((event.images_seen, event.detail | {"text": event.text}))
            elif event.kind == "alert" and event.detail["name"] in ALERTS:
                self.quiet[event.detail["name"]] = 0
            elif event.kind == "resolved":
                self.quiet.pop(event.detail["name"], None)

    def changes(self) -> Iterator[tuple[str, str, str]]:
        """(event kind, alert's name, evidence) of every alert that begins or ends now."""
        for name, alert in ALERTS.items():
            evidence = alert.test(self.history)
            if evidence:
                if name not in self.quiet:
                    yield "alert", name, evidence
                self.quiet[name] = 0
            elif name in self.quiet:
                self.quiet[name] += 1
                if self.quiet[name] == ALERT_QUIET.value:
                    del self.quiet[name]
                    yield "resolved", name, f"Resolved: {alert.title}."
