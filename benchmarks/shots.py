"""Screenshots of every tab, wide and narrow, light and dark, of a running app or of one started for them.

python -m benchmarks.shots FOLDER [--address http://127.0.0.1:7860 | --checkpoints FOLDER] [--checkpoint NAME]
"""

import re
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.browser import APP_SHOWS, chromium, page_in, served_app
from benchmarks.common import CHECKPOINTS
from trainer.util.errors import UserError

SIZES = {1280: 900, 390: 844}  # width -> height of the window; the image is as long as the page
THEMES = ("light", "dark")
CALM = 15  # seconds to wait at most until the page no longer changes


def calm_shot(page: Any, path: Path) -> None:
    """A screenshot once two in a row are the same, so that it needs to know nothing of the tab."""
    until = time.perf_counter() + CALM
    before, now = b"", page.screenshot(full_page=True)
    while now != before and time.perf_counter() < until:
        page.wait_for_timeout(500)
        before, now = now, page.screenshot(full_page=True)
    path.write_bytes(now)


def tab_names(page: Any) -> list[str]:
    return [text.strip() for text in page.get_by_role("tab").all_inner_texts() if text.strip()]


def open_tab(page: Any, name: str) -> None:
    """Through the overflow menu where the bar has no room for it."""
    tab = page.get_by_role("tab", name=name, exact=True).first
    if not tab.is_visible():
        page.locator(".overflow-menu > button").first.click()
        page.locator(".overflow-dropdown button", has_text=name).first.click()
        return
    tab.click()


def shots(address: str, out: Path, checkpoint: str = "") -> list[Path]:
    """Write FOLDER/tab-width-theme.png for all of them. Returns the paths."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    with chromium() as browser:
        for width, height in SIZES.items():
            for theme in THEMES:
                with page_in(browser, width, height) as page:
                    query = f"&checkpoint={checkpoint}" if checkpoint else ""
                    page.goto(f"{address}/?__theme={theme}{query}")
                    page.wait_for_function(APP_SHOWS)
                    for name in dict.fromkeys(tab_names(page)):
                        open_tab(page, name)
                        path = out / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{width}-{theme}.png"
                        calm_shot(page, path)
                        written.append(path)
                        print(path, flush=True)
    return written


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.shots", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--address", help="of a running app; otherwise one is started")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, help="of the app to start [%(default)s]")
    parser.add_argument("--checkpoint", default="", help="the one to show [the first]")
    arguments = parser.parse_args()
    try:
        with ExitStack() as stack:
            address = arguments.address or stack.enter_context(served_app(arguments.checkpoints)).address
            shots(address.rstrip("/"), arguments.out, arguments.checkpoint)
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
