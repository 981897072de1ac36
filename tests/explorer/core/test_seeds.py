"""Seed 0 is seed 0 everywhere: the app's image, the trainer's and the command line's."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.common import CHECKPOINTS, checkpoints_in
from explorer.core.model import Model
from explorer.core.recipe import Recipe
from trainer.checkpoints.sampling import sample
from trainer.cli.main import main
from trainer.util.images import shown

BUNDLED = checkpoints_in(CHECKPOINTS)
SEEDS = range(4)


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda folder: folder.name)
def test_a_seed_is_the_same_image_in_the_app_in_the_trainer_and_on_the_command_line(folder, tmp_path):
    model = Model(folder)
    labels = [seed % model.num_classes if model.num_classes else None for seed in SEEDS]
    images = model.images([Recipe("", seed, label=label) for seed, label in zip(SEEDS, labels, strict=True)])
    assert np.array_equal(images, shown(sample(model.generator, SEEDS)))

    file = tmp_path / "sheet.png"
    assert main(["sample", str(folder), "--count", "4", "--out", str(file)]) == 0
    sheet = np.asarray(Image.open(file)).reshape(2, model.resolution, 2, model.resolution, model.channels)
    assert np.array_equal(images, sheet.swapaxes(1, 2).reshape(images.shape))


@pytest.mark.parametrize("noise", ["fixed", "random", "none"])
def test_a_seed_with_its_noise_and_psi_is_the_recipes_image(layered, noise):
    recipes = [Recipe("", seed, psi=0.7, noise=noise) for seed in SEEDS]
    assert np.array_equal(layered.images(recipes), sample(layered.generator, SEEDS, psi=0.7, noise=noise))
