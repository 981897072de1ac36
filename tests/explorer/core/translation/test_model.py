"""A translator in the library: apart from the generators, asked for what it can do, its images those of its recipe."""

import base64
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.library import Library
from explorer.core.recipe import Recipe, pack
from explorer.core.translation.recipe import TranslationRecipe
from explorer.core.translation.strokes import MASK, PEN, SPAN, Stroke, packed
from tests.translators import LINES, MAP, SIDE, make_translator, plain_translators  # noqa: F401
from trainer.checkpoints.examples import FILE
from trainer.util.errors import UserError

INK = tuple(LINES["palette"]["ink"])
DOT = packed([Stroke(PEN, INK, 256, ((SPAN // 2, SPAN // 2),))])


@pytest.fixture(scope="module")
def library(tmp_path_factory, checkpoint) -> Library:
    """A generator, a translator, one of maps, and one without anything told of what it is given."""
    folder = tmp_path_factory.mktemp("translators")
    shutil.copytree(checkpoint("dcgan"), folder / "faces")
    make_translator(folder / "lines", critic=True)
    make_translator(folder / "parts", given=MAP, examples=0)
    make_translator(folder / "bare", given=None, examples=0)
    make_translator(folder / "styles", "styled-unet", given=MAP)
    return Library(folder, folder / "runs")


@pytest.fixture
def plain(tmp_path, plain_translators) -> Library:  # noqa: F811
    """Translators whose output is known."""
    for name in ("negative", "hole", "twice"):
        make_translator(tmp_path / name, name, None)
    return Library(tmp_path, tmp_path / "runs")


def draw(library: Library):
    return lambda recipe: library.model(recipe.checkpoint).image(recipe)


def image(library: Library, recipe: TranslationRecipe) -> np.ndarray:
    return library.translation(recipe.translator).image(recipe, draw(library))


def read(library: Library, recipe: TranslationRecipe) -> np.ndarray:
    return library.translation(recipe.translator).read(recipe, draw(library))


def png(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def test_translators_are_listed_apart_from_generators(library: Library):
    assert set(library.folders()) == {"faces"}
    assert [entry.name for entry in library.entries()] == ["faces"]
    assert set(library.translators()) == {"lines", "parts", "bare", "styles"}
    assert all(entry.usable for entry in library.translator_entries())


def test_each_kind_opened_as_the_other_says_where_it_belongs(library: Library):
    with pytest.raises(UserError, match="open it in the tab Translate"):
        library.model("lines")
    with pytest.raises(UserError, match="open it in the tab Sample"):
        library.translation("faces")


def test_a_damaged_translator_is_a_line_with_its_reason(tmp_path: Path):
    weights = make_translator(tmp_path / "lines") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    (entry,) = Library(tmp_path, tmp_path / "runs").translator_entries()
    assert not entry.usable
    assert "model.safetensors" in entry.about


def test_a_drawing_changes_what_comes_of_it_and_equal_recipes_are_equal(library: Library):
    recipe = TranslationRecipe("lines", strokes=DOT)
    first = image(library, recipe)
    assert first.shape == (SIDE, SIDE, 3)
    assert np.array_equal(first, image(library, recipe))
    assert not np.array_equal(first, image(library, TranslationRecipe("lines", example=0)))


def test_what_is_drawn_lies_on_its_ground(library: Library):
    example = library.translation("lines").examples.given[1]
    assert np.array_equal(read(library, TranslationRecipe("lines", example=1)), example)
    drawn = read(library, TranslationRecipe("lines", example=1, strokes=DOT))
    assert tuple(drawn[SIDE // 2, SIDE // 2]) == INK
    assert np.array_equal(drawn[0], example[0])
    blue = read(library, TranslationRecipe("lines", paper="#d6e6ff", strokes=DOT))
    assert tuple(blue[0, 0]) == (0xD6, 0xE6, 0xFF)


def test_a_sample_of_a_generator_is_given(library: Library):
    given = read(library, TranslationRecipe("lines", sample=Recipe("faces", 3)))
    assert given.shape == (SIDE, SIDE, 3)
    assert not np.array_equal(given, read(library, TranslationRecipe("lines", sample=Recipe("faces", 4))))


def test_a_map_has_the_colours_of_its_palette_alone(library: Library):
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    given = read(library, TranslationRecipe("parts", image=png(noise), strokes=DOT))
    colours = {tuple(map(int, colour)) for colour in given.reshape(-1, 3)}
    assert colours <= {*map(tuple, MAP["palette"].values()), INK}
    assert library.translation("parts").given.flat
    assert not library.translation("lines").given.flat


def test_a_style_is_a_seed_or_a_code(library: Library):
    seeds = [image(library, TranslationRecipe("styles", example=0, seed=seed)) for seed in (1, 2)]
    assert not np.array_equal(*seeds)
    known = library.translation("styles")
    z = pack(known.z(TranslationRecipe("styles", seed=1)))
    assert np.array_equal(image(library, TranslationRecipe("styles", example=0, z=z)), seeds[0])
    with pytest.raises(UserError, match="z has 3 numbers; styles needs"):
        image(library, TranslationRecipe("styles", example=0, z=pack(np.zeros(3))))


def test_the_critic_says_something_of_every_patch(library: Library):
    known = library.translation("lines")
    given = known.examples.given[0]
    logits = known.patches(known.images(given[None])[0], given)
    assert logits.shape[0] == logits.shape[1] > 1
    with pytest.raises(UserError, match="bare has no critic"):
        library.translation("bare").patches(given, given)


def test_the_other_way_leads_back(plain: Library):
    there = TranslationRecipe("negative", example=0)
    given, made = read(plain, there), image(plain, there)
    assert np.array_equal(made, 255 - given)
    assert np.array_equal(plain.translation("negative").images(made[None], back=True)[0], given)
    back = TranslationRecipe("negative", example=0, back=True)
    assert np.array_equal(read(plain, back), plain.translation("negative").examples.truth[0])
    with pytest.raises(UserError, match="one way only"):
        image(plain, TranslationRecipe("hole", example=0, back=True))


def test_what_is_marked_is_filled_in_and_the_rest_stays(plain: Library):
    mark = packed([Stroke(MASK, (0, 0, 0), 256, ((SPAN, SPAN),))])
    made = image(plain, TranslationRecipe("hole", example=0, strokes=mark))
    example = plain.translation("hole").examples.given[0]
    assert (made[:, : SIDE // 2] == 255).all()  # the example's own mask
    assert (made[-1, -1] == 255).all()
    assert np.array_equal(made[2, SIDE // 2 :], example[2, SIDE // 2 :, :3])


def test_of_a_network_that_enlarges_the_larger_picture_is_the_truth(plain: Library):
    picture = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    recipe = TranslationRecipe("twice", image=png(picture))
    assert read(plain, recipe).shape == (SIDE // 2, SIDE // 2, 3)
    assert image(plain, recipe).shape == (SIDE, SIDE, 3)
    assert np.array_equal(plain.translation("twice").belongs(recipe, draw(plain)), picture)


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (TranslationRecipe("lines"), "Nothing is drawn yet"),
        (TranslationRecipe("lines", example=3), "no example 3: it has 0 to 2"),
        (TranslationRecipe("bare", example=0), "no example 0: it carries none"),
        (TranslationRecipe("lines", seed=1, example=0), "reads no style"),
        (TranslationRecipe("lines", image="AAAA"), "cannot be opened"),
        (TranslationRecipe("lines", image=png(np.zeros((2, 2, 3), np.uint8))), "at least 8 a side"),
        (TranslationRecipe("lines", sample=Recipe("gone")), "no checkpoint 'gone'"),
        (TranslationRecipe("lines", sample=Recipe("parts")), "open it in the tab Translate"),
        (TranslationRecipe("gone", example=0), "no checkpoint 'gone'"),
    ],
)
def test_what_cannot_be_given_is_refused_in_a_sentence(library: Library, recipe, sentence):
    with pytest.raises(UserError, match=sentence):
        image(library, recipe)


def test_a_mask_of_nothing_and_one_over_everything_are_refused(plain: Library):
    picture = png(np.zeros((SIDE, SIDE, 3), np.uint8))
    with pytest.raises(UserError, match="mask is empty"):
        image(plain, TranslationRecipe("hole", image=picture))
    lines = [Stroke(MASK, (0, 0, 0), 256, ((0, y), (SPAN, y))) for y in range(0, SPAN + 1, 128)]
    with pytest.raises(UserError, match="covers everything"):
        image(plain, TranslationRecipe("hole", image=picture, strokes=packed(lines)))


def test_a_picture_of_ten_thousand_pixels_a_side_is_refused(library: Library):
    buffer = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    with pytest.raises(UserError, match="more than 89 million pixels"):
        image(library, TranslationRecipe("lines", image=data))


def test_examples_of_another_model_are_refused(tmp_path: Path):
    folder = make_translator(tmp_path / "lines")
    shutil.copyfile(make_translator(tmp_path / "other") / "model.safetensors", folder / FILE)
    with pytest.raises(UserError, match=r"examples\.safetensors cannot be read"):
        Library(tmp_path, tmp_path / "runs").translation("lines").examples  # noqa: B018
