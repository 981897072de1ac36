"""What Slide's board offers beside sliders: regions, classes and codes by their pictures, learning."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from explorer.core.recipe import Recipe
from tests.browser.conftest import make_checkpoint
from tests.browser.hands import drag, open_slide, pixels, rendered, same, wait_settled
from tests.browser.test_directions import BOARD, CHOOSER, LONG, MAKING, choose, edits, titles
from tests.conftest import own_reference


def test_a_region_gives_style_channels_and_only_style_based_models_offer_it(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=3")
    choose(page)
    page.locator(f"{CHOOSER} [data-do=make]").click()
    page.locator(f"{MAKING} [data-do=mark]").click()
    box = page.locator(f"{BOARD} .frame").bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"], steps=4)
    page.mouse.up()
    expect(page.locator(f"{MAKING} .by-region input").first).to_be_checked()
    title = page.locator(f"{MAKING} .by-region label span").first.inner_text()
    page.locator(f"{MAKING} [data-do=take]").click()
    expect(page.locator(f"{BOARD} .slider .title").last).to_have_text(title)
    before = pixels(page)
    drag(page, 10, 6)
    assert not same(pixels(page), before)
    assert edits(page)[0].first == edits(page)[0].last
    open_slide(page, address, "/?checkpoint=digits")
    choose(page)
    page.locator(f"{CHOOSER} [data-do=make]").click()
    expect(page.locator(f"{MAKING} [data-do=mark]")).to_be_hidden()


def test_a_region_is_marked_with_keys_and_given_up(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces")
    for key in ("Escape", "Enter"):
        choose(page)
        page.locator(f"{CHOOSER} [data-do=make]").click()
        page.locator(f"{MAKING} [data-do=mark]").click()
        expect(page.locator(f"{BOARD} .marking")).to_be_focused()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press(key)
        expect(page.locator(MAKING)).to_be_visible()
        page.locator(f"{MAKING} [data-do=close]").click()
    expect(page.locator(f"{BOARD} .marking")).to_have_count(0)
    assert not edits(page)


def test_a_class_is_chosen_by_its_picture(page: Page, address: str, folders):
    open_slide(page, address, "/?checkpoint=shapes&seed=2")
    picker = page.locator(f"{BOARD} .picker")
    expect(picker.locator("img[src]")).to_have_count(3)
    expect(picker.get_by_label("round")).to_be_checked()
    picker.get_by_label("star").check()
    wait_settled(page)
    assert same(pixels(page), rendered(folders[0] / "shapes", Recipe("shapes", seed=2, label=2)))


def test_a_value_of_a_code_is_chosen_by_its_picture(page: Page, address: str, folders):
    open_slide(page, address, "/?checkpoint=codes&seed=2")
    picker = page.locator(f"{BOARD} .picker")
    expect(picker.locator("img[src]")).to_have_count(3)
    expect(picker.locator(":checked")).to_have_count(1)
    assert titles(page)[:2] == ["4", "5"]  # the continuous codes are sliders
    picker.locator("input:not(:checked)").first.check()
    wait_settled(page)
    assert sorted(edit.strength for edit in edits(page)) == [-3, 3]
    expect(page.locator(f"{BOARD} .chip")).to_have_count(0)
    expect(picker.locator(":checked")).to_have_count(1)


@pytest.fixture
def pupil(folders: tuple[Path, Path]) -> Iterator[str]:
    """A model that may learn directions: the app keeps them by the weights, and other tests count those of 'faces'."""
    folder = folders[0] / "pupil"
    make_checkpoint(folder, "stylegan-lite", channels=3, min_channels=4)
    own_reference(folder)
    yield folder.name
    shutil.rmtree(folder)


def test_directions_are_learned_with_progress_and_stopped(page: Page, address: str, pupil: str):
    open_slide(page, address, "/?checkpoint=digits")
    choose(page)
    expect(page.locator(f"{CHOOSER} .doing")).to_contain_text("Nobody can read attributes")
    expect(page.locator(f"{CHOOSER} [data-do=learn]")).to_be_hidden()
    open_slide(page, address, f"/?checkpoint={pupil}")
    choose(page)
    page.locator(f"{CHOOSER} [data-do=learn]").click()
    expect(page.locator(f"{CHOOSER} .doing")).to_contain_text(re.compile("Fitting|Measuring"))
    expect(page.locator(f"{CHOOSER} progress")).to_be_visible()
    page.locator(f"{CHOOSER} [data-do=stop]").click()
    expect(page.locator(f"{CHOOSER} [data-do=stop]")).to_be_hidden(timeout=LONG)
    expect(page.locator(f"{CHOOSER} [data-do=learn]")).to_be_visible()
    assert len(titles(page)) == 10
