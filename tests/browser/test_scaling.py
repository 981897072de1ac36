"""Images are scaled smoothly, or pixel by pixel on a switch that Slide and Sample share and the browser remembers."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from explorer.core.recipe import Recipe
from tests.browser.hands import IMAGE, open_slide, open_tab, pixels, rendered, same, wait_painted

TILE = "#sample-element .tile canvas"
SWITCHES = {"Slide": "#slide-element [data-do=crisp]", "Sample": "#sample-element [data-do=crisp]"}
SMALL = (TILE, "#slide-element .slider > img", "#interpolate-element .strip canvas", "#about img")


def squares(page: Page, selector: str) -> bool:
    """Whether pixels are seen as squares: most neighbours on the screen are equal then."""
    shot = np.asarray(Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("RGB")).astype(int)
    middle = shot[len(shot) // 4 : -len(shot) // 4, shot.shape[1] // 4 : -shot.shape[1] // 4]
    return bool((np.abs(np.diff(middle, axis=1)).max(-1) == 0).mean() > 0.5)


def look(page: Page, crisp: bool) -> None:
    """In every tab that has been seen, images and switches are as the choice has them."""
    for switch in SWITCHES.values():
        expect(page.locator(switch)).to_have_attribute("aria-pressed", str(crisp).lower())
    for small in SMALL:
        expect(page.locator(small).first).to_have_css("image-rendering", "pixelated" if crisp else "auto")


def visit_all(page: Page) -> None:
    """Have every tab in the page, and end in Slide."""
    for tab in ("Interpolate", "Sample", "Slide"):
        open_tab(page, tab)
    wait_painted(page)


def test_images_are_smooth_until_the_switch_is_turned_and_stay_as_chosen(page: Page, address: str, folders, tmp_path):
    image = rendered(folders[0] / "faces", Recipe("faces", seed=3))
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    visit_all(page)
    look(page, crisp=False)
    assert not squares(page, IMAGE)
    page.locator(SWITCHES["Slide"]).focus()
    page.keyboard.press("Space")
    look(page, crisp=True)
    assert squares(page, IMAGE)
    assert same(pixels(page), image)
    with page.expect_download() as download:
        page.locator("#slide-element [data-do=save]").click()
    download.value.save_as(tmp_path / "saved.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "saved.png")), image)
    page.reload()
    visit_all(page)
    look(page, crisp=True)
    assert squares(page, IMAGE)
    open_tab(page, "Sample")
    assert squares(page, TILE)
    page.get_by_role("button", name="Crisp pixels").click()
    look(page, crisp=False)
    assert not squares(page, TILE)
    page.reload()
    visit_all(page)
    look(page, crisp=False)


def test_another_page_of_the_browser_follows(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    other = page.context.new_page()
    open_slide(other, address, "/?checkpoint=digits&seed=3")
    other.click(SWITCHES["Slide"])
    expect(page.locator(SWITCHES["Slide"])).to_have_attribute("aria-pressed", "true")
    expect(page.locator(IMAGE)).to_have_css("image-rendering", "pixelated")
