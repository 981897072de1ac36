"""Point dragging: what is refused, what features and tracking give, and that a drag moves its points."""

import copy

import numpy as np
import pytest
import torch

from explorer.core.dragging import MAX_PAIRS, Drag, Pair, Settings, result, steps
from explorer.core.dragging.points import disc, features_of, square, tracked
from explorer.core.dragging.request import arrived
from explorer.core.model import Model
from explorer.core.recipe import Edit, Recipe
from trainer.networks import Generator
from trainer.util.errors import UserError

SHORT = Settings(cap=5)


def drag(model: Model, *pairs: Pair, mask: np.ndarray | None = None, **fields) -> Drag:
    return Drag(Recipe(model.name, **fields), pairs, mask)


def ramp(side: int) -> torch.Tensor:
    """Features that say where they are, [1, 2, side, side]: the x and y of their centre, in features."""
    line = torch.arange(side) + 0.5
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([x, y])[None]


def pair(model: Model, share: float = 0.25) -> Pair:
    middle = model.resolution / 2
    return Pair((middle, middle), (middle + share * model.resolution, middle))


def test_features_at_a_point_are_those_of_the_resized_level():
    points = torch.tensor([[8.0, 4.0], [5.0, 11.0]])  # of an image twice as large
    assert torch.allclose(features_of(ramp(8), points, 16), points / 2)


def test_a_disc_and_a_square_hold_the_offsets_within_their_reach():
    assert len(disc(1)) == 5
    assert len(disc(1.5)) == 9
    assert len(square(1, spacing=0.5)) == 25
    assert [0.0, 0.0] in square(1.7).tolist()


def test_tracking_finds_where_the_features_have_moved():
    torch.manual_seed(0)
    first = torch.randn(1, 4, 16, 16)
    moved = first.roll((2, -1), (2, 3))  # two down, one to the left
    point, around = torch.tensor([[8.5, 8.5]]), disc(1)
    wanted = features_of(first, point[:, None] + around, 16)
    assert tracked(moved, point, wanted, around, square(3), 16).tolist() == [[7.5, 10.5]]


def test_tracking_stays_where_all_places_are_alike_and_within_the_image():
    flat, point, around = torch.zeros(1, 4, 8, 8), torch.tensor([[0.0, 0.0]]), disc(1)
    wanted = features_of(flat, point[:, None] + around, 8)
    found = tracked(flat, point, wanted, around, square(3), 8)
    assert ((found >= 0) & (found <= 8)).all()


def test_the_features_of_a_level_and_the_image_come_from_one_pass(layered):
    recipe = Recipe(layered.name, seed=3)
    ws, noise, generator = layered.ws([recipe]), layered.noise([recipe]), layered.generator
    for side in generator.feature_sides:
        features, images = generator.features_at(ws, noise, side)
        assert features.shape[-2:] == (side, side)
        assert torch.equal(images, generator.synthesize(ws, noise))


def test_a_drag_moves_w_and_not_the_parameters(layered):
    before = {name: value.clone() for name, value in layered.generator.state_dict().items()}
    taken = list(steps(layered, drag(layered, pair(layered)), SHORT))
    assert not np.array_equal(taken[-1].ws, taken[0].ws)
    assert all(torch.equal(before[name], value) for name, value in layered.generator.state_dict().items())


def test_the_start_is_the_recipes_image_edits_included(layered):
    asked = drag(layered, pair(layered), seed=5, edits=(Edit("pca:0", 2.0),))
    start = next(steps(layered, asked, SHORT))
    assert np.array_equal(start.ws, layered.ws([asked.recipe])[0].numpy())
    assert np.abs(start.image.astype(int) - layered.images([asked.recipe])[0]).max() <= 1
    assert start.distances == (pytest.approx(0.25 * layered.resolution),)


def test_the_result_is_a_recipe_that_draws_the_best_step(layered):
    asked = drag(layered, pair(layered), seed=5, psi=0.7)
    taken = list(steps(layered, asked, Settings(cap=8, patience=99)))
    last = taken[-1]
    assert last.distances[last.best] == min(last.distances)
    assert np.array_equal(last.best_handles, taken[last.best].handles)
    made = Recipe.from_json(result(asked.recipe, last).to_json())
    assert np.array_equal(layered.ws([made])[0].numpy(), taken[last.best].ws)
    assert np.abs(layered.images([made])[0].astype(int) - taken[last.best].image).max() <= 1


def test_a_drag_ends_at_its_cap_or_where_it_comes_no_nearer(layered):
    capped = list(steps(layered, drag(layered, pair(layered)), Settings(cap=3, patience=99)))
    assert (len(capped), capped[-1].outcome) == (4, "cap")
    still = list(steps(layered, drag(layered, pair(layered)), Settings(rate=0.0, patience=2)))
    assert (len(still), still[-1].outcome) == (3, "stuck")
    assert [step.outcome for step in still[:-1]] == ["", ""]


def test_a_drag_is_the_same_each_time(layered):
    one, other = (list(steps(layered, drag(layered, pair(layered)), SHORT))[-1] for _ in range(2))
    assert np.array_equal(one.best_ws, other.best_ws)


def test_a_mask_holds_the_rest_of_the_features_back(layered):
    mask = np.zeros((layered.resolution, layered.resolution), bool)
    half = layered.resolution // 2
    mask[:, half - 2 :] = True

    def change(weight: float) -> float:
        """Of the features outside the mask."""
        asked = drag(layered, pair(layered), mask=mask)
        taken = list(steps(layered, asked, Settings(cap=12, patience=99, mask_weight=weight)))
        noise, level = layered.noise([asked.recipe]), layered.generator.feature_sides[0]
        first, last = (
            layered.generator.features_at(torch.tensor(step.ws[None]), noise, level)[0]
            for step in (taken[0], taken[-1])
        )
        return float((last - first)[..., : level // 4].abs().mean())

    assert change(100.0) < change(0.0)


def test_arriving_grows_with_the_image():
    assert (arrived(64), arrived(256), arrived(1024)) == (1, 1, 4)


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([], "no handle to drag"),
        ([Pair((4, 4), (9, 9))] * (MAX_PAIRS + 1), "9 handles; at most 8"),
        ([Pair((4, 4), (4, 4))], "No target is more than 1 px"),
        ([Pair((-1, 4), (4, 4))], r"Handle 1 is at \(-1, 4\), outside the image"),
        ([Pair((4, 4), (7, 8)), Pair((4, 1e9), (4, 4))], r"Handle 2 is at \(4, 1e\+09\), outside"),
        ([Pair((4, 4), (1e9, 4))], "The target of handle 1 is at"),
        ([Pair((float("nan"), 4), (4, 4))], r"Handle 1 is at \(nan, 4\), outside"),
    ],
)
def test_points_that_make_no_sense_are_refused_at_once(layered, pairs, sentence):
    with pytest.raises(UserError, match=sentence):
        steps(layered, drag(layered, *pairs))


def test_masks_that_make_no_sense_are_refused(layered):
    side = layered.resolution
    with pytest.raises(UserError, match=rf"The mask has 3 x 5 pixels, the image {side} x {side}"):
        steps(layered, drag(layered, pair(layered), mask=np.ones((3, 5), bool)))
    with pytest.raises(UserError, match="Handle 1 lies outside the region that may change"):
        steps(layered, drag(layered, pair(layered), mask=np.zeros((side, side), bool)))


def test_a_model_without_layers_of_w_is_refused(plain):
    with pytest.raises(UserError, match="needs a style-based model"):
        steps(plain, drag(plain, pair(plain)))
    with pytest.raises(UserError, match="needs a style-based model"):
        plain.generator.features_at(plain.ws([Recipe(plain.name)]), None, 8)


def test_a_second_point_that_stays_is_held(layered):
    held = Pair((3.0, 3.0), (3.0, 3.0))
    last = list(steps(layered, drag(layered, pair(layered), held), SHORT))[-1]
    assert last.handles.shape == (2, 2)


def test_an_image_that_is_not_finite_is_refused_with_a_sentence(checkpoint):
    broken = Model(checkpoint("stylegan-lite"))
    broken.generator.constant.fill_(float("nan"))
    with pytest.raises(UserError, match="NaN or infinite pixels on the way"):
        next(steps(broken, drag(broken, pair(broken))))


class Blob(Generator):
    """Its w is where a blob lies, in pixels from the middle: what is dragged can be checked against the truth."""

    z_dim = w_dim = 2
    num_ws, num_classes, resolution, channels = 2, 0, 64, 1
    feature_sides = (16,)

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("w_avg", torch.zeros(2))

    def map(self, z, label=None):
        return 8 * z[:, None].expand(-1, self.num_ws, -1)

    def features_at(self, ws, noise, side):
        middle = 32 + ws[0, 0]
        return tuple(self.blob((torch.arange(s) + 0.5) * (64 / s) - middle[:, None]) for s in (side, 64))

    def blob(self, gaps):
        """Offsets [x and y, s] from the middle -> the blob, [1, 1, s, s]."""
        hill = (-(gaps / 6).square() / 2).exp()
        return (hill[1][:, None] * hill[0])[None, None]


@pytest.mark.parametrize("way", [(8.0, 0.0), (-6.0, 5.0)])
def test_a_point_that_the_model_can_move_comes_to_its_target_in_truth(layered, way):
    model = copy.copy(layered)
    model.generator, model.resolution, model.num_ws, model.z_dim, model.w_dim = Blob(), 64, 2, 2, 2
    start = Recipe(model.name, seed=1)
    middle = (32 + model.ws([start])[0, 0]).tolist()
    target = (middle[0] + way[0], middle[1] + way[1])
    *_, last = steps(model, Drag(start, (Pair(tuple(middle), target),)))
    assert last.outcome == "arrived"
    assert np.hypot(*(32 + last.best_ws[0] - target)) <= 1.5  # a pixel, and half a place of the search
