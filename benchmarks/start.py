"""How long from `python app.py` to the first HTTP answer and to the first image in Chromium? And how much memory?

A fresh process, page and copy of the checkpoints (no fitted directions) each time, in turns with a plain Space around
the same generator: one gr.Slider, one gr.Image, all defaults.
"""

import shutil
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from benchmarks.browser import APP_SHOWS, NEXT_FRAME, PLAIN_SHOWS, Server, chromium, page_in, served_app, served_plainly
from benchmarks.common import CHECKPOINTS, Record, checkpoints_in, circumstances, main, markdown, median

WAYS = {"app": "this app", "plain": "plain Space"}
UNITS = {"answer_s": "first answer, s", "image_s": "first image, s", "rss_mb": "memory, MB"}


def one_start(browser: Any, starting: AbstractContextManager[Server], shows: str) -> dict[str, float]:
    """Start a server, open its page, stop it."""
    with starting as server, page_in(browser) as page:
        page.goto(server.address)
        page.wait_for_function(shows)
        page.evaluate(NEXT_FRAME)
        seen = time.perf_counter() - server.started
        time.sleep(3)  # what the page asks for next, such as the thumbnails of Slide
        return {
            "answer_s": round(server.answered, 2),
            "image_s": round(seen, 2),
            "rss_mb": round(server.rss_mb),
        }


def measure(*, checkpoints: Path = CHECKPOINTS, repeats: int = 3) -> Record:
    starts: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    first = checkpoints_in(checkpoints)[0].name
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for turn in range(repeats):
            copy = Path(folder) / str(turn)
            shutil.copytree(checkpoints, copy, ignore=shutil.ignore_patterns(".cache"))
            starts["app"].append(one_start(browser, served_app(copy, "--checkpoint", first), APP_SHOWS))
            starts["plain"].append(one_start(browser, served_plainly(copy / first), PLAIN_SHOWS))
            print(f"start {turn + 1} of {repeats}: {starts['app'][-1]}, plain {starts['plain'][-1]}", flush=True)
    medians = {way: {unit: median([s[unit] for s in starts[way]]) for unit in UNITS} for way in WAYS}
    pairs = list(zip(starts["app"], starts["plain"], strict=True))
    ratios = {unit: round(median([ours[unit] / plain[unit] for ours, plain in pairs]), 3) for unit in UNITS}
    return {"checkpoint": first, "starts": starts, "medians": medians, "ratios": ratios}


def table(record: Record) -> str:
    medians, ratios = record["results"]["medians"], record["results"]["ratios"]
    rows = [[name, *(f"{medians[way][unit]:.3g}" for unit in UNITS)] for way, name in WAYS.items()]
    rows.append(["ratio", *(f"{ratios[unit]:.2f}" for unit in UNITS)])
    repeats = record["settings"]["repeats"]
    return (
        f"{markdown(['', *UNITS.values()], rows)}\n\nMedians of {repeats} starts each, in turns; the ratio is that of "
        f"the pairs. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
