"""The app as a process of its own, for tests that ask it over the network."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def started(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[subprocess.Popen, str]:
    """`python app.py`, and the address that it says. environment: None: that of the tests."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    told = []
    for line in process.stdout:
        told.append(line)
        if "Running on" in line:
            return process, line.split()[-1]
    raise AssertionError("".join(told))
