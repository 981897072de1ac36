"""The variational autoencoder: its bound in closed form, and that it learns."""

import math

import numpy as np
import pytest
import torch

from trainer.networks import ARCHITECTURES
from trainer.networks.dcgan import DcganGenerator
from trainer.training.loop import train
from trainer.training.methods.vae import elbo
from trainer.training.setup import new_state


def test_the_bound_of_a_vae_is_its_closed_form():
    real = torch.zeros(2, 1, 2, 2)
    reconstruction, divergence = elbo(real, real + 0.5, torch.tensor([[1.0], [0.0]]), torch.zeros(2, 1))
    assert reconstruction.item() == pytest.approx(4 / 2 * math.log(0.25), abs=1e-4)
    assert divergence.item() == pytest.approx(0.25)  # mean of 1/2 and 0


@pytest.mark.slow
def test_a_vae_learns_to_reconstruct(tiny, squares, fabric):
    config = tiny("vae", kimg=2.0, batch=8, lr=2e-3)
    data = squares(config)
    errors = [float(r.values["reconstruction"]) for r in train(new_state(config, data, fabric), data, config)]
    assert np.mean(errors[-10:]) < 0.5 * np.mean(errors[:3])


def test_a_decoder_is_dcgans_generator():
    options = {"resolution": 16, "channels": 1, "z_dim": 8, "width": 8}
    vae = ARCHITECTURES["vae"].generator(**options)
    assert {n: p.shape for n, p in vae.named_parameters()} == {
        n: p.shape for n, p in DcganGenerator(**options).named_parameters()
    }
