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
    known = ", ".join(sorted(AUGMENTATIONS))
    with pytest.raises(UserError, match=f"Unknown augmentation 'twirl'. Choose from: {known}"):
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


def test_a_translation_reaches_an_eighth_of_each_side_and_a_pixel_at_least():
    tall = torch.arange(768.0).reshape(1, 1, 48, 16) + 1
    far = AUGMENTATIONS["translation"](tall, fixed(0.0, 0.0))  # 6 down, 2 to the right
    assert torch.equal(far[..., 6:, 2:], tall[..., :-6, :-2])
    assert far[..., :6, :].abs().sum() == far[..., :2].abs().sum() == 0
    back = AUGMENTATIONS["translation"](tall, fixed(1.0, 0.999))  # 1 is never drawn, but for rounding
    assert torch.equal(back[..., :-6, :-2], tall[..., 6:, 2:])
    tiny = torch.arange(8.0).reshape(1, 1, 2, 4) + 1
    assert torch.equal(AUGMENTATIONS["translation"](tiny, fixed(0.0, 0.0))[..., 1:, 1:], tiny[..., :-1, :-1])


def test_each_image_is_shifted_by_its_own_number():
    images = torch.arange(16.0).reshape(1, 1, 4, 4).repeat(2, 1, 1, 1)
    numbers = iter((torch.tensor([0.5, 0.0]), torch.tensor([0.5, 0.5])))
    stay, down = AUGMENTATIONS["translation"](images, lambda *_: next(numbers))
    assert torch.equal(stay, images[0])
    assert torch.equal(down[:, 1:], images[0][:, :-1])


def test_a_cutout_is_of_half_of_each_side_and_lies_partly_outside_near_an_edge():
    images = torch.ones(1, 2, 16, 8)
    cut = AUGMENTATIONS["cutout"](images, fixed(0.5, 0.5))
    assert cut[0, :, 4:13, 2:7].abs().sum() == 0
    assert cut.sum() == 2 * (16 * 8 - 9 * 5)
    corner = AUGMENTATIONS["cutout"](images, fixed(0.0, 0.0))
    assert corner[0, :, :5, :3].abs().sum() == 0
    assert corner.sum() == 2 * (16 * 8 - 5 * 3)


def test_color_at_the_ends_of_its_numbers():
    """Darker by a half; grey or twice as saturated; half or one and a half times the contrast."""
    image = random_images(1)
    change, grey = AUGMENTATIONS["color"], image.mean(1, keepdim=True)
    assert torch.allclose(change(image, fixed(0.0, 0.5, 0.5)), image - 0.5, atol=1e-6)
    assert torch.allclose(change(image, fixed(0.5, 0.0, 0.5)), grey.expand_as(image), atol=1e-6)
    assert torch.allclose(change(image, fixed(0.5, 1.0, 0.5)), 2 * image - grey, atol=1e-6)
    assert torch.allclose(change(image, fixed(0.5, 0.5, 0.0)), (image + image.mean()) / 2, atol=1e-6)
    assert torch.allclose(change(image, fixed(0.5, 0.5, 1.0)), 1.5 * image - image.mean() / 2, atol=1e-6)


def test_a_share_of_the_images_is_changed():
    images = random_images(200, 4)

    def changed(**share):
        return int((augment(images, "color", rng(), **share) != images).flatten(1).any(1).sum())

    assert changed() == changed(share=1.0) == 200
    assert changed(share=0.0) == 0
    assert 30 < changed(share=0.25) < 70  # 50, give or take 6


def test_at_share_1_no_number_is_drawn_for_the_choice():
    images, used, other = random_images(2), rng(), rng()
    augment(images, "color", used, share=1.0)
    for _ in range(3):
        torch.rand(2, 1, 1, 1, generator=other)
    assert torch.equal(used.get_state(), other.get_state())


def test_ada_takes_a_hundred_thousand_images_from_0_to_1():
    assert update_ada_p(0.0, sign=1.0, target=0.6, nimg=25_000) == pytest.approx(0.25)
    assert update_ada_p(0.0, sign=1.0, target=0.6, nimg=200_000) == 1
    assert update_ada_p(0.5, sign=0.6, target=0.6, nimg=25_000) == pytest.approx(0.25)


def test_ada_augments_more_while_d_is_too_sure_and_stays_within_bounds():
    assert update_ada_p(0.5, sign=0.9, target=0.6, nimg=ADA_IMAGES // 10) == pytest.approx(0.6)
    assert update_ada_p(0.5, sign=0.1, target=0.6, nimg=ADA_IMAGES // 10) == pytest.approx(0.4)
    assert update_ada_p(0.0, sign=0.1, target=0.6, nimg=100) == 0
    assert update_ada_p(1.0, sign=0.9, target=0.6, nimg=100) == 1
