"""Facts about `python -m explorer`."""

import shutil

import pytest

from explorer.__main__ import main
from explorer.core.directions import fitting
from explorer.core.directions.catalogue import entries, is_learned
from explorer.core.model import Model


@pytest.mark.slow
def test_what_was_learned_lies_beside_the_checkpoint_and_is_there_for_the_next(referenced, capsys, tmp_path, hasty):
    folder = shutil.copytree(referenced("stylegan-lite"), tmp_path / "faces")
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
