"""What a slider costs: the seconds until the page draws by itself, and the server when many people slide at once.

Page-side, the server is asked for nothing once it is ready. Server-side, each person has one image in flight, asks
for the next as soon as it is there, and is a client of its own that speaks the page's protocol.
"""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.browser import chromium, page_in, served_app
from benchmarks.common import CHECKPOINTS, Record, checkpoints_in, circumstances, main, markdown, p95
from benchmarks.soak import cpu_seconds

READY = "() => document.querySelector('#slide-element .engine')?.dataset.state === 'page'"
ASKED = "window.asked = 0; const old = window.fetch; window.fetch = (...a) => (window.asked++, old(...a));"
LOAD_MS = "explorer.module('web/render/engine.js').then(({ engine }) => engine.ms)"
DRAG = """async (seconds) => {
  const slider = document.querySelector('#slide-element .slider input');
  const canvas = document.querySelector('#slide-element .image');
  const [painted, asked, from] = [Number(canvas.dataset.painted), window.asked, performance.now()];
  for (let i = 0; performance.now() - from < 1000 * seconds; i++) {
    slider.value = 3 * Math.sin(i / 20);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise(requestAnimationFrame);
  }
  return [(Number(canvas.dataset.painted) - painted) / seconds, window.asked - asked];
}"""


def measure(*, checkpoints: Path = CHECKPOINTS, seconds: float = 8.0, crowds: str = "1,10,50,200") -> Record:
    found: Record = {"pages": {}, "crowds": {}}
    with served_app(checkpoints) as server:
        with chromium() as browser:
            for folder in checkpoints_in(checkpoints):
                found["pages"][folder.name] = visit(browser, server, folder.name, seconds)
                print(folder.name, found["pages"][folder.name], flush=True)
        name = checkpoints_in(checkpoints)[0].name
        for people in map(int, crowds.split(",")):
            before = cpu_seconds(server.pid)
            ms, failures = asyncio.run(crowd(server.address, name, people, seconds))
            cpu = (cpu_seconds(server.pid) - before) / seconds
            found["crowds"][people] = {
                "images_per_s": round(len(ms) / seconds, 1),
                "median_ms": round(float(np.median(ms)), 1) if ms else None,
                "p95_ms": round(p95(ms), 1) if ms else None,
                "failures": failures,
                "server_cores": round(cpu, 2),
            }
            print(people, found["crowds"][people], flush=True)
    return found


def visit(browser: Any, server: Any, name: str, seconds: float) -> Record:
    """Open Slide cold, then warm: seconds until the page draws; then drag and count what is asked."""
    found: Record = {}
    with page_in(browser) as page:
        page.add_init_script(ASKED)
        sizes: dict[str, int] = {}
        page.on("response", lambda answer: sizes.setdefault(answer.url, int(answer.headers.get("content-length", 0))))
        for state in ("cold", "warm"):
            since = time.perf_counter()
            page.goto(f"{server.address}/?checkpoint={name}&seed=3")
            page.wait_for_function(READY)
            found[f"{state}_s"] = round(time.perf_counter() - since, 2)
            found["load_ms"] = round(page.evaluate(LOAD_MS))
            found.setdefault("mb", round(sum(n for url, n in sizes.items() if "/explorer/" in url) / 1e6, 2))
        page.evaluate(DRAG, 1)
        before = cpu_seconds(server.pid)
        fps, asked = page.evaluate(DRAG, seconds)
        found |= {"fps": round(fps, 1), "asked": asked}
        found["server_cores"] = round((cpu_seconds(server.pid) - before) / seconds, 3)
    return found


async def crowd(address: str, name: str, people: int, seconds: float) -> tuple[list[float], int]:
    """(milliseconds of every image, how many failed) with so many people sliding at once."""
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=httpx.Limits(max_connections=people)) as client:
        component = slide_component((await client.get("/config")).json())
        client.headers["X-Explorer-Token"] = (await client.get("/explorer/token")).text
        end = time.perf_counter() + seconds
        given = await asyncio.gather(*(one(client, component, name, i, end) for i in range(people)))
    return [ms for times, _ in given for ms in times], sum(failed for _, failed in given)


def slide_component(config: dict[str, Any]) -> int:
    """The number of Slide's element in the page's configuration."""
    return next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "slide-element")


async def one(client: httpx.AsyncClient, component: int, name: str, person: int, end: float) -> tuple[list[float], int]:
    times, failed, i = [], 0, 0
    asking = {"session_hash": f"person{person}", "component_id": component, "fn_name": "render"}
    while time.perf_counter() < end:
        edit = ["pca:0", round(3 * float(np.sin(i / 20)), 2), 0, None]
        question = asking | {"data": {"recipe": {"checkpoint": name, "seed": person, "edits": [edit]}}}
        since = time.perf_counter()
        try:
            answer = (await client.post("/gradio_api/component_server", json=question)).json()
            failed += "pixels" not in answer
            times.append(1000 * (time.perf_counter() - since))
        except (httpx.HTTPError, json.JSONDecodeError):
            failed += 1
        i += 1
    return times, failed


def table(record: Record) -> str:
    pages = [
        [
            name, f"{page['cold_s']:.1f}", f"{page['warm_s']:.1f}", f"{page['load_ms'] / 1000:.1f}", page["mb"],
            f"{page['fps']:.0f}", page["asked"], f"{page['server_cores']:.2f}",
        ]
        for name, page in record["results"]["pages"].items()
    ]  # fmt: skip
    crowds = [
        [people, *(found[key] for key in ("images_per_s", "median_ms", "p95_ms", "failures", "server_cores"))]
        for people, found in record["results"]["crowds"].items()
    ]
    first = [
        "in the page",
        "ready, s",
        "again, s",
        "of it loading, s",
        "fetched, MB",
        "frames/s",
        "questions",
        "server, cores",
    ]
    second = ["through the server, people", "images/s", "ms", "p95", "failures", "server, cores"]
    return (
        f"{markdown(first, pages)}\n\n{markdown(second, crowds)}\n\nReady: from opening the link to the page's own "
        f"first frame, everything before it included; again: with the browser's cache, which keeps the runtime and the "
        f"network for ever; fetched: both, the first time. A drag of "
        f"{record['settings']['seconds']:g} s; clients, browser and server share {os.cpu_count()} cores. "
        f"{circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
