"""Slide draws in the page: the same images as the server's, by drag and keys, and without it where it cannot."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explorer.core.interpolation import frames
from explorer.core.model import Model
from explorer.core.recipe import Mix, Recipe
from tests.browser.hands import open_slide, open_tab, painted, pixels, wait_painted

LONG = 60_000  # ms
BY = "document.querySelector('#slide-element .image').dataset.by"
ENGINE = "#slide-element .engine"


def slide(page: Page, axis: int, value: float) -> None:
    before = painted(page)
    page.locator("#slide-element .slider input").nth(axis).fill(str(value))
    wait_painted(page, before)


def settle(page: Page) -> np.ndarray:
    """The pixels once nothing is drawn any more."""
    last = -1
    while painted(page) != last:
        last = painted(page)
        page.wait_for_timeout(300)
    return pixels(page).astype(int)


@pytest.mark.parametrize(
    "query",
    [
        "checkpoint=digits&seed=3",
        "checkpoint=faces&seed=3",
        "checkpoint=faces&seed=4&psi=0.5&noise=random",
        "checkpoint=faces&seed=4&noise=none",
        "checkpoint=shapes&seed=5&label=2",
    ],
)
def test_page_and_server_draw_the_same_image(page: Page, address: str, query: str):
    open_slide(page, address, f"/?{query}")
    expect(page.locator(ENGINE)).to_have_text("rendered in the browser", timeout=LONG)
    slide(page, 0, 1.5)
    slide(page, 2, -2)
    here = settle(page)
    assert page.evaluate(BY) == "page"
    page.evaluate(NEVER_IN_PAGE)
    slide(page, 0, 1.0)
    slide(page, 0, 1.5)
    there = settle(page)
    assert page.evaluate(BY) == "server"
    assert np.abs(here - there).mean() < 1
    assert np.abs(here - there).max() <= 4


def test_where_the_page_cannot_draw_the_server_goes_on(page: Page, address: str):
    page.route(re.compile("ort.wasm.gz"), lambda route: route.abort())
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    expect(page.locator(ENGINE)).to_have_attribute("data-state", "failed", timeout=LONG)
    expect(page.get_by_text("The browser cannot render")).to_be_visible()
    before = settle(page)
    slide(page, 0, 2)
    assert page.evaluate(BY) == "server"
    assert not np.array_equal(settle(page), before)


ENGINE_MODULE = "explorer.module('web/render/engine.js')"
ANY_GPU = f"""const set = setInterval(() => {{
  if (!window.explorer) return;
  clearInterval(set);
  {ENGINE_MODULE}.then(({{ engine }}) => (engine.gpu = 'any'));
}}, 1)"""
BACKEND = f"{ENGINE_MODULE}.then(({{ engine }}) => engine.backend)"
NEVER_IN_PAGE = f"{ENGINE_MODULE}.then(({{ engine }}) => {{ engine.ready = () => false; }})"


def test_a_graphics_processor_draws_the_same_image(gpu_page: Page, address: str):
    gpu_page.add_init_script(ANY_GPU)
    open_slide(gpu_page, address, "/?checkpoint=faces&seed=3")
    expect(gpu_page.locator(ENGINE)).to_have_text("rendered in the browser", timeout=LONG)
    assert gpu_page.evaluate(BACKEND) == "WebGPU"
    slide(gpu_page, 0, 1.5)
    here = settle(gpu_page)
    assert gpu_page.evaluate(BY) == "page"
    gpu_page.evaluate(NEVER_IN_PAGE)
    slide(gpu_page, 0, 1.0)
    slide(gpu_page, 0, 1.5)
    assert np.abs(here - settle(gpu_page)).mean() < 1


def test_without_the_graphics_processors_runtime_webassembly_draws(gpu_page: Page, address: str):
    gpu_page.add_init_script(ANY_GPU)
    gpu_page.route(re.compile("gpu.wasm.gz"), lambda route: route.abort())
    open_slide(gpu_page, address, "/?checkpoint=faces&seed=3")
    expect(gpu_page.locator(ENGINE)).to_have_text("rendered in the browser", timeout=LONG)
    assert gpu_page.evaluate(BACKEND) == "WebAssembly"


def test_a_drag_on_the_image_moves_along_two_directions(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    expect(page.locator("#slide-element .slider")).to_have_count(10)
    sliders = page.locator("#slide-element .slider input")
    image = page.locator("#slide-element .frame")
    box = image.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] / 4, y + box["height"] / 8, steps=5)
    page.mouse.up()
    assert float(sliders.nth(0).input_value()) == pytest.approx(1, abs=0.06)  # a quarter of 4 deviations
    assert float(sliders.nth(1).input_value()) == pytest.approx(-0.5, abs=0.06)
    assert "pca%3A0" in page.url
    image.dblclick()
    expect(sliders.nth(0)).to_have_value("0")
    page.locator("[data-do=undo]").first.click()
    assert float(sliders.nth(0).input_value()) == pytest.approx(1, abs=0.06)


def test_arrow_keys_move_the_image_and_delete_takes_it_back(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    expect(page.locator("#slide-element .slider")).to_have_count(10)
    sliders = page.locator("#slide-element .slider input")
    page.locator("[data-field=along]").select_option("4")
    image = page.locator("#slide-element .frame")
    image.focus()
    image.press("ArrowRight")
    image.press("Shift+ArrowUp")
    assert float(sliders.nth(0).input_value()) == pytest.approx(0.1, abs=0.03)
    assert float(sliders.nth(4).input_value()) == pytest.approx(0.5, abs=0.03)
    image.press("Delete")
    expect(sliders.nth(4)).to_have_value("0")


SHEET = "#sample-element .sheet"


def test_the_sheet_is_drawn_in_the_page_and_mixes_styles(page: Page, address: str, folders):
    page.goto(f"{address}/?checkpoint=faces")
    expect(page.locator(SHEET)).to_have_attribute("data-by", "server")
    expect(page.locator("#sample-element .engine")).to_have_text("rendered in the browser", timeout=LONG)
    page.locator("#sample-element [data-field=psi]").fill("0.5")
    expect(page.locator(SHEET)).to_have_attribute("data-by", "page")
    page.locator("#sample-element [data-field=mix]").select_option(label="coarse")
    expect(page.locator(f"{SHEET} .source")).to_have_count(10)
    page.wait_for_function(f"() => document.querySelector('{SHEET}').dataset.shown.includes('[0,')")
    assert page.locator(SHEET).get_attribute("data-by") == "page"
    recipe = Recipe("faces", seed=1, psi=0.5, mix=(Mix(6, 0, 1),))  # of the third row, with layers of the third column
    wanted = Model(folders[0] / "faces").images([recipe])[0].astype(int)
    found = pixels(page, f"{SHEET} [role=row]:nth-child(3) .cell:nth-child(3) canvas").astype(int)
    assert np.abs(found - wanted).max() <= 4
    page.locator(f"{SHEET} .tile").nth(14).click()
    page.wait_for_function("() => location.search.includes('mix=')")
    assert Recipe.from_query(page.evaluate("location.search.slice(1)")) == recipe
    wait_painted(page, 0)
    assert np.abs(settle(page) - wanted).max() <= 4


def test_a_path_is_scrubbed_in_the_page_between_two_frames_too(page: Page, address: str, folders):
    page.goto(f"{address}/?checkpoint=faces")
    open_tab(page, "Interpolate")
    player = "#interpolate-element .image"
    expect(page.locator("#interpolate-element .engine")).to_have_text("rendered in the browser", timeout=LONG)
    expect(page.locator(player)).to_have_attribute("data-by", "page")
    model = Model(folders[0] / "faces")
    keyframes = [Recipe("faces", seed) for seed in range(3)]
    recipes = frames(model, keyframes, 48, interpolation="slerp", space="z", loop=True)
    shown = {}
    for place in ("4", "4.4", "5"):
        before = pixels(page, player)
        page.locator("#interpolate-element .scrub").fill(place)
        page.wait_for_timeout(500)
        shown[place] = pixels(page, player).astype(int)
        assert not np.array_equal(before, shown[place])
    for place in (4, 5):
        assert np.abs(shown[str(place)] - model.images([recipes[place]])[0]).max() <= 4
    page.evaluate(NEVER_IN_PAGE)
    page.locator("#interpolate-element .scrub").fill("6")
    expect(page.locator(player)).to_have_attribute("data-by", "server")
    expect(page.locator(player)).to_have_attribute("data-frame", "6")
