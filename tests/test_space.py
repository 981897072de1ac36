"""A Space: what its folder holds, and that it starts as the Hub would start it."""

import base64
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client
from huggingface_hub import SpaceCard

from tests.test_supply import requirements
from trainer.cli.main import main

ROOT = Path(__file__).parents[1]
BUNDLED = str(ROOT / "checkpoints")
STRANGER, OWNER = 1000, 2000  # who runs a Space, and whose its files are
HOST = "user-space.hf.space"


@pytest.fixture
def faces(checkpoint, tmp_path) -> Path:
    """A folder of checkpoints with one in it, beside whose files others lie."""
    folder = tmp_path / "checkpoints" / "faces"
    shutil.copytree(checkpoint(), folder)
    (folder / ".cache").mkdir(exist_ok=True)
    (folder / "notes.txt").write_text("mine")
    return folder.parent


@pytest.mark.slow
def test_a_space_is_the_app_the_chosen_checkpoints_and_a_front_page(faces, tmp_path, capsys):
    out = tmp_path / "space"
    assert main(["space", "faces", "--out", str(out), "--checkpoints", str(faces), "--title", "Faces: all"]) == 0
    assert "hf upload USER/NAME" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        *("app.py", "explorer", "trainer", "checkpoints", "requirements.txt", "README.md", "LICENSE"),
        *("THIRD_PARTY.md", ".gitattributes"),
    }
    assert {path.name for path in (out / "checkpoints").iterdir()} == {"faces"}
    kept = {"config.json", "model.safetensors", "preview.webp", "README.md"}
    assert {path.name for path in (out / "checkpoints" / "faces").iterdir()} == kept
    assert not [path for path in out.rglob("*") if path.name == "__pycache__" or path.suffix == ".pyc"]
    data = SpaceCard((out / "README.md").read_text()).data
    assert (data.title, data.sdk, data.app_file, data.python_version) == ("Faces: all", "gradio", "app.py", "3.11")
    assert data.sdk_version == next(iter(requirements("requirements.txt")["gradio"].specifier)).version
    assert "| faces | shapes |" in (out / "README.md").read_text()


@pytest.mark.slow
def test_a_checkpoint_of_the_hub_comes_along_and_is_named_as_its_model(hub, faces, tmp_path):
    hub.put("models/user/remote", {p.name: p.read_bytes() for p in (faces / "faces").iterdir() if p.is_file()})
    out = tmp_path / "space"
    assert main(["space", "hf://user/remote", "--out", str(out)]) == 0
    assert (out / "checkpoints" / "remote" / "model.safetensors").is_file()
    assert SpaceCard((out / "README.md").read_text()).data.models == ["user/remote"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["nobody", "--out", "new"], "There is no checkpoint"),
        (["faces", "--out", "."], "not empty"),
        (["faces", "--out", "checkpoints/faces/config.json"], "not empty"),
        (["faces", "faces", "--out", "new"], "Two of these checkpoints"),
        (["faces", "--out", "checkpoints/faces/config.json/new"], "Cannot write"),
        (["faces", "--out", "new", "--recordings", "nowhere"], "is not a folder"),
    ],
)
def test_what_cannot_be_a_space_is_told_in_one_sentence(faces, tmp_path, capsys, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    assert main(["space", *words]) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]


def as_stranger() -> list[str]:
    """What starts a command as another user, who may read whatever Python is made of; nothing where that cannot be."""
    if os.geteuid() or not shutil.which("setpriv"):
        return []
    may_read = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
    return ["setpriv", "--reuid", str(STRANGER), "--regid", str(STRANGER), "--clear-groups", *may_read]


def locked(folder: Path) -> None:
    """Make a folder and all in it read-only, and somebody else's where that can be."""
    for path in [*folder.rglob("*"), folder]:
        if not os.geteuid():
            os.chown(path, OWNER, OWNER)
        path.chmod(0o555 if path.is_dir() else 0o444)


@pytest.mark.slow
@pytest.mark.parametrize("home", [None, "/nonexistent"])
def test_it_starts_under_the_conditions_of_a_space(tmp_path, home):
    space = tmp_path / "space"
    assert main(["space", "mnist-dcgan", "grid-points", "--out", str(space), "--checkpoints", BUNDLED]) == 0
    locked(space)
    before = sorted(space.rglob("*"))
    env = {
        "PATH": os.defpath,
        "SPACE_ID": "user/space",
        "SYSTEM": "spaces",
        "SPACE_HOST": HOST,
        "GRADIO_NUM_PORTS": "1",
    }
    process = subprocess.Popen(
        [*as_stranger(), sys.executable, "app.py", "--port", "0"],
        cwd=space,
        env=env | ({"HOME": home} if home else {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        address = answering(process)
        page = urllib.request.urlopen(urllib.request.Request(address, headers={"Host": HOST}), timeout=60)
        assert page.status == 200
        assert "Training is disabled here" in page.read().decode()
        recipe = {"checkpoint": "mnist-dcgan", "seed": 7, "edits": [["pca:0", 1, 0, None]]}
        image = Client(address, verbose=False).predict(recipe, api_name="/render")
        assert base64.b64decode(image.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
        assert sorted(space.rglob("*")) == before
    finally:
        process.terminate()
        process.wait(20)
        for path in [space, *space.rglob("*")]:
            path.chmod(0o755)


def answering(process: subprocess.Popen) -> str:
    """The address of an app, once it says one; on every address of the machine, so here by loopback."""
    end = time.monotonic() + 120
    lines = []
    while time.monotonic() < end and (line := process.stdout.readline()):
        lines.append(line)
        if "Running on" in line:
            return f"http://127.0.0.1:{line.split()[-1].rpartition(':')[2]}"
    raise AssertionError("".join(lines))
