"""Facts about directions: the contract for every method and model, and closed forms on toy generators."""

import itertools
import warnings

import numpy as np
import pytest
import torch

from explorer.core.directions import DIRECTIONS, N_AXES, Directions, Subject, fitted, fitting
from explorer.core.directions.base import oriented, sample_ws
from explorer.core.directions.codes import FULL, CodeDirections
from explorer.core.place import Place
from trainer.checkpoints.building import drawn
from trainer.networks import Generator
from trainer.networks.mlp import MlpGenerator
from trainer.util.errors import UserError


class Toy(Generator):
    """w = A z, read by two layers; its early features are B w. It draws w as grey stripes, each layer a half."""

    num_ws, num_classes, resolution, channels = 2, 0, 8, 1

    def __init__(self, a: np.ndarray, b: np.ndarray | None = None, styles: np.ndarray | None = None):
        super().__init__()
        self.w_dim, self.z_dim = a.shape
        self.register_buffer("w_avg", torch.zeros(self.w_dim))
        self.a = torch.tensor(a, dtype=torch.float32)
        self.b = torch.eye(self.w_dim) if b is None else torch.tensor(b, dtype=torch.float32)
        self.styles = torch.eye(self.w_dim) if styles is None else torch.tensor(styles, dtype=torch.float32)

    def map(self, z, label=None):
        return (z @ self.a.T)[:, None].expand(-1, 2, -1)

    def early_features(self, ws):
        return ws[:, 0] @ self.b.T

    def synthesize(self, ws, noise=None):
        stripes = torch.nn.functional.interpolate(ws.tanh(), self.resolution)  # [N, 2, 8]
        return stripes.repeat_interleave(self.resolution // 2, 1)[:, None]  # [N, 1, 8, 8]

    def style_matrices(self):
        return list(self.styles.split(2))


def frame(d: int, seed: int = 0) -> np.ndarray:
    """Orthonormal columns, (d, d)."""
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]


LEARNED = ["pca", "random", "sefa"]  # those that need no classes, codes or reader


def fit(method: str, generator: Generator) -> Directions:
    return DIRECTIONS[method]().fit(Subject(generator))


@pytest.mark.parametrize("method", LEARNED)
def test_every_method_gives_unit_axes_with_a_sign_and_the_deviation_of_w(model, method):
    found = fit(method, model.generator)
    n = len(found.axes_)
    seen = model.generator.early_features(sample_ws(model.generator, 2)).shape[1] if method == "pca" else N_AXES
    assert n == min(N_AXES, model.w_dim, seen)
    assert found.axes_.shape == (n, model.w_dim)
    assert found.scale_.shape == found.share_.shape == (n,)
    assert {array.dtype for array in (found.axes_, found.scale_, found.share_)} == {np.dtype(np.float32)}
    assert np.linalg.norm(found.axes_, axis=1) == pytest.approx(np.ones(n), abs=1e-6)
    assert (found.axes_.max(1) == np.abs(found.axes_).max(1)).all()
    assert ((found.share_ >= 0) & (found.share_ <= 1)).all()
    w = sample_ws(model.generator, 4_000, seed=99)[:, 0].numpy()
    assert found.scale_ == pytest.approx((w @ found.axes_.T).std(0), rel=0.1)


@pytest.mark.parametrize("method", LEARNED)
def test_every_method_finds_the_same_axes_again(model, method):
    first, second = (fit(method, model.generator) for _ in range(2))
    for name in fitting.LEARNED:
        assert np.array_equal(getattr(first, name), getattr(second, name))


@pytest.mark.parametrize("method", LEARNED)
def test_every_method_says_what_it_is_in_one_line_and_notes_each_axis(plain, method):
    assert 20 < len(DIRECTIONS[method].__doc__.splitlines()[0]) < 110
    assert len(DIRECTIONS[method].title) < 30
    assert " % of " in plain.directions(method).note(0)


@pytest.mark.parametrize("method", LEARNED)
def test_every_method_survives_a_collapsed_model(method):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit(method, Toy(np.zeros((12, 4))))
    assert np.linalg.norm(found.axes_, axis=1) == pytest.approx(np.ones(N_AXES))
    assert not found.scale_.any()


@pytest.mark.parametrize("method", LEARNED)
def test_a_step_along_an_axis_changes_the_image_and_only_on_its_layer(method):
    toy = Toy(frame(6) * np.array([6, 5, 4, 3, 2, 1]))
    step = torch.from_numpy(fit(method, toy).step("0", 1.0))
    ws = sample_ws(toy, 1).clone()
    before, after = (toy.synthesize(ws + moved)[0, 0] for moved in (0, torch.stack([0 * step, step])))
    assert before.shape == (toy.resolution, toy.resolution)
    assert torch.equal(before[:4], after[:4])
    assert (before[4:] - after[4:]).abs().max() > 0.05
    drawn(toy)  # raises for what cannot be a checkpoint


def test_a_small_w_gives_as_many_axes_as_it_has_dimensions():
    toy = Toy(np.eye(3))
    assert [len(fit(method, toy).axes_) for method in LEARNED] == [3] * len(LEARNED)


def test_pca_recovers_the_axes_and_scales_of_a_linear_mapping():
    turn, scale = frame(5), np.array([8, 4, 2, 1, 0.5])
    found = fit("pca", Toy(turn * scale))  # w = turn diag(scale) z
    assert found.axes_ == pytest.approx(oriented(turn.T), abs=0.05)
    assert found.scale_ == pytest.approx(scale, rel=0.05)
    assert found.share_ == pytest.approx(scale**2 / (scale**2).sum(), rel=0.1)


def test_pca_goes_back_from_the_features_to_w_by_regression():
    turn, gain = frame(5), np.array([16, 8, 4, 2, 1])
    wide = frame(40)[:, :5] * gain @ turn.T  # features = wide w: their principal axes in w are the columns of `turn`
    found = fit("pca", Toy(np.eye(5), b=wide))
    assert found.axes_ == pytest.approx(oriented(turn.T), abs=0.05)
    assert found.scale_ == pytest.approx(np.ones(5), rel=0.05)


def test_sefa_orders_axes_by_the_weights_that_read_them_whatever_their_length():
    rows = np.array([0, 2, 0, 1, 0, 2])  # three rows read axis 0, two axis 2, one axis 1
    styles = np.eye(4)[rows] * np.array([[5, 0.1, 1, 9, 2, 3]]).T
    found = fit("sefa", Toy(np.diag([1.0, 2, 3, 4]), styles=styles))
    assert found.axes_[:3] == pytest.approx(np.eye(4)[[0, 2, 1]])
    assert found.share_ == pytest.approx([1 / 2, 1 / 3, 1 / 6, 0])
    assert found.scale_[:3] == pytest.approx([1, 3, 2], rel=0.05)


def test_random_axes_are_at_right_angles():
    axes = fit("random", Toy(np.eye(20))).axes_
    assert axes @ axes.T == pytest.approx(np.eye(N_AXES), abs=1e-6)


def test_a_step_is_strength_deviations_along_the_axis(plain):
    found = plain.directions("random")
    assert found.step("3", -2.5) == pytest.approx(-2.5 * found.scale_[3] * found.axes_[3])


@pytest.mark.parametrize("axis", ["10", "-1", "", "x", "1.0", "²", "99999999999"])
def test_an_unknown_axis_is_told(plain, axis):
    with pytest.raises(UserError, match="0 to 9"):
        plain.directions("random").step(axis, 1)


def test_an_unknown_method_lists_the_known_ones(plain):
    with pytest.raises(UserError, match=f"nope.*{', '.join(sorted(DIRECTIONS))}"):
        plain.directions("nope")


@pytest.fixture
def forgotten():
    """Call it to forget what memory holds, so that only the cache folder remembers."""
    fitting.FITTED.clear()
    return fitting.FITTED.clear


@pytest.mark.parametrize("method", LEARNED)
def test_the_cache_keeps_all_that_was_learned_and_spares_the_fit(plain, method, tmp_path, forgotten, monkeypatch):
    first = fitted(method, plain.subject, Place(tmp_path, "hash"))
    assert fitted(method, plain.subject, Place(tmp_path, "hash")) is first
    forgotten()
    monkeypatch.delattr(DIRECTIONS[method], "fit")
    monkeypatch.setattr(DIRECTIONS[method], "__abstractmethods__", frozenset())
    again = fitted(method, plain.subject, Place(tmp_path, "hash"))
    for name in fitting.LEARNED:
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert again.note(0) == first.note(0)


def test_other_weights_and_a_damaged_cache_are_fitted_anew(plain, tmp_path, forgotten):
    first = fitted("sefa", plain.subject, Place(tmp_path, "one"))
    fitted("sefa", plain.subject, Place(tmp_path, "two"))
    files = sorted((tmp_path / ".cache").iterdir())
    assert len(files) == 2
    for damage, file in itertools.product([b"", b"no safetensors", files[0].read_bytes()[:-9]], files):
        file.write_bytes(damage)
        forgotten()
        assert np.array_equal(fitted("sefa", plain.subject, Place(tmp_path, "one")).axes_, first.axes_)


def test_a_folder_that_cannot_be_written_only_costs_the_fit(plain, tmp_path, forgotten):
    (tmp_path / "file").touch()
    assert len(fitted("random", plain.subject, Place(tmp_path / "file", "hash")).axes_) == N_AXES


def test_the_codes_of_an_infogan_are_directions_by_themselves():
    g = MlpGenerator(resolution=8, channels=1, z_dim=9, width=8, codes=(3, 2))
    found = CodeDirections().fit(Subject(g))
    z = torch.zeros(1, 9)
    z[0, 5] = 1  # the second of three values
    w = g.map(z)[0, 0].numpy()
    assert w[4:].tolist() == [0, 1, 0, 0, 0]
    assert (w + found.step("0", FULL))[4] == pytest.approx(1)  # a slider's end is the whole of a value
    assert (w + found.step("3", -FULL))[7] == pytest.approx(-1)
    assert CodeDirections.suits(Subject(g))


def test_a_generator_without_codes_has_no_such_directions(plain):
    assert not CodeDirections.suits(plain.subject)
    with pytest.raises(UserError, match="no codes"):
        CodeDirections().fit(plain.subject)
