"""The chooser takes an address: progress, the checkpoint, or a sentence; and a part of a name, as menus do."""

import re

import pytest

from explorer.core.remote import fetch, short_name
from explorer.tabs.chooser import chosen, completed
from trainer.util.errors import UserError
from trainer.util.hub import Limits


@pytest.fixture
def shared(hub, checkpoint):
    """The Hub, with one checkpoint on it."""
    hub.put("models/user/faces", {p.name: p.read_bytes() for p in checkpoint().iterdir() if p.is_file()})
    return hub


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("hf://user/faces", "user/faces"),
        ("hf://models/user/faces@v2/sub", "user/faces@v2/sub"),
        ("https://huggingface.co/user/faces/tree/main", "user/faces@main"),
    ],
)
def test_what_an_address_is_called_in_a_recipe(address, expected):
    assert short_name(address) == expected


def test_a_fetched_checkpoint_is_one_of_the_library(shared, library):
    assert fetch(library, "hf://user/faces") == "user/faces"
    assert library.usable("user/faces")
    assert [entry.name for entry in library.entries()] == ["user/faces"]


def test_an_address_is_downloaded_and_then_stands_for_its_checkpoint(shared, library):
    told = list(chosen(library)(" hf://user/faces\n"))  # as it is pasted
    assert "Downloading hf://user/faces:" in told[0][0]
    line, menu, arrived = told[-1]
    assert "A tiny dcgan" in line
    assert ("user/faces", "user/faces") in menu.choices
    assert arrived == {"asked": " hf://user/faces\n", "name": "user/faces"}
    assert "A tiny dcgan" in next(iter(chosen(library)("user/faces")))[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hf://user/none", "The Hub has no hf://user/none"),
        ("hf://user", "not an address"),
        ("hf://datasets/user/faces", "The Hub has no"),
        ("nobody/nothing", "enter hf://nobody/nothing"),
        ("nobody", "There is no checkpoint"),
    ],
)
def test_what_cannot_be_had_is_one_line_in_the_head(shared, library, name, expected):
    line, _, arrived = list(chosen(library)(name))[-1]
    assert expected in line
    assert 'class="bad"' in line
    assert arrived == {"failed": name}


def test_a_hub_that_does_not_answer_is_one_line_and_tells_no_folder(shared, library, monkeypatch):
    shared.silent = True
    monkeypatch.setattr("trainer.checkpoints.hub.LIMITS", Limits(answer=0.2))
    line = list(chosen(library)("hf://user/faces"))[-1][0]
    assert "did not answer in time" in line
    assert not re.search(r"/\w+/\w+/\w+", line.replace("hf://user/faces", ""))


def test_a_part_of_a_name_stands_for_the_first_that_holds_it(library, checkpoint):
    library.extra = {"mnist-dcgan": checkpoint(), "avatars": checkpoint("stylegan-lite")}
    assert list(chosen(library)("AVA"))[-1][-1] == {"asked": "AVA", "name": "avatars"}
    with pytest.raises(UserError, match="There is no checkpoint 'cats' here"):
        completed(library, "cats")
