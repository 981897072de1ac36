"""Points of the plane: a mode is made by points within three deviations of it, not by those that it is nearest to."""

from pathlib import Path

import numpy as np
import pytest

from trainer.data.points import PLANS
from trainer.diagnosis import Diagnosis, diagnose, load_reference
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.runs.live_eval import Verdict

CHECKPOINTS = Path(__file__).parents[3] / "checkpoints"
FOLDERS = {"ring8": "ring-points", "grid25": "grid-points"}


@pytest.fixture(scope="module")
def evaluate():
    """(data set, points (n, 2)) -> what is said of them."""
    known = {data: load_reference(CHECKPOINTS / folder) for data, folder in FOLDERS.items()}

    def evaluate(data: str, points: np.ndarray) -> Diagnosis:
        images = as_images(points.astype(np.float32).reshape(-1, 1, 1, 2))
        return diagnose(known[data], extract(known[data].reader, images, known[data].space))

    return evaluate


def drawn(data: str, modes: list[int], n: int = 1000) -> np.ndarray:
    """n points of the modes named, in turn."""
    plan, rng = PLANS[data], np.random.default_rng(0)
    return plan.centres[np.resize(modes, n)] + plan.sigma * rng.standard_normal((n, 2))


@pytest.mark.slow
@pytest.mark.parametrize("data", PLANS)
@pytest.mark.parametrize("spread", [0.01, 0.2, 0.47])
def test_a_blob_in_the_middle_makes_no_mode_whatever_each_point_is_nearest_to(data, spread, evaluate):
    found = evaluate(data, np.random.default_rng(1).normal(scale=spread, size=(1000, 2)) + 0.05)
    assert found.verdict.kind in ("out-of-distribution", "total-collapse")
    assert found.attributes == ()
    assert "modes" not in Verdict(found, 1.0).values
    assert Verdict(found, 1.0).detail()["heads"] == []


def test_a_blob_with_the_moments_of_the_ring_has_its_frechet_distance_by_accident(evaluate):
    """The ring has the radius 2 / 3: a blob with that over sqrt(2) as its deviation each way has the same moments."""
    found = evaluate("ring8", np.random.default_rng(1).normal(scale=2 / 3 / 2**0.5, size=(1000, 2)))
    assert found.verdict.kind == "out-of-distribution"
    assert not found.measurements.by_key["fid"].abnormal
    assert "fid" in found.moot
    assert "fid" not in Verdict(found, 1.0).values
    assert "precision" not in found.moot


def test_most_points_near_a_centre_by_chance_are_not_its_mode(evaluate):
    """Seven of ten points are of two modes, the others lie about: six modes are missing, whatever is nearest."""
    rng, plan = np.random.default_rng(2), PLANS["ring8"]
    between = plan.centres[rng.integers(0, 8, 300)] + 20 * plan.sigma * rng.standard_normal((300, 2))
    found = evaluate("ring8", np.concatenate([drawn("ring8", [0, 1], 700), between]))
    assert [j for j, share in enumerate(found.measurements.attributes[0].classes) if not share.missing] == [0, 1]


@pytest.mark.slow
@pytest.mark.parametrize(("data", "modes"), [("ring8", [0, 3, 4]), ("grid25", list(range(20)))])
def test_the_modes_that_are_made_are_counted_and_the_others_named(data, modes, evaluate):
    found = evaluate(data, drawn(data, modes))
    assert [j for j, share in enumerate(found.measurements.attributes[0].classes) if not share.missing] == modes
    assert found.verdict.kind == "mode-dropping"
    assert set(found.verdict.classes) == {str(j) for j in range(len(PLANS[data].centres))} - set(map(str, modes))


@pytest.mark.slow
@pytest.mark.parametrize("data", PLANS)
def test_points_of_every_mode_are_healthy(data, evaluate):
    found = evaluate(data, drawn(data, list(range(len(PLANS[data].centres)))))
    assert "mode-dropping" not in {finding.kind for finding in found.findings}
