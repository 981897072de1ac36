"""What the tab Translate is told of the translators that there are."""

import shutil

from explorer.core.library import Library
from explorer.tabs.translate.handlers import translators
from tests.translators import make_translator


def test_those_that_drawings_are_made_for_come_first_and_broken_ones_are_named(tmp_path, checkpoint):
    make_translator(tmp_path / "a-photo", given=None)
    make_translator(tmp_path / "b-lines")
    make_translator(tmp_path / "c-broken")
    (tmp_path / "c-broken" / "model.safetensors").write_bytes(b"no")
    shutil.copytree(checkpoint("dcgan"), tmp_path / "faces")
    answer = translators(Library(tmp_path, tmp_path / "runs"), {})
    assert [one["name"] for one in answer["translators"]] == ["b-lines", "a-photo", "c-broken"]
    assert [one["usable"] for one in answer["translators"]] == [True, True, False]
    assert answer["generators"] == ["faces"]
