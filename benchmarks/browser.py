"""A real app and a real Chromium, as the benchmarks and the images need them."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT
from trainer.util.errors import UserError

PATIENCE = 120  # seconds, on a busy machine
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

# True once the page shows its first image.
APP_SHOWS = "() => document.querySelector('#sample-element .sheet[data-shown]') !== null"
PLAIN_SHOWS = "() => [...document.querySelectorAll('#image img')].some((image) => image.naturalWidth)"
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@dataclass(frozen=True)
class Server:
    """A server that has answered.

    Attributes:
        address: where.
        pid: of its process.
        started: time.perf_counter() just before its process was started.
        answered: seconds from there to its first answer.
    """

    address: str
    pid: int
    started: float
    answered: float

    @property
    def rss_mb(self) -> float:
        """Memory held now, in MB (Linux)."""
        status = Path(f"/proc/{self.pid}/status")
        if not status.exists():
            return float("nan")
        kb = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(kb) / 1000


@contextmanager
def served(*command: str) -> Iterator[Server]:
    """`python COMMAND --port PORT` in the project's folder, from its first answer until the end of the block.

    Raises UserError if it ends, or does not answer within two minutes.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *command, "--port", str(port)], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            while not answers(address):
                if process.poll() is not None or time.perf_counter() - started > PATIENCE:
                    log.seek(0)
                    raise UserError(f"`python {' '.join(command)}` does not answer: {log.read()[-1000:].strip()}")
                time.sleep(0.01)
            yield Server(address, process.pid, started, time.perf_counter() - started)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def served_app(checkpoints: Path, *more: str) -> Iterator[Server]:
    """The app with these checkpoints and no runs."""
    with (
        tempfile.TemporaryDirectory() as runs,
        served("app.py", "--checkpoints", str(checkpoints.absolute()), "--runs", runs, *more) as server,
    ):
        yield server


def served_plainly(checkpoint: Path, seed: int = 1) -> AbstractContextManager[Server]:
    """The plain Space around one checkpoint, sliding this seed's image."""
    return served("-m", "benchmarks.plain_space", str(checkpoint.absolute()), "--seed", str(seed))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as response:
            return response.status == 200
    except urllib.error.HTTPError as error:
        raise UserError(f"{address} answers {error.code}.") from error
    except OSError:
        return False


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium. Raises UserError where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise UserError(f"No Chromium was found ({', '.join(names)}). Install one to run this.")
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            yield browser
            browser.close()
    except Error as error:
        raise UserError(f"Chromium: {error.message}") from error


@contextmanager
def page_in(browser: Any, width: int = 1280, height: int = 900) -> Iterator[Any]:
    """A fresh page with nothing cached."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    yield page
    context.close()
