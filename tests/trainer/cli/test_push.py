"""`python -m trainer publish --repo`: runs and checkpoints on the Hub, and each refusal in one sentence."""

import shutil

import pytest
from huggingface_hub import ModelCard

from tests.fake_hub import TOKEN
from trainer.checkpoints.checkpoint import read_info
from trainer.checkpoints.hub import fetched_checkpoint
from trainer.cli.main import main

OWN = {"config.json", "model.safetensors", "preview.webp", "README.md"}


@pytest.fixture
def faces(checkpoint, tmp_path, monkeypatch):
    """A published checkpoint, in whose folder other things lie, too."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "checkpoints" / "faces"
    shutil.copytree(checkpoint(), folder)
    (folder / "README.md").write_text("---\nlicense: other\n---\n# faces\n\nA face.\n\n| | |\n| --- | --- |\n")
    (folder / ".cache").mkdir(exist_ok=True)
    (folder / ".cache" / "directions.safetensors").write_text("fitted")
    (folder / "notes.txt").write_text("mine")
    return folder


@pytest.fixture
def known(hub, monkeypatch):
    """The Hub, which knows us."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub


def newest(hub, ref: str = "main") -> dict[str, bytes]:
    return hub.repos["models/user/faces"].files(ref)[1]


def test_a_checkpoint_is_pushed_with_card_and_preview_and_nothing_else(known, faces, capsys):
    assert main(["publish", "faces", "--repo", "user/faces"]) == 0
    files = newest(known)
    assert files.keys() == OWN
    for name in OWN - {"README.md"}:
        assert files[name] == (faces / name).read_bytes()
    card = ModelCard(files["README.md"].decode())
    assert card.data.pipeline_tag == "unconditional-image-generation"
    assert "python app.py --checkpoint hf://user/faces" in card.text
    assert "hf://user/faces" in capsys.readouterr().out
    assert not known.repos["models/user/faces"].private
    folder = fetched_checkpoint("hf://user/faces")
    assert read_info(folder) == read_info(faces)


def test_pushing_again_commits_what_has_changed_alone(known, faces):
    assert main(["publish", "faces", "--repo", "hf://user/faces"]) == 0
    (faces / "preview.webp").write_bytes(b"another")
    assert main(["publish", str(faces), "--repo", "user/faces"]) == 0
    assert newest(known)["preview.webp"] == b"another"


def test_private_revision_and_pull_request_as_huggingface_hub_names_them(known, faces, capsys):
    assert main(["publish", "faces", "--repo", "user/faces", "--private", "--revision", "v2"]) == 0
    repo = known.repos["models/user/faces"]
    assert repo.private
    assert newest(known) == {}
    assert newest(known, "v2").keys() == OWN
    assert "hf://user/faces@v2" in capsys.readouterr().out
    assert main(["publish", "faces", "--repo", "user/faces", "--create-pr"]) == 0
    assert newest(known) == {}
    assert newest(known, "refs/pr/1").keys() == OWN
    told = capsys.readouterr().out
    assert "/user/faces/discussions/1" in told
    assert "--checkpoint hf://user/faces@refs/pr/1\n" in told
    assert read_info(fetched_checkpoint("hf://user/faces@refs/pr/1")) == read_info(faces)


@pytest.mark.slow
def test_a_run_is_pushed_with_or_without_a_checkpoint_here(known, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = ["--data", "ring8", "--arch", "mlp", "--resolution", "1", "--kimg", "0.1", "--no-diagnose"]
    assert main(["train", "--run", "mine", *data]) == 0
    assert main(["publish", "mine", "--repo", "user/faces", "--note", "Of mine."]) == 0
    card = newest(known)["README.md"].decode()
    assert "\n# faces\n" in card
    assert "Of mine." in card
    assert not (tmp_path / "checkpoints").exists()
    assert main(["publish", "mine", "--as", "here", "--repo", "user/faces"]) == 0
    assert "\n# here\n" in newest(known)["README.md"].decode()
    assert (tmp_path / "checkpoints" / "here" / "config.json").is_file()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--repo", "faces"], "not an address on the Hub"),
        (["--repo", "hf://datasets/user/faces"], "not the name of a model's repository"),
        (["--repo", "user/faces/sub"], "not the name of a model's repository"),
        (["--repo", "user/faces", "--note", "x"], "are for runs"),
        (["--repo", "user/none", "--create-pr"], "The Hub has no user/none"),
        ([], "Say where to"),
    ],
)
def test_bad_arguments_are_told_in_one_sentence(known, faces, capsys, words, expected):
    assert main(["publish", "faces", *words]) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1
    assert not [path for method, path in known.asked if method == "POST"]


def test_without_a_token_nothing_is_asked(hub, faces, capsys):
    assert main(["publish", "faces", "--repo", "user/faces"]) == 2
    assert "hf auth login" in capsys.readouterr().err
    assert hub.asked == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "does not know you"),
        (403, "does not allow this"),
        (404, "The Hub has no user/faces"),
        (409, "was changed by somebody else"),
        (413, "too large"),
    ],
)
def test_what_the_hub_refuses_is_told_in_one_sentence(known, faces, capsys, status, expected):
    known.put("models/user/faces", {})
    known.refuses = {"commit": status}
    assert main(["publish", "faces", "--repo", "user/faces"]) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1


def test_a_token_of_somebody_else_and_no_network(hub, faces, capsys, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_of_another")
    assert main(["publish", "faces", "--repo", "user/faces"]) == 2
    assert "does not allow this" in capsys.readouterr().err
    hub.close()
    assert main(["publish", "faces", "--repo", "user/faces"]) == 2
    assert "cannot be reached for user/faces" in capsys.readouterr().err


def test_a_checkpoint_that_does_not_load_is_not_pushed(known, faces, capsys):
    (faces / "model.safetensors").write_bytes(b"cut")
    assert main(["publish", "faces", "--repo", "user/faces"]) == 2
    assert "damaged" in capsys.readouterr().err
    assert known.asked == []
