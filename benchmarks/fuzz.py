"""Thousands of damaged files and hostile questions, by a seed: does everything else go on?

Files are bundled checkpoints with their references, a recorded run, packed data, a cache and a training's state, each
damaged at random and read as the app reads it. Questions go to every handler of the page. Wanted: nothing raised but a
sentence, no path of the machine told, no answer over 10 s, at most 1 GB of growth. Nothing that they ask is started.
"""

import logging
import resource
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks import hostile_reading as reading
from benchmarks import hostile_sound as sound
from benchmarks.common import CHECKPOINTS, ROOT, Record, circumstances, main, markdown
from benchmarks.hostile_asking import SLOW, fuzzed, nothing_starts
from benchmarks.hostile_reading import Target
from benchmarks.hostile_requests import CHECKPOINT, RUN, TRANSLATOR
from explorer.core.library import Library

GROWTH = 1000.0  # MB

Make = Callable[[Path], object]


def bundled(name: str) -> Make:
    return lambda folder: shutil.copytree(CHECKPOINTS / name, folder, ignore=shutil.ignore_patterns(".cache"))


KINDS: dict[str, tuple[Make, list[Target]]] = {
    "checkpoint of digits": (bundled("mnist-conditional"), reading.CHECKPOINT),
    "checkpoint of faces": (bundled("avatars-stylegan"), reading.CHECKPOINT),
    "checkpoint of points": (bundled("ring-points"), reading.CHECKPOINT),
    "run": (sound.run, reading.RUN),
    "packed data": (sound.packed, reading.PACKED),
    "directions in a cache": (sound.cache, [reading.CACHE]),
    "state of a training": (sound.state, [reading.STATE]),
}


def most_memory() -> float:
    """The most that this process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def damaged(kind: str, count: int, seed: int) -> Record:
    """Each file of a sound folder damaged `count` times and read."""
    make, targets = KINDS[kind]
    with tempfile.TemporaryDirectory() as place:
        whole, work = Path(place) / "sound" / "one", Path(place) / "work"
        work.mkdir()
        whole.parent.mkdir()
        make(whole)
        found = list(reading.outcomes(whole, targets, count, seed, work))
    raised = [f"{o.target.file} {o.number}: {o.raised}" for o in found if o.raised]
    return {"tries": len(found), "flaws": raised, "slowest": round(max(o.seconds for o in found), 2)}


def asked(count: int, seed: int) -> Record:
    """So many hostile questions to a library with a bundled checkpoint and a recorded run."""
    with tempfile.TemporaryDirectory() as place, nothing_starts():
        library = Library(Path(place) / "checkpoints", Path(place) / "runs", Path(place) / "recordings")
        bundled("mnist-conditional")(library.checkpoints / CHECKPOINT)
        bundled("pix2pix-avatars")(library.checkpoints / TRANSLATOR)
        shutil.copytree(ROOT / "recordings" / "mnist-minimax", library.runs / RUN)
        flaws = fuzzed(library, seed, count)
    return {"tries": count, "flaws": flaws}


def measure(*, files: int = 5000, questions: int = 5000, seed: int = 0) -> Record:
    """files, questions: at least so many."""
    torch.set_num_threads(1)
    logging.disable(logging.CRITICAL)  # the app's log would tell of every one
    each = -(-files // sum(len(targets) for _, targets in KINDS.values()))
    found: Record = {}
    base = most_memory()
    for kind in KINDS:
        found[kind] = damaged(kind, each, seed) | {"memory": round(most_memory() - base)}
        print(kind, found[kind], flush=True)
    found["questions"] = asked(questions, seed) | {"memory": round(most_memory() - base)}
    print("questions", found["questions"], flush=True)
    flaws = sum(len(of["flaws"]) for of in found.values())
    slow = max(of.get("slowest", 0.0) for of in found.values())
    return {"kinds": found, "met": not flaws and slow <= SLOW and most_memory() - base <= GROWTH}


def table(record: Record) -> str:
    results = record["results"]
    rows = [
        [kind, f"{of['tries']:,}", len(of["flaws"]), of.get("slowest", f"under {SLOW}"), f"{of['memory']:,}"]
        for kind, of in results["kinds"].items()
    ]
    head = ["damaged or asked", "tries", "flaws", "slowest, s", "growth until then, MB"]
    return (
        f"{markdown(head, rows)}\n\nA flaw: anything raised but a sentence, a path or Python's own words "
        f"in it, over {SLOW} s. Goals: none, and at most {GROWTH:,.0f} MB of growth: "
        f"{'met' if results['met'] else 'missed'}. Seed {record['settings']['seed']}. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
