"""The Interpolate tab, as a person uses it."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.hands import open_slide, open_tab, pixels


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_a_path_plays_and_exports_a_video_that_opens(page: Page, address: str, kind: str, tmp_path: Path):
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
    path = tmp_path / f"video.{kind}"
    download.value.save_as(path)
    assert frame_count(path) == 48


def frame_count(path: Path) -> int:
    if path.suffix == ".mp4":
        with av.open(str(path)) as video:
            return sum(1 for _ in video.decode(video=0))
    return Image.open(io.BytesIO(path.read_bytes())).n_frames


def test_a_frame_of_the_path_opens_in_slide(page: Page, address: str):
    page.goto(address)
    open_tab(page, "Interpolate")
    player = page.locator("#interpolate-element")
    expect(player.locator(".count")).to_have_text("1 / 48")
    player.locator(".scrub").fill("5")
    player.locator(".open").click()
    page.wait_for_function("() => /[?&](z|w)=/.test(location.search)")


def test_an_image_of_slide_becomes_a_keyframe(page: Page, address: str):
    open_slide(page, address, "/?checkpoint=faces&seed=9")
    open_tab(page, "Interpolate")
    rows = page.locator("#interpolate-element .keyframes li")
    expect(rows).to_have_count(3)
    open_tab(page, "Slide")
    page.locator("[data-do=path]").click()
    open_tab(page, "Interpolate")
    expect(rows.last).to_contain_text("seed 9")


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
