"""Never sampled, or cannot be made: a search in w tells."""

import numpy as np
import pytest
import torch

from explorer.core.inversion.inverter import Inverter, Progress
from explorer.core.inversion.makeable import Tried, covers, stage_of, told, try_to_make
from explorer.core.recipe import Recipe, unpack
from trainer.features.feature_set import extract
from trainer.util.images import to_float


@pytest.fixture(scope="module")
def tried(inverter: Inverter) -> Tried:
    """Some of the reference's real images, which are this model's own."""
    among = np.arange(len(inverter.reference.real))
    items = list(try_to_make(inverter, among[::20], among))
    assert all(isinstance(item, Progress) for item in items[:-1])
    return items[-1]


def test_what_is_found_is_nearer_to_the_real_images_than_the_centre_is(inverter: Inverter, tried: Tried):
    """Their noise inputs were random, which a search in w does not reach, so that not all are covered."""
    assert len(tried.rows) == len(tried.images) == len(tried.recipes) == len(tried.reached) == 5
    reference, searcher = inverter.reference, inverter.searcher
    centre = searcher.start(inverter.objective(inverter.real(tried.rows)), torch.zeros(5, dtype=torch.int64)).images
    made = to_float(torch.from_numpy(tried.images))
    apart = [
        np.linalg.norm(extract(reference.reader, images).features - reference.real.features[tried.rows], axis=1)
        for images in (made, centre)
    ]
    assert (apart[0] < apart[1]).all()
    assert tried.reached.any()


def test_the_recipes_lie_in_w_where_the_model_samples(inverter: Inverter, tried: Tried):
    assert all(isinstance(recipe, Recipe) for recipe in tried.recipes)
    assert {unpack(recipe.w, "w").size for recipe in tried.recipes} == {inverter.searcher.space.means.shape[1]}


def test_noise_covers_nothing(inverter: Inverter):
    side = inverter.reference.resolution
    noise = np.random.default_rng(0).integers(0, 256, (3, side, side, 3), np.uint8)
    assert not covers(inverter.reference, noise, np.arange(3), np.arange(len(inverter.reference.real))).any()


def test_the_shares_are_told_of_as_many_as_were_tried(tried: Tried):
    found = tried._replace(reached=np.array([True, True, True, False, False]))
    assert "5 of the 312 uncovered real samples" in told(found, 312)
    assert "3 (60 %) can be made but were not sampled; 2 (40 %) cannot be made" in told(found, 312)
    assert told(found, 5).startswith("All 5 uncovered")


def test_it_is_told_which_samples_are_looked_for():
    assert [stage_of(i, 24) for i in (0, 1)] == [
        "looking for samples 1 to 16 of 24",
        "looking for samples 17 to 24 of 24",
    ]
    assert stage_of(1, 17) == "looking for sample 17 of 17"
    assert stage_of(0, 1) == "looking for the sample"
