"""`python app.py` itself: its sentences, and the page without a checkpoint."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, free_port, serve


def run_app(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "app.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_a_port_in_use_is_told_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_app("--port", str(port))
    assert done.returncode == 1
    assert f"Cannot serve on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--checkpoints", "/nowhere"], "/nowhere is not a folder"),
        (["--checkpoint", "nobody"], "neither a known checkpoint"),
        (["--auth", "nocolon"], "USER:PASSWORD"),
    ],
)
def test_bad_arguments_are_told_in_a_sentence(arguments: list[str], message: str):
    done = run_app(*arguments, "--port", str(free_port()))
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_checkpoint_the_page_says_how_to_get_one(browser, tmp_path: Path):
    process, address = serve(
        *(word for name in ("checkpoints", "runs", "recordings") for word in (f"--{name}", str(tmp_path)))
    )
    try:
        page = browser.new_page()
        page.goto(address)
        expect(page.get_by_text("No checkpoint yet")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("python -m trainer publish")).to_be_visible()
        page.close()
    finally:
        process.terminate()
        process.wait(10)
