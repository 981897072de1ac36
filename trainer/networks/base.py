"""The contract: every generator has two stages, and the explorer speaks to these alone.

    map(z, label)          z [N, z_dim], label [N] or None   -> ws [N, num_ws, w_dim]
    synthesize(ws, noise)  ws, noise [[N, 1, H, W], ...]     -> images [N, channels, H, W] in [-1, 1]

What a model can do is asked of its capabilities (`num_ws > 1`, `noise_sizes`, `num_classes`), never of its name.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from trainer.registry import Registry


class Generator(nn.Module):
    """Base of every generator. A subclass sets the capabilities below and writes `map`, `synthesize` and
    `style_matrices`.

    Attributes:
        z_dim, w_dim: widths of the two latent spaces.
        num_ws: how many w the synthesis reads, first (coarse) to last (fine); 1 where w is simply z.
        num_classes: labels are 0 .. num_classes - 1; 0 means unconditional and `label` is ignored.
        resolution, channels: of the pictures.
        noise_sizes: side of each noise input, in order; empty for a model without noise inputs.
        w_avg: truncation centre, shape (w_dim,).
    """

    z_dim: int
    w_dim: int
    num_ws: int
    num_classes: int
    resolution: int
    channels: int
    noise_sizes: tuple[int, ...] = ()
    w_avg: Tensor

    @abstractmethod
    def map(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z [N, z_dim] and labels [N] -> ws [N, num_ws, w_dim], not truncated."""

    @abstractmethod
    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """ws [N, num_ws, w_dim] -> images [N, C, H, W] in [-1, 1].

        `noise` holds one [N, 1, s, s] for each s of `noise_sizes`; None means no noise at all.
        """

    @abstractmethod
    def style_matrices(self) -> list[Tensor]:
        """For each of the num_ws inputs, the matrix [*, w_dim] that first multiplies it. SeFa reads these."""

    def early_features(self, ws: Tensor) -> Tensor:
        """Where PCA is fitted, [N, F]: w itself, or for w = z the first layer's activations (GANSpace, section 3)."""
        return ws[:, 0]

    def forward(
        self,
        z: Tensor,
        label: Tensor | None = None,
        noise: Sequence[Tensor] | None = None,
        z_mix: Tensor | None = None,
        crossover: Tensor | None = None,
    ) -> Tensor:
        """Both stages at once, as training needs them.

        Style mixing: layers from `crossover` [N] on take their w from `z_mix` [N, z_dim].
        """
        ws = self.map(z, label)
        if z_mix is not None and crossover is not None:
            layer = torch.arange(self.num_ws, device=ws.device)
            mixed = (layer >= crossover[:, None])[..., None]  # [N, num_ws, 1]
            ws = torch.where(mixed, self.map(z_mix, label), ws)
        return self.synthesize(ws, noise)

    def truncate(self, ws: Tensor, psi: float, cutoff: int | None = None) -> Tensor:
        """Pull the first `cutoff` layers (None: all) towards w_avg; psi = 1 changes nothing, psi = 0 gives the mean."""
        if psi == 1:
            return ws
        head = self.w_avg.lerp(ws[:, :cutoff], psi)
        return head if cutoff is None else torch.cat([head, ws[:, cutoff:]], dim=1)

    def draw_noise(self, n: int, generator: torch.Generator) -> list[Tensor]:
        """Standard normal noise inputs for n pictures, drawn on the CPU from `generator`."""
        return [torch.randn(n, 1, size, size, generator=generator) for size in self.noise_sizes]


class Discriminator(nn.Module):
    """Base of every discriminator: images [N, C, H, W] in [-1, 1] and labels [N] -> logits [N]; high means real.

    A subclass writes `features`; the label enters by projection (Miyato and Koyama 2018, equation 3).
    """

    def __init__(self, feature_dim: int, num_classes: int, head: nn.Module):
        super().__init__()
        self.head = head  # [N, feature_dim] -> [N, 1]
        self.embed = nn.Embedding(num_classes, feature_dim) if num_classes else None

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """images [N, C, H, W] -> [N, feature_dim]."""

    def forward(self, images: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.features(images)
        logits = self.head(h).squeeze(1)
        if self.embed is not None:
            logits = logits + (self.embed(label) * h).sum(1)
        return logits


class Architecture(NamedTuple):
    """A pair of networks; both are built with resolution, channels and num_classes, and options of their own."""

    help: str
    generator: type[Generator]
    discriminator: type[Discriminator]


ARCHITECTURES: Registry[Architecture] = Registry("architecture")
