"""A private branch tuned to a picture: marked wherever it draws, the page's own, and taken off again."""

import re

from playwright.sync_api import Page, expect

from explorer.core.recipe import Recipe
from tests.browser.hands import drag, open_slide, painted, pixels, rendered, same, wait_painted, wait_settled
from tests.browser.picture_dialog import DIALOG, LONG, choose, ready, search

MARK = "#slide-element .tuned"


def act(page: Page, name: str):
    return page.locator(f"{DIALOG} [data-do={name}]")


def found(page: Page, picture: bytes) -> None:
    """Search for a picture; the result is shown."""
    choose(page, picture)
    ready(page)
    search(page)


def test_a_branch_is_tuned_marked_in_slide_left_out_of_its_link_and_taken_off(dialog: Page, own: bytes, folders):
    found(dialog, own)
    act(dialog, "tune").click()
    expect(dialog.locator(f"{DIALOG} .guesses figcaption")).to_have_text("tuned to this picture", timeout=LONG)
    expect(dialog.locator(f"{DIALOG} .sentences li").first).to_have_text(re.compile("^Tuned to this picture"))
    expect(act(dialog, "tune")).to_be_hidden()
    before = painted(dialog)
    act(dialog, "use").click()
    wait_painted(dialog, before)
    wait_settled(dialog)
    expect(dialog.locator(MARK)).to_be_visible()
    assert "tuned=private" in dialog.url
    tuned = pixels(dialog)
    drag(dialog, 0, 1.0)
    expect(dialog.locator("#slide-element .image")).to_have_attribute("data-by", "server")
    dialog.locator("#slide-element [data-do=undo]").click()
    wait_settled(dialog)
    assert same(pixels(dialog), tuned)
    shared = dialog.url
    dialog.locator("#slide-element [data-do=untune]").click()
    wait_settled(dialog)
    expect(dialog.locator(MARK)).to_be_hidden()
    plain = rendered(folders[0] / "faces", Recipe.from_query(dialog.evaluate("location.search.slice(1)")))
    assert same(pixels(dialog), plain)
    assert not same(tuned, plain)
    open_slide(dialog, shared)
    expect(dialog.locator("#slide-element .message")).to_contain_text("a branch belongs to the page that made it")
    expect(dialog.locator(MARK)).to_be_hidden()
    assert same(pixels(dialog), plain)


def test_a_tuning_that_is_cancelled_leaves_what_was_found(dialog: Page, own: bytes):
    found(dialog, own)
    sentences = dialog.locator(f"{DIALOG} .sentences li").all_inner_texts()
    act(dialog, "tune").click()
    act(dialog, "cancel").click()
    expect(dialog.locator(f"{DIALOG} .said").first).to_have_text("Cancelled.")
    assert dialog.locator(f"{DIALOG} .sentences li").all_inner_texts() == sentences
    expect(dialog.locator(f"{DIALOG} .guesses figcaption")).to_have_text("the model’s guess")
    expect(act(dialog, "use")).to_be_visible()
