"""Two models on the same data, side by side in one map."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import make_checkpoint, served
from tests.browser.test_diagnosis import open_diagnosis, wait_refined
from tests.conftest import own_reference
from trainer.diagnosis.reference import FILE


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with one model under two names, and one of other data."""
    folder = tmp_path_factory.mktemp("twins")
    for name in ("faces", "again", "digits"):
        make_checkpoint(folder / "checkpoints" / name, "dcgan" if name == "digits" else "stylegan-lite", channels=3)
    own_reference(folder / "checkpoints" / "faces", seed=100)  # none of the seeds that the page draws
    shutil.copyfile(folder / "checkpoints" / "faces" / FILE, folder / "checkpoints" / "again" / FILE)
    (folder / "runs").mkdir()
    with served("--checkpoints", str(folder / "checkpoints"), "--runs", str(folder / "runs")) as address:
        yield address


def test_another_checkpoint_on_the_same_data_stands_beside_it(page: Page, address: str):
    open_diagnosis(page, address, "/?checkpoint=faces")
    wait_refined(page)
    other = page.locator("#diagnosis-element [data-field=beside]")
    expect(other.locator("option")).to_have_text(["nothing", "again"])
    other.select_option("again")
    second = page.locator("#diagnosis-element .twin")
    page.wait_for_function(
        "() => Number(document.querySelector('#diagnosis-element .twin').dataset.points) >= 5000", timeout=90_000
    )
    lines = page.locator("#diagnosis-element .versus tbody tr")
    expect(lines.first.locator("td")).to_have_text(["Healthy", "Healthy"])
    expect(lines).to_have_count(7)
    left, right = lines.nth(1).locator("td").all_inner_texts()
    assert left == right  # the same weights and the same seeds
    ranges = [
        page.evaluate(f"() => [...document.querySelector('#diagnosis-element {name}').layout.xaxis.range]")
        for name in (".plot", ".twin")
    ]
    assert ranges[0] == ranges[1]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    other.select_option("nothing")
    expect(second).to_be_hidden()
    expect(page.locator("#diagnosis-element .versus")).to_be_hidden()
