"""A private branch: nearer to the picture than the model, drawn by its recipe alone; nothing of the model changed."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core import branches
from explorer.core.dragging import Drag, Pair
from explorer.core.dragging import steps as drag_steps
from explorer.core.inversion.inverter import Inverter
from explorer.core.inversion.outcome import Shown
from explorer.core.inversion.tuning import Tuned, Tuning, tune
from explorer.core.limits import Kept
from explorer.core.model import Model
from explorer.core.recipe import PRIVATE, Recipe
from tests.explorer.core.inversion.conftest import last
from trainer.util.errors import UserError

SHORT = Tuning(steps=30, rate=3e-3)
PIVOT = Recipe("faces", seed=3)


def files(folder: Path) -> dict[Path, str]:
    """Every file below a folder, the caches included, and the hash of what is in it."""
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def model(own: Path) -> Model:
    return Model(own)


@pytest.fixture(scope="module")
def picture(model: Model) -> np.ndarray:
    """The pivot's image, paler and darker: the branch has to change to make it."""
    return model.images([PIVOT])[0] // 2 + 30


@pytest.fixture(scope="module")
def tuned(inverter: Inverter, model: Model, picture: np.ndarray) -> Tuned:
    return last(tune(inverter, model, picture, PIVOT, SHORT))


@pytest.fixture(autouse=True)
def few(tuned: Tuned, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has branches of its own, this one among them."""
    branch = branches.BRANCHES.get(tuned.recipe.tuned)
    kept = Kept(10**9, lambda one: branches.size_of(one.generator), branches.MAX_BRANCHES)
    kept.put(tuned.recipe.tuned, branch)
    monkeypatch.setattr(branches, "BRANCHES", kept)


def gap(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(((one.astype(float) - other) ** 2).mean()))


def test_the_branch_comes_nearer_to_the_picture_and_says_by_how_much(model: Model, tuned: Tuned, picture: np.ndarray):
    plain, branched = (model.images([recipe])[0] for recipe in (PIVOT, tuned.recipe))
    assert gap(branched, picture) < 0.9 * gap(plain, picture)
    assert tuned.before == pytest.approx(gap(plain, picture), abs=0.3)
    assert tuned.after == pytest.approx(gap(branched, picture), abs=0.3)
    assert np.abs(tuned.image.astype(int) - branched).max() <= 1
    assert f"off by {tuned.after:.1f} of 255" in tuned.sentences()[0]


def test_nothing_of_the_model_its_folder_or_its_other_images_changes(
    own: Path, inverter: Inverter, model: Model, picture: np.ndarray
):
    others = [Recipe("faces", seed=seed) for seed in range(3)]
    before, images = files(own), model.images(others)
    branch = last(tune(inverter, model, picture, PIVOT, SHORT)).recipe
    again = model.images([*others, branch])
    assert (again[:3] == images).all()
    assert files(own) == before
    assert model.image(branch).tolist() == again[3].tolist()


def test_the_locality_term_holds_the_other_images(inverter: Inverter, model: Model, picture: np.ndarray, tuned: Tuned):
    free = last(tune(inverter, model, picture, PIVOT, replace(SHORT, locality=0.0)))
    held = last(tune(inverter, model, picture, PIVOT, replace(SHORT, locality=3.0)))
    assert held.others < 0.8 * free.others


def test_it_is_shown_while_it_is_tuned_and_one_that_is_cancelled_leaves_no_branch(
    inverter: Inverter, model: Model, picture: np.ndarray
):
    kept = len(branches.BRANCHES)
    work = tune(inverter, model, picture, PIVOT, SHORT)
    first = next(work)
    work.close()
    assert isinstance(first, Shown)
    assert first.progress.stage == "tuning"
    assert first.images.shape == (1, *picture.shape)
    assert len(branches.BRANCHES) == kept


def test_edits_and_drags_of_a_tuned_image_are_drawn_by_its_branch(model: Model, tuned: Tuned):
    moved = tuned.recipe.at(model.ws([tuned.recipe])[0].numpy() + 0.1)
    assert moved.tuned == tuned.recipe.tuned
    assert gap(model.images([moved])[0], model.images([Recipe("faces", w=moved.w)])[0]) > 1
    start = next(drag_steps(model, Drag(tuned.recipe, (Pair((2.0, 4.0), (5.0, 4.0)),), None)))
    assert np.abs(start.image.astype(int) - model.image(tuned.recipe)).max() <= 1


def test_links_and_files_do_not_give_the_branch_away(model: Model, tuned: Tuned):
    link = tuned.recipe.to_query()
    assert tuned.recipe.tuned not in link
    opened, told = branches.without_lost(Recipe.from_query(link), model.info.sha256)
    assert opened == PIVOT
    assert "private branch of faces" in told
    assert "the image of the model itself" in told
    with pytest.raises(UserError, match="private branch of faces that is not here"):
        model.image(Recipe("faces", tuned=PRIVATE))


def test_a_branch_of_other_weights_is_not_drawn(model: Model):
    other = Recipe("faces", tuned=branches.keep("the hash of others", model.generator))
    assert branches.without_lost(other, model.info.sha256)[1]
    with pytest.raises(UserError, match="private branch"):
        model.image(other)


def test_there_are_few_branches(model: Model, tuned: Tuned):
    for _ in range(branches.MAX_BRANCHES):
        branches.keep(model.info.sha256, model.generator)
    assert len(branches.BRANCHES) == branches.MAX_BRANCHES
    assert branches.without_lost(tuned.recipe, model.info.sha256)[0] == PIVOT


def test_a_model_too_large_to_be_copied_is_a_sentence(
    inverter: Inverter, model: Model, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(branches, "MAX_BYTES", 1000)
    with pytest.raises(UserError, match="too large"):
        tune(inverter, model, picture, PIVOT)
