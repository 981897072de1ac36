"""The colours of the map by the critic's score, as a person uses them."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import make_checkpoint, served
from tests.browser.hands import open_tab
from tests.conftest import give_critic, own_reference
from trainer.diagnosis.reference import FILE

VERDICT = "#diagnosis-element .verdict h3"
PLOT = "#diagnosis-element .plot"
COLOUR = "#diagnosis-element [data-field=colour]"
MARKERS = f"""() => document.querySelector('{PLOT}').data.slice(0, 2).map(({{ marker }}) => ({{
    scored: Array.isArray(marker.color), axis: marker.coloraxis, count: marker.color.length }}))"""
LEGEND = f"() => document.querySelector('{PLOT}').layout.coloraxis?.colorbar.title.text"
CONTRASTS = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  const light = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const css = getComputedStyle(document.querySelector("#diagnosis-element .diagnosis"));
  const paper = light(css.getPropertyValue("--body-background-fill"));
  return ["low", "mid", "high"].map((name) => light(css.getPropertyValue(`--score-${name}`)))
    .map((ink) => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05));
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with one model under two names, of which `faces` has its critic."""
    folder = tmp_path_factory.mktemp("critics")
    for name in ("faces", "plain"):
        make_checkpoint(folder / "checkpoints" / name, "dcgan", channels=3)
    give_critic(folder / "checkpoints" / "faces")
    own_reference(folder / "checkpoints" / "faces")
    shutil.copyfile(folder / "checkpoints" / "faces" / FILE, folder / "checkpoints" / "plain" / FILE)
    (folder / "runs").mkdir()
    with served("--checkpoints", str(folder / "checkpoints"), "--runs", str(folder / "runs")) as address:
        yield address


@pytest.fixture
def coloured(page: Page, address: str) -> Page:
    """The map of a model with a critic, coloured by its score with the keyboard."""
    page.goto(address + "/?checkpoint=faces")
    open_tab(page, "Map & diagnosis")
    expect(page.locator(VERDICT)).to_be_visible(timeout=90_000)
    expect(page.locator(COLOUR)).to_be_visible(timeout=90_000)
    expect(page.locator("#diagnosis-element .colourless")).to_be_hidden()
    page.locator(COLOUR).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(COLOUR)).to_have_value("critic")
    page.wait_for_function(LEGEND)
    return page


def test_both_sides_have_the_colours_of_their_scores_and_a_legend_says_which_way(coloured: Page):
    assert coloured.evaluate(LEGEND) == "critic's score; higher: the critic finds it more real"
    real, fake = coloured.evaluate(MARKERS)
    assert (real["scored"], real["axis"], fake["axis"]) == (True, "coloraxis", "coloraxis")
    assert real["count"] == 600
    assert fake["count"] in (1000, 5000)
    expect(coloured.locator(f"{PLOT} .colorbar, {PLOT} .infolayer .cbcoloraxis").first).to_be_attached()
    coloured.locator(COLOUR).select_option("")
    coloured.wait_for_function(f"() => !document.querySelector('{PLOT}').layout.coloraxis")
    assert not any(one["scored"] for one in coloured.evaluate(MARKERS))


def test_a_point_under_the_pointer_says_its_score(coloured: Page):
    coloured.evaluate(
        f"""() => {{
          const plot = document.querySelector('{PLOT}');
          const {{ left, top }} = plot.getBoundingClientRect();
          const event = {{ clientX: left + 60, clientY: top + 90 }};
          plot.emit("plotly_hover", {{ points: [{{ customdata: ["fake", 3] }}], event }});
        }}"""
    )
    expect(coloured.locator("#diagnosis-element .tip span")).to_have_text(re.compile(r"^seed 3\s*critic -?\d[\d.e-]*$"))
    expect(coloured.locator("#diagnosis-element .tip img")).to_be_visible()


def test_the_scale_is_readable_in_both_themes(coloured: Page):
    """WCAG 2.2, 1.4.11: what carries meaning stands out from its ground by at least 3 to 1."""
    for dark in (False, True):
        coloured.evaluate("(dark) => document.body.classList.toggle('dark', dark)", dark)
        contrasts = coloured.evaluate(CONTRASTS)
        assert min(contrasts) >= 3, (dark, contrasts)
        assert contrasts == sorted(contrasts), (dark, contrasts)  # the higher, the further from the ground
        scale = coloured.evaluate(f"() => document.querySelector('{PLOT}').layout.coloraxis.colorscale.length")
        assert scale == 3


def test_on_a_telephone_the_choice_and_the_legend_fit(coloured: Page):
    coloured.set_viewport_size({"width": 390, "height": 844})
    coloured.locator(PLOT).scroll_into_view_if_needed()
    box = coloured.locator(COLOUR).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert coloured.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_without_a_critic_a_sentence_stands_where_the_choice_would_be(page: Page, address: str):
    page.goto(address + "/?checkpoint=plain")
    open_tab(page, "Map & diagnosis")
    expect(page.locator(VERDICT)).to_be_visible(timeout=90_000)
    expect(page.locator(COLOUR)).to_be_hidden()
    expect(page.locator("#diagnosis-element .colourless")).to_have_text(
        "No critic: publish a run with --critic to colour by it"
    )
