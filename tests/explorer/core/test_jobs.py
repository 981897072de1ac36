"""Jobs: steps in a thread, seen by whoever started them, one a visitor, bounded, cancelled, forgotten."""

import threading
import time
from collections.abc import Iterator

import pytest

from explorer.core import jobs as module
from explorer.core.jobs import Job, Jobs, Look
from explorer.core.limits import Busy, Gate
from trainer.util.errors import UserError


@pytest.fixture
def jobs() -> Jobs[int]:
    return Jobs("count", Gate("counts", at_once=2, waiting=0))


class Steps:
    """1, 2, 3 ..., each when it is let; `closed` once it was dropped."""

    def __init__(self) -> None:
        self.may, self.closed = threading.Semaphore(0), threading.Event()

    def __iter__(self) -> Iterator[int]:
        try:
            step = 0
            while self.may.acquire(timeout=30):
                step += 1
                yield step
        finally:
            self.closed.set()


def until(jobs: Jobs, name: str, wanted) -> Look:
    for _ in range(1000):
        look = jobs.look(name)
        if wanted(look):
            return look
        time.sleep(0.01)
    raise AssertionError(look)


def test_who_sees_the_end_sees_the_last_step(jobs):
    name = jobs.start("a", iter([10, 20, 30]))
    assert until(jobs, name, lambda look: look.ended) == Look(30, 3, ended=True, cancelled=False)


def test_before_the_first_step_there_is_none(jobs):
    steps = Steps()
    name = jobs.start("a", iter(steps))
    assert jobs.look(name) == Look(None, 0, ended=False, cancelled=False)
    steps.may.release()
    assert until(jobs, name, lambda look: look.taken).step == 1
    jobs.cancel(name)
    steps.may.release()
    assert until(jobs, name, lambda look: look.ended) == Look(2, 2, ended=True, cancelled=True)
    assert steps.closed.wait(10)


def test_a_second_of_one_visitor_is_refused_until_the_first_has_ended(jobs):
    steps = Steps()
    first = jobs.start("a", iter(steps))
    with pytest.raises(UserError, match="A second count cannot begin while the first one runs"):
        jobs.start("a", iter([1]))
    jobs.cancel(first)
    steps.may.release()
    until(jobs, first, lambda look: look.ended)
    assert until(jobs, jobs.start("a", iter([7])), lambda look: look.ended).step == 7


def test_no_more_run_at_once_than_may_and_a_place_is_given_back(jobs):
    both = [Steps(), Steps()]
    names = [jobs.start(visitor, iter(steps)) for visitor, steps in zip("ab", both, strict=True)]
    with pytest.raises(Busy):
        jobs.start("c", iter([1]))
    jobs.cancel(names[0])
    both[0].may.release()
    until(jobs, names[0], lambda look: look.ended)
    assert until(jobs, jobs.start("c", iter([3])), lambda look: look.ended).step == 3
    jobs.cancel(names[1])
    both[1].may.release()


def test_an_error_of_the_work_is_told_to_who_looks(jobs):
    def steps():
        yield 1
        raise UserError("It cannot go on.")

    name = jobs.start("a", steps())
    with pytest.raises(UserError, match="It cannot go on"):
        until(jobs, name, lambda look: look.ended)
    assert until(jobs, jobs.start("a", iter([1])), lambda look: look.ended).step == 1


def test_work_that_nobody_looks_at_stops(jobs, monkeypatch):
    steps = Steps()
    name = jobs.start("a", iter(steps))
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    steps.may.release()
    assert steps.closed.wait(10)
    assert jobs.jobs[name].cancelled is False


def test_finished_jobs_are_few_and_forgotten_with_time(jobs, monkeypatch):
    for i in range(module.KEPT + 5):
        jobs.jobs[f"old{i}"] = Job("x", ended=True)
    jobs.start("a", iter([1]))
    assert len([name for name in jobs.jobs if name.startswith("old")]) == module.KEPT - 1
    assert "old0" not in jobs.jobs
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    jobs.start("b", iter([1]))
    assert not any(name.startswith("old") for name in jobs.jobs)


@pytest.mark.parametrize("act", ["look", "cancel"])
def test_a_name_that_is_not_known_is_refused(jobs, act):
    with pytest.raises(UserError, match="no longer known to the server"):
        getattr(jobs, act)("0" * 32)
