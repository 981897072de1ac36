"""A checkpoint's folder: written whole, read with suspicion, published and found by name."""

import json
import pickle
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from trainer.checkpoints.card_data import HEAD
from trainer.checkpoints.checkpoint import (
    CheckpointInfo,
    file_hash,
    load_generator,
    read_info,
    save_checkpoint,
)
from trainer.checkpoints.model_card import model_card
from trainer.checkpoints.sampling import sample
from trainer.networks import ARCHITECTURES, latent_architectures
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import find_checkpoint, publish
from trainer.runs.run import Run
from trainer.training.methods.base import method_for, options_for
from trainer.training.setup import build_networks
from trainer.util.errors import UserError
from trainer.util.images import sheet, to_uint8

DATA = {"name": "squares", "pictures": 10, "licence": "CC0", "credit": "the tests", "attributes": {"a": ["0", "1"]}}


@pytest.fixture
def make(tmp_path, tiny):
    """(arch, classes) -> (folder of a checkpoint, its generator, its info)."""

    def make(arch="stylegan-lite", classes=0, name="c"):
        config = tiny(arch, conditional=bool(classes))
        g = build_networks(config, channels=1, num_classes=classes)[method_for(config).checkpoint]
        options = options_for(type(g), config) | {"resolution": g.resolution, "channels": 1, "num_classes": classes}
        info = CheckpointInfo(arch, options, 1234, "a summary", DATA, asdict(config), 60.0)
        save_checkpoint(tmp_path / name, g.eval(), info, model_card(name, info))
        return tmp_path / name, g, info

    return make


def edit(folder, **changes):
    record = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(record | changes))


def reweigh(folder, change):
    """Change the weights, with a config.json that vouches for them."""
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")
    edit(folder, sha256=file_hash(folder / "model.safetensors"))


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("arch", latent_architectures())
def test_what_is_loaded_draws_what_was_saved(arch, classes, make):
    folder, g, info = make(arch, classes)
    loaded = load_generator(folder, read_info(folder))
    assert np.array_equal(sample(loaded, range(4)), sample(g, range(4)))
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    assert replace(read_info(folder), sha256="") == info


def test_a_folder_holds_four_plain_files(make):
    folder, g, _ = make()
    assert sorted(p.name for p in folder.iterdir()) == ["README.md", "config.json", "model.safetensors", "preview.webp"]
    assert Image.open(folder / "preview.webp").size == (4 * g.resolution, 4 * g.resolution)
    assert read_info(folder).sha256 == file_hash(folder / "model.safetensors")


def test_the_card_tells_data_licence_credit_command_and_how_far_it_got(make):
    text = (make()[0] / "README.md").read_text()
    for fact in ("squares", "CC0", "the tests", "1,234 real images", "python -m trainer train --run c --arch"):
        assert fact in text


def test_a_crash_while_replacing_leaves_an_unfinished_folder_not_a_wrong_one(make, monkeypatch):
    """The process dies after the first rename: config.json is gone by then."""
    folder, g, info = make()
    with torch.no_grad():
        g.constant.add_(1)
    replaced = type(folder).replace

    def dies_after(temporary, target):
        replaced(temporary, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(type(folder), "replace", dies_after)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(folder, g, info, "card")
    with pytest.raises(UserError, match=r"not a finished checkpoint: it has no config.json .*model.safetensors"):
        read_info(folder)


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one_usable(make, monkeypatch):
    folder, g, info = make()
    monkeypatch.setattr("trainer.checkpoints.checkpoint.preview", lambda g: Image.open("/dev/full/x"))
    with pytest.raises(UserError, match="Cannot write"):
        save_checkpoint(folder, g, info, "card")
    load_generator(folder, read_info(folder))


def test_an_empty_folder_is_told_with_what_would_fill_it(tmp_path):
    with pytest.raises(UserError, match=r"found: nothing\).*publish RUN --as"):
        read_info(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '"x"', '{"format": 1}', "[" * 100_000, "\xff"])
def test_a_damaged_config_is_told(text, make):
    folder, _, _ = make()
    (folder / "config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=r"config.json cannot be read \(.+\)"):
        read_info(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("arch", 3),
        ("options", []),
        ("images_seen", "many"),
        ("summary", None),
        ("data", "x"),
        ("train", None),
        ("seconds", "x"),
        ("sha256", 0),
        ("surprise", 1),
    ],
)
def test_a_config_with_a_value_of_another_kind_is_told(name, value, make):
    folder, _, _ = make()
    edit(folder, **{name: value})
    with pytest.raises(UserError, match=rf"config.json cannot be read \(.*{name}"):
        read_info(folder)


@pytest.mark.parametrize("version", [0, 2, None, "x"])
def test_another_format_is_told(version, make):
    folder, _, _ = make()
    edit(folder, format=version)
    with pytest.raises(UserError, match=rf"format {version}; this version reads format 1"):
        read_info(folder)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("depth", 3),
        ("width", -1),
        ("width", "8"),
        ("width", 1.5),
        ("width", 10**9),
        ("resolution", 17),
        ("resolution", None),
        ("num_classes", -2),
        ("z_dim", 10**12),
        ("z_dim", 10**30),
    ],
)
@pytest.mark.parametrize("arch", latent_architectures())
def test_options_that_cannot_be_are_told_without_allocating_them(arch, option, value, make):
    folder, _, info = make(arch)
    edit(folder, options=info.options | {option: value})
    with pytest.raises(UserError, match=r"options that|cannot generate|does not fit"):
        load_generator(folder, read_info(folder))


def test_an_unknown_architecture_lists_the_known_ones(make):
    folder, _, _ = make()
    edit(folder, arch="biggan")
    with pytest.raises(UserError, match=f"architecture 'biggan'. Choose from: {min(ARCHITECTURES)}"):
        load_generator(folder, read_info(folder))


def test_weights_are_missing_truncated_or_a_pickle(make):
    folder, _, _ = make()
    info, weights = read_info(folder), folder / "model.safetensors"
    whole = weights.read_bytes()
    for content in (b"", whole[:100], whole[:-4], pickle.dumps({"a": 1})):
        weights.write_bytes(content)
        with pytest.raises(UserError, match=r"model.safetensors is damaged or not a safetensors file"):
            load_generator(folder, info)
    weights.unlink()
    with pytest.raises(UserError, match=r"has no model.safetensors\.$"):
        load_generator(folder, info)
    (folder / "model.pkl").write_bytes(b"")
    with pytest.raises(UserError, match=r"model.pkl is a pickle, which is never opened"):
        load_generator(folder, info)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("constant"), "constant is missing instead of 1 x 2 x 4 x 4"),
        (lambda w: w.update(constant=torch.zeros(2, 3)), "constant is 2 x 3 instead of 1 x 2 x 4 x 4"),
        (lambda w: w.update(extra=torch.zeros(5)), "extra is 5 instead of missing"),
        (lambda w: w["constant"].fill_(float("nan")), "NaN or infinite weights, constant among 1"),
        (lambda w: w["w_avg"].fill_(float("inf")), "NaN or infinite weights, w_avg among 1"),
    ],
)
def test_weights_that_do_not_fit_or_are_not_finite_are_named(change, message, make):
    folder, _, _ = make()
    reweigh(folder, change)
    with pytest.raises(UserError, match=message):
        load_generator(folder, read_info(folder))


def test_exchanged_weights_are_noticed(make):
    folder, _, _ = make()
    other, g, info = make(name="d")
    with torch.no_grad():
        g.constant.add_(1)
    save_checkpoint(other, g, info, "")
    (folder / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    with pytest.raises(UserError, match="their hashes differ"):
        load_generator(folder, read_info(folder))


def test_images_are_rounded_clipped_and_laid_out_row_by_row():
    images = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]).view(5, 1, 1, 1)
    pixels = to_uint8(images)
    assert pixels[:, 0, 0, 0].tolist() == [0, 0, 128, 255, 255]
    assert np.asarray(sheet(pixels, columns=2)).tolist() == [[0, 0], [128, 255], [255, 0]]
    assert sheet(np.zeros((3, 4, 5, 3), np.uint8), columns=3).size == (15, 4)


@pytest.fixture
def trained(tmp_path, tiny, squares):
    config = tiny(kimg=0.004)
    run = Run(tmp_path / "runs", "r")
    list(run_training(run, config, places=Paths(tmp_path, tmp_path), dataset=squares(config)))
    return run


def test_publishing_copies_the_snapshot_under_a_new_name(trained, tmp_path):
    folder = publish(trained, "faces", tmp_path / "checkpoints", critic=False)
    assert folder == tmp_path / "checkpoints" / "faces"
    assert read_info(folder) == read_info(trained.latest)
    assert (folder / "model.safetensors").read_bytes() == (trained.latest / "model.safetensors").read_bytes()
    assert HEAD.sub("", (folder / "README.md").read_text()).startswith("# faces\n")
    load_generator(folder, read_info(folder))


def test_publishing_again_forgets_what_was_fitted_to_the_old_weights(trained, tmp_path):
    cache = publish(trained, "faces", tmp_path) / ".cache"
    cache.mkdir()
    publish(trained, "faces", tmp_path)
    assert not cache.exists()


def test_publishing_refuses_odd_names_absent_runs_and_runs_without_a_snapshot(trained, tmp_path, tiny):
    with pytest.raises(UserError, match=r"'../x' cannot name a checkpoint"):
        publish(trained, "../x", tmp_path)
    with pytest.raises(UserError, match="no run 'other'"):
        publish(Run(tmp_path / "runs", "other"), "x", tmp_path)
    fresh = Run(tmp_path / "runs", "fresh")
    fresh.write_config(tiny())
    with pytest.raises(UserError, match="'fresh' has no snapshot yet"):
        publish(fresh, "x", tmp_path)


def test_a_checkpoint_is_found_by_folder_published_name_run_or_run_folder(trained, tmp_path):
    checkpoints, runs = tmp_path / "checkpoints", tmp_path / "runs"
    published = publish(trained, "faces", checkpoints)
    assert find_checkpoint(str(published), checkpoints, runs) == published
    assert find_checkpoint("faces", checkpoints, runs) == published
    assert find_checkpoint("r", checkpoints, runs) == trained.latest
    assert find_checkpoint(str(trained.folder), checkpoints, runs) == trained.latest


@pytest.mark.parametrize("name", ["nobody", "", "a\0b", "x" * 5000])
def test_a_checkpoint_that_is_not_there_names_those_that_are(name, trained, tmp_path):
    with pytest.raises(UserError, match=r"There is no checkpoint .*found: r\)"):
        find_checkpoint(name, tmp_path / "checkpoints", tmp_path / "runs")
