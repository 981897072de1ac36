"""Inpainting: holes drawn in the step, filled by gated convolutions (Yu et al. 2019), the critic shown the whole.

The critic sees the blended picture (LaMa, Suvorov et al. 2022), so that a seam between known and new gives G away.
"""

import numpy as np
import torch
from torch import Tensor

from trainer.networks.inpainting import blended
from trainer.networks.masks import draw_masks
from trainer.training.batches import Batch
from trainer.training.methods.base import METHODS
from trainer.training.methods.restoring import Restored, Restoring
from trainer.training.state import TrainState


class Inpainting(Restoring):
    """Restores what boxes and brush strokes rubbed out."""

    help = "inpainting: fill in what boxes and strokes rub out (gated convolutions, Yu et al. 2019)"

    def restore(self, state: TrainState, batch: Batch) -> Restored:
        """The batch with a hole each, filled; L1 distances where it is missing and where it is known."""
        mask = self.masks(batch)
        given = torch.cat([batch.real * (1 - mask), mask], dim=1)
        painted = state.networks["g"](given)
        off = (painted - batch.real).abs().mean(dim=1, keepdim=True)
        l1 = (off * mask).sum() / mask.sum()
        known = (off * (1 - mask)).sum() / (1 - mask).sum()
        pixels = {"l1": l1, "l1_known": known}
        return Restored(batch.real, blended(painted, given), pixels, mask)

    def weighed(self, pixels: dict[str, Tensor]) -> Tensor:
        """Both alike, as in Yu et al.: what is known is then drawn on, and the seam fits."""
        return pixels["l1"] + pixels["l1_known"]

    def masks(self, batch: Batch) -> Tensor:
        """Of this process' images, [N, 1, R, R], 1 where missing; decided by the step's random numbers."""
        rng = np.random.default_rng(int(torch.randint(2**62, (), generator=batch.rng)))
        drawn = torch.from_numpy(draw_masks(batch.size, batch.real.shape[-1], rng))
        return batch.share((drawn[:, None] > 0).float())


METHODS["inpainting"] = Inpainting
