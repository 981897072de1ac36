"""Images a second that follow the pen in the tab Translate, in the page and through the server; how far apart both are.

In a real Chromium, whose mouse draws circles.
"""

import base64
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.browser import chromium, page_in, served_app
from benchmarks.common import CHECKPOINTS, Record, circumstances, main, markdown, median
from explorer.core.library import Library
from explorer.core.translation.recipe import TranslationRecipe
from trainer.util.errors import UserError

TAB = "#translate-element"
PAINTED = f"() => Number(document.querySelector('{TAB} .output')?.dataset.painted || 0)"
STATE = f"(state) => document.querySelector('{TAB} .runs')?.dataset.state === state"
READ = f"""() => {{
  const canvas = document.querySelector('{TAB} .output');
  const {{ data }} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return btoa(Array.from(data, (value) => String.fromCharCode(value)).join(''));
}}"""
WAYS = {"page": "in the page", "failed": "through the server"}
SETTLED = 1.5  # seconds after which nothing more is on its way


def opened(page: Any, address: str, query: str, way: str) -> None:
    """Show a recipe, drawn in one of the ways."""
    if way == "failed":
        page.route("**/*.onnx", lambda route: route.abort())
    page.goto(f"{address}/?{query}")
    page.wait_for_function(f"() => ({PAINTED})() > 0")
    page.wait_for_function(STATE, arg=way)


def drawn(page: Any, seconds: float) -> float:
    """Images a second while the mouse draws circles."""
    page.locator(f"{TAB} .paper").scroll_into_view_if_needed()
    box = page.locator(f"{TAB} .drawn").bounding_box()
    x, y, radius = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 3
    page.mouse.move(x + radius, y)
    page.mouse.down()
    before, start, turn = page.evaluate(PAINTED), time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        turn += 1
        page.mouse.move(x + radius * math.cos(turn / 9), y + radius * math.sin(turn / 9))
    shown, passed = page.evaluate(PAINTED) - before, time.perf_counter() - start
    page.mouse.up()
    return float(shown / passed)


def seen(page: Any) -> np.ndarray:
    """The output, RGB as whole numbers."""
    time.sleep(SETTLED)
    return np.frombuffer(base64.b64decode(page.evaluate(READ)), np.uint8).reshape(-1, 4)[:, :3].astype(int)


def measure(*, checkpoints: Path = CHECKPOINTS, name: str = "", seconds: float = 4.0, rounds: int = 3) -> Record:
    library = Library(checkpoints, checkpoints / "no-runs")
    names = [name] if name else [*library.translators()]
    if not names:
        raise UserError(f"There is no translator in {checkpoints}.")
    found: dict[str, Any] = {}
    with chromium() as browser, served_app(checkpoints) as server:
        for one in names:
            found[one] = {}
            for way in WAYS:
                with page_in(browser) as page:
                    opened(page, server.address, f"translator={one}&example=0", way)
                    rates = [drawn(page, seconds) for _ in range(rounds)]
                    image, query = seen(page), page.url.partition("?")[2]
                recipe = TranslationRecipe.from_query(query)
                wanted = library.translation(one).image(recipe, lambda one: library.model(one.checkpoint).image(one))
                apart = np.abs(image - np.broadcast_to(wanted, (*wanted.shape[:2], 3)).reshape(-1, 3))
                found[one][way] = {
                    "fps": [round(rate, 1) for rate in rates],
                    "mean_difference": round(float(apart.mean()), 4),
                    "largest_difference": int(apart.max()),
                    "link_characters": len(query),
                }
                print(one, way, found[one][way], flush=True)
    return {"translators": found}


def table(record: Record) -> str:
    rows = []
    for name, ways in record["results"]["translators"].items():
        for way, told in WAYS.items():
            one = ways[way]
            rows.append(
                [name, told, f"{median(one['fps']):.0f}", f"{one['mean_difference']:.3f}", one["largest_difference"]]
            )
    head = ["translator", "way", "images/s while drawing", "mean difference, of 255", "largest"]
    return f"{markdown(head, rows)}\n\nFrom the image that the link's recipe gives. {circumstances(record)}"


if __name__ == "__main__":
    main(measure, table)
