"""A translator that leads both ways is exported both ways."""

import numpy as np
import onnxruntime
import torch

from trainer.checkpoints.translator_export import BACK, TRANSLATOR, export_translator
from trainer.networks.resnet_pair import CollectionCritic, ResNetPair


def test_both_ways_and_the_critic_make_what_pytorch_makes(tmp_path):
    torch.manual_seed(0)
    pair, critic = ResNetPair(32, channels=3, given_channels=1, width=4, blocks=1).eval(), CollectionCritic(32, 3, 4)
    export_translator(pair, tmp_path, critic)
    given = torch.rand(3, 1, 32, 32) * 2 - 1  # another number than the export was checked with
    with torch.no_grad():
        images = pair.translate(given)
        expected = {TRANSLATOR: images, BACK: pair.back(images), "critic.onnx": critic(images)}
    for name, inputs in (
        (TRANSLATOR, {"given": given}),
        (BACK, {"images": images}),
        ("critic.onnx", {"images": images}),
    ):
        session = onnxruntime.InferenceSession(tmp_path / name)
        (found,) = session.run(None, {key: value.numpy() for key, value in inputs.items()})
        assert np.abs(found - expected[name].numpy()).mean() < 0.01
