"""Long work: one at a time, ended when it is cancelled or nobody asks any more."""

import threading

import pytest

from explorer.core.inversion import jobs
from explorer.core.inversion.jobs import Jobs
from explorer.core.limits import Busy, Gate
from trainer.util.errors import UserError


class Steps:
    """Work whose every step waits to be let go."""

    def __init__(self):
        self.next = threading.Semaphore(0)
        self.ended = threading.Event()

    def __call__(self):
        try:
            for i in range(100):
                assert self.next.acquire(timeout=30)
                yield i
        finally:
            self.ended.set()


@pytest.fixture
def known() -> Jobs:
    return Jobs(Gate("searches", 1, 0))


def wait_for(condition) -> None:
    for _ in range(3000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came true")


def test_a_second_one_is_refused_while_one_runs_and_begins_after_it(known: Jobs):
    work = Steps()
    token = known.start(work)
    with pytest.raises(Busy, match="Too many requests for searches"):
        known.start(work)
    known.cancel(token)
    work.next.release(1)
    assert work.ended.wait(30)
    wait_for(lambda: known.gate.tickets._value == 1)
    assert known.start(lambda: iter(()))


def test_its_items_are_seen_and_its_result_is_kept(known: Jobs):
    token = known.start(lambda: iter("abc"))
    wait_for(lambda: known.of(token).done)
    job = known.of(token)
    assert (job.newest, job.count) == ("c", 3)
    assert not hasattr(job, "work")


def test_a_cancelled_one_is_unknown(known: Jobs):
    token = known.start(lambda: iter("abc"))
    known.cancel(token)
    with pytest.raises(UserError, match="no longer known"):
        known.of(token)
    known.cancel(token)


def test_its_error_is_told_to_who_asks(known: Jobs):
    def fails():
        yield 1
        raise UserError("The picture is odd.")

    token = known.start(fails)
    wait_for(lambda: known.jobs[token].done)
    with pytest.raises(UserError, match="The picture is odd"):
        known.of(token)


def test_one_that_nobody_asks_about_ends(known: Jobs, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "PATIENCE", 0.0)
    work = Steps()
    token = known.start(work)
    work.next.release(2)
    assert work.ended.wait(30)
    wait_for(lambda: known.jobs[token].done)
    with pytest.raises(UserError, match="no longer known"):
        known.of(token)


def test_results_are_forgotten_after_a_few(known: Jobs):
    for _ in range(jobs.FINISHED + 5):
        wait_for(lambda: known.gate.tickets._value == 1)
        known.start(lambda: iter("a"))
        wait_for(lambda: all(job.done for job in known.jobs.values()))
    assert len(known.jobs) <= jobs.FINISHED + 1
