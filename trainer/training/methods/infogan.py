"""InfoGAN's part of a GAN (Chen et al. 2016, arXiv 1606.03657): the image has to tell the last entries of z."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from trainer.networks import Generator


def code_loss(g: Generator, d: Any, fake: Tensor, z: Tensor) -> Tensor:
    """How badly the codes are read from the images, a scalar in nats; lower is better.

    Args: g, d: the bare networks; fake [N, C, H, W], made from z [N, z_dim].
    Source: equation 5, negated and without the codes' entropy; the continuous ones with a Gaussian of unit variance.
    """
    logits, values = d.read_codes(fake)
    categorical, continuous = d.codes
    codes = g.latent(z)[:, -(categorical + continuous) :]
    loss = fake.new_zeros(())
    if categorical:
        loss = loss + F.cross_entropy(logits, codes[:, :categorical].argmax(1))
    if continuous:
        loss = loss + (values - codes[:, categorical:]).square().sum(1).mean() / 2
    return loss
