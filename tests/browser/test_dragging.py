"""Dragging points of Slide's image, by hand and by keys."""

import re

from playwright.sync_api import Page, expect

from tests.browser.hands import open_slide, painted, pixels, same, wait_painted, wait_settled

DOTS = "#slide-element .points circle"
FINISHED = re.compile(r"Distance \d+\.\d → \d+\.\d px\.$")


def begin(page: Page) -> None:
    page.get_by_role("button", name="Drag points").click()
    expect(page.locator("#slide-element .points")).to_be_visible()


def act(page: Page, name: str):
    return page.locator(f"#slide-element .dragging [data-points={name}]")


def click_at(page: Page, x: float, y: float) -> None:
    """A share of the image's width and height."""
    box = page.locator("#slide-element .points").bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_two_clicks_and_start_move_the_image_and_undo_brings_it_back(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=7")
    start = pixels(page)
    begin(page)
    click_at(page, 0.5, 0.5)
    expect(page.locator(DOTS)).to_have_count(1)
    act(page, "start").click()
    expect(page.locator("#slide-element .message")).to_have_text("Point 1 has no target yet: click where it is to go.")
    click_at(page, 0.75, 0.5)
    expect(page.locator(DOTS)).to_have_count(2)
    assert same(pixels(page), start)
    act(page, "start").click()
    expect(page.locator("#slide-element .message")).to_have_text(FINISHED, timeout=60_000)
    expect(page.locator("#slide-element .dragging output")).to_contain_text("px to go")
    wait_settled(page)
    assert "w=" in page.url
    assert not same(pixels(page), start)
    page.locator("#slide-element [data-do=undo]").click()
    wait_settled(page)
    assert same(pixels(page), start)


def test_points_are_set_moved_and_removed_by_keys(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=7")
    begin(page)
    act(page, "add").press("Enter")
    handle = page.locator("#slide-element .points .handle")
    expect(handle).to_be_focused()
    expect(handle).to_have_attribute("aria-label", re.compile("at 16.0, 16.0"))
    handle.press("ArrowLeft")
    handle.press("Shift+ArrowDown")
    expect(handle).to_have_attribute("aria-label", re.compile("at 15.0, 21.0"))
    expect(page.locator("#slide-element .dragging .pairs button")).to_have_text("1: 15.0, 21.0 → 16.0, 12.8 ×")
    handle.press("Delete")
    expect(page.locator(DOTS)).to_have_count(0)


def test_a_region_is_painted_and_a_handle_outside_of_it_is_refused(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=7")
    begin(page)
    act(page, "brush").click()
    click_at(page, 0.2, 0.2)
    act(page, "brush").click()
    click_at(page, 0.7, 0.7)
    click_at(page, 0.9, 0.7)
    before = painted(page)
    act(page, "start").click()
    wait_painted(page, before)  # the image is drawn anew, which leaves the message where it is
    expect(page.locator("#slide-element .message")).to_contain_text("Handle 1 lies outside the region")
    act(page, "unmask").click()
    act(page, "start").click()
    expect(page.locator("#slide-element .message")).to_have_text(FINISHED, timeout=60_000)


def test_a_drag_that_is_stopped_at_once_keeps_the_nearest_image_so_far(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=7")
    begin(page)
    click_at(page, 0.1, 0.5)
    click_at(page, 0.9, 0.5)
    page.evaluate("""() => {
      const press = (name) => document.querySelector(`#slide-element .dragging [data-points=${name}]`).click();
      press('start');
      press('stop'); // before the server has named the job
    }""")
    expect(page.locator("#slide-element .message")).to_have_text(
        re.compile("^Stopped; the nearest image so far is kept")
    )
    expect(act(page, "stop")).to_be_disabled()
    expect(act(page, "start")).to_be_enabled()


def test_a_model_without_layers_has_no_drag_and_says_why(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=digits&seed=1")
    button = page.get_by_role("button", name="Drag points")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", re.compile("needs a style-based model"))
