"""Each tab, as a person uses it. Facts are read from pixels and from files, never after a sleep."""

import base64
import io
import re
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from explorer.core.model import Model
from explorer.core.recipe import Recipe

IMAGE = "#slide-element .image"
READ = """(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"""


def pixels(page: Page, selector: str = IMAGE) -> np.ndarray:
    """The canvas as uint8 (H, W, 3)."""
    canvas = page.locator(selector)
    size = canvas.evaluate("(canvas) => [canvas.height, canvas.width]")
    return np.array(canvas.evaluate(READ), np.uint8).reshape(*size, 4)[..., :3]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two images are the same to the eye; the page's own differ from the server's by a step of 256 or so."""
    difference = np.abs(one.astype(int) - other.astype(int))
    return bool(difference.mean() < 1 and difference.max() <= 4)


def painted(page: Page) -> int:
    return int(page.locator(IMAGE).get_attribute("data-painted") or 0)


def wait_painted(page: Page, more_than: int = 0) -> None:
    page.wait_for_function(
        "([selector, n]) => Number(document.querySelector(selector)?.dataset.painted || 0) > n",
        arg=[IMAGE, more_than],
    )


def wait_settled(page: Page) -> None:
    """Until the image is the address': after a drag through the server the same one is painted once more."""
    page.wait_for_function(f"() => document.querySelector('{IMAGE}').dataset.link === location.href")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).first.click()


def open_slide(page: Page, address: str, query: str = "") -> None:
    page.goto(address + query)
    open_tab(page, "Slide")
    wait_painted(page)
    expect(page.locator("#slide-element .slider .high").last).to_have_attribute("src", re.compile("^data:image/webp"))


def drag(page: Page, axis: int, strength: float) -> None:
    """Move a slider as a hand does: an input event, then a change event."""
    before = painted(page)
    page.locator("#slide-element .slider input").nth(axis).fill(str(strength))
    wait_painted(page, before)


def rendered(folder: Path, recipe: Recipe) -> np.ndarray:
    """What the model itself draws, as uint8 (H, W, 3)."""
    image = Model(folder).images([recipe])[0]
    return np.broadcast_to(image, (*image.shape[:2], 3))


def test_the_image_in_slide_is_the_recipes(page: Page, address: str, folders):
    open_slide(page, address, "/?checkpoint=faces&seed=7")
    assert same(pixels(page), rendered(folders[0] / "faces", Recipe("faces", seed=7)))


def test_dragging_a_slider_changes_the_image_and_its_reset_restores_it(page: Page, address: str):
    open_slide(page, address)
    start = pixels(page)
    drag(page, 0, 2)
    assert not same(pixels(page), start)
    before = painted(page)
    page.locator("#slide-element .slider [data-reset]").first.click()
    wait_painted(page, before)
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
    before = painted(page)
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
    wait_painted(page, before)
    page.wait_for_function("() => location.search.includes('checkpoint=faces')")
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


def test_a_tile_of_the_sheet_goes_to_slide(page: Page, address: str, folders):
    page.goto(address)
    page.locator("#sample-element .tile").nth(8).click()
    wait_painted(page, 1)
    page.wait_for_function("() => location.search.includes('seed=8')")
    assert same(pixels(page), rendered(folders[0] / "faces", Recipe("faces", seed=8)))


def test_the_sheet_pages_and_downloads(page: Page, address: str, tmp_path: Path):
    page.goto(address)
    sheet = page.locator("#sample-element .sheet")
    expect(sheet.locator(".tile")).to_have_count(36)
    page.get_by_role("button", name="Next →").click()
    expect(sheet.locator(".tile").first).to_have_attribute("title", "Seed 36: open in Slide")
    sheet.locator(".cell").nth(2).hover()
    with page.expect_download() as download:
        sheet.locator(".down").nth(2).click()
    download.value.save_as(tmp_path / "tile.png")
    assert Recipe.from_png(Image.open(tmp_path / "tile.png")) == Recipe("faces", seed=38)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download sheet").click()
    download.value.save_as(tmp_path / "sheet.png")
    assert Image.open(tmp_path / "sheet.png").size == (6 * 32, 6 * 32)


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_a_path_plays_and_exports_a_film_that_opens(page: Page, address: str, kind: str, tmp_path: Path):
    page.goto(address)
    open_tab(page, "Interpolate")
    player = page.locator("#interpolate-element")
    expect(player.locator(".keyframes li")).to_have_count(3)
    page.get_by_role("button", name="Add random").click()
    expect(player.locator(".keyframes li")).to_have_count(4)
    expect(player.locator(".count")).to_have_text("1 / 48")
    first = pixels(page, "#interpolate-element .image")
    player.locator(".scrub").fill("20")
    expect(player.locator(".count")).to_have_text("21 / 48")
    assert not np.array_equal(pixels(page, "#interpolate-element .image"), first)
    player.locator(".play").click()
    expect(player.locator(".count")).not_to_have_text("21 / 48")
    page.get_by_role("radio", name=kind).check()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.locator(f"a[download$='.{kind}']").first.click()
    path = tmp_path / f"film.{kind}"
    download.value.save_as(path)
    assert frame_count(path) == 48


def frame_count(path: Path) -> int:
    if path.suffix == ".mp4":
        with av.open(str(path)) as film:
            return sum(1 for _ in film.decode(video=0))
    return Image.open(io.BytesIO(path.read_bytes())).n_frames


def test_a_frame_of_the_path_opens_in_slide(page: Page, address: str):
    page.goto(address)
    open_tab(page, "Interpolate")
    player = page.locator("#interpolate-element")
    expect(player.locator(".count")).to_have_text("1 / 48")
    player.locator(".scrub").fill("5")
    player.locator(".open").click()
    page.wait_for_function("() => /[?&](z|w)=/.test(location.search)")


def test_a_image_of_slide_becomes_a_keyframe(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=9")
    open_tab(page, "Interpolate")
    rows = page.locator("#interpolate-element .keyframes li")
    expect(rows).to_have_count(3)
    open_tab(page, "Slide")
    page.locator("[data-do=path]").click()
    open_tab(page, "Interpolate")
    expect(rows.last).to_contain_text("seed 9")


def test_an_unusable_checkpoint_is_named_with_its_reason_and_the_others_work(page: Page, address: str):
    open_slide(page, address)
    good = pixels(page)
    chooser = page.locator("#checkpoint input")
    chooser.click()
    page.get_by_role("option", name="broken (unusable)").click()
    expect(page.locator("#about .bad")).to_contain_text("model.safetensors")
    chooser.click()
    page.get_by_role("option", name="digits").click()
    page.wait_for_function("([selector]) => document.querySelector(selector).width === 32", arg=[IMAGE])
    expect(page.locator("#about")).to_contain_text("dcgan")
    assert good.shape == (32, 32, 3)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("/?checkpoint=gone&seed=1", "There is no checkpoint 'gone'"),
        ("/?checkpoint=faces&seed=-3", "seed is -3"),
        ("/?checkpoint=faces&psi=99", "psi is 99"),
        ("/?checkpoint=faces&w=AAAAAA==", "w has 1 numbers"),
        ('/?checkpoint=faces&edits=[["pca:0",1e9,0,null]]', "strength is"),
        ("/?checkpoint=broken", "model.safetensors"),
    ],
)
def test_a_link_that_cannot_be_restored_is_told_and_the_page_opens(page: Page, address: str, query: str, told: str):
    page.goto(address + query)
    expect(page.locator("#notice")).to_contain_text("The link cannot be restored.")
    expect(page.locator("#notice")).to_contain_text(told)
    expect(page.locator("#sample-element .tile")).to_have_count(36)


def test_two_pages_at_once_keep_their_own_images(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    other = page.context.new_page()
    open_slide(other, address, "/?checkpoint=digits&seed=2")
    before = pixels(other)
    drag(page, 0, 2)
    assert same(pixels(other), before)
    other.close()


def test_the_theme_button_turns_the_page_dark_and_back(page: Page, address: str):
    page.goto(address + "/?__theme=light")
    expect(page.locator("#sample-element .tile")).to_have_count(36)
    colour = "() => getComputedStyle(document.body).backgroundColor"
    button = page.get_by_role("button", name="Theme", exact=True)
    button.click()
    page.wait_for_function("() => document.body.classList.contains('dark')")
    dark = page.evaluate(colour)
    button.click()
    page.wait_for_function("() => !document.body.classList.contains('dark')")
    assert page.evaluate(colour) != dark


def test_nothing_sticks_out_of_a_phone(page: Page, address: str):
    page.set_viewport_size({"width": 390, "height": 800})
    open_slide(page, address)
    for tab in ("Sample", "Slide", "Interpolate", "Map & diagnosis", "Train"):
        open_tab(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab


def test_the_class_picker_is_there_for_a_conditional_model_alone_and_changes_the_image(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    assert page.locator("#slide-element [data-field=label]").is_hidden()
    open_slide(page, address, "/?checkpoint=shapes&seed=1")
    start, before = pixels(page), painted(page)
    page.locator("#slide-element [data-field=label]").select_option(label="star")
    wait_painted(page, before)
    assert not same(pixels(page), start)
    page.wait_for_function("() => location.search.includes('label=2')")
    open_tab(page, "Sample")
    sheet = page.locator("#sample-element .sheet")
    expect(sheet.locator(".tile").nth(4)).to_have_attribute("title", re.compile("^Seed 4, class (?!star)"))
    page.locator("#sample-element [data-field=label]").select_option(label="star")
    expect(sheet.locator(".tile").nth(4)).to_have_attribute("title", re.compile("^Seed 4, class star"))
    sheet.locator(".tile").nth(4).click()
    page.wait_for_function("() => location.search.includes('label=2') && location.search.includes('seed=4')")
    open_tab(page, "Interpolate")
    names = page.locator("#interpolate-element .keyframes li > span")
    expect(names).to_have_text(["seed 0 · round", "seed 0 · square", "seed 0 · star"])
    expect(page.get_by_role("radio", name="w", exact=True)).to_be_checked()


def test_a_ninth_keyframe_is_refused_with_its_reason(page: Page, address: str):
    page.goto(address)
    open_tab(page, "Interpolate")
    rows = page.locator("#interpolate-element .keyframes li")
    expect(rows).to_have_count(3)
    for count in range(4, 9):
        page.get_by_role("button", name="Add random").click()
        expect(rows).to_have_count(count)
    page.get_by_role("button", name="Add random").click()
    expect(page.get_by_text("The path already has 8 keyframes.")).to_be_visible()
