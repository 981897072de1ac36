"""A translator's checkpoint: what was trained is what is loaded, tried, exported, and refused where it is damaged."""

import json

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.numpy import load, save_file

from trainer.checkpoints import tried
from trainer.checkpoints.checkpoint import load_generator, load_translator, read_info
from trainer.checkpoints.examples import FILE, Examples, read_examples
from trainer.checkpoints.patch_critic import load_patch_critic
from trainer.checkpoints.translating import translated
from trainer.checkpoints.translator_export import CRITIC, TRANSLATOR, export_translator
from trainer.checkpoints.tried import sheet_of
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.run import Run
from trainer.runs.saving import sheet_kind
from trainer.training.config import config_from_record
from trainer.util.errors import UserError
from trainer.util.images import to_float, to_uint8

from ..training.methods.test_translation import pairs


@pytest.fixture(scope="module", params=["unet", "styled-unet"])
def published(request, tiny, tmp_path_factory):
    """A translator after three steps."""
    place = tmp_path_factory.mktemp(request.param)
    run, config = Run(place, "r"), tiny(request.param, kimg=0.018, batch=6)
    list(run_training(run, config, places=Paths(place, place), dataset=pairs(config)))
    return publish(run, "x", place / "checkpoints")


def test_what_is_published_makes_what_the_run_made(published):
    info = read_info(published)
    snapshot = published.parents[1] / "r" / "snapshots" / "latest"
    examples = read_examples(published, load_translator(published, info))
    made = [translated(load_translator(f, read_info(f)), examples.given, range(12)) for f in (published, snapshot)]
    assert np.array_equal(*made)
    assert examples.truth.shape == made[0].shape == (12, info.options["resolution"], info.options["resolution"], 3)
    assert info.data["given"]["kind"] == "image"


def test_an_image_comes_out_the_same_in_any_company(published):
    translator = load_translator(published, read_info(published))
    given = read_examples(published, translator).given
    together = translated(translator, given, range(12))
    assert all(np.array_equal(translated(translator, given[i : i + 1], [i])[0], together[i]) for i in range(12))


def test_a_style_changes_the_image_where_there_is_one(published):
    translator = load_translator(published, read_info(published))
    given = read_examples(published, translator).given[:1].repeat(2, 0)
    first, second = translated(translator, given, [1, 2])
    assert np.array_equal(first, second) == (translator.z_dim == 0)
    if translator.encodes:
        assert translator.style_of(to_float(torch.from_numpy(first[None]))).shape == (1, translator.z_dim)


def test_the_export_makes_the_same_images(published, tmp_path):
    info = read_info(published)
    translator, critic = load_translator(published, info), load_patch_critic(published, info)
    made = export_translator(translator, tmp_path, critic)
    assert made.difference < 2 / 255
    given = to_float(torch.from_numpy(read_examples(published, translator).given))
    z = torch.randn(len(given), translator.z_dim)
    inputs = {"given": given.numpy()} | ({"z": z.numpy()} if translator.z_dim else {})
    (images,) = onnxruntime.InferenceSession(tmp_path / TRANSLATOR).run(None, inputs)
    wanted = to_uint8(translator.translate(given, z))
    assert np.abs(to_uint8(torch.from_numpy(images)).astype(int) - wanted).max() <= 4
    (logits,) = onnxruntime.InferenceSession(tmp_path / CRITIC).run(None, {"images": images, "given": given.numpy()})
    assert logits.shape == tuple(critic(torch.from_numpy(images), given).shape)


def test_it_is_no_generator_and_says_where_to_open_it(published):
    with pytest.raises(UserError, match="makes an image of an image: open it in the tab Translate"):
        load_generator(published, read_info(published))


def test_examples_of_another_shape_are_refused(published):
    translator = load_translator(published, read_info(published))
    kept = (published / FILE).read_bytes()
    try:
        save_file({"given": np.zeros((2, 4, 4, 1), np.uint8)}, published / FILE)
        with pytest.raises(UserError, match="cannot be read"):
            read_examples(published, translator)
        (published / FILE).write_bytes(b"no")
        with pytest.raises(UserError, match="cannot be read"):
            read_examples(published, translator)
    finally:
        (published / FILE).write_bytes(kept)


@pytest.mark.parametrize("options", [{"width": 10**6}, {"given_channels": 2}, {"resolution": 8}, {"depth": 3}])
def test_a_config_that_does_not_describe_it_is_refused(published, options):
    path = published / "config.json"
    kept = path.read_text()
    record = json.loads(kept)
    record["options"] |= options
    try:
        path.write_text(json.dumps(record))
        with pytest.raises(UserError):
            load_translator(published, read_info(published))
    finally:
        path.write_text(kept)


def test_its_sheet_shows_input_output_and_truth(published):
    config = config_from_record(read_info(published).train)
    translator = load_translator(published, read_info(published))
    examples = read_examples(published, translator)
    shown, side = np.asarray(sheet_of(translator, examples)), translator.resolution
    rows = [shown[i * side : (i + 1) * side, :side] for i in range(3)]
    assert sheet_kind(config) == "pairs"
    assert np.array_equal(rows[0][..., :1], examples.given[0])
    assert np.array_equal(rows[1], translated(translator, examples.given[:1], [0])[0])
    assert np.array_equal(rows[2], examples.truth[0])


def test_of_large_examples_fewer_are_kept(published, monkeypatch):
    translator = load_translator(published, read_info(published))
    one = read_examples(published, translator).first(1)
    many = Examples(*(np.repeat(rows, 20, axis=0) for rows in one))
    for size, count in ((12 * one.size, 12), (one.size, 8)):
        monkeypatch.setattr(tried, "KEPT", size)
        assert len(load(tried.tried_on(translator, many).examples)["given"]) == count


def test_its_card_says_what_it_is(published):
    card = (published / "README.md").read_text()
    assert "pipeline_tag: image-to-image" in card
    assert "rows of input, output and truth" in card
