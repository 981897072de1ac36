"""From images given to images made, the one way: the app, the command line, previews, sheets and evaluation alike.

As in sampling.py, every pass has the translator's own size, so that equal inputs give equal pixels in any company.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from trainer.checkpoints.sampling import seed_z
from trainer.networks import Translator
from trainer.util.errors import UserError
from trainer.util.images import to_float, to_uint8

BULK_PASS = 16  # images a pass for statistics


@torch.inference_mode()
def translated(
    translator: Translator, given: np.ndarray, seeds: Sequence[int] | None = None, *, exact: bool = True
) -> np.ndarray:
    """What a translator makes of images, in evaluation mode: uint8 (N, h, w, C) -> uint8 (N, H, H, C).

    Args:
        given: the images; of a translator that fills in, a last channel is the mask, 0 where known, 255 where not.
        seeds: of the style codes, one an image, where it reads any; None: the mean style.
        exact: the same pixels wherever an image stands; without it, larger passes may turn a pixel by 1/255.
    """
    size = translator.pass_size if exact else BULK_PASS
    codes = None
    if seeds is not None and translator.z_dim:
        codes = torch.from_numpy(np.stack([seed_z(seed, translator.z_dim) for seed in seeds]))
    parts = []
    for start in range(0, len(given), size):
        rows = torch.from_numpy(np.ascontiguousarray(given[start : start + size]))
        z = None if codes is None else codes[start : start + size]
        parts.append(one_pass(translator, network_input(translator, rows), z, size))
    return np.concatenate(parts)


def network_input(translator: Translator, given: Tensor) -> Tensor:
    """Images uint8 [N, h, w, C] as the network reads them, [N, inputs, h, w]: a mask is 0 or 1, the rest -1 to 1."""
    images = to_float(given)
    if not translator.masked:
        return images
    return torch.cat([images[:, :-1], (images[:, -1:] > 0).float()], dim=1)


def one_pass(translator: Translator, given: Tensor, z: Tensor | None, size: int, *, back: bool = False) -> np.ndarray:
    """A pass of `size` images, filled up with the last one, of which the first len(given) are kept: uint8.

    Args: back: the other way, which reads images and no style. Raises UserError for NaN.
    """
    count = len(given)
    device = next(translator.parameters()).device
    filled = torch.cat([given, given[-1:].expand(size - count, -1, -1, -1)]).to(device)
    if back:
        made = translator.back(filled)
    else:
        codes = None if z is None else torch.cat([z, z[-1:].expand(size - count, -1)]).to(device)
        made = translator.translate(filled, codes)
    if not torch.isfinite(made).all():
        raise UserError("This checkpoint makes NaN or infinite pixels: its training diverged. Choose another.")
    return to_uint8(made[:count])
