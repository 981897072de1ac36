"""The import dialog's requests: only uploaded files are looked at, and whatever is wrong is a sentence."""

import json
import shutil
from pathlib import Path

import pytest

from explorer.core.library import Library
from explorer.core.recipe import Recipe
from explorer.tabs.importing import handlers
from tests.trainer.checkpoints.importers.onnx_models import PLAIN, Style, write


@pytest.fixture
def upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """(name, style) -> path of an uploaded generator, in a folder named after its hash as Gradio has it."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    folder = tmp_path / "uploads" / "0a1b2c"
    folder.mkdir(parents=True)
    return lambda name="g.onnx", style=PLAIN: str(write(folder / name, style))


def test_a_file_is_looked_at_then_imported_and_removed(library: Library, upload):
    path = upload("My model (2).onnx", Style(label="index"))
    found = handlers.look(library, {"path": path})
    json.dumps(found)
    assert found["recognised"] == "ONNX generator"
    assert ["classes", "3, a whole number as label"] in found["facts"]
    assert found["name"] == "My-model-2"
    assert handlers.bring(library, {"path": path, "name": "  mine "}) == {"name": "mine"}
    assert not Path(path).exists()
    model = library.model("mine")
    assert model.class_names == ["0", "1", "2"]
    assert model.images([Recipe("mine", seed=1, label=2)]).shape == (1, 16, 16, 3)


def test_a_name_that_is_taken_gets_a_number(library: Library):
    for name in ("g", "g-2"):
        (library.checkpoints / name).mkdir()
    assert handlers.free_name(library, "g") == "g-3"
    assert handlers.free_name(library, "..ü..") == "imported"


def test_a_name_that_cannot_be_is_told_and_the_file_kept(library: Library, upload):
    path = upload()
    (library.checkpoints / "taken").mkdir()
    for name, told in (("taken", "'taken' already exists"), ("../x", "cannot name a checkpoint"), ("", "cannot name")):
        assert told in handlers.bring(library, {"path": path, "name": name})["error"]
    assert Path(path).exists()


def test_a_file_that_cannot_be_imported_is_told_by_its_own_name_and_removed(library: Library, upload):
    path = Path(upload())
    path.write_bytes(path.read_bytes()[:100])
    assert handlers.look(library, {"path": str(path)})["error"] == (
        "g.onnx cannot be imported: it is cut short or damaged."
    )
    assert not path.exists()


@pytest.mark.parametrize("handler", handlers.HANDLERS)
def test_no_file_is_read_that_was_not_uploaded(handler, library: Library, upload, tmp_path: Path):
    path = Path(upload())
    outside = tmp_path / "private.onnx"
    shutil.copyfile(path, outside)
    link = path.with_name("link.onnx")
    link.symlink_to(outside)
    above = f"{path.parent}/../../private.onnx"
    for place in (str(outside), str(link), above, "", "\0", str(path.parent), "/dev/zero", str(path) + "x"):
        assert handler(library, {"path": place, "name": "x"}) == {
            "error": "The uploaded file is no longer there. Choose it again."
        }
    assert not any(library.checkpoints.iterdir())


def test_a_folder_that_cannot_be_written_is_told(library: Library, upload):
    path = upload()
    shutil.rmtree(library.checkpoints)
    library.checkpoints.write_text("a file where the folder should be")
    assert "Cannot write" in handlers.bring(library, {"path": path, "name": "x"})["error"]
