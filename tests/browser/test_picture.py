"""Open a picture: the dialog as a person uses it, one act a test."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from explorer.core.recipe import Recipe
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.hands import open_slide, painted, pixels, rendered, same, wait_painted
from tests.browser.picture_dialog import DIALOG, choose, ready, search

FAKE_WEBCAM = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
SEND = """([data, name, kind, event]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type: kind}));
  if (event === 'drop')
    document.querySelector('#slide-element .frame').dispatchEvent(new DragEvent('drop', {dataTransfer: transfer}));
  else document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true}));
}"""


def contrast(data: bytes) -> float:
    """The ratio of WCAG 2 between the lightest and the darkest pixel of a PNG."""
    values = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    light = linear @ (0.2126, 0.7152, 0.0722)
    return float((light.max() + 0.05) / (light.min() + 0.05))


def send(page: Page, data: bytes, event: str) -> None:
    page.evaluate(SEND, [base64.b64encode(data).decode(), "me.png", "image/png", event])


def test_a_picture_is_searched_for_and_the_result_opens_in_slide(dialog: Page, own: bytes):
    choose(dialog, own)
    ready(dialog)
    search(dialog)
    expect(dialog.locator(f"{DIALOG} button.primary:visible")).to_have_text(["Open in Slide"])
    told = dialog.locator(f"{DIALOG} .sentences li")
    expect(told.first).to_contain_text("held-out real images")
    expect(told.nth(1)).to_contain_text("PSNR")
    expect(told.nth(2)).to_contain_text("deviations from the centre")
    before = painted(dialog)
    dialog.locator(f"{DIALOG} [data-do=use]").click()
    expect(dialog.locator(DIALOG)).to_be_hidden()
    wait_painted(dialog, before)
    dialog.wait_for_function("() => new URLSearchParams(location.search).has('w')")


def test_the_image_in_slide_is_that_of_the_found_recipe(dialog: Page, own: bytes, folders):
    choose(dialog, own)
    ready(dialog)
    search(dialog)
    before = painted(dialog)
    dialog.locator(f"{DIALOG} [data-do=use]").click()
    wait_painted(dialog, before)
    dialog.wait_for_function("() => new URLSearchParams(location.search).has('w')")
    recipe = Recipe.from_query(dialog.evaluate("location.search.slice(1)"))
    assert same(pixels(dialog), rendered(folders[0] / "faces", recipe))


def test_a_dropped_picture_opens_the_dialog(page: Page, address: str, own: bytes):
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    send(page, own, "drop")
    ready(page)


def test_a_pasted_picture_opens_the_dialog(page: Page, address: str, own: bytes):
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    send(page, own, "paste")
    ready(page)


def test_a_shot_of_the_webcam_can_be_searched_for(browser: Browser, address: str, faces: Path):
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *FAKE_WEBCAM])
    try:
        page = chromium.new_page()
        page.set_default_timeout(30_000)
        open_slide(page, address, "/?checkpoint=faces&seed=1")
        page.locator("#slide-element [data-do=picture]").click()
        page.locator(f"{DIALOG} [data-do=webcam]").click()
        page.locator(f"{DIALOG} [data-do=shoot]").click()
        ready(page)
        assert pixels(page, f"{DIALOG} .crop").std() > 5
    finally:
        chromium.close()


def test_the_square_is_moved_and_zoomed_by_keys(dialog: Page, own: bytes):
    choose(dialog, own)
    ready(dialog)
    crop = dialog.locator(f"{DIALOG} .crop")
    middle = pixels(dialog, f"{DIALOG} .crop")
    crop.press("ArrowRight")
    moved = pixels(dialog, f"{DIALOG} .crop")
    assert not same(middle, moved)
    assert np.abs(moved[:, -10:].astype(int) - 255).max() == 0  # the white margin comes into view
    crop.press("+")
    assert not same(pixels(dialog, f"{DIALOG} .crop"), moved)
    assert float(dialog.locator(f"{DIALOG} [data-field=zoom]").input_value()) == pytest.approx(1.1, abs=0.02)


def test_the_square_is_dragged_and_zoomed_by_the_mouse(dialog: Page, own: bytes):
    choose(dialog, own)
    ready(dialog)
    middle = pixels(dialog, f"{DIALOG} .crop")
    box = dialog.locator(f"{DIALOG} .crop").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    dialog.mouse.move(x, y)
    dialog.mouse.down()
    dialog.mouse.move(x + box["width"], y)
    dialog.mouse.up()
    moved = pixels(dialog, f"{DIALOG} .crop")
    assert np.abs(moved[:, :10].astype(int) - 255).max() == 0  # the white margin at the left
    dialog.locator(f"{DIALOG} [data-field=zoom]").fill("4")
    zoomed = pixels(dialog, f"{DIALOG} .crop")
    assert not same(middle, moved)
    assert not same(moved, zoomed)


def test_a_part_is_rubbed_out_and_four_answers_come(dialog: Page, own: bytes):
    choose(dialog, own)
    ready(dialog)
    dialog.locator(f"{DIALOG} [data-field=brush]").check()
    assert contrast(dialog.locator(f"{DIALOG} [data-field=brush]").screenshot()) >= 3, "its tick cannot be seen"
    dialog.locator(f"{DIALOG} .crop").press("Space")
    expect(dialog.locator(f"{DIALOG} .warning")).to_have_text("What is rubbed out will be invented.")
    search(dialog)
    expect(dialog.locator(f"{DIALOG} .guesses button")).to_have_count(4)
    expect(dialog.locator(f"{DIALOG} .sentences li").first).to_contain_text("What was rubbed out is invented")
    dialog.locator(f"{DIALOG} .guesses button").nth(2).click()
    expect(dialog.locator(f"{DIALOG} .guesses button").nth(2)).to_have_attribute("aria-pressed", "true")


def test_a_small_view_comes_with_a_warning(dialog: Page, own: bytes):
    choose(dialog, own)
    ready(dialog)
    dialog.locator(f"{DIALOG} [data-field=side]").select_option("8")
    dialog.evaluate("document.body.classList.add('dark')")
    assert contrast(dialog.locator(f"{DIALOG} [data-field=side]").screenshot()) >= 4.5, "it cannot be read in the dark"
    expect(dialog.locator(f"{DIALOG} .warning")).to_contain_text("every detail that appears is invented")
    search(dialog)
    expect(dialog.locator(f"{DIALOG} .sentences li").first).to_contain_text("not a reconstruction")


def test_a_search_is_cancelled_and_another_one_begins(dialog: Page, own: bytes):
    choose(dialog, own)
    ready(dialog)
    dialog.locator(f"{DIALOG} [data-do=search]").click()
    dialog.locator(f"{DIALOG} [data-do=cancel]").click()
    expect(dialog.locator(f"{DIALOG} .said").first).to_have_text("Cancelled.")
    search(dialog)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.png", b"hello", "The picture cannot be opened: not an image. Choose another."),
        ("b.jpg", b"", "b.jpg is empty."),
        ("c.png", None, "The picture has 4 x 4 pixels; at least 8 a side are needed."),
    ],
)
def test_what_is_no_picture_is_one_sentence(dialog: Page, name: str, data: bytes | None, sentence: str):
    if data is None:
        buffer = io.BytesIO()
        Image.new("RGB", (4, 4)).save(buffer, "PNG")
        data = buffer.getvalue()
    choose(dialog, data, name)
    expect(dialog.locator(f"{DIALOG} .said").first).to_have_text(sentence)
    expect(dialog.locator(f"{DIALOG} .zone")).to_be_visible()


def test_a_tiff_that_no_browser_decodes_is_decoded_by_the_server(dialog: Page):
    buffer = io.BytesIO()
    Image.new("RGB", (50, 50), "teal").save(buffer, "TIFF")
    choose(dialog, buffer.getvalue(), "scan.tif", "image/tiff")
    ready(dialog)
    assert np.abs(pixels(dialog, f"{DIALOG} .crop").mean((0, 1)) - (0, 128, 128)).max() < 6


def test_slide_shows_the_nearest_real_images(page: Page, address: str, faces: Path):
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    page.locator("#slide-element [data-do=nearest]").click()
    nearest = page.locator("#picture-element .nearest")
    expect(nearest.locator(".said")).to_contain_text("Its nearest")
    expect(nearest.locator(".seen img")).to_have_count(6)
    expect(nearest.locator(".real img")).to_have_count(6)
    expect(nearest.locator(".subject")).to_have_attribute("src", re.compile("^data:image/webp"))


def test_the_nearest_images_of_a_model_without_a_reference_are_a_sentence(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=digits&seed=1")
    page.locator("#slide-element [data-do=nearest]").click()
    expect(page.locator("#picture-element .nearest .said")).to_contain_text("has no reference")
