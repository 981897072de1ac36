"""A person types an address of the Hub into the chooser, and explores what lies there."""

from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import make_checkpoint, served
from tests.browser.test_app import run_app
from tests.fake_hub import FakeHub


@pytest.fixture
def shared(tmp_path, folders, monkeypatch):
    """The address of an app beside a Hub that holds one checkpoint; and the Hub."""
    server = FakeHub()
    make_checkpoint(tmp_path / "remote", "dcgan", channels=3)
    server.put("models/user/remote", {path.name: path.read_bytes() for path in (tmp_path / "remote").iterdir()})
    for name, value in {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}.items():
        monkeypatch.setenv(name, value)
    checkpoints, runs = folders
    with served("--checkpoints", str(checkpoints), "--runs", str(runs), "--checkpoint", "faces") as address:
        yield address, server
    server.close()


def test_the_app_opens_with_an_address(browser, shared):
    with served("--checkpoint", "hf://user/remote") as address, closing(browser.new_page()) as page:
        page.goto(address)
        expect(chosen(page)).to_have_value("user/remote")
        expect(page.locator("#about")).to_contain_text("dcgan")


def test_an_address_that_cannot_be_had_ends_the_app_in_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # where nobody answers
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    done = run_app("--checkpoint", "hf://user/remote")
    assert done.returncode == 1
    assert "The Hub cannot be reached for hf://user/remote" in done.stderr
    assert "Traceback" not in done.stderr


def chosen(page: Page):
    return page.locator("#checkpoint input")


def test_an_address_is_typed_downloaded_and_explored(browser, shared, tmp_path: Path):
    address, hub = shared
    page = browser.new_page()
    page.set_default_timeout(30_000)
    page.goto(address)
    expect(chosen(page)).to_have_value("faces")
    page.get_by_role("tab", name="Slide").click()
    chosen(page).fill("hf://user/remote")
    chosen(page).press("Enter")
    expect(chosen(page)).to_have_value("user/remote")
    expect(page.locator("#about img")).to_be_visible()
    page.wait_for_function("() => location.search.includes('checkpoint=user%2Fremote')")
    chosen(page).fill("hf://user/nobody")
    chosen(page).press("Enter")
    expect(page.locator("#about")).to_contain_text("The Hub has no hf://user/nobody")
    hub.put("models/user/nobody", hub.repos["models/user/remote"].files("main")[1])
    chosen(page).press("Enter")
    expect(chosen(page)).to_have_value("user/nobody")
    chosen(page).fill("digi")
    chosen(page).press("Enter")
    expect(chosen(page)).to_have_value("digits")
    hub.silent = True
    chosen(page).fill("hf://user/other")
    chosen(page).press("Enter")
    expect(page.locator("#about")).to_contain_text("Downloading hf://user/other")
    chosen(page).fill("shapes")
    chosen(page).press("Enter")
    page.wait_for_function("() => location.search.includes('checkpoint=shapes')")
    expect(page.locator("#about img")).to_be_visible()
    expect(chosen(page)).to_have_value("shapes")
    page.close()
