"""A visitor's picture: what is found is a recipe of just that image, and what is said of it is true."""

import numpy as np
import pytest

from explorer.core.inversion import wording
from explorer.core.inversion.inverter import Inverter, Progress
from explorer.core.inversion.outcome import Outcome, Shown, Wish, open_picture
from explorer.core.model import Model
from explorer.core.recipe import Recipe
from tests.explorer.core.inversion.conftest import last
from trainer.util.errors import UserError


@pytest.fixture(scope="module")
def picture(own) -> np.ndarray:
    """One of the model's own images."""
    return Model(own).images([Recipe("faces", seed=3)])[0]


@pytest.fixture(scope="module")
def outcome(inverter: Inverter, picture: np.ndarray) -> Outcome:
    return last(open_picture(inverter, Wish(picture)))


def test_the_recipe_draws_the_image_that_was_found(own, outcome: Outcome):
    found = outcome.found[0]
    again = Model(own).images([Recipe.from_json(found.recipe.to_json())])[0]
    assert np.abs(again.astype(int) - found.image).max() <= 1


def test_the_residual_is_the_distance_to_the_picture(outcome: Outcome, picture: np.ndarray):
    found = outcome.found[0]
    measured = ((found.image.astype(float) - picture) ** 2).mean() / 127.5**2
    assert found.error == pytest.approx(measured, abs=2e-4)


def test_the_models_own_image_can_be_made_and_noise_cannot(inverter: Inverter, outcome: Outcome, picture: np.ndarray):
    assert outcome.makeable is True
    assert outcome.sentences()[0].startswith("The model can make this picture")
    noise = np.random.default_rng(0).integers(0, 256, picture.shape, np.uint8)
    other = last(open_picture(inverter, Wish(noise)))
    assert other.makeable is False
    assert other.sentences()[0].startswith("This model cannot make this picture, only the image shown.")
    assert "closer to 100 % of the held-out real images than to this picture" in other.sentences()[0]
    assert other.found[0].error > 3 * outcome.found[0].error


def test_it_is_told_of_each_step(inverter: Inverter, picture: np.ndarray):
    items = list(open_picture(inverter, Wish(picture)))
    shown = [item for item in items if isinstance(item, Shown)]
    assert shown[-1].loss <= shown[0].loss
    assert shown[0].images.shape == (1, *picture.shape)
    assert all(isinstance(item, Shown | Progress) for item in items[:-1])


def test_what_was_rubbed_out_does_not_count_and_several_answers_differ(inverter: Inverter, picture: np.ndarray):
    hidden = np.zeros(picture.shape[:2], bool)
    hidden[: len(hidden) // 2] = True
    spoiled = picture.copy()
    spoiled[hidden] = 255 - spoiled[hidden]
    results = [last(open_picture(inverter, Wish(image, hidden, starts=3))) for image in (picture, spoiled)]
    assert len(results[0].found) == 3
    for one, other in zip(results[0].found, results[1].found, strict=True):
        assert np.abs(one.image.astype(int) - other.image).max() <= 1
    assert len({found.recipe.w for found in results[0].found}) == 3
    assert results[0].worse_than is None
    assert results[0].sentences()[0].startswith("What was rubbed out is invented")


def test_a_small_view_is_matched_and_comes_with_a_warning(inverter: Inverter, picture: np.ndarray):
    result = last(open_picture(inverter, Wish(picture, side=4)))
    assert "not a reconstruction" in result.sentences()[0]
    assert "4 x 4" in result.sentences()[0]


def test_wishes_that_cannot_be_met_are_one_sentence(inverter: Inverter, picture: np.ndarray):
    everything = np.ones(picture.shape[:2], bool)
    for wish, sentence in (
        (Wish(picture, label=1), "There is no class 1"),
        (Wish(picture, side=len(picture)), "A view of"),
        (Wish(picture, hidden=everything), "Nearly all of the picture is rubbed out"),
    ):
        with pytest.raises(UserError, match=sentence):
            last(open_picture(inverter, wish))


def test_the_sentences_say_where_a_picture_lies():
    assert "97 %" in wording.rank(0.97, True, 32, 64)
    assert "compared at 32 x 32 pixels" in wording.rank(0.5, False, 32, 64)
    assert "compared" not in wording.rank(0.5, False, 64, 64)
    assert wording.editable(1.0, 0.6).startswith("Edits work")
    assert wording.editable(3.0, 1.0).startswith("Edits may distort")


@pytest.mark.parametrize(
    ("psnr", "word"), [(35.0, "very near to"), (34.9, "is near to"), (27.9, "some way from"), (21.9, "far from")]
)
def test_how_far_off_it_is_comes_in_words_before_the_numbers(psnr: float, word: str):
    told = wording.residual(20.0, psnr, None, True)
    assert word in told.split(":")[0]
    assert f"PSNR {psnr:.1f} dB" in told.split(":")[1]
