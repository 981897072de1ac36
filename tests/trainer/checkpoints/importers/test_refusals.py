"""Files of other kinds, damaged ones and hostile ones: one sentence each, and nothing of them is run."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.trainer.checkpoints.importers import nvidia_models, test_dcgan, test_lucidrains, test_rosinality
from trainer.checkpoints.importers import import_file, look, weights
from trainer.checkpoints.importers.pickled import parsed
from trainer.util.errors import UserError
from trainer.util.reading import Unfit


def a_pickle(module, name):
    """A pickle that asks for a class of a program that is not here."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b")\x81."


def named(*names):
    return {name: torch.ones(2) for name in names}


NETWORKS = {
    "a StyleGAN3 generator": named("synthesis.input.freqs", "mapping.fc0.weight"),
    "a BigGAN generator": named("shared.weight", "linear.weight", "blocks.0.0.conv1.weight"),
    "a diffusion model's U-Net": named("time_embed.0.weight", "input_blocks.0.0.weight"),
    "a latent diffusion model": named("model.diffusion_model.out.0.weight"),
    "a U-Net of diffusers": named("time_embedding.linear_1.weight"),
    "a Lightning checkpoint": {"pytorch-lightning_version": "2.0", "state_dict": named("net.a.weight")},
    "it has no tensors": {"epoch": 3},
    r"its tensors \(a, b, c, ...\) are of no generator": named("a", "b", "c", "d"),
}


@pytest.mark.parametrize("told", NETWORKS)
def test_networks_of_others_are_refused_by_name_with_the_way_of_onnx(told, tmp_path):
    torch.save(NETWORKS[told], tmp_path / "a.pt")
    with pytest.raises(UserError, match=told) as refused:
        look(tmp_path / "a.pt")
    assert "as ONNX" in str(refused.value) or "no tensors" in told


PICKLES = {
    "a TensorFlow pickle of NVIDIA's": ("dnnlib.tflib.network", "Network"),
    "a TensorFlow pickle": ("tensorflow.python.keras", "Model"),
    "a pipeline of diffusers": ("diffusers.pipelines", "DDPMPipeline"),
    "asks for builtins.eval, which is not expected in it; nothing of it was run": ("builtins", "eval"),
}


@pytest.mark.parametrize("told", PICKLES)
def test_pickles_of_others_are_refused_by_name(told, tmp_path):
    (tmp_path / "a.pkl").write_bytes(a_pickle(*PICKLES[told]))
    with pytest.raises(UserError, match=told):
        look(tmp_path / "a.pkl")


def test_torchscript_is_refused(tmp_path):
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)), tmp_path / "a.pt")
    with pytest.raises(UserError, match="it is a TorchScript program, which would have to be run"):
        look(tmp_path / "a.pt")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them"),
        (b"", "of no kind that can be imported"),
        (b"hello", "of no kind that can be imported"),
        (b"\x80", "a damaged pickle"),
        (b"\x80\x04.", "a damaged pickle"),
        (b"PK\x03\x04", "of no kind that can be imported"),
        (b"\x08\0\0\0\0\0\0\0{}      ", "it has no tensors"),
        (b"\xff\xff\0\0\0\0\0\0{", "it is not a safetensors file"),
    ],
)
def test_other_files_are_told_in_a_sentence(data, told, tmp_path):
    (tmp_path / "a.bin").write_bytes(data)
    with pytest.raises(UserError, match=told):
        look(tmp_path / "a.bin")


class Planted(nn.Module):
    """A module with a command in it."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_of_pytorch_that_plants_code_is_refused_and_runs_nothing(zipped, tmp_path):
    left = tmp_path / "left"
    tree = {"netG": {"main.0.weight": torch.ones(2, 2, 4, 4)}, "extra": Planted(left)}
    torch.save(tree, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(UserError, match=r"system"):
        import_file(tmp_path / "a.pt", tmp_path / "out", print)
    assert not left.exists()
    torch.load(tmp_path / "a.pt", weights_only=False)  # the command does run where pickles are run
    assert left.exists()


def test_whatever_calls_is_refused_in_every_form():
    for data in (
        b"cos\nsystem\n(S'true'\ntR.",  # REDUCE
        b"(S'true'\nios\nsystem\n.",  # INST
        b"(cos\nsystem\nS'true'\no.",  # OBJ
    ):
        with pytest.raises(Unfit, match=r"asks for os\.system"):
            parsed(data)


def test_pickles_that_hold_themselves_or_multiply_are_refused_or_small():
    lists = [1]
    for _ in range(60):
        lists = [lists] * 10  # 10 to the 60th, were it written out
    made = weights.Rebuilder()(parsed(pickle.dumps(lists)))
    assert len(made) == 10
    itself = []
    itself.append(itself)
    with pytest.raises(Unfit, match="holds itself"):
        weights.Rebuilder()(parsed(pickle.dumps(itself)))


def test_a_memory_index_beyond_all_sense_costs_nothing():
    assert parsed(b"\x80\x02]r\xff\xff\xff\xff.") == []


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "MAX_FILE", 10**6)
    with zipfile.ZipFile(tmp_path / "a.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}.")
        archive.writestr("a/data/0", bytes(2 * 10**6))
    assert (tmp_path / "a.pt").stat().st_size < 10**5
    with pytest.raises(UserError, match="unpacks to 2 MB, more than the limit of 1 MB"):
        look(tmp_path / "a.pt")


def test_tensors_that_claim_more_than_the_file_has_are_refused(tmp_path):
    torch.save({"main.0.weight": torch.ones(1).expand(10**6, 10**6)}, tmp_path / "a.pt")
    with pytest.raises(UserError, match=r"main\.0\.weight claims more numbers than the file has"):
        look(tmp_path / "a.pt")


def whole(tmp_path, kind):
    state = {"main.0.weight": torch.ones(4, 4, 4, 4), "main.1.weight": torch.ones(4)}
    if kind == "safetensors":
        save_file(state, tmp_path / "whole")
    else:
        torch.save(state, tmp_path / "whole", _use_new_zipfile_serialization=kind == "zip")
    return (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_cut_and_spoiled_files_of_weights_are_told_in_a_sentence(kind, tmp_path):
    data = whole(tmp_path, kind)
    rng = np.random.default_rng(0)
    for k in range(60):
        broken = bytearray(data[: rng.integers(1, len(data))] if k % 2 else data)
        for place in rng.integers(0, len(broken), 10 * (1 - k % 2)):
            broken[place] = rng.integers(256)
        (tmp_path / "a.pt").write_bytes(broken)
        with pytest.raises(UserError, match=r"a\.pt"):
            look(tmp_path / "a.pt")


def test_numbers_of_unknown_storages_are_refused():
    buffer = io.BytesIO()
    torch.save(nn.Linear(2, 2), buffer)
    with zipfile.ZipFile(buffer) as archive:
        index = archive.read("archive/data.pkl")
    with pytest.raises(Unfit, match="its numbers lie elsewhere"):
        weights.Rebuilder()(parsed(index))


STATES = {
    "dcgan": lambda: test_dcgan.generator(nz=3, ngf=2, size=32).state_dict(),
    "nvidia": lambda: nvidia_models.generator(resolution=8, c_dim=2, mapping={"num_layers": 2}).state_dict(),
    "rosinality": lambda: test_rosinality.generator(size=8, widths=(4, 2), n_mlp=2).state_dict(),
    "lucidrains": lambda: test_lucidrains.gan(size=8, depth=2).state_dict(),
}
ODD = [torch.tensor(1.0), torch.ones(0), torch.ones(1), torch.ones(2, 2, 2, 2, 2), torch.ones(0, 4, 4, 4)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", STATES)
def test_every_tensor_of_another_shape_is_told_in_a_sentence_or_does_not_matter(kind, tmp_path):
    state = dict(STATES[kind]())
    refused = 0
    for name in state:
        for odd in ODD if state[name].ndim else ODD[1:]:
            torch.save({"G_ema": state | {name: odd}}, tmp_path / "a.pt")
            try:
                look(tmp_path / "a.pt").load()
            except UserError as error:
                refused += 1
                assert "a.pt cannot be imported" in str(error)  # noqa: PT017
    assert refused > len(state)
