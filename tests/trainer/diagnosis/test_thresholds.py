"""The constants of the verdicts: each with its meaning and source, and the same ones in the document."""

import json
import re
from pathlib import Path

import pytest

from trainer.diagnosis.thresholds import ALPHA, DUPLICATES_ALPHA, EACH, TESTS, THRESHOLDS, served, table

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")


def test_the_document_holds_the_table_of_the_code():
    assert table() in DOCUMENT, (
        "print trainer.diagnosis.thresholds.table() into docs/diagnostics.md, section Thresholds"
    )


def test_the_tests_share_the_chance_of_a_false_alarm():
    assert EACH.value * TESTS.value == pytest.approx(ALPHA.value)
    assert DUPLICATES_ALPHA.value * 1000 == pytest.approx(EACH.value)


def test_every_source_that_is_a_section_of_a_document_is_there():
    sources = [row.source for row in THRESHOLDS.values() if "#" in row.source]
    headings = re.findall(r"^###? (.*)$", DOCUMENT, re.MULTILINE)
    anchors = {
        "docs/diagnostics.md#" + re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-") for heading in headings
    }
    assert sources
    assert set(sources) <= anchors


def test_the_page_is_sent_the_value_of_each():
    plain = json.loads(json.dumps(served(), allow_nan=False))
    assert plain == {name: row.value for name, row in THRESHOLDS.items()}
    assert plain["MISSING_CLASS_RATIO"] == 0.25
