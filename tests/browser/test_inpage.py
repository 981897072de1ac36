"""Slide draws in the page: the same pictures as the server's, by drag and keys, and without it where it cannot."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_page import open_slide, painted, pixels, wait_painted

LONG = 60_000  # ms
BY = "document.querySelector('#slide-element .picture').dataset.by"
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
def test_page_and_server_draw_the_same_picture(page: Page, address: str, query: str):
    open_slide(page, address, f"/?{query}")
    expect(page.locator(ENGINE)).to_have_text("drawn in the page", timeout=LONG)
    slide(page, 0, 1.5)
    slide(page, 2, -2)
    here = settle(page)
    assert page.evaluate(BY) == "page"
    page.evaluate("explorer.engine.ready = () => false")
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
    expect(page.get_by_text("The page cannot draw by itself")).to_be_visible()
    before = settle(page)
    slide(page, 0, 2)
    assert page.evaluate(BY) == "server"
    assert not np.array_equal(settle(page), before)


def test_a_drag_on_the_picture_moves_along_two_directions(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    expect(page.locator("#slide-element .slider")).to_have_count(10)
    sliders = page.locator("#slide-element .slider input")
    picture = page.locator("#slide-element .frame")
    box = picture.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] / 4, y + box["height"] / 8, steps=5)
    page.mouse.up()
    assert float(sliders.nth(0).input_value()) == pytest.approx(1, abs=0.06)  # a quarter of 4 deviations
    assert float(sliders.nth(1).input_value()) == pytest.approx(-0.5, abs=0.06)
    assert "pca%3A0" in page.url
    picture.dblclick()
    expect(sliders.nth(0)).to_have_value("0")
    page.locator("[data-do=undo]").first.click()
    assert float(sliders.nth(0).input_value()) == pytest.approx(1, abs=0.06)


def test_arrow_keys_move_the_picture_and_delete_takes_it_back(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    expect(page.locator("#slide-element .slider")).to_have_count(10)
    sliders = page.locator("#slide-element .slider input")
    page.locator("[data-field=along]").select_option("4")
    picture = page.locator("#slide-element .frame")
    picture.focus()
    picture.press("ArrowRight")
    picture.press("Shift+ArrowUp")
    assert float(sliders.nth(0).input_value()) == pytest.approx(0.1, abs=0.03)
    assert float(sliders.nth(4).input_value()) == pytest.approx(0.5, abs=0.03)
    picture.press("Delete")
    expect(sliders.nth(4)).to_have_value("0")
