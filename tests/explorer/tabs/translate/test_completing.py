"""Several answers to a masked picture, from a generator: what is known of the picture stays."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.core.inversion import inverter as inverters
from explorer.core.inversion.encoder import Course
from explorer.core.inversion.inverter import Inverter
from explorer.core.inversion.outcome import Shown, Wish, open_picture
from explorer.core.library import Library
from explorer.core.recipe import Recipe
from explorer.core.translation.recipe import TranslationRecipe
from explorer.tabs.translate import completing
from tests.explorer.tabs.picture.test_handlers import ended
from tests.translators import make_translator, plain_translators  # noqa: F401

SIDE = 8  # pixels of the generators here
MASK = {"translator": "holes", "example": 0}


@pytest.fixture(scope="module")
def faces(checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator whose encoder is trained."""
    place = tmp_path_factory.mktemp("made") / "faces"
    shutil.copytree(checkpoint("stylegan-lite"), place)
    made = Inverter(inverters.Model(place), Course(steps=30, batch=4))
    for _ in made.prepare():
        pass
    return place


@pytest.fixture
def filled(library: Library, faces: Path, plain_translators) -> Library:  # noqa: F811
    shutil.copytree(faces, library.checkpoints / "faces")
    make_translator(library.checkpoints / "holes", "hole", None, side=SIDE)
    make_translator(library.checkpoints / "lines", examples=1)
    return library


def test_generators_of_the_same_size_and_colour_are_offered(filled: Library):
    assert completing.completers(filled, {"checkpoint": "holes"}) == {"generators": ["faces"]}
    assert completing.completers(filled, {"checkpoint": "lines"}) == {"generators": []}


@pytest.mark.slow
def test_completions_differ_in_the_hole_and_are_the_picture_elsewhere(filled: Library):
    given = filled.translation("holes").read(TranslationRecipe.from_dict(MASK), filled.image)
    pixels, hole = given[..., :-1], given[..., -1] > 0
    steps = open_picture(inverters.inverter(filled.model("faces")), Wish(pixels, hole, starts=2))
    *_, shown, outcome = completing.blended(steps, pixels, hole)
    assert isinstance(shown, Shown)
    images = np.stack([found.image for found in outcome.found])
    for several in (shown.images, images):
        assert (several[:, ~hole] == pixels[~hole]).all()
        assert (several[0] != several[1]).any()


@pytest.mark.slow
def test_four_completions_and_their_recipes_come(filled: Library):
    answer = ended(filled, completing.complete(filled, {"recipe": MASK, "generator": "faces"}))
    recipes = [Recipe.from_dict(found["recipe"]) for found in answer["found"]]
    assert len({recipe.w for recipe in recipes}) == 4
    assert filled.model("faces").images(recipes).shape == (4, SIDE, SIDE, 3)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"recipe": {"translator": "lines", "example": 0}}, "lines fills nothing in: it reads no mask"),
        ({"recipe": {"translator": "wide", "example": 0}}, "faces makes images of another size or colour than wide"),
        ({"recipe": {"translator": "holes"}}, "Nothing is drawn yet"),
        ({"generator": "nobody"}, "nobody"),
    ],
)
def test_what_cannot_be_completed_gets_its_sentence(filled: Library, changes: dict, sentence: str):
    make_translator(filled.checkpoints / "wide", "hole", None, side=16)
    assert sentence in completing.complete(filled, {"recipe": MASK, "generator": "faces"} | changes)["error"]
