"""The search: it gets nearer at every stage, in every kind of model, and refuses those without gradients."""

import numpy as np
import pytest
import torch

from explorer.core.inversion.inverter import Inverter
from explorer.core.inversion.objective import WEIGHTS
from explorer.core.inversion.search import Effort
from explorer.core.inversion.target import Target
from explorer.core.model import Model
from tests.explorer.core.inversion.conftest import SHORT, last
from trainer.checkpoints.importers import import_file
from trainer.util.errors import UserError


def own_pictures(inverter: Inverter, count: int) -> Target:
    searcher = inverter.searcher
    labels = torch.arange(count) % len(searcher.space.means)
    _, images = searcher.synthesis.own_samples(searcher.space, labels, torch.Generator().manual_seed(9))
    return Target(images)


@pytest.fixture(scope="module")
def ready(model: Model) -> Inverter:
    """Each kind of model that makes pictures."""
    if model.points or model.generator.resolution == 1:
        pytest.skip("points of a plane")
    made = Inverter(model, SHORT)
    made.place = made.place._replace(folder=made.place.folder / "nowhere")  # nothing is kept
    last(made.prepare())
    return made


def test_every_kind_of_model_finds_its_own_images(ready: Inverter):
    target = own_pictures(ready, 2)
    objective = ready.objective(target)
    labels = ready.searcher.best_classes(objective)
    start = ready.searcher.start(objective, labels)
    found = last(ready.searcher.search(objective, labels, Effort(2, 60, 20)))
    assert (target.error(found.images) < target.error(start.images)).all()
    assert (found.loss < start.loss).all()
    assert torch.isfinite(found.u).all()


def test_the_loss_never_rises_and_the_stages_come_in_order(inverter: Inverter):
    objective = inverter.objective(own_pictures(inverter, 2))
    labels = torch.zeros(2, dtype=torch.int64)
    guesses = list(inverter.searcher.search(objective, labels, Effort(2, 10, 5)))
    assert list(dict.fromkeys(guess.stage for guess in guesses)) == ["encoder", "w", "w+"]
    w = torch.stack([guess.loss for guess in guesses if guess.stage == "w"])
    assert (w.diff(dim=0) <= 1e-6).all()
    assert guesses[-1].u.shape[1] == inverter.searcher.space.num_ws


def test_the_encoder_alone_comes_nearer_than_the_centre(inverter: Inverter):
    target = own_pictures(inverter, 8)
    objective = inverter.objective(target)
    start = inverter.searcher.start(objective, torch.zeros(8, dtype=torch.int64))
    found = last(inverter.searcher.encoded(objective, start, 3))
    assert float(target.error(found.images).mean()) < float(target.error(start.images).mean())


def test_equal_pictures_get_different_answers_from_different_starts(inverter: Inverter):
    rows = torch.zeros(3, dtype=torch.int64)
    objective = inverter.objective(own_pictures(inverter, 1)).take(rows)
    found = last(inverter.searcher.search(objective, rows, Effort(1, 5, 0, apart=1.0)))
    apart = torch.cdist(found.u[:, 0], found.u[:, 0])
    assert (apart[np.triu_indices(3, 1)] > 0.1).all()


def test_a_search_is_the_same_each_time(inverter: Inverter):
    objective = inverter.objective(own_pictures(inverter, 1))
    runs = [last(inverter.searcher.search(objective, torch.tensor([0]), Effort(1, 8, 4))) for _ in range(2)]
    assert torch.equal(runs[0].u, runs[1].u)


def test_features_count_where_the_whole_picture_is_seen_alone(inverter: Inverter):
    target = own_pictures(inverter, 1)
    side = target.side
    assert inverter.objective(target).perception is (inverter.perception if side >= 16 else None)
    assert inverter.objective(Target(target.pixels, torch.ones(1, 1, side, side)), WEIGHTS).perception is None


def test_a_generator_of_points_is_refused_with_a_sentence(checkpoint):
    model = Model(checkpoint("mlp"))
    if model.generator.resolution > 1:
        pytest.skip("this size of mlp makes images")
    with pytest.raises(UserError, match="points of a plane"):
        Inverter(model)


def test_an_onnx_generator_is_refused_with_a_sentence(tmp_path):
    from tests.trainer.checkpoints.importers.onnx_models import PLAIN, write

    path = write(tmp_path / "g.onnx", PLAIN)
    import_file(path, tmp_path / "imported", lambda sentence: None)
    with pytest.raises(UserError, match="imported as an ONNX graph, which gives no gradients"):
        Inverter(Model(tmp_path / "imported"))
