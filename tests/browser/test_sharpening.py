"""Slide shows the image sharpened, in the page, when it is asked to, where a sharpener fits."""

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.hands import drag, open_slide, pixels, same, wait_settled
from trainer.checkpoints.checkpoint import load_translator, read_info
from trainer.checkpoints.translating import translated

SWITCH, SHARP, MARK = ("#slide-element " + part for part in ("[data-do=sharpen]", ".sharpened", ".invented"))


def test_the_image_is_sharpened_in_the_page_on_a_switch(page: Page, address: str, folders):
    network = load_translator(folders[0] / "sharpener", read_info(folders[0] / "sharpener"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    expect(page.locator(SHARP)).to_be_hidden()
    assert not any("translator.onnx" in url for url in asked)
    page.click(SWITCH)
    expect(page.locator(SWITCH)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(MARK)).to_have_text("×4 by sharpener: invented detail")
    expect(page.locator(SHARP)).to_be_visible()
    first = pixels(page, SHARP)
    assert same(first, translated(network, pixels(page)[None])[0])
    drag(page, 0, 2.0)
    wait_settled(page)
    expect(page.locator(SHARP)).to_be_visible()
    assert same(pixels(page, SHARP), translated(network, pixels(page)[None])[0])
    assert not np.array_equal(pixels(page, SHARP), first)
    page.click(SWITCH)
    expect(page.locator(SHARP)).to_be_hidden()
    expect(page.locator(MARK)).to_be_hidden()
    assert any("translator.onnx" in url for url in asked)


def test_there_is_no_switch_where_nothing_fits(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=digits&seed=3")
    expect(page.locator(SWITCH)).to_be_hidden()
