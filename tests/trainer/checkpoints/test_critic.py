"""A published run keeps its discriminator as a critic; a hostile one is a sentence, and the generator stays sound."""

import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer.checkpoints import critic as critic_file
from trainer.checkpoints.checkpoint import file_hash, load_generator, read_info
from trainer.checkpoints.critic import FILE, discriminator_class, load_critic, scores
from trainer.checkpoints.sampling import sample
from trainer.networks import ARCHITECTURES, latent_architectures
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.run import Run
from trainer.training.setup import build_networks
from trainer.training.state_io import under
from trainer.util.errors import UserError
from trainer.util.tensors import read_header, read_torch

SCORED = [arch for arch in latent_architectures() if discriminator_class(arch)]
SETTINGS = [(arch, {}) for arch in SCORED] + [
    ("dcgan", {"pac_size": 2}),
    ("dcgan", {"spectral_norm": True, "d_norm": "none", "minibatch_stddev": True}),
    ("stylegan-lite", {"conditional": True}),
]


@pytest.fixture
def trained(tmp_path, tiny, squares):
    """(arch, settings...) -> a run of some steps."""

    def make(arch="dcgan", **settings):
        config = tiny(arch, kimg=0.016, **settings)
        run = Run(tmp_path / "runs", f"r{len(list(tmp_path.glob('runs/*')))}")
        list(run_training(run, config, places=Paths(tmp_path, tmp_path), dataset=squares(config)))
        return run

    return make


@pytest.fixture
def folder(tmp_path, trained):
    """A published run with its critic."""
    return publish(trained(), "c", tmp_path / "checkpoints")


def describe(folder, **changes):
    """Change what config.json says of the critic."""
    record = json.loads((folder / "config.json").read_text())
    record["data"]["critic"] |= changes
    (folder / "config.json").write_text(json.dumps(record))


@pytest.mark.parametrize(("arch", "settings"), SETTINGS)
def test_the_critic_of_a_published_run_scores_as_its_discriminator_does(arch, settings, trained, tmp_path):
    run = trained(arch, **settings)
    folder = publish(run, "c", tmp_path / "checkpoints")
    info = read_info(folder)
    generator, kept = load_generator(folder, info), load_critic(folder, info)
    networks = build_networks(run.config(), channels=info.options["channels"], num_classes=2)
    tensors, _ = read_torch(run.state_file)
    networks["d"].load_state_dict(dict(under("d", tensors)))
    labels = [seed % 2 for seed in range(12)]
    images = sample(generator, range(12), labels)
    expected = scores(networks["d"].eval(), images, labels)
    found = scores(kept, images, labels)
    assert np.ptp(expected) > 0
    assert found == pytest.approx(expected, rel=1e-2, abs=1e-3 * float(np.ptp(expected)))
    assert not kept.training
    assert not any(parameter.requires_grad for parameter in kept.parameters())


def test_a_score_depends_on_nothing_else(folder):
    info = read_info(folder)
    images = sample(load_generator(folder, info), range(5))
    kept = load_critic(folder, info)
    assert scores(kept, images, [0] * 5).tolist() == [float(scores(kept, image[None], [0])[0]) for image in images]


def test_the_file_has_16_bits_where_these_keep_the_scores(folder):
    declared = read_header(folder / FILE).tensors
    assert {tensor.dtype for name, tensor in declared.items() if "num_batches" not in name} == {"F16"}
    assert read_info(folder).data["critic"]["sha256"] == file_hash(folder / FILE)


def test_the_file_keeps_32_bits_where_16_would_not_do(checkpoint):
    info = read_info(checkpoint("dcgan"))
    generator = load_generator(checkpoint("dcgan"), info)
    options = {key: info.options[key] for key in ("resolution", "channels", "width")}
    network = ARCHITECTURES["dcgan"].discriminator(**options)
    with torch.no_grad():
        network.head.bias.fill_(1e6)  # more than 16 bits hold
    weights = critic_file.packed(network, options, generator)
    assert len(weights.data) > 4 * sum(tensor.numel() for tensor in network.parameters())


def test_without_it_nothing_is_written_and_an_earlier_one_is_taken_away(trained, tmp_path):
    run = trained()
    publish(run, "c", tmp_path)
    folder = publish(run, "c", tmp_path, critic=False)
    assert not (folder / FILE).exists()
    assert load_critic(folder, read_info(folder)) is None
    assert read_info(folder) == read_info(run.latest)


def test_a_large_one_comes_along_only_if_it_is_asked_for(trained, tmp_path, monkeypatch):
    monkeypatch.setattr("trainer.runs.trained_critic.MAX_KEPT", 1000)
    run = trained()
    assert not (publish(run, "left", tmp_path) / FILE).exists()
    assert (publish(run, "asked", tmp_path, critic=True) / FILE).exists()


@pytest.mark.parametrize("arch", sorted(set(latent_architectures()) - set(SCORED)))
def test_what_has_none_says_so_only_if_it_is_asked_for(arch, trained, tmp_path):
    run = trained(arch)
    assert not (publish(run, "left", tmp_path) / FILE).exists()
    with pytest.raises(UserError, match=f"There is no critic of .*: {arch} trains none"):
        publish(run, "asked", tmp_path, critic=True)


def test_a_state_of_another_moment_is_not_taken(trained, tmp_path):
    run = trained()
    for path in run.folder.rglob("*state.safetensors"):
        path.unlink()
    assert not (publish(run, "left", tmp_path) / FILE).exists()
    with pytest.raises(UserError, match="no state was saved at that moment"):
        publish(run, "asked", tmp_path, critic=True)


@pytest.mark.parametrize("content", [b"", b"x" * 100, pickle.dumps({"a": 1}), None], ids=["none", "x", "pickle", "cut"])
def test_a_damaged_file_is_told_and_the_generator_is_sound(content, folder):
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole[:-4] if content is None else content)
    with pytest.raises(UserError, match=r"c/critic.safetensors is damaged or not a safetensors file"):
        load_critic(folder, read_info(folder))
    load_generator(folder, read_info(folder))


def test_a_missing_file_is_told(folder):
    (folder / FILE).unlink()
    with pytest.raises(UserError, match=r"c/critic.safetensors is damaged"):
        load_critic(folder, read_info(folder))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("head.bias"), "head.bias is missing instead of 1"),
        (lambda w: w.update(extra=torch.zeros(5)), "extra is 5 instead of missing"),
        (lambda w: w["head.bias"].fill_(float("nan")), "NaN or infinite weights, head.bias among 1"),
        (lambda w: w["head.bias"].fill_(3.0), "their hashes differ"),
    ],
)
def test_weights_that_do_not_fit_are_named(change, message, folder):
    weights = load_file(folder / FILE)
    change(weights)
    save_file(weights, folder / FILE)
    if "hashes" not in message:
        describe(folder, sha256=file_hash(folder / FILE))
    with pytest.raises(UserError, match=message):
        load_critic(folder, read_info(folder))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"options": 3}, "does not describe its critic"),
        ({"sha256": None}, "does not describe its critic"),
        ({"options": {}}, "a critic for other images than its generator's"),
        ({"width": 10**9}, "options that critic of dcgan does not take"),
        ({"width": 2**15}, "does not fit the critic of dcgan"),
        ({"surprise": 1}, "options that critic of dcgan does not take"),
        ({"channels": 3}, "a critic for other images"),
    ],
)
def test_a_record_that_cannot_be_is_told_without_allocating_it(changes, message, folder):
    options = read_info(folder).data["critic"]["options"]
    known = {"options", "sha256"}
    describe(folder, **(changes if changes.keys() <= known else {"options": options | changes}))
    with pytest.raises(UserError, match=message):
        load_critic(folder, read_info(folder))
