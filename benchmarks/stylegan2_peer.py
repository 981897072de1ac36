"""stylegan2-pytorch (github.com/lucidrains/stylegan2-pytorch, MIT) from its own package, on a CPU.

It asserts CUDA when it is imported, and moves whatever it makes there; here these calls leave everything where it is.
Its trainer is the package's, with its command line's defaults, but for the size, the batch and what it writes to disk.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from trainer.util.errors import UserError

PACKAGE = "stylegan2_pytorch"
NEEDS = "stylegan2_pytorch==1.9.0 kornia kornia_rs einops fire termcolor vector-quantize-pytorch==0.1.0"
BATCH = 8  # of 5 with 6 batches to a step: on a CPU small steps learn sooner


class Missing(UserError):
    """The package is not installed, and it is none of this project's requirements."""


@contextmanager
def without_cuda() -> Iterator[None]:
    """Within, .cuda() of tensors and modules returns them as they are."""
    with ExitStack() as patches:
        for kind in (Tensor, nn.Module):
            patches.enter_context(patch.object(kind, "cuda", lambda self, *_, **__: self))
        yield


def package() -> Any:
    """The package. Raises Missing where it is not installed."""
    from trainer.util import torchvision_fix  # noqa: F401 - must come before torchvision

    sys.modules.setdefault("aim", ModuleType("aim"))  # a tracker that it imports, and uses only with log=True
    try:
        with patch("torch.cuda.is_available", return_value=True):
            return import_module(f"{PACKAGE}.{PACKAGE}")
    except ModuleNotFoundError as error:
        raise Missing(f"{error.name} is not installed: pip install --no-deps {NEEDS}") from None


class Peer:
    """Its trainer.

    Args: capacity, fmap_max: the package's size of the networks, and the most channels that a layer has.
        loader: images [BATCH, 3, side, side] in [0, 1], without an end.
    """

    def __init__(self, side: int, capacity: int, fmap_max: int, loader: Iterator[Tensor], seed: int):
        self.its = package()
        torch.manual_seed(seed)
        random.seed(seed)
        with TemporaryDirectory() as folder, without_cuda():
            self.trainer = self.its.Trainer(
                base_dir=folder,
                image_size=side,
                network_capacity=capacity,
                fmap_max=fmap_max,
                batch_size=BATCH,
                ttur_mult=1.5,
                aug_prob=0.0,
            )
            self.trainer.init_GAN()
        self.trainer.loader = loader
        self.trainer.save = self.trainer.evaluate = lambda number: None

    def steps(self) -> Iterator[None]:
        """One step of D and one of G at a time."""
        while True:
            with without_cuda():
                self.trainer.train()
            yield

    def draw(self, n: int) -> Tensor:
        """Images [n, 3, side, side] in [0, 1], of G itself: the package's moving average begins after 20,000 steps."""
        gan, parts = self.trainer.GAN, []
        with without_cuda():
            for start in range(0, n, 50):
                count = min(50, n - start)
                latents = self.its.noise_list(count, gan.G.num_layers, gan.G.latent_dim, device=0)
                styles = self.its.styles_def_to_tensor(self.its.latent_to_w(gan.S, latents))
                parts.append(gan.G(styles, self.its.image_noise(count, gan.G.image_size, device=0)).clamp(0, 1))
        return torch.cat(parts)
