"""A translator for a program: an image in, an image out, the same as in the page."""

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.api.acts import Acts
from explorer.core.library import Library
from explorer.core.translation.recipe import TranslationRecipe
from tests.translators import SIDE, make_translator
from trainer.util.errors import UserError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("translators")
    make_translator(place / "lines")
    make_translator(place / "styles", "styled-unet")
    return place


def test_an_image_gives_an_image_that_its_recipe_gives_again(folder, tmp_path):
    lines = explorer.load("lines", checkpoints=folder, runs=folder / "runs")
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8))
    made = lines.translate(picture)
    assert made.size == (SIDE, SIDE)
    picture.save(tmp_path / "a.png")
    assert np.array_equal(made, lines.translate(tmp_path / "a.png"))
    (tmp_path / "made.png").write_bytes(TranslationRecipe("lines", example=1).to_png(made))
    kept = TranslationRecipe.from_png(Image.open(tmp_path / "made.png"))
    assert np.array_equal(lines.render(kept), lines.translate(example=1))


def test_a_seed_is_a_style_where_there_are_styles(folder, tmp_path):
    styles, lines = (explorer.load(name, checkpoints=folder, runs=folder / "runs") for name in ("styles", "lines"))
    assert not np.array_equal(styles.translate(example=0, seed=1), styles.translate(example=0, seed=2))
    with pytest.raises(UserError, match="reads no style"):
        lines.translate(example=0, seed=1)
    with pytest.raises(UserError, match="Nothing is drawn"):
        lines.translate()
    (tmp_path / "empty.png").touch()
    for name, sentence in (("empty.png", "is empty"), ("nowhere.png", "cannot be read")):
        with pytest.raises(UserError, match=sentence):
            lines.translate(tmp_path / name)


def test_the_act_is_the_same_and_tells_its_recipe(folder):
    library = Library(folder, folder / "runs")
    act = Acts(library).translate
    picture, facts = act("styles", "", 2, 5)  # as Gradio calls it
    assert facts["recipe"] == {"translator": "styles", "example": 2, "seed": 5}
    assert facts["examples"] == 3
    wanted = explorer.load("styles", checkpoints=folder, runs=folder / "runs").translate(example=2, seed=5)
    assert np.array_equal(Image.open(picture["path"]), wanted)
    with pytest.raises(Exception, match="no checkpoint 'gone'"):
        act("gone")
