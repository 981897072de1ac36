"""Where the figures are shown, which way is better, and on which scale: read by page, card and table alike.

The lists name figures of published measures only, as what is said of those is a fact of the field or a promise to who
reads cards and charts of earlier versions. A new figure needs no line here.
"""

import numpy as np
import pytest

from trainer.metrics import METRICS, all_figures, charts, figures
from trainer.metrics.base import Chart, Figure

SHARES = {"precision", "recall", "coverage", "nn_real", "nn_fake", "share_real", "share_fake", "share_low"}
SHARES |= {"share_high", "ms_ssim", "ms_ssim_real", "copy_fraction", "high_quality"}
TABLE = {"pixel_coverage", "fid", "kid", "precision", "recall", "density", "high_quality"}
CARD = {"pixel_coverage", "least_variety", "as_asked", "fid", "kid", "kid_standardised", "precision", "recall"}
CARD |= {"coverage", "modes", "kl", "copy_fraction", "plane_modes", "high_quality", "plane_kl"}
CHARTS = [
    *("Losses", "D's accuracy", "Coverage", "Fréchet distance, lower is better", "Precision, recall"),
    *("Modes captured", "High-quality points", "Diversity (Vendi score)", "Gradient norms"),
    *("Jensen-Shannon divergence, lower bound from D", "Critic's Wasserstein estimate"),
    *("VAE: reconstruction error", "VAE: KL divergence from the prior", "InfoGAN: loss of the codes"),
    *("Augmentation probability (ADA)", "Images per second"),
]  # from losses to speed
LOGARITHMIC = {"loss_d", "fid", "grad_d", "reconstruction"}  # their values fall by factors
FROM_ZERO = {"modes", "vendi", "divergence", "code_loss", "images_per_s"}
BETWEEN = {"d_accuracy_real", "pixel_coverage", "precision", "high_quality", "jsd", "augmented"}
FREE = {"distance"}


def test_what_a_model_card_tells_and_what_runs_are_compared_by():
    found = all_figures()
    assert {key for key in TABLE if not found[key].table} == set()
    assert {key for key in CARD if not found[key].card} == set()


def test_a_figure_is_told_with_its_unit_where_it_has_one():
    assert Figure("Speed", "how fast it is", unit="images/s").words == "how fast it is, images/s"
    assert Figure("Speed", "how fast it is").words == "how fast it is"


def test_a_chart_without_a_place_comes_after_those_that_have_one():
    assert Chart("Own") == Chart("Own", 100, log=False)
    assert max(chart["place"] for chart in charts()) < 100


def test_a_share_is_one_and_only_a_difference_has_no_floor():
    found = figures()
    assert {found[key].range for key in SHARES} == {(0, 1)}
    assert {found[key].range for key in ("kid", "kid_standardised")} == {(None, None)}
    assert {found[key].range for key in ("fid", "density", "modes", "vendi")} == {(0, None)}


@pytest.mark.parametrize("fake", ["alike", "shifted", "one image", "the real ones"])
@pytest.mark.parametrize("name", METRICS)
def test_the_values_of_a_figure_lie_in_its_range(name, fake, inputs):
    sides = {
        "alike": inputs["fake"],
        "shifted": inputs["fake"] + 3,
        "one image": np.zeros_like(inputs["fake"]),
        "the real ones": inputs["real"].copy(),
    }
    for key, value in METRICS[name](**inputs | {"fake": sides[fake]}).items():
        low, high = METRICS[name].figures[key].range
        found = np.asarray(value, float)
        found = found[~np.isnan(found)]
        assert (found >= (-np.inf if low is None else low - 1e-9)).all(), key
        assert (found <= (np.inf if high is None else high + 1e-9)).all(), key


def test_the_charts_of_a_training_follow_each_other_from_losses_to_speed():
    assert [chart["title"] for chart in charts() if chart["title"] in CHARTS] == CHARTS
    places = [chart["place"] for chart in charts()]
    assert places == sorted(places)


def first_series(**facts) -> set[str]:
    """The first series of each known chart that these facts hold for."""
    known = [chart for chart in charts() if chart["title"] in CHARTS]
    return {next(iter(chart["series"])) for chart in known if all(bool(chart[k]) == v for k, v in facts.items())}


def test_an_axis_is_logarithmic_or_begins_at_0_or_has_two_ends_or_none():
    assert first_series(log=True) == LOGARITHMIC
    assert first_series(log=False, zero=True) == FROM_ZERO
    assert first_series(log=False, zero=False, range=True) == BETWEEN
    assert first_series(log=False, zero=False, range=False) == FREE
