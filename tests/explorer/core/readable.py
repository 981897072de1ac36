"""A toy generator whose images are its w, and a reader of them: what directions do is known in closed form."""

import numpy as np
import torch

from explorer.core.directions import Subject
from explorer.core.directions.attributes import AttributeReader
from trainer.data import Attribute
from trainer.features import Extractor
from trainer.networks import Generator

W_DIM, LAYERS = 6, 2
SHARP = 8.0  # logits a unit of w


class Drawn(Generator):
    """Its image is 2 x 6 pixels in a square of 6: row i shows the w of layer i, a quarter of it a pixel."""

    num_ws, num_classes, resolution, channels = LAYERS, 0, W_DIM, 1
    w_dim = z_dim = W_DIM

    def __init__(self):
        super().__init__()
        self.register_buffer("w_avg", torch.zeros(W_DIM))

    def map(self, z, label=None):
        return z[:, None].expand(-1, LAYERS, -1)

    def synthesize(self, ws, noise=None):
        rows = torch.nn.functional.pad(ws / 4, (0, 0, 0, W_DIM - LAYERS), value=-1.0)
        return rows[:, None]  # [N, 1, 6, 6]

    def style_matrices(self):
        return [torch.eye(W_DIM)] * LAYERS


class Reads(Extractor):
    """`left`: whether w[0] of the first layer is above 0; `tone`: which of w[1] and w[2] of the second is larger."""

    name, version, dim = "toy", "1", LAYERS * W_DIM
    heads = (Attribute("left", ("no", "yes")), Attribute("tone", ("dark", "light")))

    def forward(self, images):
        w = 4 * images[:, 0, :LAYERS]  # [N, 2, 6]
        left, tone = w[:, 0, 0], w[:, 1, 1:3]
        return w.flatten(1), [SHARP / 2 * torch.stack([-left, left], 1), SHARP * tone]


def subject(reach: float = 3.0) -> Subject:
    """Args: reach: real images are those of w, spread over a cube of this half width in every coordinate."""
    rows = np.random.default_rng(0).uniform(-reach, reach, (4_000, W_DIM))
    real = np.repeat(rows[:, None], LAYERS, 1).reshape(len(rows), -1).astype(np.float32)
    return Subject(Drawn(), AttributeReader(Reads(), {"glow": lambda images: 4 * images[:, 0, 0, 5]}, real))
