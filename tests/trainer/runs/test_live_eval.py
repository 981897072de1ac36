"""The live diagnosis: when a verdict is due, where the reference comes from, what is written down."""

import time
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from trainer.diagnosis import reference_build, save_reference
from trainer.diagnosis.reference import FILE
from trainer.runs import live_eval
from trainer.runs.launch import run_training
from trainer.runs.live_eval import LiveEvaluator, Paths, find_reference
from trainer.runs.run import Run
from trainer.runs.session import Caller
from trainer.util.errors import UserError

COUNT = 480  # images of the data set


@pytest.fixture(scope="module")
def reference(squares, tiny, tmp_path_factory):
    """The reference of COUNT squares."""
    folder = tmp_path_factory.mktemp("reference")
    dataset = squares(tiny(), COUNT, classes=0)
    seen, unseen = (reference_build.part(dataset, slice(start, None, 2)) for start in (0, 1))
    reader = reference_build.reader_for("avatars", seen, folder, print)
    save_reference(
        folder / FILE,
        reference_build.build_reference(reference_build.Halves(seen, unseen, False), reader, folder, {120: 40}),
    )
    return folder / FILE


@pytest.fixture
def places(tmp_path) -> Paths:
    return Paths(tmp_path / "data", tmp_path / "checkpoints")


@pytest.fixture
def run(tmp_path, reference) -> Run:
    """A run with the reference of its data."""
    made = Run(tmp_path / "runs", "r")
    made.folder.mkdir(parents=True)
    (made.folder / FILE).write_bytes(reference.read_bytes())
    return made


@pytest.fixture
def train(run, squares, tiny, places):
    """(settings) -> the Progress of a training that is evaluated by 150 images after each measurement it is due at."""
    caller = Caller(report_images=1, verdict_images=150)

    def go(run=run, **settings):
        config = tiny(**{"diagnose": True, "diagnose_kimg": 0.008, "kimg": 0.024} | settings)
        data = squares(config, COUNT, classes=0)
        return list(run_training(run, config, places=places, caller=caller, dataset=data))

    return go


def test_verdicts_are_stored_with_their_readings_and_shown(run, train):
    shown = train()
    verdicts = [event for event in run.store().events() if event.kind == "verdict"]
    assert [event.images_seen for event in verdicts] == [12, 20]
    detail = verdicts[-1].detail
    assert detail["n"] == 150
    assert detail["readings"]["pixel_coverage"][0] == run.store().read("pixel_coverage")[-1][1]
    assert [images_seen for images_seen, _ in run.store().read("fid")] == [12, 20]
    assert (detail["kind"], detail["heads"]) == ("total-collapse", [])  # after twenty images
    assert shown[-1].verdict == detail["title"]


@pytest.mark.slow
def test_the_best_snapshot_gives_way_only_to_a_better_one(run, train, monkeypatch):
    ranks = iter([(1, 50.0), (2, 10.0), (1, 60.0), (1, 40.0)])
    evaluator = live_eval.LiveEvaluator.evaluate

    def ranked(*given):
        rank = next(ranks)
        monkeypatch.setattr(live_eval.Verdict, "rank", property(lambda verdict: rank))
        return evaluator(*given)

    monkeypatch.setattr(live_eval.LiveEvaluator, "evaluate", ranked)
    train(kimg=0.04)
    best = [(event.images_seen, tuple(event.detail["rank"])) for event in run.store().events() if event.kind == "best"]
    assert best == [(12, (1, 50.0)), (36, (1, 40.0))]
    assert (run.best / "config.json").is_file()


@pytest.mark.slow
def test_being_evaluated_does_not_touch_the_bits(run, train, tmp_path):
    train()
    other = Run(tmp_path / "runs", "other")
    train(other, diagnose=False)
    evaluated, plain = load_file(run.state_file), load_file(other.state_file)
    assert all(torch.equal(evaluated[name], plain[name]) for name in plain)
    assert not [event for event in other.store().events() if event.kind == "verdict"]


def evaluator(run, tiny, squares, places, count=COUNT, messages=None) -> LiveEvaluator:
    return LiveEvaluator(
        run, tiny(), squares(tiny(), count, classes=0), places, (messages if messages is not None else []).append
    )


def test_verdicts_take_at_most_their_share_of_the_time(run, tiny, squares, places):
    made = evaluator(run, tiny, squares, places)
    config = tiny(diagnose_kimg=0.0)
    made.spent, made.cost, made.since = 1.0, 2.0, time.perf_counter() - 57.9
    assert not made.due(config, 10**6)  # 1 and 2 of 59.9 s would be more than 5 %
    made.since -= 0.2
    assert made.due(config, 10**6)


def test_a_fixed_distance_between_verdicts_is_kept(run, tiny, squares, places):
    made = evaluator(run, tiny, squares, places)
    made.start(1000)
    assert not made.due(tiny(diagnose_kimg=5.0), 5999)
    assert made.due(tiny(diagnose_kimg=5.0), 6000)


def test_asked_to_stop_it_gives_no_verdict(run, tiny, squares, places):
    answers = iter([False, True])
    assert evaluator(run, tiny, squares, places).evaluate(generator(tiny), 0, lambda: next(answers)) is None


def generator(tiny):
    from trainer.training.setup import build_networks

    return build_networks(tiny(), channels=1, num_classes=0)["g"].eval()


def test_too_few_images_are_told_and_nothing_is_made(tmp_path, tiny, squares, places, monkeypatch):
    monkeypatch.setattr(live_eval, "make_beside", lambda *given: pytest.fail("a reference is being made"))
    messages: list[str] = []
    made = evaluator(Run(tmp_path, "few"), tiny, squares, places, count=20, messages=messages)
    made.start(0)
    assert messages == ["No verdicts: 20 real images are too few to tell a fault from chance."]
    assert not made.due(tiny(), 10**6)


def test_a_reference_made_beside_is_taken_when_it_is_ready(tmp_path, tiny, squares, places, reference, monkeypatch):
    bare, status = Run(tmp_path, "bare"), iter([None, 0])
    bare.folder.mkdir()
    maker = SimpleNamespace(poll=lambda: next(status), returncode=0)
    monkeypatch.setattr(live_eval, "make_beside", lambda *given: maker)
    made = evaluator(bare, tiny, squares, places)
    made.start(0)
    made.since -= 10**6
    assert not made.due(tiny(), 1)
    (bare.folder / FILE).write_bytes(reference.read_bytes())
    assert made.due(tiny(), 2)


def test_a_reference_that_could_not_be_made_is_told(tmp_path, tiny, squares, places, monkeypatch):
    bare, messages = Run(tmp_path, "bare"), []
    bare.folder.mkdir()
    (bare.folder / "reference.log").write_text("splits\nerror: The data set is gone.\n")
    monkeypatch.setattr(live_eval, "make_beside", lambda *given: SimpleNamespace(poll=lambda: 2, returncode=2))
    made = evaluator(bare, tiny, squares, places, messages=messages)
    made.start(0)
    assert not made.due(tiny(), 1)
    assert messages[-1] == "No verdicts: The data set is gone."


def test_a_reference_is_found_among_the_data_and_becomes_the_runs_own(tmp_path, tiny, squares, places, reference):
    bare = Run(tmp_path, "bare")
    name = f"squares-{COUNT // 2}-{tiny().resolution}-any.safetensors"
    (places.data / "references").mkdir(parents=True)
    (places.data / "references" / name).write_bytes(reference.read_bytes())
    found = find_reference(bare, tiny(), squares(tiny(), COUNT, classes=0), places)
    assert found is not None
    assert (bare.folder / FILE).is_file()


def test_a_reference_of_other_images_is_not_taken(run, tiny, squares, places):
    dataset = squares(tiny(), COUNT, classes=0)
    assert find_reference(run, tiny(), dataset, places) is not None
    assert find_reference(run, tiny(), squares(tiny(), COUNT - 1, classes=0), places) is None
    assert find_reference(run, tiny(resolution=16), squares(tiny(resolution=16), COUNT, classes=0), places) is None
    assert find_reference(run, tiny(), squares(tiny(), COUNT, channels=3, classes=0), places) is None
    (run.folder / FILE).write_bytes(b"damaged")
    assert find_reference(run, tiny(), dataset, places) is None


def test_a_data_set_that_cannot_be_evaluated_does_not_stop_the_training(tmp_path, tiny, squares, places):
    config = tiny(diagnose=True, kimg=0.008)
    few = Run(tmp_path, "few")
    shown = list(run_training(few, config, places=places, dataset=squares(config)))
    assert shown[-1].images_seen == 8
    assert [event.kind for event in few.store().events()] == ["started", "note", "finished"]
    with pytest.raises(UserError, match="has no reference"):
        live_eval.load_reference(few.latest)
