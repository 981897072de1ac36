"""Two sets of images in Map & diagnosis, as a person brings them."""

from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.hands import open_tab
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.sampling import sample

DIGITS = Path(__file__).parents[2] / "checkpoints" / "mnist-dcgan"
TAB = "#diagnosis-element"


def bring(page: Page, side: str, path: Path) -> None:
    """Upload a file as a side."""
    with page.expect_file_chooser() as chooser:
        page.locator(f"{TAB} [data-do=upload][data-side={side}]").click()
    chooser.value.set_files(path)
    expect(page.locator(f"{TAB} .progress")).to_have_text(f"{path.name} is uploaded.")
    expect(page.locator(f"{TAB} [data-field={side}]")).to_have_value(path.name)


def test_two_uploaded_sets_get_a_verdict_a_map_and_a_report(page: Page, address: str, tmp_path: Path):
    images = sample(load_generator(DIGITS, read_info(DIGITS)), range(900))
    np.savez(tmp_path / "real.npz", images=images[:500])
    np.savez(tmp_path / "grey.npz", images=np.full_like(images[:300], 128))
    page.goto(f"{address}/?checkpoint=faces")
    open_tab(page, "Map & diagnosis")
    page.locator(f"{TAB} [data-field=subject]").select_option("sets")
    expect(page.locator(f"{TAB} .of-model").first).to_be_hidden()
    bring(page, "real", tmp_path / "real.npz")
    bring(page, "fake", tmp_path / "grey.npz")
    page.locator(f"{TAB} [data-field=extractor]").select_option("mnist")
    page.get_by_role("button", name="Diagnose").click()
    expect(page.locator(f"{TAB} .verdict h3")).to_have_text("Total collapse", timeout=120_000)
    page.wait_for_function(f"() => Number(document.querySelector('{TAB} .plot')?.dataset.points) >= 500")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    download.value.save_as(tmp_path / "report.html")
    assert "<h1>Total collapse</h1>" in (tmp_path / "report.html").read_text()
    page.locator(f"{TAB} [data-field=fake]").fill("nowhere.zip")
    page.get_by_role("button", name="Diagnose").click()
    expect(page.locator(f"{TAB} .message")).to_contain_text("'nowhere.zip' is no checkpoint, no data set")
    page.locator(f"{TAB} [data-field=subject]").select_option("model")
    expect(page.locator(f"{TAB} .verdict h3")).to_have_text("Healthy", timeout=60_000)
