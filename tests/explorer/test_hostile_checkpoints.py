"""A checkpoint that means harm is one unusable line: it reads nothing else and takes nothing from its neighbours."""

import hashlib
import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from benchmarks.hostile_files import CHECKPOINTS, FILES, REFERENCES, SECRET
from benchmarks.hostile_parts import edited
from explorer.core import library
from explorer.core.directions import DIRECTIONS, fitting
from explorer.core.library import Library
from explorer.core.model import Model
from explorer.rendering import client, server
from explorer.tabs.diagnosis import handlers
from tests.conftest import own_reference
from trainer.diagnosis import load_reference
from trainer.util.errors import UserError
from trainer.util.reading import is_own_file

FINE = ("a preview that is a bomb", "a class that is no UTF-8", "a summary of half a pair")  # usable all the same
MAPS = Path("/proc/self/maps")


@pytest.fixture
def books(tmp_path, checkpoint) -> Library:
    """A sound checkpoint and one to damage."""
    for name in ("sound", "hostile"):
        folder = tmp_path / "checkpoints" / name
        shutil.copytree(checkpoint("stylegan-lite"), folder, ignore=shutil.ignore_patterns(".cache"))
    return Library(tmp_path / "checkpoints", tmp_path / "runs")


def hostile(books: Library) -> Path:
    return books.checkpoints / "hostile"


def entries_of(books: Library) -> dict[str, library.Entry]:
    """The chooser's entries by name, once they are known to be text that can be sent, without the machine's folders."""
    entries = books.entries()
    sent = json.dumps([[e.name, e.about, e.preview] for e in entries], ensure_ascii=False).encode()
    assert b"root:" not in sent
    assert str(books.checkpoints).encode() not in sent
    return {entry.name: entry for entry in entries}


@pytest.mark.parametrize("damage", CHECKPOINTS)
def test_a_hostile_checkpoint_is_one_line(books, damage):
    CHECKPOINTS[damage](hostile(books))
    entries = entries_of(books)
    assert entries["sound"].usable
    assert entries["hostile"].usable == (damage in FINE)


@pytest.mark.parametrize("options", ["codes of text", "one code", "more codes than z", "codes below zero"])
def test_codes_that_cannot_be_are_told(tmp_path, checkpoint, options):
    folder = Path(shutil.copytree(checkpoint("dcgan"), tmp_path / "mine"))
    CHECKPOINTS[options](folder)
    with pytest.raises(UserError, match=r"codes is|does not run"):
        Model(folder)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "preview.webp"])
@pytest.mark.parametrize("damage", FILES)
def test_only_regular_files_of_the_folder_are_read(books, file, damage):
    FILES[damage](hostile(books) / file)
    entries = entries_of(books)
    assert entries["sound"].usable
    assert entries["hostile"].usable == (file == "preview.webp")
    assert file != "preview.webp" or not entries["hostile"].preview


def test_folders_that_the_operator_names_may_be_links(books, tmp_path):
    (tmp_path / "elsewhere").symlink_to(books.checkpoints)
    (books.checkpoints / "third").symlink_to(hostile(books))
    assert [e.usable for e in Library(tmp_path / "elsewhere", tmp_path / "runs").entries()] == [True] * 3


def test_a_folder_whose_name_is_no_utf8_can_be_chosen(books):
    hostile(books).rename(books.checkpoints / "caf\udce9")
    assert entries_of(books)["caf\\xe9"].usable


def test_classes_whose_names_are_no_utf8_can_be_sent(checkpoint, tmp_path):
    folder = tmp_path / "checkpoints" / "c"
    shutil.copytree(checkpoint("dcgan", 3), folder)
    edited(folder / "config.json", data={"attributes": {"class": ["caf\udce9", "caf\udce8", "\ud800"]}})
    answer = server.capabilities(Library(tmp_path / "checkpoints", tmp_path / "runs"), "c")
    assert answer["classes"] == ["caf\\xe9", "caf\\xe8", "\\ud800"]
    json.dumps(answer, ensure_ascii=False).encode()


def test_what_one_checkpoint_takes_nobody_else_waits_for(books, monkeypatch):
    ended, begun, built = threading.Event(), threading.Event(), library.built

    def slow(name: str, folder: Path):
        if name == "hostile":
            begun.set()
            ended.wait(60)
        return built(name, folder)

    monkeypatch.setattr(library, "built", slow)
    waiting = threading.Thread(target=books.usable, args=("hostile",))
    waiting.start()
    begun.wait(60)
    try:
        assert books.model("sound").name == "sound"
        assert waiting.is_alive()
    finally:
        ended.set()
        waiting.join()


def test_a_failure_of_any_kind_is_one_line_and_not_tried_again(books, monkeypatch):
    tries = []

    def fail(self, folder: Path, name: str):
        tries.append(name)
        raise MemoryError

    monkeypatch.setattr(Model, "__init__", fail)
    for _ in range(2):
        assert "MemoryError" in entries_of(books)["hostile"].about
    assert sorted(tries) == ["hostile", "sound"]


@pytest.mark.slow
@pytest.mark.skipif(not MAPS.exists(), reason="says what is mapped")
def test_nothing_of_a_checkpoint_stays_mapped(books):
    own_reference(hostile(books))
    books.model("hostile").directions("pca")
    reference = load_reference(hostile(books))
    assert reference.real.features.size
    assert "hostile" not in MAPS.read_text()


@pytest.mark.parametrize("damage", [*REFERENCES, *FILES])
def test_a_hostile_reference_is_told_and_no_neighbour_suffers(referenced, tmp_path, damage):
    for name in ("sound", "other", "hostile"):
        shutil.copytree(referenced(), tmp_path / name)
    (REFERENCES | FILES)[damage](tmp_path / "hostile" / "reference.safetensors")
    with pytest.raises(UserError, match=r"reference.safetensors") as error:
        load_reference(tmp_path / "hostile")
    assert str(tmp_path) not in str(error.value)
    assert "other" in handlers.comparable(Library(tmp_path, tmp_path / "runs"), "sound")


def test_a_cache_that_leads_elsewhere_is_neither_read_nor_written(books, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (hostile(books) / ".cache").symlink_to(tmp_path / "elsewhere")
    model = books.model("hostile")
    assert len(model.directions("random").axes_)
    client.generator(books, {"checkpoint": "hostile"})
    assert not list((tmp_path / "elsewhere").iterdir())


def test_an_exported_generator_that_became_a_link_is_not_served(books):
    client.generator(books, {"checkpoint": "hostile"})
    path = client.EXPORTED[books.model("hostile").info.sha256] / client.GENERATOR
    assert is_own_file(path)
    path.unlink()
    path.symlink_to(SECRET)
    request = type("Request", (), {"path_params": {"hash": books.model("hostile").info.sha256, "name": path.name}})
    assert client.generator_file(request()).status_code == 404


@pytest.mark.parametrize("axes", [(3, 16), (3, 7), (0, 16), (16,)])
@pytest.mark.parametrize(
    "edit",
    [
        {}, {"names": ["a", "a", "b"]}, {"names": "abc"}, {"names": ["x" * 500, "y", "z"]}, {"layers": [[0, 99]] * 3},
        {"layers": 3}, {"layers": [["0", None]] * 3}, {"w_dim": 16}, {"version": 2}, {"traits": ["a"]},
    ],
)  # fmt: skip
def test_a_file_of_directions_that_does_not_fit_is_passed_over(books, axes, edit):
    model = books.model("hostile")
    file = hostile(books) / ".cache" / "directions.safetensors"
    file.parent.mkdir()
    record = {"version": 1, "names": [str(i) for i in range(axes[0])], "layers": [[0, None]] * axes[0], "w_dim": 0}
    learned = {"axes_": np.ones(axes), "scale_": np.ones(axes[:1]), "share_": np.ones(axes[:1])}
    arrays = {f"random.{name}": array.astype(np.float32) for name, array in learned.items()}
    save_file(arrays, file, {"weights": "hash", "random": json.dumps(record | edit)})
    recalled = fitting.recall(DIRECTIONS["random"](), file, "random", model.subject, "hash")
    assert recalled == (axes == (3, model.w_dim) and not edit)


def test_a_cache_of_somebody_else_only_costs_the_fit(books, monkeypatch):
    def denied(*args, **kwargs):
        raise SafetensorError("Error while serializing: I/O error: Permission denied (os error 13)")

    monkeypatch.setattr("safetensors.numpy.save_file", denied)
    fitting.FITTED.clear()
    assert len(books.model("hostile").directions("random").axes_)


@pytest.mark.parametrize("method", DIRECTIONS)
def test_weights_that_overflow_have_no_directions(tmp_path, checkpoint, method):
    folder = Path(shutil.copytree(checkpoint("stylegan-lite"), tmp_path / "mine"))
    path = folder / "model.safetensors"
    save_file({name: np.full_like(array, 3e38) for name, array in load_file(path).items()}, path)
    edited(folder / "config.json", sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(UserError, match=r"finds no directions|has no codes|Nobody can read"):
        fitting.fit(DIRECTIONS[method](), Model(folder).subject)
