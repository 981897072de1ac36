"""Two sets of images in the page: what they may be, how far a diagnosis is, and what comes of it."""

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from gradio.utils import get_upload_folder

from explorer.core.library import Library
from explorer.tabs.diagnosis import handlers, sets
from tests.conftest import give_critic
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.sampling import sample

DIGITS = Path(__file__).parents[4] / "checkpoints" / "mnist-dcgan"


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Library:
    """A library with one checkpoint, and digits.npz in its data folder."""
    root = tmp_path_factory.mktemp("library")
    shutil.copytree(DIGITS, root / "checkpoints" / "digits")
    (root / "data").mkdir()
    np.savez(root / "data" / "digits.npz", images=sample(load_generator(DIGITS, read_info(DIGITS)), range(800)))
    return Library(root / "checkpoints", root / "runs")


def finished(library: Library, name: str) -> dict:
    """What the page is told at last."""
    while not (told := sets.progress(library, {"sets": name})).get("done") and "error" not in told:
        time.sleep(0.1)
    return told


def test_a_set_is_an_upload_a_checkpoint_or_what_lies_in_the_data_folder(library, tmp_path):
    upload = Path(get_upload_folder()) / "ab12" / "mine.zip"
    upload.parent.mkdir(parents=True, exist_ok=True)
    upload.write_bytes(b"anything")
    assert sets.place_of(library, str(upload)) == str(upload)
    assert sets.place_of(library, "digits") == str((library.checkpoints / "digits").resolve())
    assert sets.place_of(library, "digits.npz") == str((library.runs.parent / "data" / "digits.npz").absolute())
    secret = tmp_path / "secret.zip"
    secret.write_bytes(b"anything")
    refused = sets.start(library, {"real": str(secret), "fake": "digits"})["error"]
    assert "is no checkpoint, no data set, and no folder or zip in data/ on the server" in refused


@pytest.mark.parametrize("extractor", ["/etc/net.onnx", "net.onnx:imagenet", "hf://user/repo/net.onnx", "nobody"])
def test_a_page_chooses_an_extractor_from_the_list_and_names_no_file(library, extractor):
    refused = sets.start(library, {"real": "digits.npz", "fake": "digits", "extractor": extractor})["error"]
    assert "is no extractor. Choose one from the list." in refused


def test_the_critics_of_the_library_stand_in_the_list_of_extractors(library, tmp_path):
    shutil.copytree(DIGITS, tmp_path / "checkpoints" / "judged")
    shutil.copytree(DIGITS, tmp_path / "checkpoints" / "plain")
    (tmp_path / "checkpoints" / "broken").mkdir()
    give_critic(tmp_path / "checkpoints" / "judged")
    other = Library(tmp_path / "checkpoints", tmp_path / "runs")
    offered = [name for name, _ in sets.names(other, {})["extractors"] if name.startswith("critic:")]
    assert offered == ["critic:judged"]
    assert sets.extractor_of(other, "critic:judged") == f"critic:{(tmp_path / 'checkpoints' / 'judged').resolve()}"
    for name in ("critic:plain", "critic:/etc", "critic:"):
        assert (
            "is no extractor. Choose one from the list."
            in sets.start(other, {"real": "plain", "fake": "judged", "extractor": name})["error"]
        )


@pytest.mark.slow
def test_two_sets_are_diagnosed_shown_and_reported(library):
    name = sets.start(library, {"real": "digits.npz", "fake": "digits", "extractor": "mnist"})["sets"]
    assert finished(library, name) == {"done": True, "said": ""}
    answer = handlers.diagnose(library, {"sets": name})
    assert answer["numbers"]["real_set"] == "digits.npz"
    assert "digits" in answer["panel"]
    assert len(answer["attributes" if "attributes" in answer else "classes"][0]["shares"]) == 10
    assert "data-real" in handlers.near(library, {"sets": name, "side": "fake", "row": 0})["html"]
    assert handlers.hover(library, {"sets": name, "side": "fake", "row": 3})["uri"].startswith("data:image/webp")
    assert handlers.map_points(library, {"sets": name, "method": "PCA"})["map"]["method"] == "PCA"
    html = sets.report(library, {"sets": name})["html"]
    assert html.startswith("<!doctype html>")
    assert str(library.runs.parent) not in html
    again = sets.start(library, {"real": "digits.npz", "fake": "digits", "extractor": "mnist"})["sets"]
    finished(library, again)
    keys = {sets.two_sets(library, {"sets": which}).key for which in (name, again)}
    assert len(keys) == 2


@pytest.mark.slow
def test_a_failure_is_the_commands_own_sentence_and_shows_no_folder(library):
    upload = Path(get_upload_folder()) / "cd34" / "broken.npz"
    upload.parent.mkdir(parents=True, exist_ok=True)
    upload.write_bytes(b"PK\x03\x04 and no more")
    told = finished(library, sets.start(library, {"real": str(upload), "fake": "digits"})["sets"])["error"]
    assert "broken.npz" in told
    assert str(upload.parent) not in told
    assert upload.parent.name not in told


@pytest.mark.slow
def test_one_that_is_cancelled_says_so(library):
    name = sets.start(library, {"real": "digits.npz", "fake": "digits"})["sets"]
    assert "error" not in sets.cancel(library, {"sets": name})
    assert "was stopped" in finished(library, name)["error"]


@pytest.mark.parametrize("name", ["../..", "0123456789ab", "ABCDEF012345", ""])
def test_another_name_is_no_diagnosis(library, name):
    for ask in (sets.progress, sets.report, sets.cancel, handlers.diagnose):
        assert ask(library, {"sets": name})["error"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([""], "starting"),
        (["note: reading the real images", ""], "reading the real images"),
        (["note: a", "real splits of 300:  27%|██▋  | 81/300 [00:05<", ""], "real splits of 300: 27 %"),
    ],
)
def test_what_is_said_is_the_last_line_that_tells_something(lines, told):
    assert sets.said(lines) == told


@pytest.mark.parametrize("extra", [-5, -1, 0, 5])
def test_only_the_newest_diagnoses_are_kept(tmp_path, extra):
    for i in range(sets.KEPT_FOLDERS + extra):
        (tmp_path / f"{i:012x}").mkdir()
    sets.sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == min(sets.KEPT_FOLDERS + extra, sets.KEPT_FOLDERS - 1)
