"""What the Train tab's view of a run may ask of the server: one dict in, one dict out, as in `rendering.server`.

The page asks again and again and says what it has; only newer rows are sent, and nothing where nothing is new. A run's
folder is all that is read, so the page sees trainings that a terminal has started.
"""

import json
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from explorer.core import sources
from explorer.core.library import RUN, Library
from explorer.core.limits import Kept
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.places import anywhere
from explorer.rpc.question import LAST, listed, named, optional, text, whole
from explorer.tabs.train import jobs
from explorer.tabs.train.figures import best_of, compared, described
from explorer.tabs.train.sheets import sheet_at, video
from trainer.runs.rows import Event, Metric
from trainer.runs.run import Run
from trainer.training.changes import changes
from trainer.training.config import TrainConfig
from trainer.util.errors import UserError, is_error, sentence_of
from trainer.util.reading import is_own_folder, last_line

POINTS = 600  # of a curve, when it is first sent
LIFE = ("started", "resumed", "paused", "unpaused", "stopped", "finished", "failed")  # events that say how a run stands
VERDICTS = ("verdict",)
TEACHES = "mnist-learning"  # the recording that is in view until somebody has a run: digits appear, and are evaluated
MAX_TOTAL = 2**53  # what JavaScript can count
MAX_WORDS = 500  # characters
MAX_WATCHED = 100  # runs of a question
MAX_TILE = 4095
SUMMARIES: Kept[tuple[tuple, Answer]] = Kept(16_000_000, lambda known: 500 + len(known[1]["words"]), count=5000)


def worded(verdict: Event, part: str) -> str:
    """A short text of a verdict, which somebody else may have written."""
    return str(verdict.detail.get(part, ""))[:MAX_WORDS]


def touched(run: Run) -> tuple[float, ...]:
    """When the files that tell how a run stands were written last."""
    times = []
    for name in ("config.json", "log.txt", "store.sqlite", "store.sqlite-wal"):
        with suppress(OSError):
            found = (run.folder / name).stat()
            times.append(found.st_mtime if found.st_size else 0)  # a reader leaves an empty log of the database behind
    return tuple(times)


def in_order(library: Library) -> list[Run]:
    """All runs: a person's own, those that were touched last first; then recordings, the one to begin with first."""

    def place(run: Run) -> tuple[bool, bool, float]:
        recorded = library.is_recording(run)
        return recorded, recorded and run.name != TEACHES, -max(touched(run), default=0)

    return sorted(library.all_runs().values(), key=place)


def state_of(run: Run, last: Event | None) -> str:
    """preparing, queued, training, paused, stopped, finished or failed."""
    if run.is_training():
        return "paused" if last and last.kind == "paused" else "training"
    if run.is_queued():
        return "queued"
    if jobs.is_busy(run):
        return "preparing"
    if not run.exists() or has_failed(run):
        return "failed"
    return last.kind if last and last.kind in ("finished", "failed") else "stopped"


def has_failed(run: Run) -> bool:
    """Whether the newest thing that the run has written is an error in its log: it could not begin."""
    log, store = run.folder / "log.txt", run.store().path
    newest = log.is_file() and (not store.is_file() or log.stat().st_mtime >= store.stat().st_mtime)
    return newest and is_error(last_line(log))


def summary(library: Library, run: Run) -> Answer:
    """One line of the list of runs."""
    busy = (run.is_training(), run.is_queued(), jobs.is_busy(run))
    key = (touched(run), busy)
    known = SUMMARIES.get(run.folder)
    if known is None or known[0] != key:
        known = (key, summed_up(library, run))
        SUMMARIES.put(run.folder, known)
    return known[1]


def summed_up(library: Library, run: Run) -> Answer:
    """A run whose record or store cannot be read, for whatever reason, is told with it."""
    found: Answer = {"name": run.name, "recorded": library.is_recording(run)}
    try:
        store = run.store()
        last, verdict = store.last(LIFE), store.last(VERDICTS)
        found |= {"state": state_of(run, last), "images_seen": store.images_seen(), "verdict": "", "words": ""}
        if run.exists():
            config = run.config()
            found["total"] = min(config.total_images, MAX_TOTAL)
            found["about"] = f"{config.arch} on {sources.display_name(library, config.data)}"
        if verdict:
            found |= {"verdict": worded(verdict, "title"), "grade": worded(verdict, "grade")}
        if found["state"] in ("preparing", "queued", "failed"):
            message = last.text if last and last.kind == "failed" else last_line(run.folder / "log.txt")
            found["words"] = sentence_of(message).removeprefix("note: ")
    except Exception as error:
        found |= {"state": "failed", "images_seen": 0, "verdict": "", "words": reason(error)}
    return found | {name: anywhere(found[name][:MAX_WORDS]) for name in ("words", "about") if name in found}


@rpc_handler
def watch(library: Library, question: Answer) -> Answer:
    """{stamp, runs: {name: {metric, event, stamp}}} -> {list, news}, each only where there is something new.

    `list` is {stamp, runs: [summary, ...]}, see `in_order`. `news` holds for each run, by the last
    ids that the page has, `metrics` {name: [[images_seen], [values]]} with `metric`, `events` with `event`, and `now`.
    """
    asked = named(question, "runs", MAX_WATCHED)
    found = [summary(library, run) for run in in_order(library)]
    stamp, answer = stamped(found), {}
    if stamp != question.get("stamp"):
        answer["list"] = {"stamp": stamp, "runs": found}
    news = {}
    for name in asked:
        known = named(asked, name, MAX_WATCHED)
        try:
            news[name] = news_of(library, library.run(name), known)
        except Exception as error:
            message = reason(error)
            stamp = stamped(message)
            news[name] = {} if known.get("stamp") == stamp else {"error": message, "stamp": stamp}
    news = {name: what for name, what in news.items() if what}
    return answer | ({"news": news} if news else {})


def stamped(thing: Any) -> int:
    """A number that changes with the thing."""
    return zlib.crc32(json.dumps(thing).encode())


def told_of(library: Library, event: Event) -> Answer:
    """An event as a visitor reads it, without folders of this machine."""
    detail = dict(event.detail)
    if isinstance(settings := detail.get("settings"), dict):
        detail["settings"] = sources.shown(library, settings)
    if event.kind in VERDICTS:
        detail["classes"] = classes_of(detail)
        detail.pop("heads", None)
    if "name" in detail:  # an alert: its words are today's, whoever recorded it
        from trainer.runs.alerts import known_alert  # slow to import, as the diagnosis is

        detail |= known_alert(detail["name"])
    return asdict(event) | {"text": anywhere(event.text), "detail": detail}


def classes_of(detail: Answer) -> list[Answer]:
    """The classes of a recorded verdict as `plain_attribute` has them; none of a record that somebody has spoiled."""
    from trainer.diagnosis.class_shares import recorded_attribute

    with suppress(LookupError, TypeError, ValueError, AttributeError):
        return [recorded_attribute(attribute) for attribute in detail["heads"]]
    return []


def newest_verdict(run: Run) -> str:
    """The title of a run's newest verdict, "" before the first."""
    verdict = run.store().last(VERDICTS)
    return worded(verdict, "title") if verdict else ""


def reason(error: Exception) -> str:
    """Why a run cannot be shown; one that fails in a way that nobody foresaw takes no other with it."""
    return str(error) if isinstance(error, UserError) else "Its settings, log or store are damaged and cannot be read."


def news_of(library: Library, run: Run, known: Answer) -> Answer:
    """What is new of one run. Raises UserError if its store cannot be read."""
    store = run.store()
    metric, event = (whole(known, name, 0, LAST) if optional(known, name) else 0 for name in ("metric", "event"))
    metrics, events = store.metrics(metric), store.events(event)
    found: Answer = {}
    if metrics:
        found |= {"metrics": curves(metrics, 0 if metric else POINTS), "metric": metrics[-1].id}
    if events:
        found |= {"events": [told_of(library, event) for event in events], "event": events[-1].id}
    now = standing(library, run)
    stamp = stamped(now)
    return found | ({} if stamp == known.get("stamp") else {"stamp": stamp, "now": now})


def standing(library: Library, run: Run) -> Answer:
    """What is not a row of the store: how the run stands, its sheets and snapshots, its settings."""
    now = dict(summary(library, run))
    now |= {"sheets": list(run.samples()), "moments": list(run.moments()), "lineage": run.lineage()}
    now |= {which: is_own_folder(folder, run.folder) for which, folder in (("latest", run.latest), ("best", run.best))}
    now["shows"] = "seeds"
    if run.exists():
        from trainer.runs.saving import sheet_kind  # slow to import

        config = run.config()
        now["shows"] = sheet_kind(config)
        now["settings"] = sources.shown(library, settings_now(run, config))
    return now


def settings_now(run: Run, config: TrainConfig) -> Answer:
    """What a run's command asked for, with what commands have changed since it was started, or resumed with these."""
    settings, store = asdict(config), run.store()
    began = store.last(("started", "resumed"))
    changes = store.of_kind("changed", began.id) if began else []
    found = dict((began.detail.get("settings") if began else None) or {})
    for event in changes:
        found |= {name: new for name, (_, new) in event.detail["changed"].items()}
    return settings | {name: value for name, value in found.items() if type(value) is type(settings.get(name))}


def curves(metrics: Sequence[Metric], maximum: int) -> dict[str, list[list[float]]]:
    """Rows as one curve a name: [[images_seen, ...], [value, ...]]. `maximum` points each, 0: as many as there are."""
    found: dict[str, list[tuple[int, float]]] = {}
    for metric in metrics:
        if metric.value is not None:  # SQLite has no NaN
            found.setdefault(metric.name, []).append((metric.images_seen, metric.value))
    return {
        name: [list(axis) for axis in zip(*thinned(points, maximum), strict=True)] for name, points in found.items()
    }


def thinned(points: list[tuple[int, float]], maximum: int) -> list[tuple[float, float]]:
    """Means of equal stretches where there are more points than wanted; to six digits."""
    if maximum and len(points) > maximum:
        parts = np.array_split(np.array(points), maximum)
        points = [(round(part[-1, 0]), part[:, 1].mean()) for part in parts]
    return [(images_seen, float(f"{value:.6g}")) for images_seen, value in points]


@rpc_handler
def tile(library: Library, question: Answer) -> Answer:
    """{run, images_seen, tile} -> {recipe, note}: the recipe of a tile, in the snapshot kept at that moment, or else
    the nearest one; `note` says which one that is. images_seen null: the latest. tile null: the snapshot itself."""
    run = library.run(text(question, "run"))
    images_seen = whole(question, "images_seen", 0, LAST) if optional(question, "images_seen") else None
    name, at = nearest_snapshot(library, run, images_seen)
    recipe: Answer = {"checkpoint": name}
    if optional(question, "tile"):
        number = whole(question, "tile", 0, MAX_TILE)
        recipe["seed"] = number
        if classes := library.model(name).num_classes:
            recipe["label"] = number % classes
    if images_seen is None or at == images_seen:
        return {"recipe": recipe, "note": ""}
    return {
        "recipe": recipe,
        "note": f"No snapshot was kept at {kimg(images_seen)}; this is the nearest, at {kimg(at)}.",
    }


def nearest_snapshot(library: Library, run: Run, images_seen: int | None) -> tuple[str, int]:
    """(name in a recipe, images seen). Raises UserError for a run without any."""
    if not is_own_folder(run.latest, run.folder):
        raise UserError(f"Run {run.name!r} has no snapshot yet; the first is saved with the first samples.")
    latest = library.model(f"{RUN}{run.name}").info.images_seen
    if images_seen is None:
        return f"{RUN}{run.name}", latest
    best = min([*run.moments(), latest], key=lambda at: (abs(at - images_seen), at == latest))
    return (f"{RUN}{run.name}@{best:08d}" if best in run.moments() else f"{RUN}{run.name}"), best


def kimg(images_seen: int) -> str:
    """A count of images in thousands, as a sentence has it."""
    return f"{images_seen / 1000:,.4g} kimg"


@rpc_handler
def compare(library: Library, question: Answer) -> Answer:
    """{runs: [name, ...]} -> {settings: {name: [value of each]}, best: [figures of each], figures: {key: title}}."""
    names = listed(question, "runs", MAX_WATCHED)
    if not names:
        raise UserError("Choose the runs to compare.")
    chosen = [library.run(text({"run": name}, "run")) for name in names]
    configs = [run.config() for run in chosen]
    configs = [replace(config, **sources.shown(library, asdict(config))) for config in configs]
    differing = sorted({name for config in configs[1:] for name in changes(configs[0], config)})
    return {
        "settings": {name: [getattr(config, name) for config in configs] for name in differing},
        "best": [best_of(run, newest_verdict(run)) for run in chosen],
        "figures": compared(),
    }


HANDLERS = (watch, sheet_at, video, tile, compare, described)
