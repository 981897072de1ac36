"""python -m trainer measure."""

import json

import numpy as np
import pytest

from trainer.cli.main import main


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Sound files and spoilt ones, in the working directory."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    sound = {
        "real": rng.normal(size=(60, 4)).astype(np.float32),
        "fake": rng.normal(size=(50, 4)).astype(np.float16),
        "held": rng.normal(size=(40, 4)),
        "real_labels": rng.integers(0, 3, 60),
        "fake_labels": rng.integers(0, 3, 50).astype(np.uint8),
        "probabilities": rng.dirichlet(np.ones(3), 50),
        "images": rng.uniform(-1, 1, (50, 1, 16, 16)).astype(np.float32),
        "four": rng.normal(size=(4, 4)),
        "wide": rng.normal(size=(50, 5)),
        "flat": rng.normal(size=60),
        "none": np.zeros((0, 4)),
        "gap": np.where(np.arange(60)[:, None] == 7, np.nan, rng.normal(size=(60, 4))),
        "text": np.array(["a", "b"]),
    }
    for name, array in sound.items():
        np.save(f"{name}.npy", array)
    np.save("objects.npy", np.array([{}, 1], object), allow_pickle=True)
    np.savez("zip.npy.npz", a=1)
    (tmp_path / "empty.npy").touch()
    (tmp_path / "words.npy").write_text("hello")
    (tmp_path / "cut.npy").write_bytes((tmp_path / "real.npy").read_bytes()[:-9])
    (tmp_path / "odd.npy").write_bytes(b"\x93NUMPY\x01\x00\x10\x00{'descr': [((((\n")


SETS = ["measure", "--real", "real.npy", "--fake", "fake.npy"]
LABELS = ["--real-labels", "real_labels.npy", "--fake-labels", "fake_labels.npy", "--k-classes", "3"]


def test_json_has_every_figure_that_applies(capsys):
    assert main([*SETS, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_real"], found["n_fake"]) == (60, 50)
    assert {"fid", "kid", "kid_se", "precision", "recall", "density", "coverage", "vendi", "ndb"} <= set(found)
    assert not {"modes", "kl", "ms_ssim", "inception_score", "copy_fraction"} & set(found)
    assert main([*SETS, *LABELS, "--json", "--held-out", "held.npy", "--fake-images", "images.npy",
                 "--fake-probabilities", "probabilities.npy"]) == 0  # fmt: skip
    more = json.loads(capsys.readouterr().out)
    assert {"modes", "kl", "ms_ssim", "inception_score", "copy_fraction"} <= set(more)
    assert len(more["share_fake"]) == 3
    assert {key: more[key] for key in found} == found


@pytest.mark.slow
def test_the_table_has_a_line_a_figure_and_a_line_a_class(capsys):
    assert main([*SETS, *LABELS]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "60 real and 50 generated images"
    (fid,) = [line for line in lines if line.startswith("fid ")]
    assert "lower is better" in fid
    assert lines[-4].split() == ["class", "share_real", "share_fake", "share_low", "share_high"]
    assert [line.split()[0] for line in lines[-3:]] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--real nowhere.npy", "--real nowhere.npy: this file does not exist"),
        ("--real .", "--real . cannot be read (Is a directory)"),
        ("--real objects.npy", "--real objects.npy holds pickled Python objects, which are never loaded"),
        ("--real zip.npy.npz", "is not a complete .npy file"),
        ("--real empty.npy", "is not a complete .npy file"),
        ("--real words.npy", "is not a complete .npy file"),
        ("--real cut.npy", "is not a complete .npy file"),
        ("--real odd.npy", "is not a complete .npy file"),
        ("--real none.npy", "--real none.npy is empty (shape (0, 4))"),
        ("--real text.npy", "holds values of type <U1; it must hold real numbers"),
        ("--real flat.npy", "has shape (60,); features have shape (n, d)"),
        ("--real gap.npy", "--real gap.npy holds NaN or infinity in 1 of 60 rows, first in row 7"),
        ("--fake wide.npy", "feature dimensions differ (real 4, fake 5)"),
        ("--held-out wide.npy", "feature dimensions differ (real 4, fake 4, held_out 5)"),
        ("--fake four.npy", "prdc: fake has 4 rows; this measure needs at least 6"),
        ("--fake-labels fake_labels.npy", "--fake-labels needs the number of classes. Add --k-classes N."),
        ("--fake-labels fake_labels.npy --k-classes 2", "fake_labels holds 2 in row"),
        ("--fake-labels fake_labels.npy --k-classes 1", "'1' is not a whole number from 2"),
        ("--fake-labels real_labels.npy --k-classes 3", "has 60 rows, --fake fake.npy has 50"),
        ("--fake-labels fake.npy --k-classes 3", "labels have shape (n,)"),
        ("--fake-images fake.npy", "images have shape (n, C, H, W)"),
        ("--fake-probabilities fake.npy", "is not a distribution"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_line(words, message, capsys):
    given = words.split()
    try:
        status = main(["measure", *(["--real", "real.npy"] if "--real" not in given else []),
                       *(["--fake", "fake.npy"] if "--fake" not in given else []), *given])  # fmt: skip
    except SystemExit as stopped:
        status = stopped.code
    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_both_sets_are_needed(capsys):
    with pytest.raises(SystemExit):
        main(["measure", "--real", "real.npy"])
    assert "--fake" in capsys.readouterr().err
