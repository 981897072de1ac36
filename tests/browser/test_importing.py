"""A generator's file is dropped or chosen, told, named and imported, and the page draws what the server draws."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explorer.core.model import Model
from explorer.core.recipe import Recipe
from tests.browser.conftest import served
from tests.browser.hands import open_slide, pixels, rendered, wait_settled
from tests.trainer.checkpoints.importers.onnx_models import Style, write

DIALOG = "#importing-element dialog"
SAID = f"{DIALOG} .said"
LONG = 60_000  # ms
STYLE = Style("NHWC", "[0, 255]", label="one-hot", tail=(8, 1, 1))
DROP = """async ([selector, name, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name));
  const place = document.querySelector(selector);
  for (const kind of ["dragover", "drop"])
    place.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("importing")
    for name in ("checkpoints", "runs", "recordings", "files"):
        (place / name).mkdir()
    write(place / "files" / "foreign.onnx", STYLE, batch=1)
    (place / "files" / "spoiled.onnx").write_bytes((place / "files" / "foreign.onnx").read_bytes()[:500])
    return place


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    folders = [f"--{name}={place / name}" for name in ("checkpoints", "runs", "recordings")]
    with served(*folders) as address:
        yield address


def choose(page: Page, file: Path) -> None:
    page.locator(f"{DIALOG} input[type=file]").set_input_files(file)


def test_a_file_is_imported_by_keys_alone_and_page_and_server_draw_the_same(page: Page, address: str, place: Path):
    page.goto(address)
    expect(page.locator("#notice")).to_contain_text("No checkpoint yet", timeout=LONG)
    page.get_by_role("button", name="Import …").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{DIALOG} input[type=file]")).to_be_focused()
    choose(page, place / "files" / "foreign.onnx")
    expect(page.locator(f"{DIALOG} h4")).to_have_text("ONNX generator", timeout=LONG)
    expect(page.locator(f"{DIALOG} dl")).to_contain_text("16 x 16, colour, channels last")
    expect(page.locator(f"{DIALOG} .name input")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(DIALOG)).to_be_hidden(timeout=LONG)
    expect(page.locator("#checkpoint input")).to_have_value("foreign")
    expect(page.locator("#notice")).to_be_hidden()

    open_slide(page, address, "/?checkpoint=foreign&seed=3&label=2")
    expect(page.locator("#slide-element .engine")).to_have_text("rendered in the browser", timeout=LONG)
    page.locator("#slide-element .slider input").nth(0).fill("1.5")
    wait_settled(page)
    page.wait_for_function("document.querySelector('#slide-element .image').dataset.by === 'page'")
    recipe = Recipe.from_query(page.url.partition("?")[2])
    assert recipe.edits[0].direction == "pca:0"
    wanted = rendered(place / "checkpoints" / "foreign", recipe)
    difference = np.abs(pixels(page).astype(int) - wanted.astype(int))
    assert np.ptp(wanted) > 100
    assert difference.max() <= 2
    assert difference.mean() < 0.5
    assert Model(place / "checkpoints" / "foreign").generator.batch == 1


def test_a_whole_sheet_of_a_model_that_draws_one_at_a_time_is_drawn(page: Page, address: str, place: Path):
    page.goto(f"{address}/?checkpoint=foreign")
    expect(page.locator("#sample-element .engine")).to_have_text("rendered in the browser", timeout=LONG)
    page.get_by_role("button", name="Next").click()
    tile = "#sample-element .tile canvas"
    wanted = rendered(place / "checkpoints" / "foreign", Recipe("foreign", seed=41, label=41 % 3))
    page.wait_for_function(
        "([selector, red]) => Math.abs(document.querySelectorAll(selector)[5]"
        ".getContext('2d').getImageData(0, 0, 1, 1).data[0] - red) <= 2",
        arg=[tile, int(wanted[0, 0, 0])],
    )


@pytest.mark.parametrize("over", [".zone", "#head"])
def test_what_is_dropped_and_cannot_be_read_is_told_in_a_sentence(over: str, page: Page, address: str, place: Path):
    page.goto(address)
    expect(page.get_by_role("button", name="Import …")).to_be_visible()
    if over == ".zone":
        page.get_by_role("button", name="Import …").click()
    page.evaluate(DROP, [over, "spoiled.onnx", [*(place / "files" / "spoiled.onnx").read_bytes()]])
    expect(page.locator(SAID)).to_have_text(
        "spoiled.onnx cannot be imported: it is cut short or damaged.", timeout=LONG
    )
    expect(page.locator(f"{DIALOG} .found")).to_be_hidden()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_hidden()


def test_a_name_that_is_taken_is_told_and_another_one_taken(page: Page, address: str, place: Path):
    page.goto(address)
    page.get_by_role("button", name="Import …").click()
    choose(page, place / "files" / "foreign.onnx")
    name = page.locator(f"{DIALOG} .name input")
    expect(name).to_have_value("foreign-2", timeout=LONG)  # the first test has taken the plain one
    name.fill("foreign")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(SAID)).to_have_text("A checkpoint 'foreign' already exists. Choose another name.")
    name.fill("again")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("#checkpoint input")).to_have_value("again", timeout=LONG)


def test_where_nobody_may_upload_the_dialog_says_so(browser, tmp_path: Path):
    for name in ("checkpoints", "runs"):
        (tmp_path / name).mkdir()
    folders = ["--checkpoints", str(tmp_path / "checkpoints"), "--runs", str(tmp_path / "runs")]
    with served(*folders, "--no-train") as address:
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("button", name="Import …").click()
        expect(page.locator(f"{DIALOG} .about")).to_contain_text("python -m trainer import FILE")
        expect(page.locator(f"{DIALOG} .zone")).to_be_hidden()
        page.evaluate(DROP, ["#head", "x.onnx", [8, 8]])
        expect(page.locator(SAID)).to_have_text("")
        page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_dialog_fits_the_page(width: int, page: Page, address: str, place: Path):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    page.get_by_role("button", name="Import …").click()
    choose(page, place / "files" / "foreign.onnx")
    expect(page.locator(f"{DIALOG} .found")).to_be_visible(timeout=LONG)
    page.locator(f"{DIALOG} summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(DIALOG).evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_be_hidden()
    expect(page.get_by_role("button", name=re.compile("^Import …"))).to_be_focused()
