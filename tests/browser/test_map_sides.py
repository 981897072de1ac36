"""Points of the map become a direction of Slide, as a person does it."""

from playwright.sync_api import Page, expect

from tests.browser.hands import open_tab, wait_painted
from tests.browser.test_directions import BOARD, CHOOSER, MAKING, choose

POINTS = "#diagnosis-element .plot"
GATHER = "#diagnosis-element .gather"


def test_marked_points_and_a_class_go_to_the_sides_of_a_direction(page: Page, address: str):
    page.goto(f"{address}/?checkpoint=faces")
    open_tab(page, "Map & diagnosis")
    page.wait_for_function(f"() => Number(document.querySelector('{POINTS}')?.dataset.points) >= 1600", timeout=90_000)
    # The map is drawn for few samples and then for all: anew in the middle of a box, it would take that with it.
    expect(page.locator("#diagnosis-element .progress span")).to_contain_text("samples evaluated.", timeout=90_000)
    expect(page.locator(f"{GATHER} p")).to_contain_text("Mark points")
    expect(page.locator(f"{GATHER} [data-do=to-a]")).to_be_disabled()
    select = "(plot) => window.Plotly.relayout(plot, {dragmode: 'select'})"
    page.locator(POINTS).evaluate(select)  # what the button of the plot does
    area = page.locator(f"{POINTS} .nsewdrag").first
    box = area.bounding_box()
    area.hover(position={"x": 0.3 * box["width"], "y": 0.3 * box["height"]})  # waits until the page no longer moves
    box = area.bounding_box()
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=4)
    page.mouse.up()
    expect(page.locator(f"{GATHER} p")).to_contain_text("real left out: a direction is made of the model's own images")
    page.locator(f"{GATHER} [data-do=to-a]").click()
    expect(page.locator(f"{GATHER} p")).to_contain_text("Side A has 64 images")
    page.locator("#diagnosis-element [data-field=filter]").select_option("0:0")
    expect(page.locator(f"{GATHER} p")).to_contain_text("marked")
    page.locator(f"{GATHER} [data-do=to-b]").click()
    expect(page.locator(f"{GATHER} p")).to_contain_text("Side B has")
    open_tab(page, "Slide")
    wait_painted(page)
    choose(page)
    page.locator(f"{CHOOSER} [data-do=make]").click()
    expect(page.locator(f"{MAKING} [data-side=from] canvas")).to_have_count(64)
    page.locator(f"{MAKING} [type=submit]").click()
    expect(page.locator(f"{BOARD} .slider .title").last).to_have_text("From A to B")
