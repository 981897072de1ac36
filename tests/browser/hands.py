"""What a person does in the page, and what they see there, for the tests of every tab."""

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from explorer.core.model import Model
from explorer.core.recipe import Recipe

IMAGE = "#slide-element .image"
READ = """(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"""


def pixels(page: Page, selector: str = IMAGE) -> np.ndarray:
    """The canvas as uint8 (H, W, 3)."""
    canvas = page.locator(selector)
    size = canvas.evaluate("(canvas) => [canvas.height, canvas.width]")
    return np.array(canvas.evaluate(READ), np.uint8).reshape(*size, 4)[..., :3]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two images are the same to the eye; the page's own differ from the server's by a step of 256 or so."""
    difference = np.abs(one.astype(int) - other.astype(int))
    return bool(difference.mean() < 1 and difference.max() <= 4)


def painted(page: Page) -> int:
    return int(page.locator(IMAGE).get_attribute("data-painted") or 0)


def wait_painted(page: Page, more_than: int = 0) -> None:
    page.wait_for_function(
        "([selector, n]) => Number(document.querySelector(selector)?.dataset.painted || 0) > n",
        arg=[IMAGE, more_than],
    )


def wait_settled(page: Page) -> None:
    """Until the image is the address': after a drag through the server the same one is painted once more."""
    page.wait_for_function(f"() => document.querySelector('{IMAGE}').dataset.link === location.href")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).first.click()


def open_slide(page: Page, address: str, query: str = "") -> None:
    page.goto(address + query)
    open_tab(page, "Slide")
    wait_painted(page)
    expect(page.locator("#slide-element .slider .high").last).to_have_attribute("src", re.compile("^data:image/webp"))


def drag(page: Page, axis: int, strength: float) -> None:
    """Move a slider as a hand does: an input event, then a change event, until the image is at rest."""
    page.locator("#slide-element .slider input").nth(axis).fill(str(strength))
    wait_settled(page)


def rendered(folder: Path, recipe: Recipe) -> np.ndarray:
    """What the model itself draws, as uint8 (H, W, 3)."""
    image = Model(folder).images([recipe])[0]
    return np.broadcast_to(image, (*image.shape[:2], 3))
