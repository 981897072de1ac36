"""How long from opening Map & diagnosis to the first verdict on 1,000 samples, and to the refined one on 5,000?

A fresh server for each turn and checkpoint, warmed up as a person's reading of the first page would, in Chromium.
"""

import time
from pathlib import Path
from typing import Any

from benchmarks.browser import APP_SHOWS, chromium, page_in, served_app
from benchmarks.common import CHECKPOINTS, Record, checkpoints_in, circumstances, main, markdown, median, rounded

GOAL = 3.0  # seconds to the first verdict
READING = 8.0  # seconds on the first tab before the diagnosis is opened
SHOWN = "() => document.querySelector('#diagnosis-element .verdict') !== null"
REFINED = "() => document.querySelector('#diagnosis-element .evaluation')?.dataset.n === '5000'"


def one_visit(browser: Any, checkpoints: Path, name: str) -> tuple[float, float]:
    """Seconds from the click on the tab to the first and to the refined verdict."""
    with served_app(checkpoints, "--checkpoint", name) as server, page_in(browser) as page:
        page.goto(server.address)
        page.wait_for_function(APP_SHOWS)
        time.sleep(READING)
        started = time.perf_counter()
        page.get_by_role("tab", name="Map & diagnosis").first.click()
        page.wait_for_function(SHOWN)
        first = time.perf_counter() - started
        page.wait_for_function(REFINED)
        return first, time.perf_counter() - started


def measure(*, checkpoints: Path = CHECKPOINTS, repeats: int = 2) -> Record:
    names = [folder.name for folder in checkpoints_in(checkpoints)]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with chromium() as browser:
        for _ in range(repeats):
            for name in names:
                found[name].append(one_visit(browser, checkpoints, name))
                print(f"{name}: {found[name][-1][0]:.1f} s, {found[name][-1][1]:.1f} s", flush=True)
    return {
        name: {
            "first": rounded([first for first, _ in visits], 2),
            "refined": rounded([last for _, last in visits], 2),
        }
        for name, visits in found.items()
    }


def table(record: Record) -> str:
    results = record["results"]
    rows = [
        [name, f"{median(times['first']):.1f}", f"{median(times['refined']):.1f}"] for name, times in results.items()
    ]
    met = all(median(times["first"]) <= GOAL for times in results.values())
    return (
        f"{markdown(['checkpoint', '1,000 samples, s', '5,000 samples, s'], rows)}\n\n"
        f"From opening the tab to the verdict in Chromium, medians of {record['settings']['repeats']} visits to a "
        f"fresh server. Goal: the first under {GOAL:g} s ({'met' if met else 'missed'}). {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
