"""A real app on two tiny checkpoints, and a real Chromium to drive it."""

import io
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from PIL import Image

from explorer.core.inversion.encoder import Course
from explorer.core.inversion.inverter import Inverter
from explorer.core.model import Model
from explorer.core.recipe import Recipe
from tests.browser.hands import open_slide, rendered
from tests.browser.picture_dialog import DIALOG
from tests.conftest import give_critic, own_reference, shaken
from tests.translators import MAP, make_sharpener, make_translator
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.networks import ARCHITECTURES

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
EMULATED_GPU = [
    "--enable-unsafe-webgpu",
    "--enable-unsafe-swiftshader",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
    "--use-webgpu-adapter=swiftshader",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(*arguments: str) -> tuple[subprocess.Popen, str]:
    """Start `python app.py` and wait for its first answer. Returns the process and its address."""
    port = free_port()
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    address = f"http://127.0.0.1:{port}"
    for _ in range(720):
        try:
            urllib.request.urlopen(address, timeout=5)
            return process, address
        except OSError:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.25)
    process.kill()
    raise AssertionError("the app did not answer within three minutes")


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """The address of an app that ends with the block."""
    process, address = serve(*arguments)
    try:
        yield address
    finally:
        process.terminate()
        process.wait(30)


def make_checkpoint(folder: Path, arch: str, channels: int, classes: int = 0, **more: object) -> None:
    """A sound checkpoint at 32 pixels with random weights, and further options of its generator."""
    options = {"resolution": 32, "channels": channels, "z_dim": 16, "width": 16, "num_classes": classes, **more}
    torch.manual_seed(0)
    data = {"name": "shapes", "attributes": {"shape": ["round", "square", "star"][:classes]} if classes else {}}
    info = CheckpointInfo(arch, options, 0, f"a tiny {arch}", data)
    save_checkpoint(folder, shaken(ARCHITECTURES[arch].generator(**options)), info, "# a card\n")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Four generators, one with a reference, a damaged one, four translators, and an empty folder of runs."""
    checkpoints, runs = tmp_path_factory.mktemp("checkpoints"), tmp_path_factory.mktemp("runs")
    make_checkpoint(checkpoints / "digits", "dcgan", channels=1)
    make_checkpoint(checkpoints / "faces", "stylegan-lite", channels=3)
    make_checkpoint(checkpoints / "shapes", "stylegan-lite", channels=3, classes=3)
    make_checkpoint(checkpoints / "codes", "dcgan", channels=1, codes=(3, 2))
    make_translator(checkpoints / "lines", critic=True)
    make_translator(checkpoints / "styles", "styled-unet", MAP)
    make_translator(checkpoints / "holes", "inpainting", None, side=32)
    give_critic(checkpoints / "faces")
    own_reference(checkpoints / "faces")
    make_sharpener(checkpoints / "sharpener", 32, 3, "shapes")
    make_checkpoint(checkpoints / "broken", "dcgan", channels=1)
    weights = checkpoints / "broken" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    return checkpoints, runs


@pytest.fixture(scope="session")
def address(folders: tuple[Path, Path]) -> Iterator[str]:
    checkpoints, runs = folders
    with served("--checkpoints", str(checkpoints), "--runs", str(runs), "--checkpoint", "faces") as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # a busy machine is no failure
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def gpu_page(browser, address: str) -> Iterator:
    """A page of a Chromium that has a graphics processor, emulated by the CPU."""
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS[:1], *FLAGS[2:], *EMULATED_GPU])
    page = chromium.new_page()
    page.set_default_timeout(30_000)
    page.goto(address)
    if not page.evaluate("async () => Boolean(navigator.gpu && (await navigator.gpu.requestAdapter()))"):
        chromium.close()
        pytest.skip("this Chromium cannot emulate a graphics processor")
    yield page
    chromium.close()


@pytest.fixture
def page(browser, address: str) -> Iterator:
    """A fresh page that fails the test if any script of ours throws, or anything is asked of another host."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors: list[str] = []
    strangers: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda r: strangers.append(r.url) if not r.url.startswith((address, "data:", "blob:")) else None)
    yield page
    context.close()
    assert not errors
    assert not strangers


@pytest.fixture(scope="session")
def faces(folders: tuple[Path, Path]) -> Path:
    """The checkpoint that is searched: encoder and yardstick are in its cache, so that a search takes seconds."""
    made = Inverter(Model(folders[0] / "faces"), Course(steps=40, batch=8))
    for _ in [*made.prepare(), *made.measure_real()]:
        pass
    return folders[0] / "faces"


@pytest.fixture(scope="session")
def own(faces: Path) -> bytes:
    """A PNG of one of the model's own images, wider than high, without a recipe."""
    image = Image.fromarray(rendered(faces, Recipe("faces", seed=11))).resize((96, 96))
    wide = Image.new("RGB", (160, 96), "white")
    wide.paste(image, (32, 0))
    buffer = io.BytesIO()
    wide.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def dialog(page, address: str, faces: Path) -> Iterator:
    """A page with the dialog open, on no picture yet."""
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    page.locator("#slide-element [data-do=picture]").click()
    page.locator(f"{DIALOG} .zone").wait_for()
    yield page
    page.keyboard.press("Escape")  # which ends its search, so that the next test finds a place
