"""The explorer as a library: it draws what the page draws, and says in a sentence what it cannot."""

import shutil

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer import load
from explorer.api.explorer import STRENGTHS, Explorer
from explorer.core.library import Library
from explorer.core.recipe import Edit, Recipe
from explorer.tabs.diagnosis.handlers import diagnose
from tests.conftest import own_reference
from trainer.checkpoints import hub
from trainer.util.errors import UserError
from trainer.util.images import sheet


@pytest.fixture(scope="module")
def opened(checkpoint) -> Explorer:
    """A model with several layers, noise and classes."""
    return load(checkpoint("stylegan-lite", 3))


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).reshape(image.height, image.width, -1)


def test_an_image_is_what_its_recipe_draws(opened):
    recipe = Recipe(opened.name, seed=3, psi=0.7, label=1, edits=(Edit("sefa:1", 2.0),))
    image = opened.render(seed=3, psi=0.7, label=1, edits=[("sefa:1", 2.0)])
    assert np.array_equal(pixels(image), opened.model.images([recipe])[0])
    assert Recipe.from_dict(opened.recipe(3, psi=0.7, label=1, edits=[("sefa:1", 2.0)]).to_dict()) == recipe


def test_several_seeds_are_several_images(opened):
    many = opened.render(np.arange(3), psi=np.float64(0.5))
    assert [pixels(one).tolist() for one in many] == [
        pixels(opened.render(seed, psi=0.5)).tolist() for seed in range(3)
    ]


def test_a_sheet_shows_the_classes_in_turn_or_the_one_that_is_asked_for(opened):
    side = opened.model.resolution
    in_turn = opened.model.images([Recipe(opened.name, seed=seed, label=seed % 3) for seed in range(4, 9)])
    assert np.array_equal(pixels(opened.sample(5, seed=4)), pixels(sheet(in_turn, 3)))
    one = opened.model.images([Recipe(opened.name, seed=seed, label=2) for seed in range(4)])
    assert np.array_equal(pixels(opened.sample(4, label=2, columns=4)), pixels(sheet(one, 4)))
    assert opened.sample(5).size == (3 * side, 2 * side)


def test_a_slide_moves_one_direction_and_keeps_the_other_edits(opened):
    kept = ("random:0", 1.0)
    found = opened.slide("pca:0", 5, edits=[kept], layers=(0, 1))
    assert len(found) == len(STRENGTHS)
    still = opened.render(5, edits=[kept])
    assert np.array_equal(pixels(found[3]), pixels(still))
    assert np.array_equal(pixels(found[6]), pixels(opened.render(5, edits=[kept, ("pca:0", 3.0, 0, 1)])))
    assert not np.array_equal(pixels(found[6]), pixels(still))


def test_a_walk_begins_and_ends_with_its_seeds(opened):
    walk = opened.interpolate([1, 2], frames=5, psi=0.8)
    assert len(walk) == 5
    assert np.array_equal(pixels(walk[0]), pixels(opened.render(1, psi=0.8)))
    assert np.array_equal(pixels(walk[-1]), pixels(opened.render(2, psi=0.8)))
    turned = opened.interpolate([1, 2], frames=5, interpolation="slerp", space="z", loop=True)
    assert np.array_equal(pixels(turned[0]), pixels(opened.render(1)))
    assert not np.array_equal(pixels(turned[-1]), pixels(opened.render(2)))


def test_directions_are_those_that_suit(opened):
    assert opened.directions("sefa")[:2] == ["sefa:0", "sefa:1"]
    assert {name.partition(":")[0] for name in opened.directions()} == {"classes", "pca", "sefa", "random"}


def test_a_name_is_opened_once_and_may_be_a_folder(checkpoint):
    folder = checkpoint("dcgan")
    assert load(folder).model is load(str(folder)).model
    assert load("dcgan-0", checkpoints=folder.parent).name == "dcgan-0"
    with pytest.raises(AttributeError, match="no attribute 'lood'"):
        explorer.lood  # noqa: B018


def test_a_name_may_be_an_address_of_the_hub(checkpoint, monkeypatch):
    came = []
    monkeypatch.setattr(hub, "fetched_checkpoint", lambda name, tell: came.append(name) or checkpoint("mlp"))
    model = load("hf://somebody/something@main")
    assert came == ["hf://somebody/something@main"]
    assert model.recipe(1).checkpoint == "somebody/something@main"  # as in the chooser
    assert model.render(1).size == model.render(2).size


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda one: one.render("ab"), "The seeds are 'ab'; they must be a list."),
        (lambda one: one.render(1.5), "seed is 1.5"),
        (lambda one: one.render(psi=9), "psi is 9"),
        (lambda one: one.render(label=7), "asks for class 7"),
        (lambda one: one.render(colour="red"), "unknown fields: colour"),
        (lambda one: one.render(edits=("sefa:1", 2.0)), "edits holds 'sefa:1'"),
        (lambda one: one.sample(0), "number of images is 0; it must be a whole number from 1 on"),
        (lambda one: one.sample(True), "number of images is True"),
        (lambda one: one.sample(4, columns=0), "number of columns is 0"),
        (lambda one: one.sample(4, seed=-1), "seed is -1"),
        (lambda one: one.slide("foo:1"), "Unknown direction method 'foo'"),
        (lambda one: one.slide("pca:99"), "no direction '99'"),
        (lambda one: one.slide("pca:0", strengths=2), "The strengths are 2"),
        (lambda one: one.slide("pca:0", layers=(0, 99)), "layers 0 to 99"),
        (lambda one: one.slide("pca:0", edits=3), "The edits are 3"),
        (lambda one: one.interpolate(3), "The seeds are 3"),
        (lambda one: one.interpolate([1]), "2 to 8 keyframes; found 1"),
        (lambda one: one.interpolate([1, 2], "x"), "number of frames is 'x'"),
        (lambda one: one.interpolate([1, 2], space="q"), "Unknown space 'q'"),
        (lambda one: one.interpolate([1, 2], interpolation="q"), "Unknown interpolation 'q'"),
        (lambda one: one.directions("q"), "Unknown direction method 'q'"),
        (lambda one: one.diagnose(psi=[1]), "psi is"),
        (lambda one: one.diagnose("x"), "number of images is 'x'"),
        (lambda one: one.diagnose(10), "reference"),
        (lambda one: load("nowhere"), "There is no checkpoint 'nowhere'"),
    ],
)
def test_a_bad_argument_is_one_sentence(opened, act, told):
    with pytest.raises(UserError) as error:
        act(opened)
    assert told in str(error.value)


@pytest.mark.slow
def test_a_verdict_is_the_pages(checkpoint, tmp_path):
    folder = tmp_path / "checkpoints" / "mine"
    shutil.copytree(checkpoint("dcgan"), folder)
    own_reference(folder)
    library = Library(folder.parent, tmp_path / "runs")
    found = Explorer(library, "mine").diagnose(60)
    page = {"page": "a", "stamp": 1, "checkpoint": "mine", "psi": 1.0, "label": None, "n": 60}
    assert diagnose(library, page)["numbers"]["verdict"] == found.diagnosis.verdict.kind
    assert len(found.fake) == 60
