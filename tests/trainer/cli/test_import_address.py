"""`python -m trainer import` takes a file's address on the Hub."""

import pytest

from trainer.cli.main import main


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("hf://user/foreign", "names a whole repository"),
        ("hf://user/foreign/nets", "has no file"),
        ("hf://user/foreign/nets/none.pkl", "has no file"),
        ("hf://user/foreign/nets/notes.pkl", "notes.pkl"),
    ],
)
def test_the_file_of_an_address_is_looked_at_and_no_other(hub, capsys, source, expected):
    hub.put("models/user/foreign", {"nets/notes.pkl": b"no pickle at all", "nets/other.pkl": b"another"})
    assert main(["import", source, "--preview"]) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert "there is no such file" not in error
    assert error.count("\n") == 1
    assert not [path for _, path in hub.asked if "other.pkl" in path]
