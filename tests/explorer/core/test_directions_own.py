"""Facts about directions that people make, pass on, learn and find by a region of the image."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from explorer.core.directions import explicit, fitting, learning, regions, sharing
from explorer.core.directions.catalogue import entries, is_learned, suited, unlearnable
from explorer.core.directions.sharing import KEY, Shared
from explorer.core.model import Model
from explorer.core.recipe import Edit, Recipe, pack
from tests.explorer.core.readable import subject
from trainer.util.errors import UserError


@pytest.fixture(scope="module")
def styled(checkpoint) -> Model:
    """A style-based model; not to be written to."""
    return Model(checkpoint("stylegan-lite"), "styled")


def at(seed: int, **fields) -> Recipe:
    return Recipe("styled", seed, **fields)


def test_from_a_to_b_leads_from_one_image_to_the_other(styled):
    direction = explicit.between(styled, [at(2)], [at(1)])
    moved = at(1, edits=(Edit(direction, 1.0),))
    assert styled.ws([moved]).numpy() == pytest.approx(styled.ws([at(2)]).numpy(), abs=1e-5)
    assert np.abs(styled.images([moved]).astype(int) - styled.images([at(2)])).max() <= 1


def test_a_mean_minus_a_mean_and_images_edited_in_some_layers_only(styled):
    plus, minus = [at(1), at(2)], [at(3), at(4, edits=(Edit("pca:0", 2.0, 1, 1),))]
    direction = explicit.between(styled, plus, minus)
    step = styled.step(direction, 1.0)
    assert step.shape == (styled.num_ws, styled.w_dim)
    assert step == pytest.approx((styled.ws(plus).mean(0) - styled.ws(minus).mean(0)).numpy(), abs=1e-5)
    bare = explicit.between(styled, plus, [at(3), at(4)])
    assert styled.step(bare, 1.0).shape == (styled.w_dim,)  # all layers alike: written once
    assert len(bare) < len(direction)


def test_an_image_that_stands_twice_on_a_side_counts_once(styled):
    assert explicit.between(styled, [at(1), at(2), at(1)], [at(3)]) == explicit.between(styled, [at(1), at(2)], [at(3)])


def test_an_edit_of_some_layers_takes_their_rows_of_a_direction(styled):
    rows = np.arange(styled.num_ws * styled.w_dim, dtype=np.float32).reshape(styled.num_ws, styled.w_dim)
    before, after = (styled.ws([at(1, edits=edits)])[0] for edits in ((), (Edit(explicit.spelled(rows), 0.5, 1, 2),)))
    wanted = np.zeros_like(rows)
    wanted[1:3] = rows[1:3] / 2
    assert (after - before).numpy() == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(
    ("plus", "minus", "told"),
    [
        ([], [at(1)], "at least one image"),
        ([at(1)], [], "at least one image"),
        ([at(1)], [at(1)], "the same image"),
        ([at(1)], [Recipe("other", 2)], "must be styled's"),
    ],
)
def test_what_makes_no_direction_is_told(styled, plus, minus, told):
    with pytest.raises(UserError, match=told):
        explicit.between(styled, plus, minus)


@pytest.mark.parametrize("direction", ["w:", "w:AAAA", f"w:{pack(np.ones(3, np.float32))}", "w:!!!!"])
def test_a_direction_of_another_width_or_none_is_told(styled, direction):
    with pytest.raises(UserError, match="direction"):
        styled.step(direction, 1.0)


def test_directions_held_fixed_do_not_move_and_the_length_stays(styled):
    a, b, c = (explicit.whole(styled, Edit(name, 1)) for name in ("pca:0", "random:1", "sefa:2"))
    made = explicit.conditioned(styled, Edit("pca:0", 1), [Edit("random:1", 1), Edit("sefa:2", 1)])
    held = explicit.whole(styled, Edit(made, 1))
    assert [float(held @ other) / np.linalg.norm(other) for other in (b, c)] == pytest.approx([0, 0], abs=1e-5)
    assert np.linalg.norm(held) == pytest.approx(np.linalg.norm(a), rel=1e-5)
    alone = explicit.conditioned(styled, Edit("pca:0", 1), [])
    assert explicit.whole(styled, Edit(alone, 1)) == pytest.approx(a, abs=1e-6)


def test_only_the_layers_that_a_direction_acts_on_are_held(styled):
    made = explicit.conditioned(styled, Edit("pca:0", 1, 1, 1), [Edit("random:1", 1, 0, 0)])
    moved = explicit.whole(styled, Edit(made, 1)).reshape(styled.num_ws, -1)
    assert moved[1] == pytest.approx(styled.step("pca:0", 1.0), rel=1e-5)
    assert not moved[[0, *range(2, styled.num_ws)]].any()


def test_a_direction_cannot_hold_itself_fixed(styled):
    with pytest.raises(UserError, match="wholly along"):
        explicit.conditioned(styled, Edit("pca:0", 1), [Edit("pca:0", 1), Edit("random:1", 1)])


def shared(model: Model) -> list[Shared]:
    own = explicit.between(model, [at(1)], [at(2)])
    plain = [
        {"id": "pca:1", "title": "smile", "first": 0, "last": 1, "low": -2, "high": 4.5, "note": "by hand"},
        {"id": own},
    ]
    return [Shared.of(model, one) for one in plain]


def test_a_file_of_directions_gives_back_what_was_put_in(styled):
    file = sharing.to_bytes(styled, shared(styled))
    first, second = sharing.from_bytes(styled, file)
    assert first[1:] == ("smile", 0, 1, -2, 4.5, "by hand")
    assert np.array_equal(styled.step(first.id, 1.0), styled.step("pca:1", 1.0))
    assert np.array_equal(styled.step(second.id, 2.0), 2 * styled.step(shared(styled)[1].id, 1.0))
    assert json.loads(sharing.metadata_of(file)[KEY])["checkpoint"] == "styled"


def test_a_file_of_another_model_is_refused_by_name(styled, plain):
    with pytest.raises(UserError, match=r"'styled', whose w means something else"):
        sharing.from_bytes(plain, sharing.to_bytes(styled, shared(styled)))


def rewritten(file: bytes, **changes) -> bytes:
    record = json.loads(sharing.metadata_of(file)[KEY]) | changes
    return save(load(file), {KEY: json.dumps(record)})


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: b"",
        lambda file: b"not a file of directions",
        lambda file: file[:-5],
        lambda file: save({"a": np.zeros(3)}),
        lambda file: rewritten(file, directions=3),
        lambda file: rewritten(file, directions=[{"title": 3}]),
        lambda file: rewritten(file, directions=[{"title": "t", "low": float("nan")}]),
        lambda file: rewritten(file, directions=[{"first": 0, "last": 10**9}]),
        lambda file: rewritten(file, directions=[{}] * 3),
        lambda file: rewritten(file, directions=[{"note": "n" * 9999}]),
        lambda file: rewritten(file, directions=[{"low": 2, "high": 1}]),
        lambda file: rewritten(file, directions=[{"high": 1e9}]),
        lambda file: rewritten(file, directions=[{"surprise": 1}]),
        lambda file: save(
            {name: np.full_like(array, np.nan) for name, array in load(file).items()}, sharing.metadata_of(file)
        ),
    ],
)
def test_a_damaged_file_of_directions_is_one_sentence(styled, damage):
    with pytest.raises(UserError) as error:
        sharing.from_bytes(styled, damage(sharing.to_bytes(styled, shared(styled))))
    assert "\n" not in str(error.value)


def test_an_empty_file_is_not_written(styled):
    with pytest.raises(UserError, match="1 to 200"):
        sharing.to_bytes(styled, [])


class Toyed:
    """What regions need of a model, with the toy that is its own w."""

    name, lock, has_noise = "toy", __import__("threading").Lock(), False

    def __init__(self):
        self.generator = subject().generator

    def ws(self, recipes):
        return torch.zeros(len(recipes), self.generator.num_ws, self.generator.w_dim)

    def noise(self, recipes):
        return None


def test_the_channels_of_a_region_are_those_that_change_its_pixels_alone():
    second_row_from_the_third_column = regions.Region(2 / 6, 1 / 6, 4 / 6, 2 / 6)
    found = regions.channels_of(Toyed(), Recipe("toy"), second_row_from_the_third_column)
    assert {one.title for one in found} == {"layer 1, channel 2", "layer 1, channel 3"}
    assert {one.layers for one in found} == {(1, 1)}
    assert all("100 %" in one.note for one in found)


@pytest.mark.parametrize(
    ("region", "told"), [((0.5, 0.5, 0.5, 0.6), "holds no pixel"), ((0, 5 / 6, 1, 1), "changes this region")]
)
def test_a_region_without_channels_is_told(region, told):
    with pytest.raises(UserError, match=told):
        regions.channels_of(Toyed(), Recipe("toy"), regions.Region(*region))


def test_a_model_without_styles_has_no_channels_of_a_region(plain):
    with pytest.raises(UserError, match="no style channels"):
        regions.channels_of(plain, Recipe(plain.name), regions.Region(0, 0, 1, 1))


def test_a_model_that_nobody_reads_says_how_to_change_that(styled, monkeypatch):
    monkeypatch.setattr(fitting, "FITTED", {})  # the same weights may have been read in another test
    assert "trainer reference" in unlearnable(styled)
    assert not is_learned(styled)
    with pytest.raises(UserError, match="Nobody can read attributes"):
        next(learning.learned(styled))
    with pytest.raises(UserError, match="not been learned"):
        styled.directions("attributes")
    assert {one.method for one in entries(styled)} == {"pca", "sefa", "random"}


def finds_nothing(directions, subject):
    raise UserError("No single style channel goes with an attribute of this model.")


def test_a_method_that_found_nothing_is_remembered_for_these_weights(checkpoint, tmp_path, monkeypatch):
    model = Model(shutil.copytree(checkpoint("stylegan-lite"), tmp_path / "styled"))
    monkeypatch.setattr(fitting, "FITTED", {})
    fitting.kept(None, "attributes", model.place)
    monkeypatch.setattr(fitting, "FITTED", {})
    assert fitting.is_settled("attributes", model.subject, model.place)
    assert not fitting.is_settled("learned", model.subject, model.place)
    assert not fitting.is_settled("attributes", model.subject, model.place._replace(weights="0" * 64))
    with pytest.raises(UserError, match="nothing was found"):
        model.directions("attributes")


@pytest.mark.slow
def test_learning_that_is_left_goes_on_where_it_was(referenced, tmp_path, hasty, monkeypatch):
    monkeypatch.setattr(fitting.DIRECTIONS["channels"], "fitting", finds_nothing)
    model = Model(shutil.copytree(referenced("stylegan-lite"), tmp_path / "faces"))
    steps = learning.learned(model)
    for step in steps:
        if step.doing.startswith("measuring"):
            break
    steps.close()
    again = [step.doing for step in learning.learned(model)]
    assert any(doing.startswith("measuring") for doing in again)
    assert is_learned(model)  # one method found nothing, and that is known, too
    assert [step.done for step in learning.learned(model)] == list(range(len(suited(model))))  # nothing is left
