"""Facts about `python -m explorer`."""

import shutil

import pytest

from explorer.__main__ import main
from explorer.core.directions import fitting
from explorer.core.directions.catalogue import entries, is_learned
from explorer.core.model import Model
from tests.conftest import own_reference


@pytest.fixture
def read(checkpoint, tmp_path):
    """A checkpoint whose images somebody reads attributes off."""
    folder = shutil.copytree(checkpoint("stylegan-lite"), tmp_path / "read")
    own_reference(folder)
    return folder


@pytest.mark.slow
def test_what_was_learned_lies_beside_the_checkpoint_and_is_there_for_the_next(read, capsys, tmp_path, hasty):
    folder = shutil.copytree(read, tmp_path / "faces")
    main(["directions", str(folder)])
    file = folder / "directions.safetensors"
    assert str(file) in capsys.readouterr().out
    fitting.FITTED.clear()
    shutil.rmtree(folder / ".cache")
    model = Model(folder)
    assert is_learned(model)
    for one in entries(model):
        assert -6 <= one.low <= -0.5
        assert 0.5 <= one.high <= 6
    assert not (folder / ".cache").exists()  # all came with the checkpoint


def test_a_model_that_nobody_reads_is_one_sentence(checkpoint, capsys):
    with pytest.raises(SystemExit, match=r"error: Nobody can read attributes"):
        main(["directions", str(checkpoint("stylegan-lite"))])
