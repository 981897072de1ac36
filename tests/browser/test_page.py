"""The Sample tab, and what concerns the page as a whole, as a person uses it."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from explorer.core.model import Model
from explorer.core.recipe import Recipe
from tests.browser.hands import (
    IMAGE,
    drag,
    open_slide,
    open_tab,
    painted,
    pixels,
    rendered,
    same,
    wait_painted,
    wait_settled,
)


def test_a_tile_of_the_sheet_goes_to_slide(page: Page, address: str, folders):
    page.goto(address)
    page.locator("#sample-element .tile").nth(8).click()
    page.wait_for_function("() => location.search.includes('seed=8')")
    wait_settled(page)
    assert same(pixels(page), rendered(folders[0] / "faces", Recipe("faces", seed=8)))


def test_the_sheet_pages_and_downloads(page: Page, address: str, tmp_path: Path):
    page.goto(address)
    sheet = page.locator("#sample-element .sheet")
    expect(sheet.locator(".tile")).to_have_count(36)
    page.get_by_role("button", name="Next →").click()
    expect(sheet.locator(".tile").first).to_have_attribute("title", re.compile("^Seed 36: open in Slide"))
    sheet.locator(".cell").nth(2).hover()
    with page.expect_download() as download:
        sheet.locator(".down").nth(2).click()
    download.value.save_as(tmp_path / "tile.png")
    assert Recipe.from_png(Image.open(tmp_path / "tile.png")) == Recipe("faces", seed=38)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download sheet").click()
    download.value.save_as(tmp_path / "sheet.png")
    assert Image.open(tmp_path / "sheet.png").size == (6 * 32, 6 * 32)


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
    ("query", "message"),
    [
        ("/?checkpoint=gone&seed=1", "There is no checkpoint 'gone'"),
        ("/?checkpoint=faces&seed=-3", "seed is -3"),
        ("/?checkpoint=faces&psi=99", "psi is 99"),
        ("/?checkpoint=faces&w=AAAAAA==", "w has 1 numbers"),
        ('/?checkpoint=faces&edits=[["pca:0",1e9,0,null]]', "strength is"),
        ("/?checkpoint=digits&psi=NaN", "psi is nan; it must be a number from -2 to 2. Showing digits instead."),
        ('/?checkpoint=digits&edits=[["w:AACAPw==",1]]', "It is another model's. Showing digits instead."),
        ('/?recipe={"checkpoint":"digits","psi":9}', "unknown fields: recipe"),
        ("/?checkpoint=broken", "model.safetensors"),
    ],
)
def test_a_link_that_cannot_be_restored_is_told_and_the_page_opens(page: Page, address: str, query: str, message: str):
    page.goto(address + query)
    expect(page.locator("#notice")).to_contain_text("The link cannot be restored.")
    expect(page.locator("#notice")).to_contain_text(message)
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
    for tab in ("Sample", "Slide", "Interpolate", "Translate", "Map & diagnosis", "Train"):
        open_tab(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab


def test_the_class_picker_is_there_for_a_conditional_model_alone_and_changes_the_image(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=1")
    assert page.locator("#slide-element .picker").is_hidden()
    open_slide(page, address, "/?checkpoint=shapes&seed=1")
    start, before = pixels(page), painted(page)
    page.locator("#slide-element .picker").get_by_label("star").check()
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


def test_a_sheet_comes_in_the_order_of_the_critics_scores(page: Page, address: str, folders: tuple[Path, Path]):
    page.goto(f"{address}?checkpoint=faces")
    tiles, order = page.locator("#sample-element .tile"), page.locator("#sample-element [data-field=order]")
    expect(tiles.first).to_have_attribute("title", re.compile("^Seed 0: open in Slide"))
    model = Model(folders[0] / "faces")
    scores = model.scoring.of(model, [Recipe("faces", seed=seed) for seed in range(36)])
    by_score = sorted(range(36), key=lambda seed: scores[seed])
    order.select_option(label="most real first")
    for place in (0, 35):
        expect(tiles.nth(place)).to_have_attribute(
            "title", re.compile(rf"^Seed {by_score[-1 - place]}, critic's score ")
        )
    first = pixels(page, "#sample-element .tile >> nth=0 >> canvas")
    most, least = (rendered(folders[0] / "faces", Recipe("faces", seed=by_score[i])) for i in (-1, 0))
    assert np.abs(first - most.astype(int)).mean() < np.abs(first - least.astype(int)).mean() / 2
    order.select_option(label="least real first")
    expect(tiles.first).to_have_attribute("title", re.compile(f"^Seed {by_score[0]}, critic's score "))
    page.goto(f"{address}?checkpoint=digits")
    expect(tiles).to_have_count(36)
    expect(order).to_be_hidden()
