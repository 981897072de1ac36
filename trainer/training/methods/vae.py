"""The variational autoencoder (Kingma and Welling 2014, arXiv 1312.6114), which the texts compare GANs with.

Its networks are called as a GAN's are in a state file: the decoder `g`, the encoder `d`.
"""

import torch
from torch import Tensor

from trainer.metrics.training import gradient_norm
from trainer.training.batches import Batch
from trainer.training.methods.base import METHODS, Method, optimizer_step
from trainer.training.state import TrainState


class Vae(Method):
    """Encode, draw, decode; both networks descend the negative evidence lower bound."""

    help = "variational autoencoder: the evidence lower bound (Kingma and Welling 2014)"
    shown = ("reconstruction", "divergence")

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """One step of encoder and decoder together. Real images [N, C, H, W] in [-1, 1] -> scalars by name."""
        decoder, encoder = state.networks["g"], state.networks["d"]
        drawn = batch.normal(self.config.z_dim)
        mean, log_variance = encoder(batch.real, batch.label)
        decoded = decoder(mean + (log_variance / 2).exp() * drawn, batch.label)
        reconstruction, divergence = elbo(batch.real, decoded, mean, log_variance)
        optimizer_step(state, reconstruction + self.config.beta * divergence, "d", "g")
        return {
            "grad_d": gradient_norm(encoder),
            "grad_g": gradient_norm(decoder),
            "reconstruction": (batch.real - decoded).square().mean().detach(),
            "divergence": divergence.detach(),
        }


def elbo(real: Tensor, decoded: Tensor, mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
    """(reconstruction, divergence) of the negative evidence lower bound, in nats an image, lower is better.

    Args: real, decoded [N, C, H, W]; mean, log_variance [N, z_dim].
    The decoder's variance is the best one for the batch, which spares a weight (sigma-VAE, Rybkin et al. 2021, arXiv
    2006.13202, equation 6): D / 2 log(mean squared error), constants left out. Divergence: Kingma and Welling,
    appendix B.
    """
    error = (real - decoded).square().mean()
    reconstruction = real[0].numel() / 2 * torch.log(error + 1e-6)
    divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2
    return reconstruction, divergence


METHODS["vae"] = Vae
