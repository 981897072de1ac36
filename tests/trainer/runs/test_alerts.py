"""When a training needs somebody's eye: each rule on a history made on paper."""

import re
from dataclasses import fields

import pytest

from trainer.diagnosis.thresholds import ALERT_QUIET, ALERT_REPORTS
from trainer.runs.alerts import ALERTS, NOT_FINITE, AlertMonitor, History
from trainer.runs.rows import Event, Metric
from trainer.training.config import TrainConfig, flag

RECENT = ALERT_REPORTS.value


def history(total: int = 100_000, **series: list[float]) -> History:
    """One value each 1,000 images."""
    made = History(total)
    made.series = {name: [(1000 * (i + 1), value) for i, value in enumerate(values)] for name, values in series.items()}
    return made


def verdict(kind: str = "healthy", coverage: float = 0.9) -> dict:
    grade = {"healthy": 0, "quality": 1}.get(kind, 2)
    return {
        "kind": kind,
        "grade": grade,
        "text": f"It is {kind}.",
        "readings": {"pixel_coverage": [coverage, None, None]},
    }


def evaluated(*verdicts: dict, total: int = 100_000) -> History:
    made = History(total)
    made.verdicts = [(10_000 * (i + 1), detail) for i, detail in enumerate(verdicts)]
    return made


@pytest.mark.parametrize(("real", "fake", "raised"), [(0.99, 1.0, True), (0.989, 1.0, False), (1.0, 0.5, False)])
def test_d_wins_when_it_is_right_about_99_percent_of_both_sides(real, fake, raised):
    evidence = ALERTS["d-dominates"].test(history(d_accuracy_real=[real] * RECENT, d_accuracy_fake=[fake] * RECENT))
    assert bool(evidence) == raised
    assert not raised or "the last 20 kimg" in evidence


def test_d_does_not_win_before_there_are_enough_measurements():
    short = [1.0] * (RECENT - 1)
    assert ALERTS["d-dominates"].test(history(d_accuracy_real=short, d_accuracy_fake=short)) == ""


@pytest.mark.parametrize(("real", "fake", "side"), [(0.01, 0.5, "real"), (0.5, 0.0, "generated"), (0.02, 0.5, "")])
def test_d_loses_when_it_is_wrong_about_one_side(real, fake, side):
    evidence = ALERTS["d-loses"].test(history(d_accuracy_real=[real] * RECENT, d_accuracy_fake=[fake] * RECENT))
    assert bool(evidence) == bool(side)
    assert side in evidence


@pytest.mark.parametrize(("now", "raised"), [(0.0099, True), (0.0101, False)])
def test_gs_gradient_vanishes_below_a_hundredth_of_the_usual(now, raised):
    assert bool(ALERTS["g-gradient"].test(history(grad_g=[1.0] * RECENT + [now] * (RECENT // 4)))) == raised


def test_a_gradient_that_falls_from_the_first_step_on_vanishes_too():
    falling = [0.2 * 0.97**i for i in range(250)]
    raised = [bool(ALERTS["g-gradient"].test(history(grad_g=falling[:n]))) for n in (100, 250)]
    assert raised == [False, True]


def test_a_gradient_that_was_always_small_is_usual():
    assert ALERTS["g-gradient"].test(history(grad_g=[1e-4] * 50)) == ""
    assert ALERTS["g-gradient"].test(history(grad_g=[0.0] * 50)) != ""


COLLAPSED, GOOD, POOR = verdict("total-collapse", 0.01), verdict(), verdict("out-of-distribution", 0.1)


@pytest.mark.parametrize(
    ("verdicts", "raised"),
    [
        ([GOOD, COLLAPSED, COLLAPSED], True),  # without any history
        ([COLLAPSED, GOOD, GOOD, COLLAPSED], False),  # one of the newest three
        ([COLLAPSED, COLLAPSED], False),  # too few
        ([verdict(coverage=0.5), *[verdict("quality", 0.24)] * 3], True),  # under half of the best
        ([verdict(coverage=0.5), *[verdict("quality", 0.26)] * 3], False),
        (
            [verdict("out-of-distribution", 0.1), *[verdict("out-of-distribution", 0.01)] * 3],
            False,
        ),  # it had never covered much
        ([GOOD, *[verdict("mode-dropping")] * 3], True),  # classes that were there
        ([verdict("mode-dropping"), *[verdict("mode-dropping")] * 3], False),  # and that never were
    ],
)
def test_diversity_is_lost_when_two_of_three_verdicts_say_so(verdicts, raised):
    evidence = ALERTS["collapse"].test(evaluated(*verdicts))
    assert bool(evidence) == raised


def test_at_the_very_beginning_nothing_can_be_lost():
    assert ALERTS["collapse"].test(evaluated(COLLAPSED, COLLAPSED, COLLAPSED, total=100_000))
    assert not ALERTS["collapse"].test(evaluated(COLLAPSED, COLLAPSED, COLLAPSED, total=1_000_000))


def test_a_plateau_is_a_second_half_without_a_better_distance():
    falling, flat = [100.0 - i for i in range(20)], [90.0] * 20
    better, same = [*falling[:10], *[89.0] * 10], [*falling[:10], *[89.5] * 10]  # 2 % below 91 is 89.2
    assert ALERTS["plateau"].test(history(20_000, fid=better)) == ""
    assert ALERTS["plateau"].test(history(20_000, fid=same)) != ""
    assert ALERTS["plateau"].test(history(20_000, fid=falling)) == ""
    assert "lowest at 1 kimg" in ALERTS["plateau"].test(history(20_000, fid=flat))
    assert ALERTS["plateau"].test(history(20_000, fid=flat[:11])) == ""  # too few
    assert ALERTS["plateau"].test(history(200_000, fid=flat)) == ""  # a tenth of the run


def wins(monitor: AlertMonitor, accuracy: float, times: int) -> list[tuple[str, str]]:
    """What changes while D's accuracy is this."""
    found = []
    for _ in range(times):
        monitor.history.add(0, {"d_accuracy_real": accuracy, "d_accuracy_fake": accuracy})
        found += [(kind, name) for kind, name, _ in monitor.changes()]
    return found


def test_an_alert_is_raised_once_and_is_over_after_some_quiet():
    monitor = AlertMonitor(100_000)
    assert wins(monitor, 1.0, RECENT + 10) == [("alert", "d-dominates")]
    assert wins(monitor, 0.5, ALERT_QUIET.value - 1) == []
    assert wins(monitor, 0.5, 1) == [("resolved", "d-dominates")]
    assert wins(monitor, 0.5, 20) == []


def test_a_resumed_run_goes_on_from_what_it_had_measured():
    sides = ("d_accuracy_real", "d_accuracy_fake")
    metrics = [Metric(i, 1000 * i, name, 1.0) for i in range(1, RECENT) for name in sides]
    assert wins(AlertMonitor(100_000, metrics), 1.0, 1) == [("alert", "d-dominates")]
    alert = Event(1, 1000, 0.0, "alert", "", {"name": "d-dominates"})
    assert wins(AlertMonitor(100_000, metrics, [alert]), 1.0, 1) == []
    resolved = Event(2, 2000, 0.0, "resolved", "", {"name": "d-dominates"})
    assert wins(AlertMonitor(100_000, metrics, [alert, resolved]), 1.0, 1) == [("alert", "d-dominates")]
    verdict = Event(3, 3000, 0.0, "verdict", "It is gone.", {"kind": "out-of-distribution", "grade": 2, "readings": {}})
    assert AlertMonitor(100_000, [], [verdict]).history.verdicts == [(3000, verdict.detail | {"text": "It is gone."})]


@pytest.mark.parametrize("alert", [*ALERTS.values(), NOT_FINITE], ids=[*ALERTS, "not-finite"])
def test_every_alert_says_what_helps_in_flags_that_exist(alert):
    assert alert.title
    known = {flag(f.name) for f in fields(TrainConfig)}
    named = set(re.findall(r"--[a-z0-9-]+", alert.remedy))
    assert alert.remedy
    assert named <= known
