"""The dialog that opens a picture: what a person does in it, for the tests of its acts."""

from playwright.sync_api import Page, expect

LONG = 90_000  # ms
DIALOG = "#picture-element .open-picture"


def choose(page: Page, data: bytes, name: str = "me.png", kind: str = "image/png") -> None:
    page.locator(f"{DIALOG} [type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": data})


def ready(page: Page) -> None:
    """A picture is shown, to be cropped."""
    expect(page.locator(f"{DIALOG} [data-do=search]")).to_be_visible()


def search(page: Page) -> None:
    """Search, and wait for the result."""
    page.locator(f"{DIALOG} [data-do=search]").click()
    expect(page.locator(f"{DIALOG} [data-do=use]")).to_be_visible(timeout=LONG)
