"""A model examined in the app: its verdict, its map, and what happens to questions that are wrong or stale."""

import base64
import json
import re
import shutil
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from explorer.core.library import Library
from explorer.core.recipe import Recipe
from explorer.tabs.diagnosis import handlers
from explorer.tabs.diagnosis.evaluation import Examiner, Outdated, Subject
from explorer.tabs.diagnosis.panel import intra_classes, panel
from tests.conftest import own_reference
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.data import load
from trainer.diagnosis import reference_build, save_reference
from trainer.diagnosis.feature_map import METHODS, marked, plane
from trainer.diagnosis.plain import numbers
from trainer.diagnosis.reference import FILE
from trainer.networks import ARCHITECTURES
from trainer.util.errors import UserError

PAGES = count()  # a page of its own for each question, unless a test says otherwise


@pytest.fixture(scope="module")
def library(tmp_path_factory, checkpoint) -> Library:
    """`faces` with a reference of its own images, `bare` without one, `other` with one of another size."""
    folder = tmp_path_factory.mktemp("examined")
    for name in ("faces", "bare", "broken"):
        shutil.copytree(checkpoint("stylegan-lite"), folder / name)
    shutil.copytree(checkpoint("dcgan"), folder / "other")
    own_reference(folder / "faces")
    shutil.copyfile(folder / "faces" / "reference.safetensors", folder / "other" / "reference.safetensors")
    (folder / "broken" / "reference.safetensors").write_bytes(b"no safetensors")
    return Library(folder, folder / "runs")


@pytest.fixture(scope="module")
def examiner(library: Library) -> Examiner:
    return Examiner(library)


def question(**changes) -> dict:
    return {"page": next(PAGES), "stamp": 1, "checkpoint": "faces", "psi": 1.0, "label": None, "n": 300} | changes


def test_a_model_whose_reference_is_its_own_images_is_healthy(examiner: Examiner):
    found = examiner.examine(Subject("faces"), 300)
    assert found.diagnosis.verdict.kind == "healthy", found.diagnosis.findings


@pytest.mark.slow
def test_the_mean_image_alone_is_a_total_collapse(examiner: Examiner):
    """psi = 0 maps every latent to the same w; only the noise differs."""
    found = examiner.examine(Subject("faces", psi=0.0), 300)
    assert found.diagnosis.verdict.grade == 2


def test_the_images_are_those_of_the_recipes(library: Library, examiner: Examiner):
    found = examiner.examine(Subject("faces"), 300)
    model = library.model("faces")
    seven = model.images([Recipe("faces", seed=7, noise="random")])[0]
    assert np.abs(found.thumbs[7].astype(int) - seven.astype(int)).max() <= 1


@pytest.mark.slow
def test_more_images_are_added_to_those_that_were_drawn(library: Library, monkeypatch):
    examiner, drawn = Examiner(library), []
    model = library.model("faces")
    images = model.raw_images
    monkeypatch.setattr(model, "raw_images", lambda recipes, exact: drawn.extend(recipes) or images(recipes, exact))
    few = examiner.examine(Subject("faces"), 200)
    many = examiner.examine(Subject("faces"), 300)
    assert [recipe.seed for recipe in drawn] == list(range(300))
    assert np.array_equal(many.fake.features[:200], few.fake.features)
    assert examiner.examine(Subject("faces"), 200) is many


def test_a_question_that_nobody_waits_for_ends_between_two_passes(library: Library):
    asked = count()
    with pytest.raises(Outdated):
        Examiner(library).examine(Subject("faces", psi=0.9), 300, lambda: next(asked) < 2)
    assert next(asked) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"checkpoint": "bare"}, "no reference.safetensors.*python -m trainer reference bare"),
        ({"checkpoint": "broken"}, "cannot be read.*python -m trainer reference broken"),
        ({"checkpoint": "other"}, "its reference has"),
        ({"checkpoint": "gone"}, "no checkpoint 'gone'"),
        ({"psi": 9}, "psi is 9"),
        ({"n": 0}, "number of images is 0"),
        ({"n": 10**9}, "number of images is 1000000000"),
        ({"label": 2}, "no class 2"),
        ({"psi": "much"}, "cannot answer"),
    ],
)
def test_a_wrong_question_gets_one_sentence(library: Library, changes: dict, message: str):
    error = handlers.diagnose(library, question(**changes))["error"]
    assert re.search(message, error), error
    assert "\n" not in error


@pytest.mark.slow
def test_images_with_nan_are_told_and_the_next_model_is_still_examined(library: Library, monkeypatch):
    model = library.model("faces")
    synthesize = model.generator.synthesize
    monkeypatch.setattr(model.generator, "synthesize", lambda ws, noise: synthesize(ws, noise) * float("nan"))
    assert "NaN" in handlers.diagnose(library, question(psi=0.55))["error"]
    monkeypatch.undo()
    assert "panel" in handlers.diagnose(library, question(psi=0.55, stamp=2))


@pytest.mark.slow
def test_a_newer_question_of_the_same_page_wins(library: Library):
    handlers.remember("q", 5)
    assert handlers.diagnose(library, question(page="q", stamp=4, psi=0.95)) == {"outdated": True}
    assert "panel" in handlers.diagnose(library, question(page="r", stamp=4, psi=0.95))


def test_too_few_images_are_a_verdict_and_no_error(library: Library):
    answer = handlers.diagnose(library, question(n=5, psi=0.45))
    assert answer["numbers"]["verdict"] == "too-few"
    assert answer["evaluated"] == 0


def test_every_row_of_the_map_is_told_with_its_side_and_class(library: Library):
    sent = handlers.diagnose(library, question())["map"]
    real, fake = (np.frombuffer(base64.b64decode(sent[side]), "<f4").reshape(-1, 2) for side in ("real", "fake"))
    assert len(fake) == 300
    assert len(real) == len(np.frombuffer(base64.b64decode(sent["real_rows"]), "<i4")) == 600
    assert np.isfinite(real).all()
    assert all(len(base64.b64decode(attribute["fake"])) == 300 for attribute in sent["attributes"])


@pytest.mark.parametrize("method", [pytest.param(m, marks=pytest.mark.slow if m == "t-SNE" else ()) for m in METHODS])
def test_every_map_method_places_all_points_it_takes(examiner: Examiner, method: str):
    made = plane(examiner.examine(Subject("faces"), 300), method)
    assert made.real.shape[1] == made.fake.shape[1] == 2
    assert len(made.fake) == 300
    assert np.isfinite(made.real).all()
    assert np.isfinite(made.fake).all()


def test_an_unknown_map_method_lists_those_there_are(library: Library):
    assert "PCA" in handlers.map_points(library, question(method="magic"))["error"]


def test_the_pca_map_is_that_of_the_real_features(examiner: Examiner):
    """Centred on the real ones, and turned so that the first axis varies most."""
    made = plane(examiner.examine(Subject("faces"), 300), "PCA")
    assert made.real.mean(0) == pytest.approx([0, 0], abs=1e-3)
    assert made.real[:, 0].var() >= made.real[:, 1].var()


@pytest.mark.slow
def test_uncovered_and_off_manifold_samples_are_those_that_were_measured(examiner: Examiner):
    found = examiner.examine(Subject("faces", psi=0.3), 300)
    uncovered, off_manifold = marked(found)
    assert len(uncovered) == np.count_nonzero(~found.diagnosis.measurements.looks.covered) > 0
    assert len(off_manifold) == np.count_nonzero(~found.diagnosis.measurements.looks.precise)
    gaps = np.linalg.norm(
        found.reference.real.features[uncovered][:, None] - found.fake.features[: found.diagnosis.measurements.n],
        axis=2,
    ).min(1)
    assert (np.diff(gaps) <= 1e-3).all()


def test_the_panel_tells_the_verdict_and_escapes_names(examiner: Examiner):
    found = examiner.examine(Subject("faces"), 300)
    html = panel(found)
    assert found.diagnosis.verdict.title in html
    heads = found.reference.heads
    assert html.count("data-attribute=") == len(heads)  # the page draws their bars
    assert [one["name"] for one in intra_classes(found)] == list(heads[0].values)
    assert "nan" not in html.lower()


def test_the_numbers_are_plain_json(examiner: Examiner):
    plain = numbers(examiner.examine(Subject("faces"), 300))
    assert json.loads(json.dumps(plain, allow_nan=False))["verdict"] == "healthy"
    assert {"pixel_coverage", "duplicates", "fid", "kid"} <= {measure["key"] for measure in plain["measures"]}


def test_a_generated_point_opens_its_recipe_and_a_real_one_its_nearest(library: Library):
    one = handlers.recipe_of(library, question(row=3))["recipe"]
    assert one["seed"] == 3
    assert handlers.recipes_of(library, question(rows=[7, 3]))["recipes"] == [{**one, "seed": 7}, one]
    assert "error" in handlers.recipes_of(library, question(rows=[3, -1]))
    assert "data-fake" in handlers.near(library, question(row=0))["html"]
    assert handlers.hover(library, question(row=2, side="real"))["uri"].startswith("data:image/webp")
    assert "no point 10000" in handlers.hover(library, question(row=10000, side="fake"))["error"]


@pytest.mark.slow
def test_a_class_is_compared_with_real_images_of_that_class(tmp_path: Path, checkpoint):
    shutil.copytree(checkpoint("stylegan-lite", 3), tmp_path / "shapes")
    own_reference(tmp_path / "shapes")
    examiner = Examiner(Library(tmp_path, tmp_path / "runs"))
    reference = examiner.reference("shapes")
    label = int(np.bincount(reference.real.labels(0)[:600], minlength=3)[:3].argmax())
    found = examiner.examine(Subject("shapes", label=label), 100)
    assert set(reference.real.labels(0)[found.rows]) == {label}
    with pytest.raises(UserError, match="no class 3"):
        examiner.examine(Subject("shapes", label=3), 100)


@pytest.mark.slow
def test_a_conditional_model_is_asked_for_classes_as_often_as_real_data_have_them(tmp_path: Path, checkpoint):
    shutil.copytree(checkpoint("stylegan-lite", 8), tmp_path / "shapes")
    own_reference(tmp_path / "shapes")
    examiner = Examiner(Library(tmp_path, tmp_path / "runs"))
    found = examiner.examine(Subject("shapes"), 300)
    counts = examiner.reference("shapes").counts[0]
    labels = [recipe.label for recipe in examiner.recipes(Subject("shapes"), range(300))]
    assert np.abs(np.bincount(labels, minlength=8) / 300 - counts / counts.sum()).max() < 0.01
    assert [one.asked for one in found.diagnosis.measurements.intra_class] == np.bincount(labels, minlength=8).tolist()
    assert "match the requested label" in panel(found)
    assert [one["asked"] for one in numbers(found)["within"]] == np.bincount(labels, minlength=8).tolist()
    assert examiner.recipes(Subject("shapes", label=2), range(7, 9))[1].label == 2
    library = examiner.library
    asked = handlers.recipe_of(library, question(checkpoint="shapes", row=11))
    assert (asked["recipe"]["seed"], asked["recipe"]["label"]) == (11, labels[11])


@pytest.mark.slow
def test_a_model_of_points_is_evaluated_by_its_points_and_shown_by_their_drawings(tmp_path):
    options = {"resolution": 1, "channels": 2, "z_dim": 2, "width": 8}
    info = CheckpointInfo("mlp", options, 0, "points", {})
    save_checkpoint(tmp_path / "points", ARCHITECTURES["mlp"].generator(**options).eval(), info, "# points\n")
    data = load("ring8", resolution=1, data_dir=tmp_path, limit=2400, progress=False)
    seen, unseen = (reference_build.part(data, slice(start, None, 2)) for start in (0, 1))
    reader = reference_build.reader_for("plane-ring8", seen, tmp_path, print)
    reference = reference_build.build_reference(reference_build.Halves(seen, unseen, True), reader, tmp_path, {600: 20})
    save_reference(tmp_path / "points" / FILE, reference)
    found = Examiner(Library(tmp_path, tmp_path / "runs")).examine(Subject("points"), 300)
    assert found.fake.features.shape == (300, 2)
    assert found.thumbs.shape[0] == 300
    assert found.thumbs.dtype == np.uint8
    assert found.diagnosis.verdict.grade == 2  # an untrained network makes one blob
