"""A generator as ONNX draws what PyTorch draws, for every architecture, with and without classes."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tests.conftest import shaken, tiny_options
from trainer.checkpoints import onnx_export as module
from trainer.checkpoints.onnx_export import GENERATOR, MAPPING, SAME, default_folder, export
from trainer.networks import ARCHITECTURES, latent_architectures
from trainer.util.errors import UserError

KINDS = {f"{arch}-{classes}": (arch, classes, {}) for arch in latent_architectures() for classes in (0, 3)} | {
    "palette": ("stylegan-lite", 0, {"palette": 5, "noise_inputs": False}),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def generator(request):
    arch, classes, more = request.param
    torch.manual_seed(0)
    return shaken(ARCHITECTURES[arch].generator(**tiny_options(arch, classes) | more))


def opened(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.slow
@pytest.mark.parametrize("half", [False, True])
def test_both_files_together_draw_the_same_images(generator, tmp_path, half):
    made = export(generator, tmp_path, half=half)
    rng = torch.Generator().manual_seed(7)
    n = 5  # another number of images than it was traced with
    z, noise = torch.randn(n, generator.z_dim, generator=rng), generator.draw_noise(n, rng)
    label = torch.arange(n) % 3 if generator.num_classes else None
    with torch.inference_mode():
        wanted = generator.synthesize(generator.map(z, label), noise or None).numpy()
    given = {"z": z.numpy()} | ({"label": label.numpy()} if label is not None else {})
    (ws,) = opened(tmp_path / MAPPING).run(None, given)
    assert ws.shape == (n, generator.num_ws, generator.w_dim)
    inputs = {"ws": ws} | {f"noise{i}": layer.numpy() for i, layer in enumerate(noise)}
    (found,) = opened(tmp_path / GENERATOR).run(None, inputs)
    assert np.abs(found - wanted).mean() < (SAME if half else 1e-5)
    assert made.bits == (16 if half else 32)


def test_16_bits_take_about_half_the_space(tmp_path):
    big = ARCHITECTURES["dcgan"].generator(resolution=32, channels=3, width=32).eval()
    sizes = [(export(big, tmp_path / name, half=half).folder / GENERATOR).stat().st_size for name, half in NAMES]
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.05)


NAMES = [("whole", False), ("half", True)]


@pytest.mark.slow
def test_16_bits_are_not_kept_where_they_change_the_images(generator, tmp_path):
    assert export(generator, tmp_path, same=0.0).bits == 32


@pytest.mark.slow
def test_what_draws_other_images_is_not_written(generator, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "difference", lambda *given: 0.1)
    with pytest.raises(UserError, match=r"does not match PyTorch: its images differ by 0\.1"):
        export(generator, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_layer_that_onnx_cannot_hold_is_told(generator, tmp_path, monkeypatch):
    monkeypatch.setattr(type(generator), "synthesize", lambda self, ws, noise=None: torch.linalg.eig(ws)[1].real)
    with pytest.raises(UserError, match="a layer that cannot be exported to ONNX"):
        export(generator, tmp_path)


@pytest.mark.slow
def test_the_files_hold_no_code_and_no_path(generator, tmp_path):
    export(generator, tmp_path)
    for name in (GENERATOR, MAPPING):
        model = onnx.load(tmp_path / name)
        assert not model.functions
        assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}
        assert str(Path(module.__file__).parents[1]) not in str(model)


@pytest.mark.parametrize(
    ("checkpoint", "folder"),
    [
        ("checkpoints/mine", "build/onnx/mine"),
        ("checkpoints/mine/", "build/onnx/mine"),
        ("runs/r/snapshots/latest", "build/onnx/r"),
        ("runs/r/snapshots/00012345", "build/onnx/r-00012345"),
        ("recordings/r/snapshots/best", "build/onnx/r-best"),
        ("checkpoints/mine/../other", "build/onnx/other"),
    ],
)
def test_an_export_goes_where_git_does_not_look(checkpoint, folder):
    assert default_folder(Path(checkpoint)) == Path(folder)
    ignored = (Path(__file__).parents[3] / ".gitignore").read_text().splitlines()
    assert "/build/" in ignored
