"""An imported ONNX generator draws what the network drew that it was exported from."""

import numpy as np
import onnx
import pytest
import torch

from tests.trainer.checkpoints.importers.onnx_models import CLASSES, PLAIN, Style, foreign, given, write
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.importers import import_file, look
from trainer.checkpoints.onnx_export import export, session
from trainer.checkpoints.onnx_names import GENERATOR, MAPPING
from trainer.checkpoints.sampling import sample, seed_z
from trainer.util.images import to_uint8

SEEDS = range(6)
STYLES = [
    *(Style(layout, values) for layout in ("NCHW", "NHWC") for values in ("[-1, 1]", "[0, 1]", "[0, 255]")),
    *(Style(layout, colour=False) for layout in ("NCHW", "NHWC", "NHW")),
    *(Style(label=label) for label in ("index", "column", "one-hot")),
    Style(tail=(8, 1, 1)),
    Style(tail=(1, 1, 8), layout="NHWC", range="[0, 255]"),
]


@pytest.fixture
def imported(tmp_path):
    """(style, batch) -> the generator of the checkpoint, read from its folder, and its info."""

    def make(style=PLAIN, batch=0, network=None):
        folder = import_file(write(tmp_path / "g.onnx", style, batch, network), tmp_path / "c", lambda sentence: None)
        info = read_info(folder)
        return load_generator(folder, info), info

    return make


@torch.inference_mode()
def wanted(style, network=None):
    """The images of SEEDS as the exported network draws them, uint8 (N, H, W, C)."""
    z = torch.stack([torch.from_numpy(seed_z(seed, 8)) for seed in SEEDS])
    images = (network or foreign(style))(*given(style, z, torch.arange(len(SEEDS)) % CLASSES))
    if style.layout != "NCHW":
        images = images.permute(0, 3, 1, 2) if style.layout == "NHWC" else images[:, None]
    gain, offset = {"[-1, 1]": (1, 0), "[0, 1]": (2, -1), "[0, 255]": (1 / 127.5, -1)}[style.range]
    return to_uint8(images * gain + offset)


def apart(one, other):
    """Largest and mean difference of pixels."""
    difference = np.abs(one.astype(int) - other.astype(int))
    return difference.max(), difference.mean()


@pytest.mark.slow
@pytest.mark.parametrize("batch", [0, 1, 2])
@pytest.mark.parametrize("style", STYLES, ids=lambda style: "-".join(map(str, style)))
def test_every_layout_range_and_label_gives_the_same_images(style, batch, imported):
    generator, info = imported(style, batch)
    expected = wanted(style)
    found = sample(generator, SEEDS)
    assert found.shape == expected.shape
    assert np.ptp(expected) > 150  # the images have something to differ in
    largest, mean = apart(found, expected)
    assert largest <= 1
    assert mean < 0.01
    assert info.options["batch"] == batch
    assert info.options["num_classes"] == (CLASSES if style.label else 0)


def test_the_preview_tells_what_was_found(tmp_path):
    path = write(tmp_path / "g.onnx", Style("NHWC", "[0, 255]", label="one-hot", tail=(8, 1, 1)), batch=1)
    model = onnx.load(path)
    model.metadata_props.add(key="License", value="CC0")
    onnx.save(model, path)
    preview = look(path).preview
    facts = dict(preview.facts)
    assert preview.recognised == "ONNX generator"
    assert preview.licence == "CC0"
    assert facts["image"] == "16 x 16, colour, channels last"
    assert facts["pixels"].startswith("[0, 255]: 16 random latents gave ")
    assert facts["latent"] == "8 normal numbers as z, as 8 x 1 x 1"
    assert facts["classes"] == "3, one-hot as label"
    assert facts["batch"] == "1 at once"
    assert facts["directions"] == "PCA, SeFa and random"
    assert ("embed.weight", "3 x 4") not in preview.tensors  # one-hot labels are not embedded
    assert any(shape == "16 x 8 x 4 x 4" for _, shape in preview.tensors)


def test_a_wide_range_of_tiny_values_is_still_read_by_its_sign(tmp_path):
    """An untrained network whose images are nearly grey."""
    network = foreign()
    with torch.no_grad():
        network.convs[2].weight.mul_(1e-3), network.convs[2].bias.zero_()
    assert dict(look(write(tmp_path / "g.onnx", network=network)).preview.facts)["pixels"].startswith("[-1, 1]")


@pytest.mark.parametrize("label", ["", "index", "one-hot"])
def test_the_first_layers_weights_and_activations_are_the_networks(label, imported):
    style = Style(label=label)
    generator, _ = imported(style)
    network = foreign(style)
    (matrix,) = generator.style_matrices()
    assert torch.allclose(matrix[:, :8], network.dense[0].weight[:, :8], atol=1e-5)
    z, classes = torch.randn(5, 8), torch.arange(5) % CLASSES
    ws = generator.map(z, classes)
    extra = {"": torch.zeros(5, 0), "index": network.embed(classes), "one-hot": ws[:, 0, 8:]}[label]
    activations = network.dense(torch.cat([z, extra], 1))
    assert torch.allclose(generator.early_features(ws), activations, atol=1e-5)


def test_w_is_the_latent_and_the_class_and_its_centre_their_mean(imported):
    generator, _ = imported(Style(label="index"))
    ws = generator.map(torch.arange(8.0)[None], torch.tensor([2]))
    assert ws.tolist() == [[[*range(8), 0, 0, 1]]]
    assert generator.w_avg.tolist() == pytest.approx([0] * 8 + [1 / 3] * 3)


class Unweighted(torch.nn.Module):
    """Cosines of the latent: nothing has weights."""

    def forward(self, z):
        """z [N, 8] -> images [N, 1, 8, 8]."""
        return (z[:, None, None, :] * torch.arange(8.0)[:, None]).cos()


def test_a_graph_without_weights_has_no_first_layer(imported):
    generator, _ = imported(network=Unweighted())
    assert not generator.has_first_layer()
    assert sample(generator, [1]).shape == (1, 8, 8, 1)


class Noisy(torch.nn.Module):
    """Noise in the middle of a network, as StyleGAN has it."""

    def __init__(self):
        super().__init__()
        self.inner = foreign()

    def forward(self, z):
        """z [N, 8] -> images."""
        x = self.inner.dense(z)
        return self.inner.convs((x + torch.randn_like(x)).unflatten(1, (16, 4, 4))).tanh()


def test_noise_layers_are_stilled_and_told(tmp_path, imported):
    generator, _ = imported(network=Noisy())
    assert apart(sample(generator, SEEDS), wanted(Style()))[0] <= 1
    assert "Its 1 noise layers give their mean: a latent has one image." in look(tmp_path / "g.onnx").preview.lost


@pytest.mark.parametrize("batch", [0, 2])
@pytest.mark.parametrize("label", ["", "index"])
def test_the_export_of_an_import_is_its_graph(label, batch, imported, tmp_path):
    generator, _ = imported(Style(label=label), batch)
    made = export(generator, tmp_path / "out", half=False)
    assert made.difference < 1e-6
    assert (tmp_path / "out" / GENERATOR).read_bytes() == generator.data
    z, classes = torch.randn(2, 8), torch.tensor([1, 2])
    inputs = {"z": z.numpy()} | ({"label": classes.numpy()} if label else {})
    (ws,) = session((tmp_path / "out" / MAPPING).read_bytes()).run(None, inputs)
    assert np.allclose(ws, generator.map(z, classes), atol=1e-6)


def test_a_file_of_another_suffix_is_recognised_by_its_content(tmp_path):
    write(tmp_path / "g.onnx").rename(tmp_path / "g.bin")
    assert look(tmp_path / "g.bin").preview.recognised == "ONNX generator"
