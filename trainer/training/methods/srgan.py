"""SRGAN (Ledig et al. 2017, arXiv 1609.04802): images made smaller in the step, and large again with likely detail."""

import torch
from torch import Tensor

from trainer.networks.srresnet import reduced
from trainer.training.batches import Batch
from trainer.training.methods.base import METHODS
from trainer.training.methods.restoring import Restored, Restoring
from trainer.training.state import TrainState


class SRGan(Restoring):
    """Restores what is lost when an image is made smaller."""

    help = "SRGAN: super-resolution by pixels, by the critic's features, by the critic (Ledig et al. 2017)"

    def restore(self, state: TrainState, batch: Batch) -> Restored:
        """The batch, or squares of it, made smaller and large again; its distance by the chosen loss and by L1."""
        real = self.cropped(batch)
        fake = state.networks["g"](reduced(real, self.config.scale))
        return Restored(real, fake, {"l1": (fake - real).abs().mean(), "mse": (fake - real).square().mean()})

    def weighed(self, pixels: dict[str, Tensor]) -> Tensor:
        """The one that was chosen."""
        return pixels[self.config.pixel_loss]

    def cropped(self, batch: Batch) -> Tensor:
        """Squares of the images somewhere, [N, C, crop, crop]; whole ones where nothing is to be cropped."""
        side, crop = batch.real.shape[-1], self.config.crop
        if not 0 < crop < side:
            return batch.real
        corners = batch.share(torch.randint(side - crop + 1, (batch.size, 2), generator=batch.rng)).tolist()
        squares = [image[:, y : y + crop, x : x + crop] for image, (y, x) in zip(batch.real, corners, strict=True)]
        return torch.stack(squares).contiguous(memory_format=torch.channels_last)


METHODS["srgan"] = SRGan
