"""The contract: every generator has two stages, and the explorer speaks to these alone.

    map(z, label)          z [N, z_dim], label [N] or None   -> ws [N, num_ws, w_dim]
    synthesize(ws, noise)  ws, noise [[N, 1, H, W], ...]     -> images [N, channels, H, W] in [-1, 1]

What a model can do is asked of its capabilities (`num_ws > 1`, `noise_sizes`, `num_classes`), never of its name.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.parametrizations import spectral_norm

from trainer.util.errors import UserError

LARGE = 512  # pixels a side from which on images are drawn one at a time: the memory holds no more
FIXED_NOISE_SEED = 0  # of the noise inputs where all images share them


class Generator(nn.Module):
    """Base of every generator. A subclass sets the capabilities below and writes `map`, `synthesize` and
    `style_matrices`.

    Attributes:
        z_dim, w_dim: widths of the two latent spaces.
        num_ws: how many w the synthesis reads, first (coarse) to last (fine); 1 where w is simply z.
        num_classes: labels are 0 .. num_classes - 1; 0 means unconditional and `label` is ignored.
        resolution, channels: of the images.
        prior: distribution of what the network reads as z: "normal", or "uniform" on (-1, 1).
        codes: InfoGAN's, the last entries of z: values of the categorical one, number of continuous ones.
        noise_sizes: side of each noise input, in order; empty for a model without noise inputs.
        w_avg: truncation centre, shape (w_dim,).
        pass_size: images a pass at which each comes out bit for bit the same wherever it stands in the pass.
        draft_sides: sizes below the resolution at which `draft` saves time.
        batch: images that its ONNX export takes at once; 0 for any number.
        differentiable: whether gradients flow from its images back to w.
        feature_sides: of the levels whose features `features_at` gives; empty for a model without layers of w.
    """

    z_dim: int
    w_dim: int
    num_ws: int
    num_classes: int
    resolution: int
    channels: int
    prior: str = "normal"
    codes: tuple[int, int] = (0, 0)
    noise_sizes: tuple[int, ...] = ()
    w_avg: Tensor
    pass_size: int = 2
    draft_sides: tuple[int, ...] = ()
    batch: int = 0
    differentiable: bool = True
    feature_sides: tuple[int, ...] = ()

    @abstractmethod
    def map(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z [N, z_dim] and labels [N] -> ws [N, num_ws, w_dim], not truncated."""

    @abstractmethod
    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """ws [N, num_ws, w_dim] -> images [N, C, H, W] in [-1, 1].

        `noise` holds one [N, 1, s, s] for each s of `noise_sizes`; None means no noise at all.
        """

    def draft(self, ws: Tensor, noise: Sequence[Tensor] | None, side: int) -> Tensor:
        """A smaller look at the images of `synthesize`, [N, C, side, side]."""
        return F.interpolate(self.synthesize(ws, noise), size=side, mode="bilinear", antialias=True)

    def features_at(self, ws: Tensor, noise: Sequence[Tensor] | None, side: int) -> tuple[Tensor, Tensor]:
        """What the level of `side` pixels hands to the next, and the images: [N, F, side, side], [N, C, H, W].

        Both can be differentiated by ws, and come from one pass. `side`: of `feature_sides`; a growing network gives
        its finest level in use instead where that is smaller. Raises UserError for a model without levels.
        """
        raise UserError("This needs a style-based model, whose layers each read a w of their own; this one has none.")

    @abstractmethod
    def style_matrices(self) -> list[Tensor]:
        """For each of the num_ws inputs, the matrix [*, w_dim] that first multiplies it. SeFa reads these."""

    def latent(self, z: Tensor) -> Tensor:
        """Standard normal z [N, z_dim] -> z as the network reads it: of its prior, its last entries InfoGAN's codes.

        The explorer and the loop only ever draw normal numbers; which of `k` is the largest is a uniform choice.
        """
        categorical, continuous = self.codes
        noise, choice, rest = z.split([z.shape[1] - categorical - continuous, categorical, continuous], dim=1)
        if self.prior == "uniform":
            noise = uniform(noise)
        if categorical:
            choice = F.one_hot(choice.argmax(1), categorical).to(z.dtype)
        return torch.cat([noise, choice, uniform(rest)], dim=1)

    def early_features(self, ws: Tensor) -> Tensor:
        """Where PCA is fitted, [N, F]: w itself, or for w = z the first layer's activations (GANSpace, section 3)."""
        return ws[:, 0]

    def has_first_layer(self) -> bool:
        """Whether `style_matrices` and `early_features` can be read: of a foreign graph perhaps not."""
        return True

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
        """Standard normal noise inputs for n images, drawn from `generator` on its device."""
        device = generator.device
        return [torch.randn(n, 1, size, size, generator=generator, device=device) for size in self.noise_sizes]

    def fixed_noise(self) -> list[Tensor]:
        """The noise inputs that all images share where the mode is "fixed": one [1, 1, s, s] a layer."""
        return self.draw_noise(1, torch.Generator().manual_seed(FIXED_NOISE_SEED))


class DirectGenerator(Generator):
    """Base of generators without a mapping: w is z, beside it a learned vector for the class."""

    num_ws = 1

    def __init__(self, resolution: int, channels: int, z_dim: int, num_classes: int, prior: str, codes: Sequence[int]):
        super().__init__()
        self.resolution, self.channels, self.z_dim, self.num_classes = resolution, channels, z_dim, num_classes
        self.prior, self.codes = prior, (codes[0], codes[1])
        self.embed = nn.Embedding(num_classes, num_classes) if num_classes else None
        self.w_dim = z_dim + num_classes
        self.register_buffer("w_avg", torch.zeros(self.w_dim))

    def map(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z [N, z_dim], labels [N] or None -> ws [N, 1, w_dim]: the latent and the class."""
        z = self.latent(z)
        w = z if self.embed is None else torch.cat([z, self.embed(label)], dim=1)
        return w[:, None]  # [N, 1, w_dim]


def uniform(z: Tensor) -> Tensor:
    """Standard normal numbers -> numbers uniform on (-1, 1)."""
    return torch.erf(z / math.sqrt(2))


def packed(images: Tensor, pac_size: int) -> Tensor:
    """Images side by side in the channels, [N, C, H, W] -> [N / pac_size, pac_size C, H, W] (Lin et al. 2018)."""
    return images.reshape(-1, pac_size * images.shape[1], *images.shape[2:]) if pac_size > 1 else images


class Discriminator(nn.Module):
    """Base of every discriminator: images [N, C, H, W] in [-1, 1] and labels [N] -> logits [N / pac_size]; high: real.

    A subclass writes `features`; the label enters by projection (Miyato and Koyama 2018, equation 3). With codes, a
    second head reads InfoGAN's codes from the features.
    """

    def __init__(
        self,
        feature_dim: int,
        num_classes: int,
        head: nn.Module,
        *,
        pac_size: int = 1,
        minibatch_stddev: bool = False,
        codes: tuple[int, int] = (0, 0),
    ):
        super().__init__()
        self.pac_size, self.codes, self.minibatch_stddev = pac_size, codes, minibatch_stddev
        self.head = head  # [N, feature_dim] -> [N, 1]
        self.spread = nn.Linear(1, 1, bias=False) if minibatch_stddev else None
        self.embed = nn.Embedding(num_classes, feature_dim) if num_classes else None
        self.code_head = code_head(feature_dim, sum(codes)) if any(codes) else None

    @property
    def conditional(self) -> bool:
        """Whether it asks for labels."""
        return self.embed is not None

    def judges_together(self, n: int) -> bool:
        """Whether n real and n generated images, taking turns in one batch, get the logits that they get in two.

        They do unless batch norm or packing mixes neighbours. Groups of 4 in minibatch_stddev keep to one side.
        """
        mixes = self.pac_size > 1 or any(isinstance(module, _BatchNorm) for module in self.modules())
        return n % 4 == 0 and not mixes

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """images [N, pac_size C, H, W] -> [N, feature_dim]."""

    def forward(self, images: Tensor, label: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W], labels [N] or None -> logits [N / pac_size]; higher means taken for real."""
        h = self.features(packed(images, self.pac_size))
        logits = self.head(h).squeeze(1)
        if self.spread is not None:
            logits = logits + self.spread(minibatch_stddev_of(h)).squeeze(1)
        if self.embed is not None:
            logits = logits + (self.embed(label) * h).sum(1)
        result: Tensor = logits
        return result

    def read_codes(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """images -> logits of the categorical code [N, values] and the continuous ones [N, count]."""
        assert self.code_head is not None
        logits, values = self.code_head(self.features(images)).split(self.codes, dim=1)
        return logits, values


def code_head(feature_dim: int, outputs: int) -> nn.Module:
    """InfoGAN's Q on D's features (Chen et al. 2016, appendix C)."""
    return nn.Sequential(nn.Linear(feature_dim, 128), nn.LeakyReLU(0.2), nn.Linear(128, outputs))


def minibatch_stddev_of(h: Tensor, group: int = 4) -> Tensor:
    """Mean standard deviation of each group of features, given to each of its images: [N, F] -> [N, 1]."""
    g = group if len(h) % group == 0 else len(h)
    spread = (h.unflatten(0, (g, -1)).var(0, unbiased=False) + 1e-8).sqrt().mean(1)  # [N / g]
    result: Tensor = spread.repeat(g)[:, None]
    return result


def normalisation(name: str, channels: int) -> nn.Module:
    """A layer of D between its convolutions: batch, instance or none."""
    kinds: dict[str, Callable[[int], nn.Module]] = {
        "batch": nn.BatchNorm2d,
        "instance": lambda c: nn.InstanceNorm2d(c, affine=True),
        "none": lambda c: nn.Identity(),
    }
    return kinds[name](channels)


def apply_spectral_norm(module: nn.Module) -> None:
    """Divide the weights of every layer by their largest singular value (Miyato et al. 2018)."""
    for layer in list(module.modules()):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            spectral_norm(layer)
