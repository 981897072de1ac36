"""What Slide opens: a recipe as it can be drawn here, with a sentence where that is not all of it."""

import shutil

import pytest

from explorer.core import branches
from explorer.core.library import Library
from explorer.core.recipe import PRIVATE
from explorer.tabs.slide.tab import view

PLAIN = {"checkpoint": "faces", "seed": 3}


@pytest.fixture
def filled(library: Library, checkpoint) -> Library:
    shutil.copytree(checkpoint("stylegan-lite"), library.checkpoints / "faces")
    return library


def test_a_tuned_recipe_opens_as_it_is_where_its_branch_is(filled: Library):
    model = filled.model("faces")
    recipe = PLAIN | {"tuned": branches.keep(model.info.sha256, model.generator)}
    opened = view(filled, {"recipe": recipe})
    assert (opened["recipe"], opened["note"]) == (recipe, "")


@pytest.mark.parametrize("tuned", [PRIVATE, "0" * 32])
def test_without_its_branch_the_models_own_image_opens_with_a_sentence(filled: Library, tuned: str):
    opened = view(filled, {"recipe": PLAIN | {"tuned": tuned}})
    assert opened["recipe"] == PLAIN
    assert "a branch belongs to the page that made it" in opened["note"]
    assert opened["note"].endswith("What you see is the image of the model itself.")
