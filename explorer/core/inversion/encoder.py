"""From a picture and a guess to a better guess (ReStyle, Alaluf et al. 2021): trained on the model's own images.

Each (G(w), w) is an exact pair, and there are as many as one likes, so that no data set is needed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.inversion.latent import LatentSpace
from explorer.core.inversion.synthesis import Synthesis
from explorer.core.inversion.target import resized

WIDTHS = (32, 48, 64, 96)
SMALL, LARGE = 32, 64  # pixels a side of what the encoder reads: of images up to 32 pixels, and of others
PASSES = 2  # unrolled in training: from the mean, and from its own first guess


@dataclass(frozen=True)
class Course:
    """How an encoder is trained: `steps` of `batch` own images each, seen in both passes; the highest learning rate."""

    steps: int = 1500
    batch: int = 32
    lr: float = 2e-3


COURSE = Course()


class Encoder(nn.Module):
    """Picture and guess, [N, C, s, s] in [-1, 1] each -> what to add to the guess's u, [N, R], in deviations.

    Args: channels: C; side: s, 32 or 64; rank: R.
    """

    def __init__(self, channels: int, side: int, rank: int):
        super().__init__()
        widths = WIDTHS[: int(math.log2(side // 4))]
        layers: list[nn.Module] = []
        for c_in, c_out in pairwise((2 * channels, *widths)):
            layers += [nn.Conv2d(c_in, c_out, 4, 2, 1), nn.GroupNorm(8, c_out), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(16 * widths[-1], rank)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.side = side

    def forward(self, pictures: Tensor, guesses: Tensor) -> Tensor:
        """Pictures and guesses [N, C, H, W] of any two sizes -> a step of u, [N, R]."""
        pair = torch.cat([resized(pictures, self.side), resized(guesses, self.side)], dim=1)
        result: Tensor = self.head(self.layers(pair))
        return result


def new_encoder(synthesis: Synthesis, space: LatentSpace) -> Encoder:
    """An untrained one for a generator, always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Encoder(synthesis.channels, SMALL if synthesis.resolution <= SMALL else LARGE, space.rank)


def train(encoder: Encoder, synthesis: Synthesis, space: LatentSpace, course: Course) -> Iterator[float]:
    """Train in place, one step an item: the loss, the mean squared error of u weighted by what its axes move.

    Deterministic for a number of threads; the encoder is in evaluation mode once the iterator has ended.
    """
    rng = torch.Generator().manual_seed(1)
    weights = space.shares.sqrt()
    weights = weights / weights.mean()
    optimizer = torch.optim.AdamW(encoder.train().requires_grad_(True).parameters(), lr=course.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, course.lr, total_steps=course.steps, pct_start=0.1)
    for _ in range(course.steps):
        labels = torch.randint(len(space.means), (course.batch,), generator=rng)
        wanted, pictures = synthesis.own_samples(space, labels, rng)
        guess, loss = torch.zeros_like(wanted), torch.zeros(())
        for _ in range(PASSES):
            with torch.no_grad():
                seen = synthesis(space.ws(guess[:, None], labels))
            step = encoder(pictures, seen)
            loss = loss + (F.mse_loss(guess + step, wanted, reduction="none") * weights).mean() / PASSES
            guess = (guess + step).detach()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield float(loss.detach())
    encoder.eval().requires_grad_(False)
