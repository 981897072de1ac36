"""A new measure is a function and a line: the page, the tables and the model card have it without another."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.core.library import Library
from explorer.tabs.diagnosis import panel
from explorer.tabs.train.figures import compared, described
from trainer.diagnosis.context import compare
from trainer.diagnosis.measurements import Measurement
from trainer.features.feature_set import FeatureSet
from trainer.metrics import METRICS, Chart, Figure, Measure, all_figures
from trainer.reports.evaluate import write_into_card
from trainer.reports.measure import as_table, measured


def gap(*, real: np.ndarray, fake: np.ndarray) -> float:
    """Distance of the means."""
    return float(np.linalg.norm(real.mean(0) - fake.mean(0)))


@pytest.fixture
def new(monkeypatch):
    figure = Figure(
        "Gap", "distance of both means", unit="feature units", better="lower", reading="High: all is elsewhere.",
        panel="context", chart=Chart("Gap of the means"), card=True, table=True,
    )  # fmt: skip
    monkeypatch.setitem(METRICS, "gap", Measure(gap, gap=figure))


@pytest.fixture
def sides() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(60, 4)), rng.normal(size=(60, 4)) + np.eye(4)[0]]


@pytest.mark.usefixtures("new")
def test_a_verdict_measures_it_and_the_panel_shows_it(sides):
    even = (np.full((60, 2), 0.5, np.float32),)
    found = compare(*(FeatureSet(side.astype(np.float32), even, side.astype(np.float32)) for side in sides))
    assert found.figures["gap"] == pytest.approx(1, abs=0.4)
    html = panel.measures({"gap": Measurement("gap", 1.0, None, 0.2)})
    assert "<span>Gap</span>" in html
    assert "Distance of both means, feature units. High: all is elsewhere. Expected: up to 0.2." in html


@pytest.mark.usefixtures("new")
def test_the_charts_and_the_table_of_runs_have_it(tmp_path):
    answer = json.loads(json.dumps(described(Library(tmp_path, tmp_path / "runs"), {})))
    (chart,) = (chart for chart in answer["charts"] if "gap" in chart["series"])
    assert (chart["title"], chart["series"], chart["band"], chart["zero"]) == (
        "Gap of the means",
        {"gap": "Gap"},
        "gap",
        True,
    )
    assert compared()["gap"] == "Gap, lowest"


@pytest.mark.usefixtures("new")
def test_the_table_and_the_card_have_it(sides, tmp_path, checkpoint):
    shutil.copy(checkpoint() / "config.json", tmp_path)
    found = measured({"real": sides[0], "fake": sides[1]})
    (line,) = (line for line in as_table(found).splitlines() if line.startswith("gap "))
    assert line.endswith("lower is better       distance of both means, feature units")
    (tmp_path / "README.md").write_text("# Card\n")
    write_into_card(tmp_path, {**found, "extractor": "any", "caveats": [], "findings": []})
    card = (tmp_path / "README.md").read_text()
    assert f"| gap | {found['gap']:.4g} |" in card
    assert "- type: gap\n" in card


def test_no_script_of_the_page_names_a_figure_of_a_verdict_in_a_list():
    """The page's modules know what they draw from the server alone."""
    explorer = Path(__file__).parents[2] / "explorer"
    scripts = {
        path.name: path.read_text(encoding="utf-8") for path in explorer.rglob("*.js") if "runtime" not in path.parts
    }
    named = {key for key in all_figures() if "_" in key or key in ("fid", "kid", "vendi")} - {"images_per_s"}
    assert scripts
    assert not {
        (name, key) for name, text in scripts.items() for key in named if f'"{key}"' in text or f"{key}:" in text
    }
