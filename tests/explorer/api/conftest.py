"""The app itself, with the bundled checkpoints, as an MCP server."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def started(*arguments: str) -> tuple[subprocess.Popen, str]:
    """`python app.py` on a free port, and the address that it says."""
    command = [sys.executable, str(ROOT / "app.py"), "--port", "0", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO", "SPACE"))}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    told = []
    for line in process.stdout:
        told.append(line)
        if "Running on" in line:
            return process, line.split()[-1]
    raise AssertionError("".join(told))


def in_its_own_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns, away from the loop that playwright keeps in the main thread beside the browser tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result()


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    pytest.importorskip("mcp")
    process, address = started("--mcp")
    yield address
    process.terminate()
    process.wait(10)
