"""A checkpoint's name may be an address on the Hub."""

import pytest

from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.hub import fetched_checkpoint
from trainer.runs.publish import find_checkpoint
from trainer.util.errors import UserError


@pytest.fixture
def files(checkpoint):
    """What a published checkpoint's repository holds, and a file that is none of its own."""
    found = {path.name: path.read_bytes() for path in checkpoint().iterdir() if path.is_file()}
    return found | {"pytorch_model.bin": b"a pickle"}


def test_every_command_takes_an_address(hub, files, tmp_path, checkpoint):
    hub.put("models/user/faces", files)
    folder = find_checkpoint("hf://user/faces", tmp_path, tmp_path)
    assert {path.name for path in folder.iterdir()} == set(files) - {"pytorch_model.bin"}
    ours = load_generator(checkpoint(), read_info(checkpoint())).state_dict()
    theirs = load_generator(folder, read_info(folder)).state_dict()
    assert all((ours[name] == theirs[name]).all() for name in ours)


def test_a_repository_may_hold_several_checkpoints(hub, files):
    hub.put("models/user/all", {f"faces/{name}": data for name, data in files.items()})
    assert read_info(fetched_checkpoint("hf://user/all/faces")).arch == "dcgan"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"config.json": b'{"architectures": ["GPT2LMHeadModel"]}'}, "checkpoint format"),
        ({"config.json": b"{"}, "not valid JSON"),
        ({"config.json": None}, "has none of config.json"),
    ],
)
def test_of_a_repository_of_another_kind_no_weights_are_downloaded(hub, files, changed, expected):
    hub.put("models/user/other", {name: data for name, data in (files | changed).items() if data is not None})
    with pytest.raises(UserError, match=expected):
        fetched_checkpoint("hf://user/other")
    assert not [path for _, path in hub.asked if "safetensors" in path]


def test_a_file_is_no_checkpoint(hub, files):
    hub.put("models/user/faces", files)
    with pytest.raises(UserError, match="names a file"):
        fetched_checkpoint("hf://user/faces/config.json")
