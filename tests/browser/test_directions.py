"""Slide's board of directions, as a person uses it: each act, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from explorer.core.recipe import Recipe
from tests.browser.hands import drag, open_slide, open_tab, pixels, rendered, same, wait_painted, wait_settled

BOARD = "#slide-element"
CHOOSER = f"{BOARD} dialog.chooser"
MAKING = f"{BOARD} dialog.making"
LONG = 120_000  # ms


def titles(page: Page) -> list[str]:
    return page.locator(f"{BOARD} .slider .title").all_inner_texts()


def edits(page: Page) -> list:
    return list(Recipe.from_query(page.evaluate("location.search.slice(1)")).edits)


def choose(page: Page) -> None:
    page.get_by_role("button", name="Choose directions").click()
    expect(page.locator(CHOOSER)).to_be_visible()


def done(page: Page) -> None:
    page.locator(f"{CHOOSER} [type=submit]").click()
    expect(page.locator(CHOOSER)).to_be_hidden()


def menu(page: Page, row: int, act: str) -> None:
    page.locator(f"{BOARD} .slider .more").nth(row).click()
    page.locator(f"{BOARD} .slider-menu").get_by_role("button", name=act).click()


def make_own(page: Page, title: str) -> None:
    """From seed 0 to seed 1, whichever is open."""
    choose(page)
    page.locator(f"{CHOOSER} [data-do=make]").click()
    for side in ("from", "to"):
        page.locator(f"{MAKING} [data-side={side}] [data-add=seed]").click()
        expect(page.locator(f"{MAKING} [data-side={side}] canvas")).to_have_count(1)
    page.locator(f"{MAKING} [name=title]").fill(title)
    page.locator(f"{MAKING} [type=submit]").click()
    expect(page.locator(MAKING)).to_be_hidden()


def test_directions_of_two_methods_stand_side_by_side_and_both_move_the_image(page: Page, address: str, folders):
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    choose(page)
    page.locator(f"{CHOOSER} [type=search]").fill("sefa")
    expect(page.locator(f"{CHOOSER} .item")).to_have_count(10)
    page.locator(f"{CHOOSER} .item input").first.check()
    expect(page.locator(f"{CHOOSER} .count")).to_have_text("11 of 24 sliders")
    done(page)
    expect(page.locator(f"{BOARD} .slider")).to_have_count(11)
    drag(page, 0, 1)
    drag(page, 10, 2)
    wait_settled(page)
    assert [edit.direction for edit in edits(page)] == ["pca:0", "sefa:0"]
    wanted = Recipe.from_query(page.evaluate("location.search.slice(1)"))
    assert same(pixels(page), rendered(folders[0] / "faces", wanted))


def test_what_matches_no_word_is_told_and_the_board_has_an_end(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces")
    choose(page)
    page.locator(f"{CHOOSER} [type=search]").fill("nonesuch")
    expect(page.locator(f"{CHOOSER} .list")).to_have_text("No direction matches these words.")
    page.locator(f"{CHOOSER} [type=search]").fill("")
    boxes = page.locator(f"{CHOOSER} .item input:not(:checked)")
    for count in range(11, 25):
        boxes.first.click()
        expect(page.locator(f"{CHOOSER} .count")).to_have_text(f"{count} of 24 sliders")
    boxes.first.click()
    expect(page.locator(f"{CHOOSER} .said.bad")).to_contain_text("room for 24 sliders")
    expect(page.locator(f"{CHOOSER} .item input:checked")).to_have_count(24)


def test_titles_order_and_hiding_outlast_a_reload(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces")
    menu(page, 1, "Rename")
    page.locator(f"{BOARD} .renamed").fill("turn")
    page.keyboard.press("Enter")
    expect(page.locator(f"{BOARD} .slider .title").nth(1)).to_have_text("turn")
    menu(page, 1, "Move up")
    expect(page.locator(f"{BOARD} .slider .title").first).to_have_text("turn")
    menu(page, 2, "Hide")
    expect(page.locator(f"{BOARD} .slider")).to_have_count(9)
    wanted = titles(page)
    assert wanted[:3] == ["turn", "1", "4"]
    expect(page.locator(f"{BOARD} [data-field=across] option").first).to_have_text("turn")
    open_slide(page, address, "/?checkpoint=faces")
    assert titles(page) == wanted
    choose(page)
    page.locator(f"{CHOOSER} [data-do=defaults]").click()
    done(page)
    expect(page.locator(f"{BOARD} .slider")).to_have_count(10)


@pytest.mark.parametrize("broken", ["setItem = () => { throw new Error('full'); }", "getItem = () => '{{{'"])
def test_a_broken_storage_breaks_nothing(page: Page, address: str, broken: str):
    page.add_init_script(f"Storage.prototype.{broken}")
    open_slide(page, address, "/?checkpoint=faces")
    menu(page, 0, "Hide")
    expect(page.locator(f"{BOARD} .slider")).to_have_count(9)
    drag(page, 0, 1)
    assert [edit.direction for edit in edits(page)] == ["pca:1"]


def test_an_own_direction_leads_from_a_to_b(page: Page, address: str, folders):
    open_slide(page, address, "/?checkpoint=faces")
    make_own(page, "to the other")
    expect(page.locator(f"{BOARD} .slider .title").last).to_have_text("to the other")
    drag(page, 10, 1)
    wait_settled(page)
    assert same(pixels(page), rendered(folders[0] / "faces", Recipe("faces", seed=1)))


def test_images_of_sample_and_of_the_path_make_a_direction(page: Page, address: str):
    page.goto(f"{address}/?checkpoint=faces")
    open_tab(page, "Sample")
    tiles = page.locator("#sample-element .tile")
    expect(tiles).to_have_count(36)
    for tile, key in ((2, "a"), (3, "a"), (4, "b")):
        tiles.nth(tile).focus()
        page.keyboard.press(key)
    expect(page.locator("#sample-element .message")).to_contain_text("Side B has 1 image")
    open_tab(page, "Slide")
    wait_painted(page)
    expect(page.locator(f"{BOARD} .slider")).to_have_count(10)
    choose(page)
    page.locator(f"{CHOOSER} [data-do=make]").click()
    expect(page.locator(f"{MAKING} [data-side=from] canvas")).to_have_count(2)
    page.locator(f"{MAKING} [data-side=to] [data-add=path]").click()
    expect(page.locator(f"{MAKING} [data-side=to] canvas")).not_to_have_count(1)
    page.locator(f"{MAKING} [data-side=from] canvas").first.click()
    expect(page.locator(f"{MAKING} [data-side=from] canvas")).to_have_count(1)
    page.locator(f"{MAKING} [type=submit]").click()
    expect(page.locator(f"{BOARD} .slider .title").last).to_have_text("From A to B")


def test_a_link_with_an_own_direction_opens_elsewhere_and_its_chip_becomes_a_slider(page: Page, address: str, browser):
    open_slide(page, address, "/?checkpoint=faces")
    make_own(page, "mine")
    drag(page, 10, 0.5)
    wait_settled(page)
    wanted, link = pixels(page), page.url
    stranger = browser.new_context().new_page()
    stranger.set_default_timeout(30_000)
    open_slide(stranger, link)
    assert same(pixels(stranger), wanted)
    chip = stranger.locator(f"{BOARD} .chip")
    expect(chip).to_contain_text("own direction +0.50")
    chip.locator("button").first.click()
    expect(stranger.locator(f"{BOARD} .slider .title").last).to_have_text("From a link")
    expect(stranger.locator(f"{BOARD} .slider .value").last).to_have_text("+0.50")
    expect(chip).to_have_count(0)
    stranger.context.close()


def test_a_chip_can_be_taken_away(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&edits=[[%22random:0%22,1.5,0,1]]")
    chip = page.locator(f"{BOARD} .chip")
    expect(chip).to_contain_text("Random 1 coarse +1.50")
    chip.locator("button").last.click()
    expect(chip).to_have_count(0)
    assert not edits(page)


def test_exported_directions_are_imported_by_another_and_no_other_model_takes_them(
    page: Page, address: str, browser, tmp_path: Path
):
    open_slide(page, address, "/?checkpoint=faces")
    make_own(page, "mine")
    choose(page)
    with page.expect_download() as download:
        page.locator(f"{CHOOSER} [data-do=export]").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "faces-directions.safetensors"
    other = browser.new_context().new_page()
    other.set_default_timeout(30_000)
    open_slide(other, address, "/?checkpoint=faces")
    choose(other)
    other.locator(f"{CHOOSER} [type=file]").set_input_files(file)
    expect(other.locator(f"{CHOOSER} .said")).to_contain_text("11 directions were read")
    done(other)
    assert "mine" in titles(other)
    open_slide(other, address, "/?checkpoint=digits")
    choose(other)
    other.locator(f"{CHOOSER} [type=file]").set_input_files(file)
    expect(other.locator(f"{CHOOSER} .said.bad")).to_contain_text("belong to 'faces'")
    other.context.close()


def test_an_own_direction_can_be_deleted(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces")
    make_own(page, "mine")
    choose(page)
    page.get_by_role("button", name="Delete mine").click()
    expect(page.get_by_role("button", name="Delete mine")).to_have_count(0)
    done(page)
    expect(page.locator(f"{BOARD} .slider")).to_have_count(10)


def test_others_are_held_fixed(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces")
    menu(page, 0, "Hold others fixed")
    boxes = page.locator(f"{BOARD} dialog.holding input")
    for i in range(2):
        boxes.nth(i).check()
    expect(boxes.nth(2)).to_be_disabled()
    page.locator(f"{BOARD} dialog.holding [type=submit]").click()
    expect(page.locator(f"{BOARD} .slider .title").nth(1)).to_have_text("PCA 1 (PCA 2 and PCA 3 fixed)")


def test_a_strength_beyond_the_slider_is_typed_or_dragged_with_shift_and_marked(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces")
    row = page.locator(f"{BOARD} .slider").first
    row.locator(".value").click()
    row.locator(".typed").fill("4.5")
    page.keyboard.press("Enter")
    expect(row).to_have_class(re.compile("beyond"))
    expect(row.locator(".value")).to_have_text("+4.50")
    row.locator("[data-reset]").click()
    box = row.locator("input").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 30, y, steps=8)
    expect(row.locator(".value")).to_have_text("+3.00")  # without Shift it ends there
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] + 60, y, steps=8)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(row.locator(".far")).to_be_visible()
    page.wait_for_function("() => location.search.includes('edits=')")
    (far,) = edits(page)
    assert 3.2 < far.strength < 6
    row.locator("input").press("Shift+ArrowRight")
    expect(row.locator(".value")).to_have_text(f"+{far.strength + 0.5:.2f}")


def test_hover_shows_a_strip_and_moving_asks_for_none(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces")
    strip = page.locator(f"{BOARD} .strip-of-slider")
    row = page.locator(f"{BOARD} .slider").nth(2)
    row.hover()
    expect(strip.locator("img")).to_have_attribute("src", re.compile("^data:image/webp"))
    expect(strip.locator("p")).to_contain_text("of the variance")
    sides = strip.locator("img").evaluate("(image) => image.naturalWidth / image.naturalHeight")
    assert sides == pytest.approx(7, abs=0.5)
    page.locator(f"{BOARD} [data-field=seed]").hover()
    expect(strip).to_be_hidden()
    row.locator("input").focus()
    expect(strip).to_be_visible()
