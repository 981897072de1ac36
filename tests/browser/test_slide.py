"""The Slide tab, as a person uses it. Facts are read from pixels and from files, never after a sleep."""

import base64
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from explorer.core.recipe import Recipe
from tests.browser.hands import drag, open_slide, painted, pixels, rendered, same, wait_painted, wait_settled


def test_the_image_in_slide_is_the_recipes(page: Page, address: str, folders):
    open_slide(page, address, "/?checkpoint=faces&seed=7")
    assert same(pixels(page), rendered(folders[0] / "faces", Recipe("faces", seed=7)))
    expect(page.locator("#slide-element .frame[aria-busy]")).to_have_count(0)


def test_dragging_a_slider_changes_the_image_and_its_reset_restores_it(page: Page, address: str):
    open_slide(page, address)
    start = pixels(page)
    drag(page, 0, 2)
    assert not same(pixels(page), start)
    page.locator("#slide-element .slider [data-reset]").first.click()
    wait_settled(page)
    assert same(pixels(page), start)


def test_undo_redo_and_reset_walk_through_the_changes(page: Page, address: str):
    open_slide(page, address)
    start = pixels(page)
    drag(page, 0, 1.5)
    one = pixels(page)
    drag(page, 1, -2)
    for action, expected in (("undo", one), ("undo", start), ("redo", one)):
        page.locator(f"[data-do={action}]").click()
        wait_settled(page)
        assert same(pixels(page), expected), action
    page.locator("#slide-element .slider input").first.press("Control+z")
    wait_settled(page)
    assert same(pixels(page), start)


def test_a_copied_link_restores_the_same_pixels_in_another_page(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=digits&seed=3")
    drag(page, 2, -1.7)
    wanted = pixels(page)
    page.locator("#slide-element [data-do=link]").click()
    expect(page.locator("#slide-element .message")).to_have_text("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    wait_painted(page)
    expect(page.get_by_role("tab", name="Slide", exact=True).first).to_have_attribute("aria-selected", "true")
    assert same(pixels(page), wanted)


def test_reload_in_mid_drag_restores_the_last_settled_image(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    drag(page, 0, 1)
    settled = pixels(page)
    slider = page.locator("#slide-element .slider input").nth(1)
    slider.evaluate("(input) => { input.value = 2; input.dispatchEvent(new Event('input', {bubbles: true})); }")
    page.reload()
    wait_painted(page)
    assert same(pixels(page), settled)


def test_a_saved_png_carries_its_recipe_and_opens_again_when_dropped(page: Page, address: str, tmp_path: Path):
    open_slide(page, address, "/?checkpoint=faces&seed=5")
    drag(page, 0, 2.5)
    wanted = pixels(page)
    with page.expect_download() as download:
        page.locator("#slide-element [data-do=save]").click()
    path = tmp_path / "saved.png"
    download.value.save_as(path)
    assert Recipe.from_png(Image.open(path)).seed == 5
    assert same(np.array(Image.open(path)), wanted)

    open_slide(page, address, "/?checkpoint=digits&seed=1")
    data = base64.b64encode(path.read_bytes()).decode()
    page.evaluate(
        """(data) => {
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], 'saved.png', {type: 'image/png'}));
          const frame = document.querySelector('#slide-element .frame');
          frame.dispatchEvent(new DragEvent('drop', {dataTransfer: transfer}));
        }""",
        data,
    )
    page.wait_for_function("() => location.search.includes('checkpoint=faces')")
    wait_settled(page)
    assert same(pixels(page), wanted)


def test_keep_makes_the_image_the_new_start(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=2")
    drag(page, 0, 2)
    wanted = pixels(page).astype(int)
    before = painted(page)
    page.locator("[data-do=keep]").click()
    wait_painted(page, before)
    expect(page.locator("#slide-element .slider .value").first).to_have_text("0.00")
    assert np.abs(pixels(page) - wanted).max() <= 1


def test_layers_are_offered_where_the_model_has_them_and_limit_an_edit(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=digits&seed=1")
    assert page.locator("[data-field=layers]").is_hidden()
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    page.locator("[data-field=layers]").select_option(label="coarse")
    drag(page, 0, 2)
    page.wait_for_function("() => /edits=/.test(location.search)")
    edits = Recipe.from_query(page.evaluate("location.search.slice(1)")).edits
    assert [(e.first, e.last) for e in edits] == [(0, 1)]


def test_a_red_message_goes_with_the_next_thing_that_is_asked_for(page: Page, address: str):
    open_slide(page, address)
    seed, message = page.locator("#slide-element [data-field=seed]"), page.locator("#slide-element .message")
    for asked in (lambda: seed.fill("5"), lambda: page.locator("#slide-element [data-do=random]").click()):
        seed.fill("-1")
        seed.press("Enter")
        expect(message).to_contain_text("The seed must be a whole number")
        asked()
        seed.press("Enter")
        expect(message).to_have_text("")
