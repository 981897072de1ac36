"""How the benchmark of the verdicts evaluates them."""

from dataclasses import replace

import numpy as np

from benchmarks.diagnosis import score
from benchmarks.faults import FAULTS, HEALTHY
from benchmarks.faults.classes import keeping_shares
from trainer.diagnosis import FINDINGS, Finding

DROP = FAULTS[0]


def said(kind: str, *classes: str) -> Finding:
    return Finding(kind, "", classes=classes)


def test_a_class_that_is_missing_and_named_is_found_right_and_not_wrong():
    assert score(DROP, [said("mode-dropping", "3"), said("quality")], ("3",)) == (True, True, False, True)


def test_naming_a_class_that_is_made_is_a_wrong_grave_claim():
    assert score(DROP, [said("mode-dropping", "3", "5")], ("3",)) == (True, True, True, False)


def test_a_grave_fault_that_is_not_there_is_wrong_even_beside_the_right_verdict():
    assert score(DROP, [said("mode-dropping", "3"), said("intra-mode-collapse")], ("3",)) == (True, True, True, True)


def test_a_milder_wrong_verdict_is_a_miss_but_no_grave_claim():
    assert score(DROP, [said("imbalance", "4")], ("3",)) == (False, False, False, False)


def test_any_finding_on_healthy_images_is_a_false_alarm():
    assert score(HEALTHY, [said("healthy")], ()).right
    assert not score(HEALTHY, [said("quality")], ()).right


def test_what_is_true_of_a_fault_besides_is_not_wrong():
    fault = replace(DROP, also=("memorised",))
    assert not score(fault, [said("mode-dropping", "3"), said("memorised")], ("3",)).wrong


def test_the_faults_have_names_of_their_own_and_speak_of_kinds_that_there_are():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert all(fault.true <= set(FINDINGS) for fault in FAULTS)


def test_shares_are_kept_where_a_part_of_a_class_is_lost():
    labels = np.arange(1000) % 10
    kept = (labels != 3) | (np.arange(1000) % 20 == 3)  # every other image of class 3 is lost
    rows = keeping_shares(labels, kept, np.arange(1000), 500)
    assert len(rows) == 500
    assert kept[rows].all()
    assert np.bincount(labels[rows]).tolist() == [50] * 10
