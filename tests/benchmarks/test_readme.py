"""The README's tables come from stored records, and nothing else of the text changes."""

from pathlib import Path

import pytest

from benchmarks import NAMES
from benchmarks.common import as_json
from benchmarks.readme import stored_table, update, with_tables
from trainer.util.errors import UserError

TEXT = """# Title
before
<!-- bench:slide -->
old
<!-- /bench -->
between <!-- another comment -->
<!-- bench:start --><!-- /bench -->
after
"""


def test_each_block_gets_its_table_and_the_rest_stays():
    expected = TEXT.replace("\nold\n", "\n| slide |\n").replace("start -->", "start -->\n| start |\n")
    assert with_tables(TEXT, lambda name: f"| {name} |") == expected


def test_putting_the_tables_in_twice_is_putting_them_in_once():
    once = with_tables(TEXT, lambda name: f"{name} \\1 \\g<0>")  # a table is text, no pattern
    assert with_tables(once, lambda name: f"{name} \\1 \\g<0>") == once


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- bench:speed -->\n<!-- /bench -->", "start, slide"),
        ("<!-- bench:slide -->\n text", "no <!-- /bench -->"),
        ("<!-- bench:slide -->\n<!-- bench:start -->\n<!-- /bench -->", "no <!-- /bench -->"),
    ],
)
def test_a_broken_marker_is_told(text: str, message: str):
    with pytest.raises(UserError, match=message):
        with_tables(text, str)


def test_a_missing_or_damaged_record_is_told_and_the_readme_stays(tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text(TEXT)
    with pytest.raises(UserError, match=r"There is no .*slide\.json"):
        update(readme, tmp_path)
    (tmp_path / "slide.json").write_text('{"results": {}}')
    with pytest.raises(UserError, match="cannot be read"):
        update(readme, tmp_path)
    assert readme.read_text() == TEXT


def test_a_stored_record_becomes_its_table(tmp_path: Path):
    record = {
        "machine": {"cpu": "A CPU", "cores": 2},
        "versions": {"torch": "2", "gradio": "6"},
        "commit": "abc",
        "date": "2026-01-02T00:00:00",
        "load_before": 0.5,
        "settings": {"repeats": 3, "threads": 1},
        "results": {"seconds": {"faces": {"pca": [0.5, 0.25, 1.0]}}, "goal_met": True},
    }
    (tmp_path / "directions.json").write_text(as_json(record))
    table = stored_table(tmp_path, "directions")
    assert "| faces | pca | 0.50 | 1.00 |" in table
    assert "A CPU, 2 cores" in table


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_is_there_and_says_what_it_asks(name: str):
    source = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    text = source.read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert "\ndef measure(" in text
    assert "\ndef table(record: Record) -> str:" in text
