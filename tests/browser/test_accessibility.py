"""axe-core finds nothing against WCAG 2, A and AA: five tabs, with what opens in them, two themes, two widths."""

import io
import re
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from explorer.core.inversion.encoder import Course
from explorer.core.inversion.inverter import Inverter
from explorer.core.model import Model
from tests.browser.conftest import make_checkpoint, served
from tests.browser.hands import open_tab, wait_painted
from tests.conftest import own_reference
from tests.trainer.checkpoints.importers.onnx_models import write
from trainer.diagnosis.reference import FILE

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (levels) => (await axe.run(document, {runOnly: levels, resultTypes: ['violations']})).violations.flatMap(
  ({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}, ${target}: ${failureSummary}`))"""
CONTRAST = """(element) => {
  const {Color, getContrast} = axe.commons.color;
  const colour = (text) => { const found = new Color(); found.parseString(text); return found; };
  return getContrast(colour(getComputedStyle(document.body).backgroundColor), colour(getComputedStyle(element).color));
}"""
STILL = "* { transition: none !important; animation: none !important }"  # axe reads the colours of one instant
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STAYING_TOAST = """async () => {
  const { toast } = await explorer.module("web/lib/dom.js");
  const wait = window.setTimeout; // axe waits by it, too
  window.setTimeout = () => 0;
  toast('A note that stays.');
  window.setTimeout = wait;
}"""
WIDTHS = (390, 1280)
LONG = 90_000  # ms


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with a model under two names, one with classes, one that nothing is known of, and the recorded runs."""
    folder = tmp_path_factory.mktemp("accessible")
    for name in ("faces", "again", "shapes", "digits"):
        arch = "dcgan" if name == "digits" else "stylegan-lite"
        make_checkpoint(folder / "checkpoints" / name, arch, channels=3, classes=3 if name == "shapes" else 0)
    own_reference(folder / "checkpoints" / "faces")
    shutil.copyfile(folder / "checkpoints" / "faces" / FILE, folder / "checkpoints" / "again" / FILE)
    made = Inverter(Model(folder / "checkpoints" / "faces"), Course(steps=40, batch=8))
    for _ in [*made.prepare(), *made.measure_real()]:
        pass
    (folder / "runs").mkdir()
    with served("--checkpoints", str(folder / "checkpoints"), "--runs", str(folder / "runs")) as address:
        yield address


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": WIDTHS[-1], "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def visit(page: Page, address: str, query: str, tab: str = "Sample") -> None:
    """Open the page on a tab, with axe-core in it."""
    page.goto(f"{address}/?{query}")
    page.evaluate(AXE)
    page.add_style_tag(content=STILL)
    open_tab(page, tab)
    expect(page.get_by_role("tab", name=tab, exact=True).first).to_have_attribute("aria-selected", "true")


def check(page: Page, state: str) -> None:
    """No violation at any width in what is shown now, which `state` names."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(FRAMES)
        found = page.evaluate(RUN, LEVELS)
        assert not found, f"{state}, at {width} pixels: " + "\n".join(found)


def enter_wrong_seed(page: Page, element: str, message: str) -> None:
    """Type what cannot be, and see it told."""
    page.locator(f"{element} [data-field=seed]").fill("-1")
    page.locator(f"{element} [data-field=seed]").press("Tab")
    expect(page.locator(f"{element} .message.bad")).to_contain_text(message)


def test_the_check_itself_finds_faults(page: Page, address: str):
    visit(page, address, "")
    expect(page.locator("#sample-element .tile")).to_have_count(36)
    page.evaluate("""() => {
      for (const row of document.querySelectorAll('.sheet [role=row]')) row.removeAttribute('role');
      document.querySelector('#title p').style.color = '#888';
    }""")
    found = "\n".join(page.evaluate(RUN, LEVELS))
    for kind in ("aria-required-children, .sheet", "aria-required-parent", "color-contrast"):
        assert kind in found


def test_the_name_of_the_chosen_tab_can_be_read(page: Page, address: str, theme: str):
    """Gradio draws the line below it as a pseudo-element, and there axe does not evaluate."""
    visit(page, address, f"__theme={theme}")
    for name in ("Slide", "Interpolate", "Map & diagnosis", "Train", "Sample"):
        open_tab(page, name)
        chosen = page.get_by_role("tab", name=name, exact=True).first
        expect(chosen).to_have_attribute("aria-selected", "true")
        assert chosen.evaluate(CONTRAST) >= 4.5, name


def test_sample(page: Page, address: str, theme: str):
    visit(page, address, f"checkpoint=shapes&__theme={theme}")
    expect(page.locator("#sample-element .tile")).to_have_count(36)
    check(page, "a sheet of classes")
    page.locator("#sample-element [data-field=mix]").select_option(index=1)
    expect(page.locator("#sample-element .source")).to_have_count(10)
    page.locator("#sample-element .tile").last.hover()
    check(page, "style mixing, a tile with its download")
    enter_wrong_seed(page, "#sample-element", "The first seed")
    page.evaluate(STAYING_TOAST)
    expect(page.locator(".explorer-toast")).to_be_visible()
    check(page, "an error and a note")


def test_the_import_dialog(page: Page, address: str, theme: str, tmp_path: Path):
    visit(page, address, f"checkpoint=shapes&__theme={theme}")
    page.get_by_role("button", name="Import …").click()
    check(page, "where a file is dropped")
    page.locator("#importing-element [type=file]").set_input_files(write(tmp_path / "g.onnx"))
    expect(page.locator("#importing-element .found")).to_be_visible(timeout=LONG)
    page.locator("#importing-element summary").click()
    check(page, "what a file is")
    page.locator("#importing-element .name input").fill("no name")
    page.keyboard.press("Enter")
    expect(page.locator("#importing-element .said.bad")).to_contain_text("cannot name a checkpoint")
    check(page, "an error")


def test_the_dialog_of_a_picture(page: Page, address: str, theme: str):
    visit(page, address, f"checkpoint=faces&__theme={theme}", "Slide")
    wait_painted(page)
    page.locator("#slide-element [data-do=picture]").click()
    expect(page.locator("#picture-element .zone")).to_be_visible(timeout=LONG)
    check(page, "where a picture is chosen")
    image = io.BytesIO()
    Image.new("RGB", (80, 60), "teal").save(image, "PNG")
    page.locator("#picture-element [type=file]").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": image.getvalue()}
    )
    expect(page.locator("#picture-element [data-do=search]")).to_be_visible()
    page.locator("#picture-element [data-field=side]").select_option("8")
    check(page, "a picture to be cropped")
    page.locator("#picture-element [data-do=search]").click()
    expect(page.locator("#picture-element [data-do=use]")).to_be_visible(timeout=LONG)
    check(page, "what was found")
    page.locator("#picture-element [data-do=near]").click()
    expect(page.locator("#picture-element .nearest .real img").first).to_be_visible()
    check(page, "the nearest real images")


def test_the_sheet_is_a_grid_of_rows_where_arrow_keys_walk(page: Page, address: str):
    visit(page, address, "checkpoint=faces")
    rows = page.get_by_role("grid", name="Samples").get_by_role("row")
    for columns in (6, 4):
        page.locator("#sample-element [data-field=columns]").fill(str(columns))
        expect(rows).to_have_count(columns)
        expect(rows.last.get_by_role("gridcell")).to_have_count(columns)
    tiles = page.locator("#sample-element .tile")
    tiles.nth(1).focus()
    for key, place in (("ArrowDown", 5), ("ArrowLeft", 4), ("ArrowUp", 0), ("ArrowUp", 0), ("ArrowRight", 1)):
        page.keyboard.press(key)
        expect(tiles.nth(place)).to_be_focused()


def test_slide(page: Page, address: str, theme: str):
    visit(page, address, f"checkpoint=shapes&__theme={theme}", "Slide")
    wait_painted(page)
    page.locator("#slide-element .slider input").first.fill("2")
    page.locator("#slide-element .slider .more").first.click()
    check(page, "the menu of a slider")
    page.locator("#slide-element .slider-menu").get_by_role("button", name="Hide").click()
    expect(page.locator("#slide-element .chip")).to_be_visible()
    page.get_by_role("button", name="Crisp pixels").click()
    page.locator("#slide-element .slider input").first.focus()
    expect(page.locator("#slide-element .strip-of-slider img")).to_have_attribute("src", re.compile("^data:"))
    check(page, "a change by a hidden direction, a pressed button, a strip")
    page.get_by_role("button", name="Choose directions").click()
    check(page, "the list of directions")
    page.locator("#slide-element [data-do=make]").click()
    page.locator("#slide-element [data-side=from] [data-add=seed]").click()
    check(page, "a new direction")
    page.locator("#slide-element [data-do=mark]").click()
    check(page, "a region that is being marked")
    page.keyboard.press("Escape")
    page.locator("#slide-element dialog.making [data-do=close]").click()
    page.locator("#slide-element .slider .value").first.click()
    page.keyboard.type("50")
    page.keyboard.press("Enter")
    expect(page.locator("#slide-element .slider .far").first).to_be_visible()
    check(page, "a strength beyond the slider's end")
    page.get_by_role("button", name="Drag points").click()
    page.get_by_role("button", name="Add point").click()
    page.get_by_role("button", name="Paint region").click()
    check(page, "points that are to be dragged, a brush")
    page.get_by_role("button", name="Drag points").click()
    enter_wrong_seed(page, "#slide-element", "The seed must be a whole number")
    page.evaluate("() => (document.querySelector('.veil').hidden = false)")
    check(page, "an error, a file held over the image")


def test_interpolate(page: Page, address: str, theme: str):
    visit(page, address, f"checkpoint=shapes&__theme={theme}", "Interpolate")
    expect(page.locator("#interpolate-element .strip canvas").first).to_be_visible()
    check(page, "a path")
    page.locator("#interpolate-element .play").click()
    expect(page.locator("#interpolate-element .play")).to_have_text("❚❚ Pause")
    check(page, "a video")
    page.route("**/queue/join*", lambda route: route.fulfill(status=500, json={"detail": "It broke."}))
    page.get_by_role("button", name="Add random").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("It broke.")
    expect(page.get_by_test_id("toast-body")).to_have_css("opacity", "1")  # it fades in by script
    check(page, "an error of Gradio's")
    page.get_by_test_id("toast-close").click()
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_map_and_diagnosis(page: Page, address: str, theme: str):
    visit(page, address, f"checkpoint=faces&__theme={theme}", "Map & diagnosis")
    expect(page.locator("#diagnosis-element .evaluation")).to_have_attribute("data-n", "5000", timeout=LONG)
    page.locator("#diagnosis-element .uncovered [data-real]").first.click()
    expect(page.locator("#diagnosis-element .near [data-fake]")).to_have_count(12)
    page.evaluate("() => document.querySelectorAll('#diagnosis-element details').forEach((d) => (d.open = true))")
    check(page, "a diagnosis, everything unfolded")
    page.locator("#diagnosis-element [data-field=beside]").select_option("again")
    expect(page.locator("#diagnosis-element .versus tbody tr").first).to_be_visible(timeout=LONG)
    check(page, "two models")
    page.locator("#diagnosis-element [data-field=psi]").fill("0")
    expect(page.locator("#diagnosis-element .verdict.bad")).to_be_visible(timeout=LONG)
    check(page, "a bad verdict")


def test_a_diagnosis_that_cannot_be_made_and_a_link_that_cannot_be_restored(page: Page, address: str, theme: str):
    visit(page, address, f"checkpoint=nonesuch&__theme={theme}")
    expect(page.locator("#notice")).to_contain_text("cannot be restored")
    check(page, "a link that cannot be restored")
    visit(page, address, f"checkpoint=digits&__theme={theme}", "Map & diagnosis")
    expect(page.locator("#diagnosis-element .message")).not_to_be_empty(timeout=LONG)
    check(page, "a model without a reference")


def test_a_run_that_is_watched(page: Page, address: str, theme: str):
    visit(page, address, f"checkpoint=digits&__theme={theme}", "Train")
    expect(page.locator(".control-panel [name=preset]")).to_be_visible()
    page.locator("tr[data-name=mnist-collapse]").click()
    expect(page.locator(".alert").first).to_be_visible()
    expect(page.locator(".charts svg.main-svg").first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Live", exact=True).hover()
    check(page, "an alert, curves, Live under the pointer")
    page.get_by_label("Compare mnist-learning").check()
    expect(page.locator(".comparison table")).to_be_visible()
    page.locator(".train .log summary").click()
    check(page, "two runs compared, the log")
    page.get_by_role("button", name="Publish …").click()
    page.locator("dialog[open] [name=name]").fill("a/b")
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("dialog[open] .said.bad")).to_contain_text("a/b")
    check(page, "a dialogue with an error")


def test_the_form_of_a_training(page: Page, address: str, theme: str):
    visit(page, address, f"checkpoint=digits&__theme={theme}", "Train")
    expect(page.locator(".control-panel [name=preset]")).to_be_visible()
    page.locator("[name=preset]").select_option("mnist-dcgan")
    page.get_by_text("All settings").click()
    expect(page.locator(".typed code")).not_to_be_empty()
    check(page, "all settings")
    page.locator("#new-run").fill("a/b")
    page.locator("#new-resolution").fill("33")
    expect(page.locator("#new-resolution-error")).not_to_be_empty()
    expect(page.locator("#new-name-error")).not_to_be_empty()
    check(page, "errors in the form")
