"""An import: recognised, told, built, checked, and written as a checkpoint like any other."""

import json

import numpy as np
import pytest
import torch

from trainer.checkpoints.building import side_by_side
from trainer.checkpoints.checkpoint import CheckpointInfo, load_generator, read_info
from trainer.checkpoints.importers import IMPORTERS, Found, Imported, Importer, Preview, import_file, look
from trainer.checkpoints.sampling import sample
from trainer.networks import ARCHITECTURES
from trainer.util.errors import UserError
from trainer.util.reading import Unfit

PREVIEW = Preview(
    "toy", (("image", "16 x 16, grey"),), (("project.weight", "4 x 4"),), "CC0", ("The optimizer stays.",)
)
OPTIONS = {"resolution": 16, "channels": 1, "z_dim": 4, "width": 2}


def toy(spoil=lambda generator: None):
    """What an importer builds; `spoil` changes its generator first."""
    generator = ARCHITECTURES["dcgan"].generator(**OPTIONS)
    spoil(generator)
    data = {"name": "", "licence": "CC0", "credit": "the tests", "attributes": {}}
    return Imported(generator, CheckpointInfo("dcgan", OPTIONS, 0, "a toy", data))


@pytest.fixture
def importer(monkeypatch):
    """Makes importers of files that begin with `toy`, alone in the table."""

    def make(load=toy):
        kind = Importer("toys", lambda path: Found(PREVIEW, load) if path.read_bytes()[:3] == b"toy" else None)
        for name in list(IMPORTERS):
            monkeypatch.delitem(IMPORTERS, name)
        monkeypatch.setitem(IMPORTERS, "toys", kind)

    return make


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "files" / "model.toy"
    path.parent.mkdir()
    path.write_bytes(b"toy")
    return path


def test_an_import_is_a_checkpoint_that_draws_what_the_file_draws(importer, source, tmp_path):
    torch.manual_seed(0)
    made = toy()
    importer(lambda: made)
    told = []
    folder = import_file(source, tmp_path / "mine", told.append)
    info = read_info(folder)
    assert np.array_equal(sample(load_generator(folder, info), range(2)), sample(made.generator, range(2)))
    assert info.train == {}
    assert told == ["files/model.toy is read as: toy.", "The optimizer stays."]
    card = (folder / "README.md").read_text()
    assert "model.toy" in card
    assert "The optimizer stays." in card


def test_looking_builds_and_writes_nothing(importer, source, tmp_path):
    importer(lambda: pytest.fail("built"))
    assert look(source).preview == PREVIEW
    assert [p.name for p in tmp_path.iterdir()] == ["files"]


def test_a_link_that_a_person_names_is_followed(importer, source, tmp_path):
    importer()
    (tmp_path / "link").symlink_to(source)
    assert look(tmp_path / "link").preview == PREVIEW


def test_a_file_that_nobody_knows_is_refused_with_what_can_be_imported(importer, source):
    importer()
    source.write_bytes(b"something else")
    with pytest.raises(UserError, match=r"^files/model.toy is of no kind that can be imported. These are: toys.$"):
        look(source)


@pytest.mark.parametrize(("name", "told"), [("none", "There is no file"), ("files", "it is not a regular file")])
def test_what_is_no_file_is_refused(name, told, importer, source, tmp_path):
    importer()
    with pytest.raises(UserError, match=told):
        look(tmp_path / name)


def test_a_file_over_the_limit_is_refused_before_it_is_read(importer, source, monkeypatch):
    importer()
    with source.open("r+b") as file:
        file.truncate(3 * 10**9)
    monkeypatch.setattr(type(source), "read_bytes", lambda path: pytest.fail("read"))
    with pytest.raises(UserError, match="it has 3,000 MB, more than the limit of 2,147 MB"):
        look(source)


def failing():
    raise Unfit("layer 3 is missing")


def diverged():
    return toy(lambda generator: generator.project.weight.data.fill_(torch.nan))


def narrower():
    return toy(lambda generator: generator.layers.pop(-2))


@pytest.mark.parametrize(
    ("load", "told"),
    [
        (failing, "cannot be imported: layer 3 is missing"),
        (diverged, "NaN or infinite weights, project.weight among 1"),
        (narrower, "its network does not run"),
    ],
)
def test_what_cannot_be_built_is_told_in_a_sentence_and_nothing_is_written(load, told, importer, source, tmp_path):
    importer(load)
    with pytest.raises(UserError, match=told):
        import_file(source, tmp_path / "mine", print)
    assert not (tmp_path / "mine").exists()


def test_a_checkpoint_is_never_overwritten(importer, source, tmp_path):
    importer()
    folder = import_file(source, tmp_path / "mine", print)
    before = json.loads((folder / "config.json").read_text())
    with pytest.raises(UserError, match=r"is a checkpoint already\. Choose another --out"):
        import_file(source, folder, print)
    assert json.loads((folder / "config.json").read_text()) == before


def test_a_tensors_shape_reads_as_a_product():
    assert side_by_side((512, 100, 4, 4)) == "512 x 100 x 4 x 4"
    assert side_by_side(()) == "a number"
