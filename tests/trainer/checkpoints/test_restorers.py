"""What was learned of images that lack something is published, loaded and exported like any other translator."""

import numpy as np
import onnxruntime
import pytest
import torch

from trainer.checkpoints.checkpoint import load_translator, read_info
from trainer.checkpoints.examples import read_examples
from trainer.checkpoints.patch_critic import load_patch_critic
from trainer.checkpoints.translating import network_input, translated
from trainer.checkpoints.translator_export import CRITIC, TRANSLATOR, export_translator
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.run import Run
from trainer.util.images import to_uint8

from ..training.methods.test_restoring import RESTORING, stripes


@pytest.fixture(scope="module", params=RESTORING)
def published(request, tiny, tmp_path_factory):
    """(folder, translator, its examples) after three steps."""
    place = tmp_path_factory.mktemp(request.param)
    run, config = Run(place, "r"), tiny(request.param, kimg=0.012, resolution=16)
    list(run_training(run, config, places=Paths(place, place), dataset=stripes(config)))
    folder = publish(run, "x", place / "checkpoints")
    translator = load_translator(folder, read_info(folder))
    return folder, translator, read_examples(folder, translator)


def test_its_examples_are_made_of_images_and_an_image_comes_out_the_same_in_any_company(published):
    _, translator, examples = published
    together = translated(translator, examples.given)
    assert examples.truth.shape == together.shape == (12, 16, 16, 3)
    assert examples.given.shape == (12, 16 // translator.scale, 16 // translator.scale, translator.inputs)
    assert all(np.array_equal(translated(translator, examples.given[i : i + 1])[0], together[i]) for i in range(12))


def test_known_pixels_are_known_bytes(published):
    _, translator, examples = published
    if translator.masked:
        known = examples.given[..., 3] == 0
        assert np.array_equal(translated(translator, examples.given)[known], examples.truth[known])


def test_the_export_makes_the_same_images(published, tmp_path):
    folder, translator, examples = published
    critic = load_patch_critic(folder, read_info(folder))
    assert export_translator(translator, tmp_path, critic).difference < 2 / 255
    given = network_input(translator, torch.from_numpy(examples.given))
    (images,) = onnxruntime.InferenceSession(tmp_path / TRANSLATOR).run(None, {"given": given.numpy()})
    wanted = translated(translator, examples.given)
    assert np.abs(to_uint8(torch.from_numpy(images)).astype(int) - wanted).max() <= 4
    (logits,) = onnxruntime.InferenceSession(tmp_path / CRITIC).run(None, {"images": images})
    assert logits.shape == tuple(critic(torch.from_numpy(images)).shape)
