"""The Train tab in a real page: a run is started, watched, controlled, branched off, published and explored."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import make_checkpoint, serve, served
from tests.browser.hands import open_tab
from trainer.runs.run import Run
from trainer.training.config import that_are

LONG = 60_000  # ms


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint, an empty runs folder, and images to train on."""
    folder = tmp_path_factory.mktemp("training")
    make_checkpoint(folder / "checkpoints" / "digits", "dcgan", channels=1)
    (folder / "runs").mkdir()
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    for i in range(40):
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(folder / "images" / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    with served("--checkpoints", str(place / "checkpoints"), "--runs", str(place / "runs")) as address:
        yield address


@pytest.fixture
def train(page: Page, address: str) -> Page:
    """The page with the tab open and the form there."""
    page.goto(address)
    open_tab(page, "Train")
    expect(page.locator(".control-panel [name=preset]")).to_be_visible(timeout=LONG)
    return page


def state(page: Page):
    return page.locator(".train .state")


def press(page: Page, name: str, message: str) -> None:
    """Press a button of the watched run and wait for what it says."""
    button = page.locator(".control-panel .this").get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled(timeout=LONG)
    button.click()
    expect(page.locator(".control-panel .this .said")).to_contain_text(message, timeout=LONG)


def start_run(page: Page, place: Path, name: str) -> None:
    """Fill the form for a tiny training on the images, and start it."""
    page.locator("[name=preset]").select_option("mnist-dcgan")
    page.get_by_text("All settings").click()
    page.locator("#new-data").fill(str(place / "images"))
    page.locator("#new-kimg").fill("1000")
    for field, value in {"width": "8", "threads": "1", "save_kimg": "2"}.items():
        page.locator(f"#new-{field}").fill(value)
    page.locator("#new-run").fill(name)
    expect(page.locator(".typed code")).to_contain_text(f"--run {name}", timeout=LONG)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(state(page)).to_contain_text(re.compile("training", re.IGNORECASE), timeout=LONG)
    expect(page.locator(".sheet-frame img")).to_be_visible(timeout=LONG)


def test_the_recorded_runs_are_there_at_first_sight(train: Page):
    line = train.locator("tr[data-name=mnist-collapse]")
    expect(line).to_contain_text("(recorded)")
    line.click()
    expect(train.locator(".charts svg.main-svg").first).to_be_visible(timeout=LONG)
    expect(train.locator(".alert").first).to_contain_text("Loss of diversity")
    expect(train.locator(".evaluated h3")).to_have_text("Mode dropping")
    expect(train.locator(".modes .share")).to_have_count(10)
    for name in ("Pause", "Stop and save", "Branch …"):
        expect(train.locator(".control-panel .this").get_by_role("button", name=name)).to_be_disabled()


def test_the_scrubber_walks_through_the_sheets_and_the_verdicts(train: Page):
    train.locator("tr[data-name=mnist-collapse]").click()
    expect(train.locator(".alert").first).to_be_visible(timeout=LONG)  # the other recording has none
    expect(train.locator(".caption")).to_contain_text("at 80 kimg")
    last = train.locator(".sheet-frame img").get_attribute("src")
    slider = train.get_by_label("Point in training")
    slider.focus()
    slider.press("Home")
    expect(train.locator(".caption")).to_contain_text("at 0.06 kimg")
    expect(train.locator(".evaluated h3")).to_have_text("Lower quality than real data")
    train.wait_for_function("src => document.querySelector('.sheet-frame img').src !== src", arg=last)
    train.get_by_role("button", name="Play the samples").click()
    expect(train.locator(".caption")).not_to_contain_text("at 0.06 kimg")
    train.get_by_role("button", name="Pause the samples").click()
    train.get_by_role("button", name="Live").click()
    expect(train.locator(".caption")).to_contain_text("at 80 kimg")


def test_a_tile_opens_its_latent_in_the_snapshot_of_its_moment(train: Page):
    train.locator("tr[data-name=mnist-learning]").click()
    expect(train.locator(".caption")).to_contain_text("at 80 kimg", timeout=LONG)
    moment = train.get_by_label("Point in training")
    moment.focus()
    moment.press("Home")
    expect(train.locator(".caption")).to_contain_text("at 0.06 kimg")
    train.get_by_role("button", name="Seed 9, open in Slide").click()
    expect(train.locator("#slide-element [data-field=seed]")).to_have_value("9", timeout=LONG)
    train.wait_for_function(
        "() => new URLSearchParams(location.search).get('checkpoint').startsWith('run:mnist-learning@')"
    )
    address = train.url
    train.goto(address)  # and the link restores it
    expect(train.locator("#slide-element [data-field=seed]")).to_have_value("9", timeout=LONG)


def test_two_runs_are_compared(train: Page):
    train.locator("tr[data-name=mnist-collapse]").click()
    expect(state(train)).to_contain_text("branched from mnist-learning", timeout=LONG)
    train.get_by_label("Compare mnist-learning").check()
    table = train.locator(".comparison table")
    expect(table).to_contain_text("Fréchet distance, lowest", timeout=LONG)
    expect(table.get_by_role("row", name=re.compile(r"^lr"))).to_contain_text("0.01")
    expect(train.locator(".charts .legendtext").first).to_contain_text("mnist-collapse")


def test_zoom_and_smoothing_are_kept_while_news_come_in(train: Page):
    train.locator("tr[data-name=mnist-learning]").click()
    plot = ".charts figure:first-child .js-plotly-plot"
    drawn = f"() => document.querySelector('{plot}')?.layout.uirevision.startsWith('mnist-learning')"
    train.wait_for_function(drawn, timeout=LONG)  # the run that was watched before has charts, too
    train.evaluate(f"window.Plotly.relayout(document.querySelector('{plot}'), {{'xaxis.range': [10, 20]}})")
    ranges = "[...document.querySelectorAll('.charts .js-plotly-plot')].map((p) => p.layout.xaxis.range.join())"
    train.wait_for_function(f"() => {ranges}.every((range) => range === '10,20')")
    train.get_by_label("Logarithmic").check()
    train.wait_for_function(f"() => document.querySelector('{plot}').layout.yaxis.type === 'log'")
    assert train.evaluate(ranges) == ["10,20"] * len(train.evaluate(ranges))
    train.get_by_role("button", name="Reset zoom").click()
    train.wait_for_function(f"() => {ranges}.every((range) => range !== '10,20')")


def test_bad_values_are_told_beside_their_fields(train: Page):
    train.locator("[name=preset]").select_option("mnist-dcgan")
    train.locator("#new-resolution").fill("33")
    expect(train.locator("#new-resolution-error")).to_contain_text("cannot generate 33 x 33", timeout=LONG)
    expect(train.locator("#new-resolution")).to_have_attribute("aria-invalid", "true")
    expect(train.get_by_role("button", name="Start", exact=True)).to_be_disabled()
    train.locator("#new-resolution").fill("32")
    train.locator("#new-run").fill("../outside")
    expect(train.locator("#new-name-error")).to_contain_text("cannot name a run")
    train.locator("#new-run").fill("fine")
    expect(train.get_by_role("button", name="Start", exact=True)).to_be_enabled()


def test_a_run_is_started_controlled_branched_off_published_and_stopped(train: Page, place: Path, browser: Browser):
    start_run(train, place, "first")
    press(train, "Pause", "Paused and saved")
    expect(state(train)).to_contain_text(re.compile("paused", re.IGNORECASE), timeout=LONG)
    press(train, "Resume", "Resumed at")
    press(train, "Snapshot", "Snapshot kept")

    train.locator(".control-panel .this").get_by_role("button", name="Change settings …").click()
    train.locator("#change-lr").fill("-1")
    train.get_by_role("button", name="Change", exact=True).click()
    expect(train.locator("dialog[open] .said")).to_contain_text("must be above 0")
    train.locator("#change-lr").fill("0.0001")
    train.get_by_role("button", name="Change", exact=True).click()
    expect(train.locator(".control-panel .this .said")).to_contain_text("lr 0.0002 -> 0.0001", timeout=LONG)

    other = browser.new_page()  # somebody else sees the same run
    other.goto(train.url)
    open_tab(other, "Train")
    expect(state(other)).to_contain_text(re.compile("training", re.IGNORECASE), timeout=LONG)
    other.close()

    train.locator(".control-panel .this").get_by_role("button", name="Branch …").click()
    train.locator("dialog[open] [name=name]").fill("twig")
    expect(train.locator("dialog[open] [data-field]")).to_have_count(len(that_are("branchable")))
    expect(train.locator("dialog[open] legend")).to_contain_text(["Losses and regularisation", "Stabilisation"])
    expect(train.locator("dialog[open] [data-knob=gp_weight]")).to_have_class(re.compile("idle"))
    train.locator("#branch-penalty").select_option("gp")
    expect(train.locator("dialog[open] [data-knob=gp_weight]")).not_to_have_class(re.compile("idle"))
    train.locator("#branch-penalty").select_option("none")
    train.locator("#branch-lr").fill("0.001")
    train.get_by_role("button", name="Branch and train").click()
    expect(train.locator(".control-panel .this h3")).to_have_text("twig: queued", timeout=LONG)
    press(train, "Stop and save", "Removed from the queue")

    train.locator("tr[data-name=first]").click()
    press(train, "Stop and save", "Saving and stopping")
    expect(state(train)).to_contain_text(re.compile("stopped", re.IGNORECASE), timeout=LONG)
    run = Run(place / "runs", "first")
    assert run.state_file.is_file()
    assert Run(place / "runs", "twig").lineage()["run"] == "first"

    train.locator(".control-panel .this").get_by_role("button", name="Publish …").click()
    train.locator("dialog[open] [name=name]").fill("mine")
    train.get_by_role("button", name="Publish", exact=True).click()
    expect(train.locator(".control-panel .this .said")).to_contain_text("mine is now in checkpoints/", timeout=LONG)
    assert (place / "checkpoints" / "mine" / "config.json").is_file()

    train.reload()
    open_tab(train, "Train")
    expect(train.locator("tr[data-name=first]")).to_contain_text("stopped", timeout=LONG)
    expect(train.locator(".train input[type=radio]:checked")).to_have_attribute("aria-label", "Watch first")


def test_a_run_begun_in_a_terminal_appears_by_itself(train: Page, place: Path):
    run = Run(place / "runs", "elsewhere")
    with run.lock():
        (run.folder / "config.json").write_text((place / "runs" / "first" / "config.json").read_text())
        run.store().tell(0, "started", "Started.")
        run.store().add(1000, {"loss_d": 1.0, "loss_g": 2.0})
        expect(train.locator("tr[data-name=elsewhere]")).to_contain_text("training", timeout=LONG)
    expect(train.locator("tr[data-name=elsewhere]")).to_contain_text("stopped", timeout=LONG)


def test_a_server_that_is_gone_is_told_quietly(place: Path, browser: Browser):
    page = browser.new_page()
    process, address = serve("--checkpoints", str(place / "checkpoints"), "--runs", str(place / "runs"))
    page.goto(address)
    open_tab(page, "Train")
    expect(page.locator("tr[data-name=mnist-learning]")).to_be_visible(timeout=LONG)
    process.terminate()
    process.wait()
    expect(page.locator(".train .message")).to_contain_text("does not answer", timeout=LONG)
    expect(page.locator("tr[data-name=mnist-learning]")).to_be_visible()
    page.close()


def test_where_training_is_off_recorded_runs_are_shown_and_it_says_why(place: Path, browser: Browser):
    folders = ("--checkpoints", str(place / "checkpoints"), "--runs", str(place / "runs"))
    with served(*folders, "--no-train") as address, closing(browser.new_page()) as page:
        page.goto(address)
        open_tab(page, "Train")
        expect(page.locator("#train-off")).to_contain_text("--allow-train", timeout=LONG)
        expect(page.locator("tr[data-name=mnist-learning]")).to_be_visible(timeout=LONG)
        assert page.locator(".control-panel").count() == 0


def test_uploaded_images_become_the_data_of_the_form(train: Page, place: Path):
    train.get_by_text("Upload training images").click()
    train.get_by_label("Data set name").fill(f"up-{time.time_ns()}")
    files = [place / "images" / f"{i}.png" for i in range(3)]
    train.locator("#upload input[type=file]").set_input_files(files)
    expect(train.locator("#new-data")).to_have_value(re.compile(r"uploads/up-"), timeout=LONG)
    expect(train.locator("#new-data-error")).to_be_empty()


def test_an_uploaded_file_of_arrays_is_told_about_in_the_form(train: Page, tmp_path: Path):
    np.savez(tmp_path / "own.npz", images=np.zeros((3, 8, 8, 3), np.uint8), z=np.zeros((3, 64)))
    train.get_by_text("Upload training images").click()
    train.get_by_label("Data set name").fill(f"up-{time.time_ns()}")
    train.locator("#upload input[type=file]").set_input_files(tmp_path / "own.npz")
    expect(train.locator("#new-data")).to_have_value(re.compile(r"uploads/up-\d+/images\.npz"), timeout=LONG)
    expect(train.locator("#new-data-error")).to_be_empty()
    expect(train.get_by_text("left out of the file: z (3 x 64, float64)")).to_be_visible(timeout=LONG)
