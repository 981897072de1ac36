"""Each way in which a checkpoint can be unusable has its sentence."""

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from explorer.core.model import Model
from trainer.util.errors import UserError


@pytest.fixture
def folder(checkpoint, tmp_path) -> Path:
    """A sound checkpoint of one's own to damage."""
    ignore = shutil.ignore_patterns(".cache")
    return Path(shutil.copytree(checkpoint("stylegan-lite"), tmp_path / "mine", ignore=ignore))


def reconfigure(folder: Path, **changes) -> None:
    """Change config.json; a change to `options` is merged into them."""
    path = folder / "config.json"
    record = json.loads(path.read_text())
    options = changes.get("options")
    changes |= {"options": record["options"] | options} if isinstance(options, dict) else {}
    path.write_text(json.dumps(record | changes))


def reweigh(folder: Path, change) -> None:
    """Replace the weights by change(weights), and have config.json agree."""
    path = folder / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path)
    reconfigure(folder, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def poison(weights) -> None:
    weights["constant"][0, 0, 0, 0] = np.nan


def reshape(weights) -> None:
    weights["constant"] = weights["constant"][:, :4].copy()


DAMAGE = {
    "no folder": (lambda f: shutil.rmtree(f), "no config.json"),
    "empty folder": (lambda f: (shutil.rmtree(f), f.mkdir()), "no config.json .*nothing"),
    "unfinished": (lambda f: (f / "config.json").unlink(), "not a finished checkpoint.*model.safetensors"),
    "config not JSON": (lambda f: (f / "config.json").write_text("{"), "config.json cannot be read"),
    "config not text": (lambda f: (f / "config.json").write_bytes(b"\xff\xfe\x00"), "config.json cannot be read"),
    "config a list": (lambda f: (f / "config.json").write_text("[]"), "config.json cannot be read"),
    "config a deep hole": (lambda f: (f / "config.json").write_text("[" * 10**5), "config.json cannot be read"),
    "config incomplete": (lambda f: (f / "config.json").write_text('{"format": 1}'), "config.json cannot be read"),
    "another format": (lambda f: reconfigure(f, format=2), "format 2; this version reads format 1"),
    "unknown field": (lambda f: reconfigure(f, secret=1), "config.json cannot be read.*secret"),
    "options no object": (lambda f: reconfigure(f, options=[1]), "config.json cannot be read.*options"),
    "data no object": (lambda f: reconfigure(f, data="mnist"), "config.json cannot be read.*data"),
    "summary no text": (lambda f: reconfigure(f, summary=5), "config.json cannot be read.*summary"),
    "unknown architecture": (lambda f: reconfigure(f, arch="nope"), "Unknown architecture 'nope'.*dcgan"),
    "another architecture": (
        lambda f: reconfigure(f, arch="dcgan", options={"resolution": 16}),
        "options that dcgan does not take",
    ),
    "unknown option": (lambda f: reconfigure(f, options={"depth": 3}), "config.json.*depth"),
    "text as resolution": (lambda f: reconfigure(f, options={"resolution": "abc"}), "config.json"),
    "impossible resolution": (lambda f: reconfigure(f, options={"resolution": 48}), "48 x 48"),
    "null as width": (lambda f: reconfigure(f, options={"width": None}), "config.json"),
    "fractional width": (lambda f: reconfigure(f, options={"width": 8.5}), "config.json"),
    "negative width": (lambda f: reconfigure(f, options={"width": -8}), "config.json"),
    "another width": (lambda f: reconfigure(f, options={"width": 4}), "does not fit"),
    "huge width": (lambda f: reconfigure(f, options={"width": 10**6, "min_channels": 10**6}), "does not fit"),
    "astronomic width": (lambda f: reconfigure(f, options={"z_dim": 10**30}), "config.json"),
    "other classes": (lambda f: reconfigure(f, options={"num_classes": 3}), "does not fit"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "has no model.safetensors"),
    "truncated weights": (cut, "is damaged or no safetensors"),
    "empty weights": (lambda f: (f / "model.safetensors").write_bytes(b""), "is damaged or no safetensors"),
    "pickled weights": (lambda f: (f / "model.safetensors").write_bytes(pickle.dumps({})), "no safetensors file"),
    "wrong shape": (lambda f: reweigh(f, reshape), "does not fit.*constant"),
    "missing weight": (lambda f: reweigh(f, lambda w: w.pop("constant")), "does not fit.*constant"),
    "one weight too many": (lambda f: reweigh(f, lambda w: w.update(more=w["constant"])), "does not fit.*more"),
    "NaN weights": (lambda f: reweigh(f, poison), "NaN or infinite weights, constant"),
    "another file's weights": (lambda f: reconfigure(f, sha256="0" * 64), "its hash differs"),
}


@pytest.mark.parametrize(("damage", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_an_unusable_checkpoint_is_told(folder, damage, sentence):
    damage(folder)
    with pytest.raises(UserError, match=sentence):
        Model(folder)


def test_a_pickle_beside_missing_weights_is_named_and_never_opened(folder):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened",))

    (folder / "model.safetensors").rename(folder / "model.pt")
    (folder / "model.pt").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UserError, match=r"model\.pt is a pickle, which is never opened"):
        Model(folder)


def test_the_undamaged_copy_is_usable_and_odd_attributes_do_no_harm(folder):
    reconfigure(folder, data={"attributes": "none"})
    assert Model(folder).class_names == []
