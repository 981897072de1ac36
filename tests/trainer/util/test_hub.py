"""Names that are addresses: what is downloaded, what is refused, and that nobody waits for ever."""

import time
from pathlib import Path

import pytest

from tests.fake_hub import TOKEN
from trainer.util.errors import UserError
from trainer.util.hub import Limits, fetched, is_address

FILES = {
    "config.json": b"{}",
    "model.safetensors": b"w" * 5000,
    "README.md": b"# A card\n",
    "pytorch_model.bin": b"a pickle",
    "second/config.json": b"[]",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hf://user/repo", True),
        (" HF://user/repo", True),
        ("https://huggingface.co/user/repo", True),
        ("checkpoints/mnist-dcgan", False),
        ("hf:user/repo", False),
        (Path("hf://user/repo"), False),
    ],
)
def test_what_is_an_address(name, expected):
    assert is_address(name) is expected


def test_a_path_is_given_back_as_it_is():
    assert fetched("checkpoints/none") == Path("checkpoints/none")


def test_a_repository_comes_as_regular_files_in_a_folder_of_its_name(hub):
    sha = hub.put("models/user/repo", FILES)
    folder = fetched("hf://user/repo")
    assert folder.name == "repo"
    assert folder.parent.name == sha
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")} == FILES
    assert not any(path.is_symlink() for path in folder.rglob("*"))


def test_only_what_is_asked_for_is_downloaded(hub):
    hub.put("models/user/repo", FILES)
    folder = fetched("hf://models/user/repo", only=("config.json", "model.safetensors"))
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert not [path for _, path in hub.asked if "pytorch_model" in path]


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("hf://user/repo/second", "repo/second"),
        ("hf://user/repo/second/config.json", "repo/second/config.json"),
        ("hf://user/repo@v2/second", "repo/second"),
        ("https://huggingface.co/user/repo/tree/v2/second", "repo/second"),
        ("hf://datasets/user/repo/second", "repo/second"),
    ],
)
def test_a_path_and_a_revision(hub, name, end):
    for kind in ("models", "datasets"):
        hub.put(f"{kind}/user/repo", FILES | {"second/config.json": b"old"})
        hub.put(f"{kind}/user/repo", FILES, "v2")
        hub.put(f"{kind}/user/repo", FILES | {"second/config.json": b"v1"})
    found = fetched(name)
    file = found if found.is_file() else found / "config.json"
    assert found.as_posix().endswith(end)
    assert file.read_bytes() == (b"[]" if "v2" in name else b"v1")
    assert not (file.parent.parent / "README.md").exists()


def test_what_is_here_is_not_downloaded_again_and_serves_without_the_hub(hub):
    hub.put("models/user/repo", FILES)
    first = fetched("hf://user/repo")
    hub.asked.clear()
    assert fetched("hf://user/repo") == first
    assert not [path for method, path in hub.asked if method == "GET" and "/resolve/" in path]
    (first / "README.md").unlink()
    hub.close()
    assert fetched("hf://user/repo") == first
    assert (first / "README.md").read_bytes() == FILES["README.md"]


def test_a_new_commit_is_another_folder(hub):
    hub.put("models/user/repo", FILES)
    old = fetched("hf://user/repo")
    hub.put("models/user/repo", {"config.json": b"new"})
    new = fetched("hf://user/repo")
    assert (old / "config.json").read_bytes() == b"{}"
    assert {path.name: path.read_bytes() for path in new.iterdir()} == {"config.json": b"new"}


def test_progress_is_told_in_bytes(hub):
    told = []
    hub.put("models/user/repo", FILES)
    fetched("hf://user/repo", tell=lambda came, total: told.append((came, total)))
    size = sum(map(len, FILES.values()))
    assert told[-1] == (size, size)
    assert [came for came, _ in told] == sorted(came for came, _ in told)


def test_a_private_repository_needs_the_token(hub, monkeypatch):
    hub.put("models/user/repo", FILES, private=True)
    with pytest.raises(UserError, match=r"user/repo.*hf auth login"):
        fetched("hf://user/repo")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert (fetched("hf://user/repo") / "config.json").is_file()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hf://user", "not an address on the Hub"),
        ("hf://user/repo@", "not an address on the Hub"),
        ("hf://user/re:po", "not an address on the Hub"),
        ("hf://user/repo/../../other", "leads out"),
        ("hf://user/repo@refs/../x/config.json", "leads out"),
        ("hf://buckets/user/repo", "is a bucket"),
        ("https://huggingface.co/user/repo/discussions/1", "not an address on the Hub"),
        ("hf://user/none", "or it is private"),
        ("hf://user/repo@v9", "names a revision"),
        ("hf://user/repo/third", "has no file"),
        ("hf://user/gated", "is gated"),
    ],
)
def test_an_address_that_names_nothing_is_told_in_one_sentence(hub, name, expected):
    hub.put("models/user/repo", FILES)
    hub.put("models/user/gated", FILES, gated=True)
    with pytest.raises(UserError, match=expected) as found:
        fetched(name)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, "does not know you"), (403, "does not allow"), (429, "too many"), (500, "status 500")],
)
def test_a_hub_that_refuses_is_told_in_one_sentence(hub, status, expected):
    hub.status = status
    with pytest.raises(UserError, match=expected) as found:
        fetched("hf://user/repo")
    assert "\n" not in str(found.value)


def test_no_network_is_told_in_one_sentence(hub):
    hub.close()
    with pytest.raises(UserError, match=r"cannot be reached for hf://user/repo"):
        fetched("hf://user/repo")


def test_a_hub_that_takes_the_question_and_never_answers_ends_in_a_sentence(hub):
    hub.silent = True
    with pytest.raises(UserError, match="did not answer in time"):
        fetched("hf://user/repo", limits=Limits(answer=0.2))


def test_a_download_that_never_ends_ends_in_a_sentence(hub, monkeypatch):
    monkeypatch.setattr("trainer.util.hub_download.download", lambda *_: time.sleep(60))
    with pytest.raises(UserError, match=r"not done with hf://user/repo after 0\.2 seconds"):
        fetched("hf://user/repo", limits=Limits(seconds=0.2))


def test_more_than_the_limit_is_refused_before_anything_comes(hub):
    hub.put("models/user/repo", FILES)
    with pytest.raises(UserError, match="more than the limit"):
        fetched("hf://user/repo", limits=Limits(size=1000))
    assert not [path for _, path in hub.asked if "/resolve/" in path]


def test_a_hub_that_sends_more_than_it_said_is_left(hub):
    hub.put("models/user/repo", FILES)
    hub.lies = 10**6
    with pytest.raises(UserError, match="more than the limit"):
        fetched("hf://user/repo", limits=Limits(size=6000))


def test_a_file_that_is_cut_short_is_not_given(hub):
    hub.put("models/user/repo", FILES)
    hub.lies = -100
    with pytest.raises(UserError, match=r"hf://user/repo cannot be had from the Hub"):
        fetched("hf://user/repo")


def test_a_cache_that_cannot_be_written_is_told_in_one_sentence(hub, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    hub.put("models/user/repo", FILES)
    with pytest.raises(UserError, match=r"cannot be stored .*HF_HOME") as found:
        fetched("hf://user/repo")
    assert "\n" not in str(found.value)
