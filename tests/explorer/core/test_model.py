"""Facts about a loaded model: equal recipes give equal bytes, and each field of a recipe does what it says."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.core import model as explorer_model
from explorer.core.model import Model, class_names
from explorer.core.recipe import Edit, Mix, Recipe, pack
from trainer.util.errors import UserError
from trainer.util.images import to_pixels


def image(model: Model, **fields) -> np.ndarray:
    return model.images([Recipe(model.name, **fields)])[0]


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.tobytes() == second.tobytes()


def test_images_have_the_shape_of_the_capabilities(model):
    images = model.images([Recipe(model.name, seed) for seed in range(3)])
    assert images.shape == (3, model.resolution, model.resolution, model.channels)
    assert images.dtype == np.uint8
    assert model.images([]).shape == (0, *images.shape[1:])
    assert images.std() > 1


def test_a_recipe_gives_the_same_bytes_alone_and_in_any_company(model, monkeypatch):
    monkeypatch.setattr("explorer.core.model.to_pixels", torch.Tensor.numpy)  # rounding would hide most of a difference
    recipes = [Recipe(model.name, seed, psi=0.5 + seed % 3 / 4, noise="random") for seed in range(23)]
    together = model.images(recipes)
    assert same(together, np.stack([model.images([recipe])[0] for recipe in recipes]))
    assert same(together[5:12], model.images(recipes[5:12]))
    assert same(together[::-1], model.images(recipes[::-1]))
    assert same(together, Model(model.folder).images(recipes))


def test_seeds_differ_and_the_largest_one_works(model):
    first, second, last = (image(model, seed=seed) for seed in (0, 1, 2**32 - 1))
    assert not same(first, second)
    assert not same(first, last)


def test_an_explicit_z_is_the_seeds_image(model):
    z = pack(model.z(Recipe(model.name, 5)))
    assert same(image(model, seed=9, z=z, psi=0.6), image(model, seed=5, psi=0.6))


def test_an_explicit_w_is_what_the_synthesis_reads(model):
    recipe = Recipe(model.name, 5, psi=0.6, cutoff=1, edits=(Edit("random:0", 2, 0, 0),))
    w = pack(model.ws([recipe])[0].numpy())
    assert same(model.images([recipe])[0], image(model, w=w))
    assert same(image(model, w=w), image(model, w=w, psi=0.1, label=2, z=pack(np.zeros(3))))


def test_one_row_of_w_serves_all_layers(model):
    w = model.ws([Recipe(model.name, 5)])[0, 0].numpy()
    assert same(image(model, w=pack(w)), image(model, w=pack(np.tile(w, model.num_ws))))
    assert same(image(model, w=pack(w)), image(model, seed=5))


def test_psi_0_is_one_image_for_all_seeds_and_classes(model):
    mean = image(model, psi=0)
    assert all(same(image(model, psi=0, seed=seed, label=seed % 3), mean) for seed in range(4))


def test_psi_scales_the_distance_from_the_mean(model):
    centre = model.generator.w_avg
    whole, half = model.ws([Recipe(model.name, 3), Recipe(model.name, 3, psi=0.5)])
    assert torch.equal(whole, model.generator.map(torch.from_numpy(model.z(Recipe("", 3)))[None], torch.tensor([0]))[0])
    assert half.numpy() == pytest.approx((centre + 0.5 * (whole - centre)).numpy(), abs=1e-6)


def test_the_cutoff_truncates_only_the_coarse_layers(layered):
    whole, cut, none, all_of_them, beyond = layered.ws(
        [Recipe("", 3, psi=psi, cutoff=cutoff) for psi, cutoff in [(1, None), (0, 2), (0, 0), (0, None), (0, 99)]]
    )
    assert torch.equal(cut[:2], layered.generator.w_avg.expand(2, -1))
    assert torch.equal(cut[2:], whole[2:])
    assert torch.equal(none, whole)
    assert torch.equal(beyond, all_of_them)


def test_noise_is_fixed_or_the_seeds_or_none(layered):
    ws = {"w": pack(layered.ws([Recipe("", 1)])[0].numpy())}
    fixed, none = image(layered, **ws), image(layered, **ws, noise="none")
    first, second = (image(layered, **ws, noise="random", seed=seed) for seed in (1, 2))
    assert same(fixed, image(layered, **ws, seed=2))
    assert len({drawn.tobytes() for drawn in (fixed, none, first, second)}) == 4
    assert same(none, image(layered, **ws, noise="none", seed=2))


def test_noise_changes_nothing_where_there_is_none(plain):
    assert not plain.has_noise
    assert len({image(plain, noise=noise).tobytes() for noise in ("fixed", "random", "none")}) == 1


@pytest.mark.parametrize("method", ["pca", "random", "sefa"])
def test_an_edit_is_its_step_on_its_layers_alone(model, method):
    last = model.num_ws - 1
    before, after = model.ws([Recipe("", 3), Recipe("", 3, edits=(Edit(f"{method}:1", 2.5, last, last),))])
    assert torch.equal(after[:last], before[:last])
    step = model.directions(method).step("1", 2.5)
    assert (after[last] - before[last]).numpy() == pytest.approx(step, abs=1e-5)


def test_edits_add_up_and_strength_0_is_no_edit(model):
    one, two = Edit("random:0", 1.5), Edit("random:3", -2, 0, 0)
    start, first, second, both = model.ws([Recipe("", 3, edits=edits) for edits in [(), (one,), (two,), (one, two)]])
    assert (both - start).numpy() == pytest.approx((first + second - 2 * start).numpy(), abs=1e-5)
    assert same(image(model, seed=3), image(model, seed=3, edits=(Edit("random:0", 0), Edit("random:1", -0.0))))


def test_mixed_layers_are_those_of_the_other_seed_and_psi_acts_on_both(model):
    last = model.num_ws - 1
    own, other, mixed = model.ws(
        [Recipe("", 3, psi=0.5), Recipe("", 8, psi=0.5), Recipe("", 3, mix=(Mix(8, last),), psi=0.5)]
    )
    assert torch.equal(mixed[:last], own[:last])
    assert torch.equal(mixed[last:], other[last:])


def test_images_that_wait_together_are_the_same_as_alone(model):
    recipes = [Recipe("", seed) for seed in range(12)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(model.image, recipes))
    assert all(same(model.images([recipe])[0], image) for recipe, image in zip(recipes, together, strict=True))


def test_an_image_that_fails_fails_alone(model, monkeypatch):
    draw = model.draw

    def failing(ws, recipes):
        if any(recipe.seed == 3 for recipe in recipes):
            raise UserError("seed 3 is broken")
        return draw(ws, recipes)

    monkeypatch.setattr(model, "draw", failing)
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(model.image, Recipe("", seed)) for seed in range(6)]
    assert [f.exception() is not None for f in futures] == [seed == 3 for seed in range(6)]


def test_classes_change_the_image_and_no_class_is_the_first(model):
    images = {label: image(model, label=label).tobytes() for label in (None, 0, 1, 2)}
    assert images[None] == images[0]
    assert len(set(images.values())) == max(model.num_classes, 1)


def test_class_names_are_the_datas_or_numbers():
    assert class_names({"digit": ["zero", "one"], "colour": ["red"]}, 2) == ["zero", "one"]
    for damaged in (None, {}, {"digit": ["zero"]}, {"digit": 5}, ["zero", "one"], "ab"):
        assert class_names(damaged, 2) == ["0", "1"]


MISFITS = {
    "short z": ({"z": pack(np.zeros(3))}, "recipe's z has 3 numbers"),
    "short w": ({"w": pack(np.zeros(3))}, "recipe's w has 3 numbers"),
    "bad z": ({"z": "%"}, "not base64"),
    "NaN w": ({"w": pack(np.full(3, np.nan))}, "NaN"),
    "unknown method": ({"edits": (Edit("nope:0", 1),)}, "Unknown direction method 'nope'"),
    "no axis": ({"edits": (Edit("random", 1),)}, "no direction ''"),
    "unknown axis": ({"edits": (Edit("random:10", 1),)}, "0 to 9"),
    "layer too high": ({"edits": (Edit("random:0", 1, 0, 99),)}, "acts on layers 0 to 99"),
    "layers reversed": ({"edits": (Edit("random:0", 1, 1, 0),)}, "acts on layers 1 to 0"),
    "mixed layer too high": ({"mix": (Mix(1, 0, 99),)}, "mixed seed 1 acts on layers 0 to 99"),
    "layer negative": ({"edits": (Edit("random:0", 1, 0, -1),)}, "acts on layers 0 to -1"),
}


@pytest.mark.parametrize(("fields", "sentence"), MISFITS.values(), ids=MISFITS)
def test_a_recipe_that_does_not_fit_is_told(model, fields, sentence):
    with pytest.raises(UserError, match=sentence):
        image(model, **fields)


def test_a_class_that_the_model_lacks_is_told(checkpoint):
    with pytest.raises(UserError, match=r"class 3; .* has classes 0 to 2"):
        image(Model(checkpoint("dcgan", 3)), label=3)


def test_one_bad_recipe_is_told_before_anything_is_drawn(plain, monkeypatch):
    monkeypatch.setattr(plain, "draw", None)
    with pytest.raises(UserError):
        plain.images([Recipe("", 1), replace(Recipe("", 1), z="AAAA")])


def test_the_draft_of_a_large_image_is_smaller_and_the_generators_own(layered, monkeypatch):
    recipe = Recipe(layered.name, seed=4)
    assert same(layered.draft(recipe), layered.image(recipe))
    side = layered.resolution // 2
    monkeypatch.setattr(explorer_model, "DRAFT", side)
    expected = to_pixels(layered.generator.draft(layered.ws([recipe]), layered.noise([recipe]), side))[0]
    assert same(layered.draft(recipe), expected)
    assert expected.shape[:2] == (side, side)


def test_a_generator_without_levels_has_no_draft(plain, monkeypatch):
    monkeypatch.setattr(explorer_model, "DRAFT", plain.resolution // 2)
    recipe = Recipe(plain.name, seed=4)
    assert same(plain.draft(recipe), plain.image(recipe))
