"""Facts about recipes of translations and their strokes: spelled alike everywhere, and refused in a sentence."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from explorer.core.recipe import Edit, Recipe, pack
from explorer.core.translation.recipe import TranslationRecipe, is_translation_link
from explorer.core.translation.strokes import (
    ERASER,
    FILL,
    MASK,
    MAX_POINTS,
    MAX_STROKES,
    PEN,
    SPAN,
    Stroke,
    packed,
    unpacked,
)
from trainer.util.errors import UserError

STROKES = (
    Stroke(PEN, (38, 46, 51), 24, ((0, 0), (1024, 1024), (3, 700))),
    Stroke(FILL, (1, 2, 255), 0, ((512, 20),)),
    Stroke(ERASER, (0, 0, 0), 256, ((512, 512),)),
    Stroke(MASK, (0, 0, 0), 1, ((1, 2), (1, 3))),
)
RECIPES = {
    "plain": TranslationRecipe("pix2pix-avatars"),
    "drawn": TranslationRecipe("m", paper="#f0ece2", strokes=packed(STROKES)),
    "example": TranslationRecipe("m", example=0, strokes=packed(STROKES[:1]), seed=3),
    "sample": TranslationRecipe("run:m@best", sample=Recipe("faces", 7, edits=(Edit("pca:0", 1.5),))),
    "style": TranslationRecipe("m", z=pack(np.arange(8) / 7), back=True),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_spelling_restores_the_recipe(recipe):
    image = Image.new("RGB", (4, 4))
    assert TranslationRecipe.from_json(recipe.to_json()) == recipe
    assert TranslationRecipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert TranslationRecipe.from_query(recipe.to_query()) == recipe
    assert TranslationRecipe.from_png(Image.open(io.BytesIO(recipe.to_png(image)))) == recipe
    assert is_translation_link(recipe.to_query())
    assert hash(TranslationRecipe.from_json(recipe.to_json())) == hash(recipe)


def test_defaults_are_left_out():
    assert RECIPES["plain"].to_query() == "translator=pix2pix-avatars"
    assert not is_translation_link("checkpoint=mnist-dcgan&seed=3")


def test_strokes_are_what_they_were_and_short():
    assert unpacked(packed(STROKES)) == STROKES
    assert RECIPES["drawn"].drawn == STROKES
    line = Stroke(PEN, (0, 0, 0), 24, tuple((10 * i, 5 * i) for i in range(100)))
    assert len(packed([line])) < 2.7 * 100 + 20  # two bytes a point, four letters for three bytes


def test_a_picture_of_ones_own_is_in_the_png_and_in_no_link():
    recipe = TranslationRecipe("m", image="AAAA")
    assert TranslationRecipe.from_png(Image.open(io.BytesIO(recipe.to_png(Image.new("L", (2, 2)))))) == recipe
    with pytest.raises(UserError, match="not part of a link"):
        recipe.to_query()


def test_a_recipe_of_the_other_kind_says_where_it_belongs():
    with pytest.raises(UserError, match="open it in the tab Translate"):
        Recipe.from_json(RECIPES["drawn"].to_json())
    with pytest.raises(UserError, match="open it in the tab Slide"):
        TranslationRecipe.from_json(Recipe("m", 3).to_json())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "names no checkpoint"),
        ({"translator": "m", "paper": "red"}, "paper is 'red'"),
        ({"translator": "m", "paper": "#F0ECE2"}, "a colour such as #f0ece2"),
        ({"translator": "m", "example": -1}, "example is -1"),
        ({"translator": "m", "example": True}, "example is True"),
        ({"translator": "m", "seed": 2**32}, "seed is 4294967296"),
        ({"translator": "m", "sample": {"checkpoint": "f", "psi": 9}}, "psi is 9"),
        ({"translator": "m", "sample": 3}, "not a recipe"),
        ({"translator": "m", "example": 1, "sample": {"checkpoint": "f"}}, "gives example and sample"),
        ({"translator": "m", "strokes": "%%"}, "strokes cannot be read"),
        ({"translator": "m", "strokes": "AgAA"}, "strokes cannot be read"),  # of another version
        ({"translator": "m", "strokes": packed(STROKES)[:-3]}, "strokes cannot be read"),
        ({"translator": "m", "strokes": packed(STROKES) + "=="}, "strokes cannot be read"),  # another spelling
        ({"translator": "m", "strokes": packed([STROKES[1]] * (MAX_STROKES + 1))}, "too long"),
        ({"translator": "m", "strokes": packed([Stroke(PEN, (0, 0, 0), 9, ((5, 5),) * (MAX_POINTS + 1))])}, "too long"),
        ({"translator": "m", "strokes": packed([Stroke(PEN, (0, 0, 0), 9, ((SPAN + 1, 5),))])}, "cannot be read"),
        ({"translator": "m", "strokes": packed([Stroke(PEN, (0, 0, 0), 0, ((1, 5),))])}, "cannot be read"),
        ({"translator": "m", "strokes": packed([Stroke(9, (0, 0, 0), 5, ((1, 5),))])}, "cannot be read"),
        ({"translator": "m", "back": 1}, "back is 1"),
        ({"translator": "m", "brush": 1}, "unknown fields: brush"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(fields, sentence):
    with pytest.raises(UserError, match=sentence):
        TranslationRecipe.from_dict(fields)
