"""What D sees is changed at random, the same way each time for the same numbers, and G learns through it."""

import pytest
import torch

from trainer.training.augment import ADA_IMAGES, AUGMENTATIONS, augment, update_ada_p
from trainer.util.errors import UserError


def random_images(n: int = 6, side: int = 16) -> torch.Tensor:
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(5)) * 2 - 1


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_augmentation_keeps_the_shape_and_lets_the_gradient_through(name):
    images = random_images().requires_grad_()
    changed = augment(images, name, rng())
    assert changed.shape == images.shape
    assert not torch.equal(changed, images)
    changed.sum().backward()
    assert images.grad.abs().sum() > 0


@pytest.mark.parametrize("name", [*AUGMENTATIONS, "color,translation,cutout"])
def test_the_same_numbers_give_the_same_change_whoever_has_which_part_of_the_batch(name):
    images = random_images()
    whole = augment(images, name, rng())
    assert torch.equal(whole, augment(images, name, rng()))
    assert not torch.equal(whole, augment(images, name, rng(1)))
    halves = [augment(images[mine], name, rng(), mine, 6) for mine in (slice(0, 3), slice(3, 6))]
    assert torch.allclose(torch.cat(halves), whole)


@pytest.mark.parametrize("policy", ["", " ", ","])
def test_nothing_asked_for_changes_nothing(policy):
    assert torch.equal(augment(random_images(), policy, rng()), random_images())


def test_an_unknown_augmentation_names_those_that_are_known():
    with pytest.raises(UserError, match=r"Unknown augmentation 'twirl'. Choose from: color, cutout, translation"):
        augment(random_images(), "color,twirl", rng())


def fixed(*values: float):
    """Draws these numbers, one a call, the same for every image."""
    left = iter(values)
    return lambda *shape: torch.full((1, *shape), next(left))


def test_a_translation_shifts_by_whole_pixels_and_fills_with_grey():
    images = torch.arange(64.0).reshape(1, 1, 8, 8)
    assert torch.equal(AUGMENTATIONS["translation"](images, fixed(0.5, 0.5)), images)  # the middle of -1, 0, 1
    down = AUGMENTATIONS["translation"](images, fixed(0.0, 0.5))
    assert torch.equal(down[..., 1:, :], images[..., :-1, :])
    assert down[..., 0, :].abs().sum() == 0
    left = AUGMENTATIONS["translation"](images, fixed(0.5, 0.99))
    assert torch.equal(left[..., :-1], images[..., 1:])


def test_a_cutout_greys_a_square_of_half_the_side():
    images = torch.ones(1, 1, 8, 8)
    changed = AUGMENTATIONS["cutout"](images, fixed(0.5, 0.5))
    assert changed.sum() == 64 - 25  # rows and columns 2 to 6 around the centre at 4
    assert changed[0, 0, 2:7, 2:7].abs().sum() == 0


def test_color_with_the_middle_numbers_changes_nothing():
    images = random_images(1)
    assert torch.allclose(AUGMENTATIONS["color"](images, fixed(0.5, 0.5, 0.5)), images, atol=1e-6)
    brighter = AUGMENTATIONS["color"](images, fixed(1.0, 0.5, 0.5))
    assert torch.allclose(brighter, images + 0.5, atol=1e-6)


def test_ada_augments_more_while_d_is_too_sure_and_stays_within_bounds():
    assert update_ada_p(0.5, sign=0.9, target=0.6, images=ADA_IMAGES // 10) == pytest.approx(0.6)
    assert update_ada_p(0.5, sign=0.1, target=0.6, images=ADA_IMAGES // 10) == pytest.approx(0.4)
    assert update_ada_p(0.0, sign=0.1, target=0.6, images=100) == 0
    assert update_ada_p(1.0, sign=0.9, target=0.6, images=100) == 1
