"""The examples of docs/api.md run as they stand there, but for the port."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.explorer.api.conftest import in_its_own_thread
from tests.running_app import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
LIBRARY, CLIENT, TOOLS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
WRITTEN = "http://127.0.0.1:7860"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """What an example writes goes to an empty folder."""
    monkeypatch.chdir(tmp_path)


def run(example: str, address: str = WRITTEN) -> dict[str, Any]:
    """Everything that an example has named once it is through."""
    names: dict[str, Any] = {"__name__": "example"}
    in_its_own_thread(exec, compile(example.replace(WRITTEN, address), "docs/api.md", "exec"), names)
    return names


@pytest.mark.slow
def test_the_library(capsys):
    names = run(LIBRARY)
    assert names["face"].size == (64, 64)
    assert len(names["faces"]) == 8
    assert Image.open("sheet.png").size == (256, 256)
    assert Image.open("walk.gif").n_frames == len(names["walk"]) == 24
    assert len(names["moved"]) == 7
    told = capsys.readouterr().out
    assert "'sefa:9']" in told
    assert "checkpoint=avatars-stylegan&seed=3&psi=0.7" in told
    assert "Healthy" in told


@pytest.mark.slow
def test_the_running_app_through_gradios_client(address, capsys):
    names = run(CLIENT, address)
    assert "mnist-dcgan" in {one["name"] for one in names["checkpoints"]}
    assert Image.open(names["preview"]).size == (8 * 128, -(-len(names["checkpoints"]) // 8) * 128)
    assert Image.open(names["sheet"]).size == (3 * 32, 3 * 32)
    assert Image.open(names["row"]).size == (7 * 64, 64)
    assert Image.open(names["walk"]).size == (9 * 64, 64)
    assert Image.open(names["shown"]).size == (8 * 32, 8 * 32)
    assert Image.open(names["rows"]).size == (8 * 32, 2 * 32)
    assert names["uri"].startswith("data:image/png;base64,")
    told = capsys.readouterr().out
    assert "{'checkpoint': 'mnist-dcgan', 'seed': 8}" in told
    assert "healthy mode-dropping" in told


@pytest.mark.slow
def test_an_assistants_tools(address, capsys):
    names = run(TOOLS, address)
    assert not names["answer"].isError
    assert names["address"].text.startswith(f"Image URL: {address}/gradio_api/file=")
    told = capsys.readouterr().out
    assert "['list_checkpoints', 'sample', 'slide', 'interpolate', 'translate', 'diagnose', 'compare']" in told
    assert "image/png {'seeds': [1, 5], 'frames': 9}" in told  # a dictionary, read from the facts


def test_the_page_names_what_is_there():
    assert Path(ROOT, "requirements-mcp.txt").is_file()
    assert Path(ROOT, "tests/explorer/api/test_docs.py").is_file()
