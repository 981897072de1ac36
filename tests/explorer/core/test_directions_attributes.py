"""Facts about directions that have a meaning: found, learned, measured, named and shown, on a toy that is its own w."""

import numpy as np
import pytest
import torch

from explorer.core.directions import DIRECTIONS, Directions, Subject
from explorer.core.directions.attributes import AttributeReader, log_odds
from explorer.core.directions.base import sample_ws
from explorer.core.directions.boundaries import begins, crossing
from explorer.core.directions.catalogue import Entry, chosen, entry
from explorer.core.directions.effects import FARTHEST, STRIDE, Effects, Measuring
from explorer.core.directions.supervised import boundary, on_both_sides
from tests.explorer.core.readable import LAYERS, W_DIM, Drawn, Reads, subject
from trainer.util.errors import UserError
from trainer.util.images import to_uint8

E = np.eye(W_DIM)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.fixture(scope="module")
def attributes() -> Directions:
    return DIRECTIONS["attributes"]().fit(subject())


@pytest.fixture(scope="module")
def learned() -> Directions:
    return DIRECTIONS["learned"]().fit(subject())


def test_log_odds_are_of_each_value_against_all_others():
    logits = torch.tensor([[0.3, -1.2, 2.0]])
    p = logits.softmax(1)
    assert log_odds(logits).numpy() == pytest.approx((p / (1 - p)).log().numpy(), abs=1e-5)


def test_a_boundary_is_crossed_along_what_decides_the_attribute(attributes):
    axes = dict(zip(attributes.names_, attributes.axes_, strict=True))
    assert list(axes) == ["left=no", "left=yes", "tone=dark", "tone=light", "glow"]
    assert cosine(axes["left=yes"], E[0]) > 0.99
    assert cosine(axes["left=no"], -E[0]) > 0.99
    assert cosine(axes["tone=dark"], E[1] - E[2]) > 0.99
    assert cosine(axes["glow"], E[5]) > 0.99
    assert np.linalg.norm(attributes.axes_, axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    assert attributes.scale_ == pytest.approx(np.ones(5), rel=0.05)  # w is standard normal
    assert attributes.share_.min() > 0.97
    assert attributes.title_of(1) == "left: yes"


def test_accuracy_is_that_of_samples_that_the_boundary_has_not_seen():
    rng = np.random.default_rng(1)
    w = rng.standard_normal((4_000, 30)).astype(np.float32)
    _, accuracy = boundary(w, rng.standard_normal(4_000))
    assert accuracy < 0.58  # chance: nothing in w tells this score


def test_an_attribute_that_nearly_no_sample_has_gets_no_boundary():
    yes = Reads.heads[0], subject().reader.traits[1]
    scores = np.full(20_000, -1.0)
    scores[:99] = 1
    assert not on_both_sides(scores, yes[1])
    scores[99] = 1
    assert on_both_sides(scores, yes[1])
    assert on_both_sides(-scores, yes[1])
    assert not on_both_sides(-np.abs(scores), yes[1])


def test_a_model_that_makes_one_thing_only_has_no_attributes_to_find():
    class One(Drawn):
        def map(self, z, label=None):
            return super().map(torch.zeros_like(z))

    alike = Subject(One(), subject().reader)
    for method in ("attributes", "learned", "channels"):
        with pytest.raises(UserError, match=r"Train the model longer|No single style channel"):
            DIRECTIONS[method]().fit(alike)


def test_without_a_reader_nobody_knows_attributes():
    bare = Subject(Drawn())
    for method in ("attributes", "learned", "channels"):
        assert not DIRECTIONS[method].suits(bare)
        assert DIRECTIONS[method].suits(subject())
        with pytest.raises(UserError, match="Nobody can read attributes"):
            DIRECTIONS[method]().fit(bare)


def test_a_learned_direction_reaches_its_attribute_and_leaves_the_others(learned):
    assert learned.names_ == ("left=no", "left=yes", "tone=dark", "tone=light", "glow")
    assert learned.share_[:4].min() > 0.9
    toy = subject()
    ws = sample_ws(toy.generator, 400, seed=5)
    before = toy.reader.values(toy.reader.of(toy.generator, ws)[1])
    after = toy.reader.values(toy.reader.of(toy.generator, ws + torch.from_numpy(learned.step("left=yes", 2.0)))[1])
    assert (after[:, 0] == 1).mean() > 0.9
    assert (after[:, 1] == before[:, 1]).mean() > 0.97


def test_a_learned_direction_moves_each_layer_by_itself(learned):
    step = learned.step("left=yes", 2.0)
    assert step.shape == (LAYERS, W_DIM)
    assert step[0, 0] > 10 * np.abs(step[1]).max()  # the reader looks at w[0] in the first layer alone
    assert np.linalg.norm(learned.axes_, axis=1) == pytest.approx(np.ones(5), abs=1e-6)


def test_a_learned_measure_rises_by_the_deviations_asked_for(learned):
    assert learned.step("glow", 2.0)[0, 5] == pytest.approx(2.0, rel=0.25)


def test_style_channels_are_those_that_go_with_an_attribute():
    found = DIRECTIONS["channels"]().fit(subject())
    assert set(found.names_) >= {"0.0", "1.0"}  # w[0], in either layer
    own = found.names_.index("0.0")
    assert found.layers_[own] == (0, 0)
    assert cosine(found.axes_[own], E[0]) == pytest.approx(1)
    assert found.scale_[own] == pytest.approx(1, rel=0.05)  # a strength of 1 is a deviation of the style
    assert found.share_[own] == pytest.approx(1)  # the styles are w: nothing else moves


def measuring(reach: float = 3.0) -> Measuring:
    toy = subject(reach)
    return Measuring(toy.generator, toy.reader, sample_ws(toy.generator, 400, seed=1))


def test_the_effect_is_the_mean_change_in_deviations_a_unit_of_strength():
    gain = measuring().gain(torch.from_numpy(np.stack([E[0], 0 * E[0]])).float())
    assert gain == pytest.approx([-1, 1, 0, 0, 0], abs=0.06)
    gain = measuring().gain(torch.from_numpy(np.stack([E[5], E[1]]) / 2).float())
    assert gain == pytest.approx([0, 0, 0.5 / 2**0.5, -0.5 / 2**0.5, 0.5], abs=0.06)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_slider_ends_where_images_leave_the_real_ones(sign):
    step = torch.zeros(LAYERS, W_DIM)
    step[:, 4] = 1.0
    ends = [measuring(reach).end(step, sign) * sign for reach in (2.5, 5.0)]
    assert STRIDE <= ends[0] < ends[1] <= FARTHEST
    assert 1.0 <= ends[0] <= 3.0


def test_impurity_is_the_mean_change_of_the_other_attributes_by_that_of_the_target():
    gain = np.array([[0.8, -0.8, 0.2, -0.4, 0.0]], np.float32)
    found = Effects(("left=no", "left=yes", "tone=dark", "tone=light", "glow"), gain, *np.ones((2, 1), np.float32))
    assert found.impurity(0, "left=no") == pytest.approx((0.4 + 0.0) / 2 / 0.8)
    assert found.impurity(0, "glow") == np.inf
    assert found.named_after(0) == ("left=no", pytest.approx(0.8))
    assert found.strongest(0) == [
        ("left=no", pytest.approx(0.8)),
        ("left=yes", pytest.approx(-0.8)),
        ("tone=light", pytest.approx(-0.4)),
    ]


@pytest.mark.parametrize(
    ("gains", "title"),
    [
        ([0.0, 0.0, 0.05, 0.0, 0.0], "1"),  # nothing that is seen
        ([0.5, -0.5, 0.5, -0.5, 0.4], "1"),  # not pure
        ([0.0, 0.0, 0.0, 0.1, -0.6], "1 · less glow"),
        ([0.5, -0.4, 0.1, 0.0, 0.2], "1 · left: no"),
    ],
)
def test_an_axis_is_named_after_what_it_changes_if_it_is_pure(gains, title):
    found = DIRECTIONS["random"]().fit(subject())
    traits = tuple(trait.name for trait in subject().reader.traits)
    n = len(found.axes_)
    found.effects = Effects(traits, np.tile(np.float32(gains), (n, 1)), -np.ones(n, np.float32), np.ones(n, np.float32))
    assert entry("random", found, 0).title == title


def row(method: str, title: str, impurity: float | None = None) -> Entry:
    return Entry(f"{method}:{title}", title, method, (0, None), -1, 1, "", (), impurity)


def test_the_first_sliders_are_attributes_in_turn_each_by_its_purest_method():
    found = [
        row("learned", "hair: long", 0.2), row("learned", "hair: bun", 0.1), row("learned", "glasses: none", 0.1),
        row("learned", "mouth: smile", 0.5), row("attributes", "mouth: smile", 0.3), row("attributes", "slant", 0.9),
        row("pca", "1"),
    ]  # fmt: skip
    assert chosen(found) == ["attributes:slant", "learned:hair: bun", "attributes:mouth: smile", "learned:hair: long"]


def test_without_attributes_the_first_sliders_are_codes_or_pca():
    pca, sefa = [row("pca", str(i)) for i in range(12)], [row("sefa", "1")]
    assert chosen([*sefa, *pca]) == [f"pca:{i}" for i in range(10)]
    assert chosen([*sefa, row("codes", "1"), *pca]) == ["codes:1", *(f"pca:{i}" for i in range(9))]
    assert chosen([*pca, row("codes", "1")], without=["codes:1", "pca:0"])[:2] == ["pca:1", "pca:2"]
    assert chosen(sefa) == ["sefa:1"]
    assert chosen([]) == []


def test_classes_are_directions_between_the_mean_w_of_each():
    class Classed(Drawn):
        num_classes = 3

        def map(self, z, label=None):
            return super().map(z + 9 * torch.nn.functional.one_hot(label, W_DIM))

    found = DIRECTIONS["classes"]().fit(Subject(Classed()))
    towards = E[:3] - E[:3].mean(0)
    assert found.step("1", 3.0) == pytest.approx(9 * towards[1], abs=1e-4)
    assert not DIRECTIONS["classes"].suits(Subject(Drawn()))


def test_values_are_the_likeliest_of_each_attribute():
    reader: AttributeReader = subject().reader
    assert reader.values(np.array([[-1.0, 1, 3, 2, 9]])).tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("scores", "place"),
    [
        ([-3, -1, 1, 3], 0.0), ([-3, -3, -1, 3], 1.5), ([1, 2, 3, 4], None), ([-4, -3, -2, -1], None),
        ([4, 3, -1, -2], None), ([-1, 1, -1, 3], 1.5), ([0, 0, 0, 0], None),
    ],
)  # fmt: skip
def test_an_attribute_begins_where_its_score_rises_above_zero(scores, place):
    assert crossing([-3.0, -1.0, 1.0, 3.0], scores) == (None if place is None else pytest.approx(place))


@pytest.mark.parametrize(("direction", "place"), [("learned:left=yes", 0.5), ("pca:0", None), ("learned:glow", None)])
def test_images_are_read_for_where_an_attribute_begins(direction, place):
    class Read:
        reader = subject().reader

    strengths = [-2.0, -1.0, 0.0, 1.0, 2.0]
    ws = torch.zeros(5, LAYERS, W_DIM)
    ws[:, :, 0] = torch.tensor(strengths)[:, None] - 0.5
    images = to_uint8(Drawn().synthesize(ws))
    found = begins(Read(), direction, strengths, images)
    assert found == (None if place is None else pytest.approx(place, abs=0.05))
