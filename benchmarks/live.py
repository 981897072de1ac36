"""What share of a training's time does the live diagnosis take, and what does a tick of the Train tab cost the server?

The share is taken from the run's own record: seconds of its verdicts over all seconds from its start to its last
verdict. A tick is what the page asks every 1.5 s; it is timed on a run with 1,500 measurements of each value.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.common import CHECKPOINTS, ROOT, Record, circumstances, main, markdown, median, p95, rounded
from explorer.core.library import Library
from explorer.tabs.train import watching
from trainer.runs.live_eval import SHARE
from trainer.runs.run import Run
from trainer.training.config import config_from
from trainer.util.errors import UserError

PRESETS = ("mnist-dcgan", "avatars-cpu")
VALUES = ("loss_d", "loss_g", "d_accuracy_real", "d_accuracy_fake", "grad_d", "grad_g", "jsd", "images_per_s")
REPORTS, TICKS = 1500, 200
GOAL = 20  # ms of a tick


def measure(*, minutes: float = 4.0, threads: int = 1, data_dir: Path = ROOT / "data") -> Record:
    with tempfile.TemporaryDirectory() as place:
        runs = Path(place)
        shares = {preset: share_of(preset, runs, minutes, threads, data_dir) for preset in PRESETS}
        return {"shares": shares, "ticks": ticks(Path(place) / "many")}


def share_of(preset: str, runs: Path, minutes: float, threads: int, data_dir: Path) -> Record:
    """Train for some minutes and read what the verdicts took. UserError for a data set that gets no verdicts."""
    words = ["train", "--run", preset, "--preset", preset, "--kimg", "100000", "--threads", str(threads), "--quiet"]
    places = ["--runs", str(runs), "--data-dir", str(data_dir), "--checkpoints", str(CHECKPOINTS)]
    process = subprocess.Popen([sys.executable, "-m", "trainer", *words, *places], cwd=ROOT)
    time.sleep(minutes * 60)
    process.terminate()
    process.wait()
    events = Run(runs, preset).store().events()
    verdicts = [event for event in events if event.kind == "verdict"]
    if len(verdicts) < 2:
        raise UserError(f"{preset} got {len(verdicts)} verdicts in {minutes:g} minutes; give it more.")
    seconds = [event.detail["seconds"] for event in verdicts]
    return {"verdicts": rounded(seconds, 2), "seconds": round(verdicts[-1].time - events[0].time, 1)}


def ticks(folder: Path) -> Record:
    """Milliseconds of a tick with nothing new, and with one new measurement; and of the first answer."""
    run = Run(folder, "long")
    run.folder.mkdir(parents=True)
    (run.folder / "config.json").write_text(json.dumps(asdict(config_from({}))))
    store = run.store()
    with store.connected() as connection:
        rows = [(1000 * i, name, 1.0 / (i + 1)) for i in range(REPORTS) for name in VALUES]
        connection.executemany("INSERT INTO metrics (images, name, value) VALUES (?, ?, ?)", rows)
    library = Library(CHECKPOINTS, folder, ROOT / "recordings")
    first, known, stamp = asked(library, {}, 0)
    still = [asked(library, known, stamp)[0] for _ in range(TICKS)]
    news = []
    for i in range(TICKS):
        store.add(1000 * (REPORTS + i), dict.fromkeys(VALUES, 0.5))
        took, known, stamp = asked(library, known, stamp)
        news.append(took)
    return {"first_ms": round(first, 1), "still_ms": rounded(still, 2), "news_ms": rounded(news, 2)}


def asked(library: Library, known: dict, stamp: int) -> tuple[float, dict, int]:
    """(milliseconds of one answer, what the page knows after it)."""
    since = time.perf_counter()
    answer = watching.watch(library, {"stamp": stamp, "runs": {"long": known}})
    json.dumps(answer)
    took = 1000 * (time.perf_counter() - since)
    news = answer.get("news", {}).get("long", {})
    return (
        took,
        known | {k: news[k] for k in ("metric", "event", "stamp") if k in news},
        answer.get("list", {}).get("stamp", stamp),
    )


def table(record: Record) -> str:
    found = record["results"]
    rows = []
    for preset, run in found["shares"].items():
        share = sum(run["verdicts"]) / run["seconds"]
        rows.append([preset, len(run["verdicts"]), f"{median(run['verdicts']):.2f}", f"{100 * share:.1f} %"])
    met = all(sum(run["verdicts"]) <= SHARE * run["seconds"] for run in found["shares"].values())
    tick = found["ticks"]
    ticks = [[title, f"{median(tick[name]):.1f}", f"{p95(tick[name]):.1f}"] for name, title in TITLES.items()]
    fast = max(p95(tick[name]) for name in TITLES) < GOAL
    settings = record["settings"]
    return (
        f"{markdown(['live diagnosis', 'verdicts', 'seconds each', 'of the time'], rows)}\n\n"
        f"{markdown(['a tick of the Train tab, server', 'ms', 'p95'], ticks)}\n\n"
        f"Trainings of {settings['minutes']:g} minutes, {settings['threads']} thread, 1,000 samples a verdict. Goals: "
        f"at most {100 * SHARE:g} % of the time ({'met' if met else 'missed'}), a tick under {GOAL} ms "
        f"({'met' if fast else 'missed'}); the first answer on {REPORTS:,} measurements: {tick['first_ms']:.0f} ms. "
        f"{circumstances(record)}"
    )


TITLES = {"still_ms": "nothing new", "news_ms": "one new measurement"}

if __name__ == "__main__":
    main(measure, table)
