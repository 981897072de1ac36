"""A translator as ONNX, for the page and for anything else that runs it.

    translator.onnx  given [n, inputs, h, h], of one with a style code z [n, z_dim]  -> images [n, C, H, H]
    back.onnx        images [n, C, H, H], of one that goes both ways                 -> given [n, given_channels, h, h]
    critic.onnx      images [n, C, H, H] and, where it sees it, given                -> logits [n, 1, p, p]

All images are in [-1, 1], a mask is 0 or 1. Checked against PyTorch before they are kept; weights are stored in 16 bits
where the images stay the same to less than 2/255 on average.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from trainer.checkpoints.onnx_export import EXACT, SAME, Exported, halved, session, traced
from trainer.checkpoints.onnx_names import BACK, CRITIC, TRANSLATOR
from trainer.networks import Translator
from trainer.networks.translator import PatchCritic
from trainer.util.atomic_io import write_together
from trainer.util.errors import UserError

CHECKED = 4  # images that both must agree on


class Call(nn.Module):
    """One method of a network as a module, which is what is traced."""

    def __init__(self, network: nn.Module, call: Callable[..., Tensor]):
        super().__init__()
        self.network, self.call = network, call

    def forward(self, *inputs: Tensor) -> Tensor:
        """As the method."""
        return self.call(*inputs)


def export_translator(
    translator: Translator, folder: Path, critic: PatchCritic | None = None, half: bool = True
) -> Exported:
    """Write translator.onnx, and back.onnx and critic.onnx where there is something to write.

    Raises UserError if what was exported does not make the same images, and where it cannot be written; nothing is
    kept then.
    """
    translator = translator.cpu().eval()
    rng = torch.Generator().manual_seed(0)
    given = example(translator, rng)
    inputs = {"given": given}
    if translator.z_dim:
        inputs["z"] = torch.randn(CHECKED, translator.z_dim, generator=rng)
    with torch.no_grad():
        images = translator.translate(*inputs.values())
    files = {TRANSLATOR: checked(Call(translator, translator.translate), inputs, "images", half)}
    if translator.two_way:
        files[BACK] = checked(Call(translator, translator.back), {"images": images}, "given", half)
    if critic is not None:
        seen = {"images": images} | ({"given": given} if critic.given_channels else {})
        files[CRITIC] = checked(Call(critic, critic.forward), seen, "logits", half, scale=True)
    written = {name: partial(_write, data) for name, (data, _, _) in files.items()}
    write_together(folder, {name: written[name] for name in sorted(files, key=lambda n: n == TRANSLATOR)}, TRANSLATOR)
    _, bits, off = files[TRANSLATOR]
    return Exported(folder, bits, off)


def example(translator: Translator, rng: torch.Generator) -> Tensor:
    """Noise as something given, [CHECKED, inputs, h, h]; of a mask, a half."""
    side = translator.given_resolution
    images = torch.rand(CHECKED, translator.given_channels, side, side, generator=rng) * 2 - 1
    if not translator.masked:
        return images
    mask = (torch.arange(side) < side // 2).float().expand(CHECKED, 1, side, side)
    return torch.cat([images, mask], dim=1)


def checked(
    module: nn.Module, inputs: dict[str, Tensor], output: str, half: bool, scale: bool = False
) -> tuple[bytes, int, float]:
    """(the file, bits of its weights, mean absolute difference from PyTorch). UserError if it is too far off.

    Args: scale: the output is no image, so that its difference counts in its own standard deviations.
    """
    model = traced(module, inputs, output)
    exact = difference(module, model, inputs, scale)
    if not exact < EXACT:
        raise UserError(f"The exported translator does not match PyTorch: its {output} differ by {exact:.2g}.")
    if half:
        smaller = halved(model)
        off = difference(module, smaller, inputs, scale)
        if off < SAME:
            return smaller, 16, off
    return model, 32, exact


@torch.inference_mode()
def difference(module: nn.Module, model: bytes, inputs: dict[str, Tensor], scale: bool) -> float:
    """Mean absolute difference of the exported output from PyTorch's."""
    wanted = module(*inputs.values()).numpy()
    (found,) = session(model).run(None, {name: value.numpy() for name, value in inputs.items()})
    return float(np.abs(found - wanted).mean() / (wanted.std() + 1e-9 if scale else 1))


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)
