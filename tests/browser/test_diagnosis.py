"""Map & diagnosis, as a person uses it."""

import csv
import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from explorer.core.inversion.encoder import Course
from explorer.core.inversion.inverter import Inverter
from explorer.core.model import Model
from tests.browser.hands import open_tab, wait_painted

VERDICT = "#diagnosis-element .verdict h3"
POINTS = "#diagnosis-element .plot"


def open_diagnosis(page: Page, address: str, query: str = "") -> None:
    page.goto(address + query)
    open_tab(page, "Map & diagnosis")


def wait_refined(page: Page) -> None:
    expect(page.locator("#diagnosis-element .evaluation")).to_have_attribute("data-n", "5000", timeout=90_000)


def test_the_verdict_the_modes_and_the_map_are_there(page: Page, address: str):
    open_diagnosis(page, address, "/?checkpoint=faces")
    expect(page.locator(VERDICT)).to_have_text("Healthy", timeout=60_000)
    expect(page.locator("#diagnosis-element .share").first).to_be_attached()
    expect(page.locator("#diagnosis-element .measure")).not_to_have_count(0)
    page.wait_for_function(f"() => Number(document.querySelector('{POINTS}')?.dataset.points) >= 1600")


def test_nothing_is_asked_before_the_tab_is_seen(page: Page, address: str):
    asked = []
    page.on("request", lambda r: asked.append(r) if "plotly" in r.url else None)
    page.goto(address + "/?checkpoint=faces")
    expect(page.locator("#sample-element .tile")).to_have_count(36)
    assert not asked
    open_tab(page, "Map & diagnosis")
    expect(page.locator(VERDICT)).to_be_visible(timeout=60_000)


def test_truncation_to_the_mean_is_told_at_once(page: Page, address: str):
    open_diagnosis(page, address, "/?checkpoint=faces")
    expect(page.locator(VERDICT)).to_have_text("Healthy", timeout=60_000)
    page.locator("#diagnosis-element [data-field=psi]").fill("0")
    expect(page.locator(VERDICT)).not_to_have_text("Healthy", timeout=60_000)
    expect(page.locator("#diagnosis-element .verdict.bad")).to_be_visible()


def test_a_generated_image_opens_in_slide_and_a_real_one_shows_its_nearest(page: Page, address: str):
    open_diagnosis(page, address, "/?checkpoint=faces")
    expect(page.locator(VERDICT)).to_be_visible(timeout=60_000)
    wait_refined(page)
    page.locator("#diagnosis-element .uncovered [data-real]").first.click()
    expect(page.locator("#diagnosis-element .near [data-fake]")).to_have_count(12)
    chosen = page.locator("#diagnosis-element .near [data-fake]").first
    seed = chosen.get_attribute("data-fake")
    chosen.press("Enter")
    expect(page.get_by_role("tab", name="Slide", exact=True).first).to_have_attribute("aria-selected", "true")
    wait_painted(page)
    page.wait_for_function(f"() => location.search.includes('seed={seed}&')")


def test_one_class_alone_is_shown(page: Page, address: str):
    open_diagnosis(page, address, "/?checkpoint=faces")
    page.wait_for_function(f"() => Number(document.querySelector('{POINTS}')?.dataset.points) >= 1600", timeout=60_000)
    page.locator("#diagnosis-element [data-field=filter]").select_option("0:0")
    page.wait_for_function(f"() => Number(document.querySelector('{POINTS}').dataset.points) < 1600")
    assert int(page.locator(POINTS).get_attribute("data-points")) > 0


def test_the_numbers_are_exported(page: Page, address: str):
    open_diagnosis(page, address, "/?checkpoint=faces")
    wait_refined(page)
    with page.expect_download() as got:
        page.locator("#diagnosis-element [data-do=json]").click()
    plain = json.loads(Path(got.value.path()).read_text())
    assert plain["checkpoint"] == "faces"
    with page.expect_download() as got:
        page.locator("#diagnosis-element [data-do=csv]").click()
    rows = list(csv.DictReader(Path(got.value.path()).read_text().splitlines()))
    assert len(rows) == len(plain["measures"]) + len(plain["modes"]) + len(plain["within"])
    page.locator("#diagnosis-element [data-field=filter]").select_option("0:0")  # without WebGL thousands take minutes
    page.wait_for_function(f"() => Number(document.querySelector('{POINTS}').dataset.points) < 5600")
    with page.expect_download(timeout=90_000) as got:
        page.locator("#diagnosis-element [data-do=svg]").click()
    assert "<svg" in Path(got.value.path()).read_text()


def test_a_model_without_a_reference_says_how_to_make_one(page: Page, address: str):
    open_diagnosis(page, address, "/?checkpoint=digits")
    message = page.locator("#diagnosis-element .message")
    expect(message).to_contain_text("python -m trainer reference digits", timeout=60_000)
    expect(page.locator("#diagnosis-element .evaluation")).to_be_hidden()
    page.get_by_label("Checkpoint", exact=True).click()
    page.get_by_role("option", name=re.compile("^faces")).click()
    expect(page.locator(VERDICT)).to_be_visible(timeout=60_000)


def test_uncovered_samples_are_looked_for_in_the_model(page: Page, address: str, folders: tuple[Path, Path]):
    """Truncated, it leaves most real samples uncovered; some of them it can make all the same."""
    for _ in Inverter(Model(folders[0] / "faces"), Course(steps=40, batch=8)).prepare():
        pass
    open_diagnosis(page, address, "/?checkpoint=faces")
    expect(page.locator(VERDICT)).to_have_text("Healthy", timeout=60_000)
    page.locator("#diagnosis-element [data-field=psi]").fill("0.3")
    expect(page.locator(VERDICT)).not_to_have_text("Healthy", timeout=60_000)
    wait_refined(page)
    page.locator("[data-do=try-uncovered]").click()
    told = page.locator("#diagnosis-element .finding.of-uncovered p")
    expect(told).to_contain_text("can be made but were not sampled", timeout=90_000)
    expect(page.locator("#diagnosis-element .uncovered .makeable .pair").first).to_be_visible()
