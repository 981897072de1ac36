"""Facts about paths: closed forms of both interpolations, and what each frame of a path carries."""

import math
from dataclasses import replace

import numpy as np
import pytest

from explorer.core.interpolation import INTERPOLATIONS, MAX_FRAMES, aside, blended, frames, lerp, slerp
from explorer.core.recipe import Edit, Mix, Recipe, pack, unpack
from trainer.util.errors import UserError

E0, E1 = np.eye(5)[:2]
SPACES = ("z", "w")


def seeds(model, *numbers: int, **fields) -> list[Recipe]:
    return [Recipe(model.name, seed, **fields) for seed in numbers]


@pytest.mark.parametrize("name", INTERPOLATIONS)
def test_every_interpolation_starts_at_the_first_and_ends_at_the_second(name):
    a, b = np.random.default_rng(0).standard_normal((2, 3, 8))
    assert INTERPOLATIONS[name](a, b, 0) == pytest.approx(a)
    assert INTERPOLATIONS[name](a, b, 1) == pytest.approx(b)
    assert INTERPOLATIONS[name](a, a, 0.3) == pytest.approx(a)
    assert INTERPOLATIONS[name](a, b, 0.3) == pytest.approx(INTERPOLATIONS[name](b, a, 0.7))


def test_lerp_is_the_weighted_mean():
    assert lerp(E0, E1, 0.25) == pytest.approx([0.75, 0.25, 0, 0, 0])


def test_slerp_of_orthogonal_unit_vectors():
    assert slerp(E0, E1, 0.5) == pytest.approx((E0 + E1) / math.sqrt(2))
    assert slerp(E0, E1, 1 / 3) == pytest.approx(math.cos(math.pi / 6) * E0 + math.sin(math.pi / 6) * E1)


def test_slerp_is_shoemakes_formula_on_the_sphere():
    a, b = (v / np.linalg.norm(v) for v in np.random.default_rng(1).standard_normal((2, 100)))
    angle, t = math.acos(a @ b), 0.37
    shoemake = (math.sin((1 - t) * angle) * a + math.sin(t * angle) * b) / math.sin(angle)
    assert slerp(a, b, t) == pytest.approx(shoemake)


def test_slerp_changes_length_evenly():
    assert np.linalg.norm(slerp(2 * E0, 4 * E1, 0.25)) == pytest.approx(2.5)
    assert slerp(2 * E0, 6 * E0, 0.25) == pytest.approx(3 * E0)


def test_slerp_between_nearly_parallel_vectors_is_a_short_step():
    near = E0 + 1e-9 * E1
    assert slerp(E0, near, 0.5) == pytest.approx(E0, abs=1e-8)
    nearby = E0 + 1e-3 * E1
    assert slerp(E0, nearby, 0.5) == pytest.approx((E0 + nearby) / 2, abs=1e-6)


@pytest.mark.parametrize("off", [0, 1e-12, 1e-8])
def test_slerp_between_opposite_vectors_keeps_its_distance_from_the_centre(off):
    a, b = 3 * E0, -3 * E0 + off * E1
    ring = np.array([slerp(a, b, t) for t in np.linspace(0, 1, 9)])
    assert np.linalg.norm(ring, axis=1) == pytest.approx(np.full(9, 3))
    steps = np.linalg.norm(np.diff(ring, axis=0), axis=1)
    assert steps == pytest.approx(np.full(8, 6 * math.sin(math.pi / 16)))
    assert ring[-1] == pytest.approx(b, abs=1e-6)


def test_slerp_from_the_centre_is_straight_and_each_row_has_its_own():
    assert slerp(np.stack([0 * E0, E0]), np.stack([4 * E1, E1]), 0.5) == pytest.approx(
        np.stack([2 * E1, (E0 + E1) / math.sqrt(2)])
    )


@pytest.mark.parametrize("t", [0.3, 0.7])
def test_slerp_to_the_centre_is_lerp_to_the_last_bit(t):
    a = np.random.default_rng(2).standard_normal((4, 8))
    assert np.array_equal(slerp(a, 0 * a, t), lerp(a, 0 * a, t))


@pytest.mark.parametrize("a", [0 * E0, E0])
@pytest.mark.parametrize("b", [0 * E0, E0, -E0])
def test_slerp_divides_by_no_zero(a, b):
    with np.errstate(divide="raise", invalid="raise"):
        assert np.isfinite(slerp(a, b, 0.5)).all()


def test_aside_is_a_unit_vector_at_right_angles_from_the_axis_that_a_row_has_least_of():
    rows = np.random.default_rng(0).standard_normal((7, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    across = aside(rows)
    assert (across * rows).sum(1) == pytest.approx(np.zeros(7), abs=1e-12)
    assert np.linalg.norm(across, axis=1) == pytest.approx(np.ones(7))
    assert aside(np.array([0.6, 0.0, 0.8])).tolist() == [0, 1, 0]
    assert aside(np.array([0.8, 0.6])) == pytest.approx([-0.6, 0.8])
    assert aside(np.array([1.0])).tolist() == [0]  # on a line there is none


def test_edits_of_one_direction_and_layers_are_one_and_none_of_strength_0_is_kept():
    one, other, part = Edit("pca:0", 2), Edit("pca:0", -2), Edit("pca:0", 2, 1)
    assert blended([one], [other], 0.5) == ()
    assert blended([one, one], [part], 0.25) == (Edit("pca:0", 3), Edit("pca:0", 0.5, 1))
    assert blended([], [], 0.5) == ()


def test_a_path_is_straight_in_w_and_ends_unless_it_is_told_otherwise(layered):
    keys = seeds(layered, 1, 2)
    assert frames(layered, keys, 5) == frames(layered, keys, 5, interpolation="lerp", space="w", loop=False)
    assert frames(layered, keys, 5) != frames(layered, keys, 5, interpolation="slerp")
    with pytest.raises(TypeError, match="positional"):
        frames(layered, keys, 5, "slerp")


def test_a_frame_of_w_is_not_truncated_edited_or_mixed_again(layered):
    keys = seeds(layered, 1, 2, psi=0.5, cutoff=2, edits=(Edit("random:0", 2),), mix=(Mix(7),), label=1)
    frame = frames(layered, keys, 3)[1]
    assert (frame.psi, frame.cutoff, frame.edits, frame.mix, frame.label, frame.z) == (1, None, (), (), None, "")


def test_eight_keyframes_and_six_hundred_frames_are_a_path(plain):
    assert len(frames(plain, seeds(plain, *range(8)), 8)) == 8
    assert len(frames(plain, seeds(plain, 1, 2), 600)) == 600


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", INTERPOLATIONS)
@pytest.mark.parametrize("loop", [False, True])
def test_every_path_holds_its_keyframes_unchanged_and_evenly(model, space, name, loop):
    keys = seeds(model, 1, 2, 3, psi=0.8, label=1 if model.num_classes else None)
    path = frames(model, keys, 13, interpolation=name, space=space, loop=loop)
    assert len(path) == 13
    assert [path.index(key) for key in keys] == ([0, 4, 9] if loop else [0, 6, 12])
    assert all(Recipe.from_query(recipe.to_query()) == recipe for recipe in path)
    assert len({image.tobytes() for image in model.images(path)}) > 6


@pytest.mark.parametrize("n", [3, 4, 10, 100, MAX_FRAMES])
@pytest.mark.parametrize("loop", [False, True])
def test_any_number_of_frames_holds_each_keyframe_once_and_in_order(plain, n, loop):
    path = frames(plain, seeds(plain, 1, 2, 3), n, loop=loop)
    assert len(path) == n
    assert [recipe.seed for recipe in path if not recipe.w] == [1, 2, 3]
    assert path[0].seed == 1
    assert loop or path[-1].seed == 3


def test_a_loop_returns_to_its_start(plain):
    path = frames(plain, seeds(plain, 1, 2, 3), 12, loop=True)
    ws = plain.ws(path)[:, 0].numpy()
    home = plain.ws(seeds(plain, 3, 1))[:, 0].numpy()
    assert ws[11] == pytest.approx(lerp(*home, 0.75), abs=1e-5)  # one step of four before the first frame


@pytest.mark.parametrize("name", INTERPOLATIONS)
def test_in_w_the_ws_are_interpolated_about_the_mean(layered, name):
    keys = [
        Recipe(layered.name, 1, psi=0.5, cutoff=2),
        Recipe(layered.name, 2, noise="none", edits=(Edit("random:0", 2, 0, 1),)),
    ]
    centre = layered.generator.w_avg.numpy()
    start, end = layered.ws(keys).numpy() - centre
    path = frames(layered, keys, 5, interpolation=name)
    for i, found in enumerate(layered.ws(path).numpy()):
        assert found == pytest.approx(centre + INTERPOLATIONS[name](start, end, i / 4), abs=1e-5)
    assert [recipe.noise for recipe in path] == ["fixed", "fixed", "none", "none", "none"]


def test_in_w_one_row_is_carried_where_all_layers_agree(layered):
    middle = frames(layered, seeds(layered, 1, 2), 3)[1]
    assert unpack(middle.w, "w").size == layered.w_dim


def test_in_w_all_kinds_of_keyframes_meet(layered):
    w = pack(layered.ws(seeds(layered, 4))[0].numpy())
    keys = [Recipe(layered.name, 1), Recipe(layered.name, w=w), Recipe(layered.name, z=pack(np.ones(layered.z_dim)))]
    assert [frame for frame in frames(layered, keys, 7) if frame in keys] == keys


@pytest.mark.parametrize("name", INTERPOLATIONS)
def test_in_z_the_zs_are_interpolated(model, name):
    keys = seeds(model, 1, 2)
    path = frames(model, keys, 5, interpolation=name, space="z")
    start, end = (model.z(key).astype(float) for key in keys)
    for i, recipe in enumerate(path):
        assert model.z(recipe) == pytest.approx(INTERPOLATIONS[name](start, end, i / 4), abs=1e-5)


def test_in_z_psi_and_edits_are_linear_and_the_rest_is_the_nearers(layered):
    shared, first, second = Edit("pca:0", 4), Edit("pca:1", 2, 0, 1), Edit("sefa:0", -8)
    a = Recipe(layered.name, 1, psi=0.2, cutoff=1, label=0, edits=(shared, first))
    b = Recipe(layered.name, 2, psi=1.0, label=2, noise="none", edits=(replace(shared, strength=0), second))
    _, early, middle, late, _ = frames(layered, [a, b], 5, space="z")
    assert (early.psi, late.psi) == pytest.approx((0.4, 0.8))
    assert (early.seed, early.cutoff, early.label, early.noise) == (1, 1, 0, "fixed")
    assert (late.seed, late.cutoff, late.label, late.noise) == (2, None, 2, "none")
    assert (middle.seed, middle.noise) == (2, "none")
    assert early.edits == (Edit("pca:0", 3), Edit("pca:1", 1.5, 0, 1), Edit("sefa:0", -2))
    assert late.edits == (Edit("pca:0", 1), Edit("pca:1", 0.5, 0, 1), Edit("sefa:0", -6))


def test_where_w_is_z_both_spaces_agree(plain):
    keys = seeds(plain, 1, 2)
    for name in INTERPOLATIONS:
        in_z, in_w = (frames(plain, keys, 5, interpolation=name, space=space) for space in SPACES)
        assert plain.ws(in_z).numpy() == pytest.approx(plain.ws(in_w).numpy(), abs=1e-6)


BAD = {
    "one keyframe": (1, 10, {}, "needs 2 to 8 keyframes; found 1"),
    "nine keyframes": (9, 10, {}, "needs 2 to 8 keyframes; found 9"),
    "no disk space": (4, 3, {}, "frames is 3; choose from 4"),
    "too long": (2, 601, {}, "to 600"),
    "negative": (2, -5, {}, "frames is -5"),
    "unknown space": (2, 5, {"space": "x"}, "Unknown space 'x'. Choose from: z, w"),
    "unknown interpolation": (2, 5, {"interpolation": "x"}, "Choose from: lerp, slerp"),
}


@pytest.mark.parametrize(("count", "n", "options", "sentence"), BAD.values(), ids=BAD)
def test_a_path_that_cannot_be_is_told(plain, count, n, options, sentence):
    with pytest.raises(UserError, match=sentence):
        frames(plain, seeds(plain, *range(count)), n, **options)


def test_keyframes_of_another_model_are_told(plain):
    with pytest.raises(UserError, match="must stay in one model"):
        frames(plain, [*seeds(plain, 1), Recipe("another")], 5)


def test_a_keyframe_of_w_is_told_in_z(plain):
    for point in (Recipe(plain.name, w=pack(np.zeros(plain.w_dim))), Recipe(plain.name, mix=(Mix(7),))):
        with pytest.raises(UserError, match=r"Keyframe 2 .* Interpolate in w"):
            frames(plain, [*seeds(plain, 1), point, point], 5, space="z")
