"""The classes of a verdict as both tabs get them, from a diagnosis and from the events of any version."""

import json

import pytest

from trainer.diagnosis import AttributeStats, ClassShare
from trainer.diagnosis.class_shares import LISTED, plain_attribute, recorded_attribute

HEAD = AttributeStats("digit", (ClassShare("7", 0.1, 0.02, 0.08, 0.12, 0.01, 0.03, 0.01, 0.1, True),), 0.1, 0.01)


def test_a_head_is_plain_json_and_reads_back_the_same():
    plain = plain_attribute(HEAD)
    assert recorded_attribute(json.loads(json.dumps(plain))) == plain
    (share,) = plain["shares"]
    assert {name: share[name] for name in LISTED} == dict(zip(LISTED, ("7", 0.1, 0.02, 0.08, 0.12, True), strict=True))
    assert (share["interval"], share["good"], share["due"], share["abnormal"]) == ([0.01, 0.03], 0.01, 0.1, True)


@pytest.mark.parametrize(
    ("values", "missing", "abnormal"),
    [
        (["7", 0.1, 0.02, 0.08, 0.12], True, True),
        (["7", 0.1, 0.03, 0.08, 0.12], False, True),
        (["7", 0.1, 0.1, 0.08, 0.12], False, False),
        (["7", 0.1, 0.02, 0.08, 0.12, False], False, True),
        (["7", 0.1, 0.1, 0.08, 0.12, True], True, False),
        (["7", 0.5, 0.08, 0.08, 0.12], False, False),
        (["7", 0.5, 0.12, 0.08, 0.12], False, False),
        (["7", 0.5, 0.125, 0.4, 0.6], False, True),
    ],
)
def test_the_lists_of_older_events_are_read_the_oldest_without_what_is_missing(values, missing, abnormal):
    found = recorded_attribute({"name": "digit", "shares": [values]})
    assert (found["shares"][0]["dropped"], found["shares"][0]["abnormal"]) == (missing, abnormal)
    assert found["abnormal"] == abnormal
    assert (found["name"], found["shares"][0]["name"]) == ("digit", "7")
