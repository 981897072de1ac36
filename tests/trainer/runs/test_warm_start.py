"""A run that begins with a checkpoint's weights: its first images are the checkpoint's, and only what fits is taken."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.checkpoints.checkpoint import load_network, read_info
from trainer.checkpoints.critic import load_critic
from trainer.checkpoints.patch_critic import load_patch_critic
from trainer.checkpoints.sampling import sample
from trainer.runs.branch import branch
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.publish import publish
from trainer.runs.run import Run
from trainer.runs.warm_start import opened
from trainer.training.command_line import train_command
from trainer.training.config import config_from, config_from_record
from trainer.training.setup import build_networks
from trainer.training.state_io import under
from trainer.util.errors import UserError
from trainer.util.tensors import read_torch

from ..training.methods.test_translation import pairs

BUNDLED = Path(__file__).parents[3] / "checkpoints"


def tensors(run, images_seen, part):
    """A network's weights as a kept state has them."""
    found, _ = read_torch(run.folder / "snapshots" / f"{images_seen:08d}" / "state.safetensors")
    return dict(under(part, found))


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name].to(a[name].dtype)) for name in a)


def test_its_first_images_are_the_checkpoint_s_and_its_critic_is_d(go, published, tiny):
    folder = published(tiny("dcgan"))
    notes = []
    run = go("better", tiny("dcgan", start_from="old", seed=1), tell=notes.append)
    info, begun = read_info(folder), run.snapshot("0")
    old, new = load_network(folder, info), load_network(begun, read_info(begun))
    assert read_info(begun).images_seen == 0
    assert min(run.samples()) == 0
    assert np.array_equal(sample(old, range(8)), sample(new, range(8)))
    assert same(tensors(run, 0, "g"), old.state_dict())
    assert same(tensors(run, 0, "d"), load_critic(folder, info).state_dict())
    assert notes == ["Begins with the weights of old (20 images seen)."]
    assert notes[0] in [event.text for event in run.store().events()]
    assert not same(tensors(run, 20, "g"), old.state_dict())


def test_without_a_critic_d_begins_anew_and_the_run_says_what_helps(go, published, tiny):
    published(tiny("dcgan"), critic=False)
    config, notes = tiny("dcgan", start_from="old", seed=1), []
    run = go("better", config, tell=notes.append)
    go("alone", replace(config, d_first=4.0), tell=notes.append)
    assert "D, of which none is kept that fits, begins anew. With --d-first 4 it would learn alone" in notes[0]
    assert notes[1].endswith("begins anew.")
    fresh = build_networks(config, channels=1, num_classes=2)["d"]
    assert same(tensors(run, 0, "d"), fresh.state_dict())


@pytest.mark.parametrize("arch", ["stylegan-lite", "vae", "mlp"])
def test_networks_of_every_latent_kind_are_taken(arch, go, published, tiny):
    folder = published(tiny(arch), critic=False)
    run = go("better", tiny(arch, start_from="old", kimg=0.004))
    average = tensors(run, 0, "ema")
    old = load_network(folder, read_info(folder)).state_dict()
    assert same({name: average[f"module.{name}"] for name in old}, old)


def test_a_translator_begins_with_its_critic_of_patches(go, published, tiny):
    config = tiny("unet", batch=6, kimg=0.012)
    folder = published(config, dataset=pairs(config))
    run = go("better", replace(config, start_from="old", seed=1), pairs(config))
    info = read_info(folder)
    assert same(tensors(run, 0, "g"), load_network(folder, info).state_dict())
    assert same(tensors(run, 0, "d"), load_patch_critic(folder, info).state_dict())


def test_d_learns_alone_and_the_average_does_not_forget_what_it_began_with(go, published, tiny):
    folder = published(tiny("mlp"))
    old = dict(load_network(folder, read_info(folder)).named_parameters())
    run = go("better", tiny("mlp", start_from="old", kimg=0.016, d_first=0.012, save_kimg=0.004))

    def far(images_seen, part, prefix=""):
        weights = tensors(run, images_seen, part)
        return sum(float((weights[prefix + name] - old[name]).detach().abs().sum()) for name in old)

    assert far(12, "g") == far(12, "ema", "module.") == 0
    assert not same(tensors(run, 8, "d"), tensors(run, 12, "d"))
    assert 0 < far(16, "ema", "module.") < far(16, "g") / 100  # a step of 4 images in a half-life of 10,000


def test_stopped_and_resumed_it_ends_with_the_same_bits_and_needs_no_checkpoint(go, published, tiny):
    folder = published(tiny("stylegan-lite"))
    config = tiny("stylegan-lite", start_from="old", kimg=0.024, d_first=0.008)
    straight = go("straight", config)
    stops = iter([False, False])
    go("halves", config, stopping=lambda: next(stops, True))
    shutil.rmtree(folder)
    halves = go("halves", config)
    (a, told), (b, again) = (read_torch(run.state_file) for run in (straight, halves))
    assert same(a, b)
    assert [json.loads(told["scalars"])["started_from"]] == [json.loads(again["scalars"])["started_from"]]
    with pytest.raises(UserError, match="There is no checkpoint 'old'"):
        go("third", config)


def test_a_branch_goes_on_and_cannot_start_from_anything_else(go, published, tiny):
    published(tiny("mlp"))
    run = go("better", tiny("mlp", start_from="old"))
    made = branch(run, "other", 0, {"lr": 1e-3})
    go("other", made.config())
    assert read_info(made.latest).data["started_from"]["name"] == "old"
    with pytest.raises(UserError, match="--start-from was old, now better"):
        branch(run, "third", None, {"start_from": "better"})
    with pytest.raises(UserError, match="--start-from would change the networks"):
        go("better", tiny("mlp", start_from="first", kimg=0.04))


def test_the_card_says_where_it_started(go, published, tiny, tmp_path):
    info = read_info(published(tiny("mlp")))
    folder = publish(go("better", tiny("mlp", start_from="old")), "new", tmp_path / "checkpoints")
    card = (folder / "README.md").read_text()
    assert (
        f"| started from | old, trained on squares (CC0), 20 real images seen; sha256 of its weights {info.sha256} |"
        in card
    )
    assert "| trained | 20 real images seen" in card
    assert "--start-from old" in card


def test_a_run_and_a_folder_may_be_started_from_and_are_told_without_folders_of_this_machine(
    go, published, tiny, tmp_path
):
    published(tiny("mlp"))
    names = []
    for name in ("first", str(tmp_path / "checkpoints" / "old")):
        run = go(f"from{len(names)}", tiny("mlp", start_from=name, kimg=0.004))
        names.append(read_info(run.latest).data["started_from"]["name"])
    assert names == ["first/snapshots/latest", "old"]


MISFITS = [
    ({"arch": "mlp"}, r"its arch is dcgan, here mlp.* Add --arch dcgan"),
    ({"width": 16}, r"its width is 8, here 16\. Add --width 8\."),
    (
        {"z_dim": 9, "resolution": 32},
        r"its resolution is 16, here 32; z_dim is 8, here 9\. Add --resolution 16 --z-dim 8\.",
    ),
    ({"conditional": True}, r"its conditional is False, here True\. Add --no-conditional\."),
    ({"codes_continuous": 2}, r"its codes_continuous is 0, here 2\. Add --codes-continuous 0\."),
    ({"prior": "uniform"}, r"its prior is normal, here uniform\. Add --prior normal\."),
    ({"minibatch_stddev": True}, r"its minibatch_stddev is False, here True\. Add --no-minibatch-stddev\."),
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory, tiny, squares):
    """The folder of checkpoints and runs that holds a dcgan, `old`, with its critic. Not to be written to."""
    place, config = tmp_path_factory.mktemp("kept"), tiny("dcgan")
    run = Run(place / "runs", "r")
    list(run_training(run, config, places=Paths(place, place), dataset=squares(config)))
    publish(run, "old", place / "checkpoints", critic=True)
    return place


@pytest.mark.parametrize(("settings", "message"), MISFITS, ids=str)
def test_other_networks_are_refused_with_the_flags_that_would_fit(settings, message, kept, tiny):
    config = replace(tiny("dcgan", start_from="old"), **settings)
    with pytest.raises(UserError, match=r"^--start-from old has other networks: " + message) as refused:
        opened(config, kept / "checkpoints", kept / "runs")
    assert refused.value.field == "start_from"
    assert "\n" not in str(refused.value)


def test_other_data_are_refused(kept, tiny, squares):
    run, config = Run(kept / "more", "r"), tiny("dcgan", start_from="old")
    with pytest.raises(
        UserError, match=r"its channels is 1, here 3\. Choose data or a checkpoint with the same channels"
    ):
        list(run_training(run, config, places=Paths(kept, kept / "checkpoints"), dataset=squares(config, channels=3)))
    assert not run.folder.exists()


def test_damage_is_a_sentence(kept, tiny, squares, tmp_path):
    config = tiny("dcgan", start_from="old")

    def refusal(spoil):
        folder = tmp_path / "checkpoints" / "old"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept / "checkpoints" / "old", folder)
        spoil(folder)
        places = Paths(tmp_path, tmp_path / "checkpoints")
        with pytest.raises(UserError) as refused:
            list(run_training(Run(tmp_path / "runs", "r"), config, places=places, dataset=squares(config)))
        assert not (tmp_path / "runs" / "r").exists()
        return str(refused.value)

    def described(folder, **changes):
        record = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(record | changes))

    for name in ("model", "critic"):
        cut = refusal(lambda folder, name=name: (folder / f"{name}.safetensors").write_bytes(b"\0" * 100))
        assert f"old/{name}.safetensors is damaged" in cut
    assert "width is 'wide'" in refusal(lambda folder: described(folder, options={"width": "wide"}))
    for name in ("width", "num_classes"):  # of the critic

        def spoilt(folder, name=name):
            data = json.loads((folder / "config.json").read_text())["data"]
            data["critic"]["options"][name] = "wide"
            described(folder, data=data)

        assert f"{name} is 'wide'" in refusal(spoilt)
    assert "which is not trained here. Choose a checkpoint of stylegan-lite" in refusal(
        lambda folder: described(folder, arch="onnx")
    )


def test_growing_and_a_finished_generator_exclude_each_other(tiny):
    with pytest.raises(UserError, match="--start-from begins with a finished generator, and --progressive"):
        tiny("stylegan-lite", start_from="old", progressive=True)


def test_it_is_part_of_the_command_that_starts_it():
    config = config_from({"start_from": "avatars-stylegan", "d_first": 4.0}, "avatars-stylegan")
    assert train_command("better", asdict(config), "avatars-stylegan") == (
        "python -m trainer train --run better --preset avatars-stylegan --d-first 4 --start-from avatars-stylegan"
    )


@pytest.mark.parametrize("name", sorted(path.name for path in BUNDLED.iterdir()))
def test_every_bundled_checkpoint_can_be_started_from_with_its_own_settings(name):
    config = config_from_record(read_info(BUNDLED / name).train)
    assert opened(replace(config, start_from=name), BUNDLED, BUNDLED).name == name
