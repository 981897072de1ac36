"""A generator's second stage with gradients: ws in, images out, the noise inputs fixed."""

import torch
from torch import Tensor

from explorer.core.inversion.latent import LatentSpace
from trainer.checkpoints.sampling import at_fixed_noise
from trainer.networks import Generator
from trainer.util.errors import UserError

NO_POINTS = "{} generates points of a plane, not pictures: there is nothing to open a picture in."
NO_GRADIENTS = (
    "{} was imported as an ONNX graph, which gives no gradients: a picture cannot be looked for in it. "
    "A checkpoint of its PyTorch weights can be searched."
)


class Synthesis:
    """ws [N, num_ws, w_dim] -> images [N, C, H, W], with the noise of the mode "fixed", as recipes have it.

    Raises UserError for a generator of points, and for one without gradients. `name`: of the checkpoint.
    """

    def __init__(self, generator: Generator, name: str):
        if generator.resolution == 1:
            raise UserError(NO_POINTS.format(name))
        self.generator = generator
        self.resolution, self.channels = generator.resolution, generator.channels
        probe = generator.w_avg.detach().clone().expand(1, generator.num_ws, -1).requires_grad_(True)
        with torch.enable_grad():
            if not self(probe).requires_grad:
                raise UserError(NO_GRADIENTS.format(name))

    def __call__(self, ws: Tensor) -> Tensor:
        return at_fixed_noise(self.generator, ws)

    @torch.no_grad()
    def own_samples(self, space: LatentSpace, labels: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """New images of the model, of classes [N]: their u [N, R] and the images [N, C, H, W]."""
        z = torch.randn(len(labels), self.generator.z_dim, generator=rng)
        w = self.generator.map(z, labels)[:, 0] - space.means[labels]
        u = w @ (space.axes / space.axes.square().sum(1, keepdim=True)).T
        return u, self(space.ws(u[:, None], labels))
