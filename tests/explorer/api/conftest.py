"""The app itself, with the bundled checkpoints, as an MCP server."""

import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests import running_app


def started(*arguments: str) -> tuple[subprocess.Popen, str]:
    """The app on a free port, whatever the environment says of Gradio and Spaces, and its address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO", "SPACE"))}
    return running_app.started("--port", "0", *arguments, environment=environment)


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
