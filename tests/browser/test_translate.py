"""The Translate tab, as a person uses it: what is drawn comes out translated, and everything can be restored."""

from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from explorer.core.library import Library
from explorer.core.translation.recipe import TranslationRecipe
from tests.browser.hands import open_tab, pixels, same
from tests.browser.picture_dialog import LONG

TAB = "#translate-element"
OUTPUT, PAPER = f"{TAB} .output", f"{TAB} .paper"


def painted(page: Page) -> int:
    return int(page.locator(OUTPUT).get_attribute("data-painted") or 0)


def wait_painted(page: Page, more_than: int = 0) -> None:
    page.wait_for_function(
        "([selector, n]) => Number(document.querySelector(selector)?.dataset.painted || 0) > n", arg=[OUTPUT, more_than]
    )


def wait_still(page: Page) -> np.ndarray:
    """The output once it has not been painted for half a second."""
    page.wait_for_function(
        """(selector) => new Promise((done) => {
          const count = () => document.querySelector(selector).dataset.painted;
          let [last, since] = [count(), performance.now()];
          const look = () => {
            if (count() !== last) [last, since] = [count(), performance.now()];
            performance.now() - since > 500 ? done(true) : setTimeout(look, 50);
          };
          look();
        })""",
        arg=OUTPUT,
    )
    return pixels(page, OUTPUT)


def open_translate(page: Page, address: str, query: str = "", model: str = "") -> np.ndarray:
    page.goto(address + query)
    open_tab(page, "Translate")
    wait_painted(page)
    if model:
        before = painted(page)
        page.locator(f"{TAB} [data-field=translator]").select_option(model)
        wait_painted(page, before)
    return wait_still(page)


def draw(page: Page, *points: tuple[float, float]) -> None:
    """A stroke through places of the paper, from 0 to 1."""
    page.locator(PAPER).scroll_into_view_if_needed()
    box = page.locator(f"{TAB} .drawn").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def rendered(folders: tuple[Path, Path], query: str) -> np.ndarray:
    """What the server makes of the recipe in an address."""
    recipe = TranslationRecipe.from_query(query.partition("?")[2])
    library = Library(*folders)
    return library.translation(recipe.translator).image(recipe, lambda one: library.model(one.checkpoint).image(one))


def test_a_stranger_sees_an_example_translated_and_a_stroke_changes_it(page: Page, address: str, folders):
    start = open_translate(page, address)
    assert same(start, rendered(folders, "?translator=lines&example=0"))
    expect(page.locator(f"{TAB} .hint")).to_be_hidden()
    draw(page, (0.2, 0.5), (0.8, 0.6), (0.5, 0.9))
    drawn = wait_still(page)
    assert not same(drawn, start)
    assert same(drawn, rendered(folders, page.url))


def test_undo_and_redo_walk_through_the_strokes(page: Page, address: str):
    start = open_translate(page, address)
    draw(page, (0.1, 0.1), (0.9, 0.9))
    one = wait_still(page)
    draw(page, (0.9, 0.1), (0.1, 0.9))
    wait_still(page)
    page.locator(f"{TAB} [data-do=undo]").click()
    assert same(wait_still(page), one)
    page.locator(PAPER).press("Control+z")
    assert same(wait_still(page), start)
    page.locator(PAPER).press("Control+Shift+z")
    assert same(wait_still(page), one)


def test_a_copied_link_restores_the_drawing_in_another_page(page: Page, address: str):
    open_translate(page, address)
    page.locator(f"{TAB} [data-tool=fill]").click()
    page.locator(f"{TAB} [data-colour]").nth(1).click()
    draw(page, (0.95, 0.05))
    page.locator(f"{TAB} [data-tool=pen]").click()
    draw(page, (0.3, 0.7), (0.7, 0.7))
    wanted = wait_still(page)
    page.locator(f"{TAB} [data-do=link]").click()
    expect(page.locator(f"{TAB} .message")).to_have_text("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_role("tab", name="Translate", exact=True).first).to_have_attribute("aria-selected", "true")
    wait_painted(page)
    assert same(wait_still(page), wanted)


def test_a_saved_png_carries_the_drawing_and_opens_again(page: Page, address: str, tmp_path: Path):
    open_translate(page, address)
    draw(page, (0.2, 0.2), (0.8, 0.3))
    wanted = wait_still(page)
    with page.expect_download() as download:
        page.locator(f"{TAB} [data-do=save]").click()
    path = tmp_path / "saved.png"
    download.value.save_as(path)
    assert same(np.array(Image.open(path)), wanted)
    page.locator(f"{TAB} [data-do=clear]").click()
    expect(page.locator(f"{TAB} .hint")).to_be_visible()
    page.locator(f"{TAB} [type=file]").set_input_files(path)
    expect(page.locator(f"{TAB} .hint")).to_be_hidden()
    assert same(wait_still(page), wanted)


def test_a_picture_of_ones_own_is_given_but_has_no_link(page: Page, address: str, tmp_path: Path):
    start = open_translate(page, address)
    noise = np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "own.png")
    page.locator(f"{TAB} [type=file]").set_input_files(tmp_path / "own.png")
    wait_painted(page, painted(page))
    assert not same(wait_still(page), start)
    page.locator(f"{TAB} [data-do=link]").click()
    expect(page.locator(f"{TAB} .message")).to_contain_text("not part of a link")
    page.wait_for_function("() => location.search === '?translator=lines'")  # no other drawing's


def test_a_recipe_that_cannot_be_opened_leaves_the_drawing_as_it_is(page: Page, address: str, tmp_path: Path):
    start = open_translate(page, address)
    path = tmp_path / "broken.png"
    path.write_bytes(TranslationRecipe("styles", example=9).to_png(Image.new("RGB", (8, 8))))
    page.locator(f"{TAB} [type=file]").set_input_files(path)
    expect(page.locator(f"{TAB} .message")).to_contain_text("styles has no example 9")
    expect(page.locator(f"{TAB} [data-field=translator]")).to_have_value("lines")
    draw(page, (0.2, 0.5), (0.8, 0.6))
    drawn = wait_still(page)
    assert not same(drawn, start)
    expect(page.locator(f"{TAB} .message")).to_have_text("")
    page.locator(f"{TAB} [data-do=undo]").click()
    assert same(wait_still(page), start)


def test_an_empty_mask_and_one_over_everything_are_told_and_clear_keeps_the_picture(page: Page, address: str):
    open_translate(page, address, model="holes")
    page.locator(f"{TAB} [data-field=generator]").select_option("faces")
    page.locator(f"{TAB} [data-do=sample]").click()
    hint = page.locator(f"{TAB} .hint")
    expect(hint).to_contain_text("The mask is empty")
    before = painted(page)
    draw(page, (0.3, 0.3), (0.6, 0.6))
    wait_painted(page, before)
    expect(hint).to_be_hidden()
    page.locator(f"{TAB} [data-do=clear]").click()
    expect(hint).to_contain_text("The mask is empty")
    assert "sample=" in page.url
    page.locator(f"{TAB} [data-field=width]").fill("12")
    for y in range(1, 20):
        draw(page, (0.01, y / 20), (0.99, y / 20))
    expect(hint).to_contain_text("The mask covers everything")


def test_a_sample_of_a_generator_is_given(page: Page, address: str, folders):
    open_translate(page, address)
    page.locator(f"{TAB} [data-field=generator]").select_option("faces")
    page.locator(f"{TAB} [data-do=sample]").click()
    page.wait_for_function("() => location.search.includes('sample=')")
    assert same(wait_still(page), rendered(folders, page.url))


def test_the_page_translates_by_itself_and_the_server_where_it_cannot(page: Page, address: str):
    start = open_translate(page, address)
    page.wait_for_function(f"() => document.querySelector('{TAB} .runs').dataset.state === 'page'")
    draw(page, (0.2, 0.8), (0.8, 0.8))
    here = wait_still(page)
    expect(page.locator(OUTPUT)).to_have_attribute("data-by", "page")
    link = page.url
    page.route("**/*.onnx", lambda route: route.abort())
    page.goto("about:blank")
    page.goto(link)
    wait_painted(page)
    page.wait_for_function(f"() => document.querySelector('{TAB} .runs').dataset.state === 'failed'")
    there = wait_still(page)
    expect(page.locator(OUTPUT)).to_have_attribute("data-by", "server")
    assert same(here, there)
    draw(page, (0.5, 0.1), (0.5, 0.9))
    assert not same(wait_still(page), start)


def test_a_style_is_dragged_or_chosen_of_nine(page: Page, address: str, folders):
    start = open_translate(page, address, model="styles")
    nine = page.locator(f"{TAB} .nine button")
    expect(nine).to_have_count(9)
    nine.nth(4).click()
    page.wait_for_function("() => location.search.includes('seed=4')")
    seeded = wait_still(page)
    assert not same(seeded, start)
    assert same(seeded, rendered(folders, page.url))
    page.locator(f"{TAB} .style-pad").click(position={"x": 10, "y": 10})
    page.wait_for_function("() => location.search.includes('z=')")
    assert same(wait_still(page), rendered(folders, page.url))


def test_the_keyboard_draws_and_the_critic_shows_its_patches(page: Page, address: str):
    start = open_translate(page, address)
    paper = page.locator(PAPER)
    paper.focus()
    for key in ("Space", "Shift+ArrowRight", "Shift+ArrowDown", "Shift+ArrowDown", "Space"):
        paper.press(key)
    assert not same(wait_still(page), start)
    page.locator(f"{TAB} [data-do=heat]").click()
    expect(page.locator(f"{TAB} .heat")).to_be_visible()
    page.locator(f"{TAB} [data-field=other]").select_option("truth")
    expect(page.locator(f"{TAB} .swipe")).to_be_visible()


def test_a_hole_is_completed_in_several_ways_and_one_opens_in_slide(page: Page, address: str, faces: Path):
    open_translate(page, address, model="holes")
    page.locator(f"{TAB} [data-do=complete]").click()
    four = page.locator(f"{TAB} .four button")
    expect(page.locator(f"{TAB} .others .said")).to_contain_text("Choose one", timeout=LONG)
    expect(four).to_have_count(4)
    four.nth(2).click()
    expect(page.locator(f"{TAB} [data-field=other]")).to_have_value("completion")
    expect(page.locator(f"{TAB} .swipe")).to_be_visible()
    link = page.url
    page.locator(f"{TAB} [data-do=slide]").click()
    page.wait_for_function("() => new URLSearchParams(location.search).has('w')")
    page.goto("about:blank")
    page.goto(link)
    wait_painted(page)
    draw(page, (0.8, 0.2), (0.8, 0.4))  # another hole: what was found belongs to it no longer
    expect(four).to_have_count(0)


def test_a_link_that_cannot_be_restored_says_so(page: Page, address: str):
    page.goto(f"{address}/?translator=lines&example=99")
    expect(page.locator("#notice")).to_contain_text("lines has no example 99: it has 0 to 2")
