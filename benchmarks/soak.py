"""A training of half an hour with the Train tab open in Chromium: does the memory of page or server grow?

What a tick costs is measured in the page (the answers' bytes) and of the server (its CPU time).
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.browser import chromium, page_in, served
from benchmarks.common import ROOT, Record, circumstances, main, markdown, median

STEP = 30  # seconds from one sample to the next
WATCHES = "() => document.querySelector('.train .charts svg.main-svg') !== null"
IMAGES = "() => document.querySelector('[data-images-seen]')?.dataset.imagesSeen"


def measure(*, minutes: float = 35.0, preset: str = "mnist-dcgan") -> Record:
    with tempfile.TemporaryDirectory() as runs, served("app.py", "--runs", runs) as server, chromium() as browser:
        words = ["train", "--run", "soak", "--preset", preset, "--kimg", "100000", "--threads", "1", "--quiet"]
        training = subprocess.Popen([sys.executable, "-m", "trainer", *words, "--runs", runs], cwd=ROOT)
        try:
            with page_in(browser) as page:
                return watched(page, server, minutes)
        finally:
            training.terminate()
            training.wait()


def watched(page: Any, server: Any, minutes: float) -> Record:
    """Samples of the page and of the server, while the page watches."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(server.address)
    page.get_by_role("tab", name="Train").first.click()
    page.locator("tr[data-name=soak]").click(timeout=180_000)
    page.wait_for_function(WATCHES, timeout=180_000)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    samples = []
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        time.sleep(STEP)
        devtools.send("HeapProfiler.collectGarbage")
        figures = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
        samples.append(
            {
                "images": int(page.evaluate(IMAGES) or 0),
                "heap_mb": round(figures["JSHeapUsedSize"] / 1e6, 2),
                "nodes": int(figures["Nodes"]),
                "page_cpu_s": round(figures["TaskDuration"], 2),
                "server_mb": round(server.rss_mb, 1),
                "server_cpu_s": round(cpu_seconds(server.pid), 2),
            }
        )
    return {"samples": samples, "errors": errors}


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def table(record: Record) -> str:
    samples = record["results"]["samples"]
    third = max(1, len(samples) // 3)
    first, last = samples[:third], samples[-third:]
    rows = []
    for name, title in (
        ("heap_mb", "page, JavaScript heap, MB"),
        ("nodes", "page, nodes"),
        ("server_mb", "server, MB"),
    ):
        a, b = (median([sample[name] for sample in part]) for part in (first, last))
        rows.append([title, f"{a:,.4g}", f"{b:,.4g}", f"{b / a:.2f}"])
    seconds = STEP * (len(samples) - 1) or 1
    page, server = ((samples[-1][name] - samples[0][name]) / seconds for name in ("page_cpu_s", "server_cpu_s"))
    errors = len(record["results"]["errors"])
    return (
        f"{markdown(['', 'first third', 'last third', 'ratio'], rows)}\n\n"
        f"{record['settings']['minutes']:g} minutes, {samples[-1]['images'] / 1000:,.0f} kimg, medians of a sample "
        f"each {STEP} s after garbage collection; {errors} errors in the page. The page used {1000 * page:.0f} ms and "
        f"the server {1000 * server:.0f} ms of CPU a second. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
