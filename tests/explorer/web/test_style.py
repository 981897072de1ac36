"""What our style sheets must not do, as Gradio rewrites each rule to lie inside its container."""

import re
from pathlib import Path

import pytest

from explorer.web import SHEETS


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_rule_of_the_dark_theme_has_one_selector(sheet: Path):
    """Of a list, Gradio moves only the first `.dark` to the front; the others would match nothing."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not [rule for rule in re.findall(r"[^{}]+(?=\{)", text) if ".dark" in rule and "," in rule]
