"""What holds for every measure, whatever it measures."""

import inspect
import json

import numpy as np
import pytest

from trainer.metrics import FIGURES, METRICS, Figure, Measure, all_figures, applicable, charts, figures, measure_all
from trainer.metrics.base import Registry
from trainer.reports.measure import INPUTS
from trainer.util.errors import UserError


def test_the_inputs_are_those_that_the_measures_ask_for():
    asked = {need for measure in METRICS.values() for need in measure.needs}
    assert asked == {*INPUTS, "k_classes", "sigma"}


def test_no_two_figures_share_a_key():
    assert len(figures()) == sum(len(measure.figures) for measure in METRICS.values())


@pytest.mark.parametrize("name", METRICS)
def test_every_measure_gives_its_figures_as_plain_numbers_and_the_same_ones_again(name, inputs):
    measure = METRICS[name]
    before = {key: np.copy(value) for key, value in inputs.items()}
    found = measure(**inputs)
    assert list(found) == list(measure.figures)
    assert json.loads(json.dumps(found)) == found
    assert measure(**inputs) == found
    assert all(np.array_equal(inputs[key], before[key]) for key in inputs)


@pytest.mark.parametrize("name", [name for name in METRICS if name != "inception-score"])
def test_the_order_of_the_fakes_does_not_matter(name, inputs):
    order = np.random.default_rng(1).permutation(60)
    turned = {key: value[order] if key.startswith("fake") else value for key, value in inputs.items()}
    tolerance = 0.02 if name == "ms-ssim" else 1e-9  # it draws its pairs
    found = METRICS[name](**turned)
    for key, value in METRICS[name](**inputs).items():
        assert found[key] == pytest.approx(value, abs=tolerance), key


@pytest.mark.parametrize("name", METRICS)
def test_every_measure_is_documented_and_takes_names_alone(name):
    measure = METRICS[name]
    parameters = inspect.signature(measure.compute).parameters.values()
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters)
    text = inspect.getdoc(measure.compute)
    if "; see `" not in text:
        for part in ("Args:", "Returns:", "Bias:", "Fails:", "Raises"):
            assert part in text, part


@pytest.mark.parametrize("key", all_figures())
def test_every_figure_says_of_itself_what_the_page_needs(key):
    figure = all_figures()[key]
    assert 0 < len(figure.title) < 50
    assert 10 < len(figure.help) < 100
    assert figure.better in ("lower", "higher", "real", "half", "")
    assert figure.panel in ("verdict", "context", "")
    assert not figure.table or figure.better in ("lower", "higher")  # else no run would be the best


def test_no_figure_of_a_training_or_a_verdict_hides_one_of_a_measure():
    assert not set(FIGURES) & set(figures())


def test_the_charts_are_in_their_places_and_share_their_axes():
    found = {chart["title"]: chart for chart in charts()}
    assert list(found)[:3] == ["Losses", "D's accuracy", "Coverage"]
    assert found["Losses"]["series"] == {"loss_d": "D", "loss_g": "G"}
    assert (found["Losses"]["range"], found["Losses"]["log"], found["Losses"]["zero"]) == (None, True, False)
    assert (found["D's accuracy"]["range"], found["D's accuracy"]["half"]) == ([0, 1], True)
    assert found["Precision, recall"]["band"] == "precision"
    assert found["Modes captured"]["zero"]
    assert json.loads(json.dumps(charts())) == charts()


@pytest.mark.parametrize("name", [name for name, measure in METRICS.items() if "fake" in measure.needs])
def test_every_measure_of_features_survives_a_total_collapse(name, inputs):
    flat = inputs | {"fake": np.zeros((60, 6)), "real": np.zeros((60, 6))}
    for collapsed in (inputs | {"fake": np.ones((60, 6))}, flat):
        values = measure_all({need: collapsed[need] for need in METRICS[name].needs}).values()
        assert all(value is None or np.isfinite(value) for value in values)


@pytest.mark.parametrize("name", [name for name, measure in METRICS.items() if "fake" in measure.needs])
@pytest.mark.parametrize(
    ("fake", "message"),
    [
        (np.zeros((60, 5)), "feature dimensions differ"),
        (np.zeros(60), "shape (60,)"),
        (np.full((60, 6), np.nan), "NaN or infinity in 60 of 60 rows"),
        (np.full((60, 6), 1e30), "overflow"),
        (np.zeros((60, 6), complex), "complex128"),
        (np.zeros((0, 6)), "fake has 0 rows"),
    ],
)
def test_every_measure_of_features_says_what_is_wrong_with_them(name, fake, message, inputs):
    if message == "feature dimensions differ" and "real" not in METRICS[name].needs:
        return  # of generated images alone, there is nothing to differ from
    with pytest.raises(UserError) as error:
        METRICS[name](**inputs | {"fake": fake})
    assert message in str(error.value)


def test_what_applies_is_decided_by_what_is_given(inputs):
    nothing, labels = (set(applicable({"fake_labels": labels, "k_classes": 3})) for labels in (None, 1))
    assert "modes" in labels - nothing
    assert "fid" not in labels
    assert applicable(inputs) == list(METRICS)


def test_what_is_undefined_is_none_and_an_error_names_its_measure(inputs):
    far = measure_all({"real": inputs["real"], "fake": inputs["fake"] + 1e6})
    assert far["rarity"] is None
    with pytest.raises(UserError, match="prdc: real has 4 rows; this measure needs at least 6"):
        measure_all({"real": inputs["real"][:4], "fake": inputs["fake"]})


def test_a_new_measure_is_a_function_and_a_line():
    def gap(*, real, fake, power: int = 2) -> float:
        return abs(real.mean() - fake.mean()) ** power

    table = Registry("measure")
    table["gap"] = Measure(gap, gap=Figure("Gap", "squared gap of the means", better="lower"))
    assert table["gap"].needs == ("real", "fake")
    assert table["gap"](real=np.ones(3), fake=np.zeros(3), held_out=None) == {"gap": 1}
    with pytest.raises(UserError, match=r"Unknown measure 'gaps'\. Choose from: gap"):
        table["gaps"]
