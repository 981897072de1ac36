"""Learning from images that lack something: made from the data in the step, restored, and compared with the truth.

The adversarial weight 0 leaves the critic out: what remains is the network that pixels alone teach, to compare with.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.metrics.training import gradient_norm
from trainer.training.batches import Batch
from trainer.training.losses import LOSSES
from trainer.training.methods.base import Method, frozen, optimizer_step
from trainer.training.methods.critics import critic_step
from trainer.training.state import TrainState


class Restored(NamedTuple):
    """What G made of a batch, and what it is compared with.

    Attributes:
        real, fake: images [N, C, H, H] as the critic sees them.
        pixels: how far it is from the truth by pixels, by name.
        made: [N, 1, H, H], 1 where an image is G's own; None where all of it is.
    """

    real: Tensor
    fake: Tensor
    pixels: dict[str, Tensor]
    made: Tensor | None = None


class Restoring(Method):
    """A step of D on real and restored images, and one of G on the same: pass for real, and be near the truth."""

    shown = ("loss_d", "loss_g", "l1")

    @abstractmethod
    def restore(self, state: TrainState, batch: Batch) -> Restored:
        """What is taken away from a batch, and what G puts in its place."""

    @abstractmethod
    def weighed(self, pixels: dict[str, Tensor]) -> Tensor:
        """What of these distances G learns from."""

    def optimizers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        """Of G alone where there is no critic."""
        learn = networks if self.config.adversarial_weight else {"g": networks["g"]}
        return super().optimizers(learn)

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """Images [N, C, H, W] -> scalars by name."""
        found = self.restore(state, batch)
        values = self.step_d(state, found) if self.config.adversarial_weight else {}
        return values | self.step_g(state, found)

    def step_d(self, state: TrainState, found: Restored) -> dict[str, Tensor]:
        """D learns to tell real images from restored ones, by the patches that G had a hand in."""
        d = state.networks["d"]
        real, fake = d(found.real), d(found.fake.detach())
        return critic_step(state, "d", self.config, (real, fake), mean=lambda losses: over_made(losses, found.made))

    def step_g(self, state: TrainState, found: Restored) -> dict[str, Tensor]:
        """G learns to come near the truth, and where there is a critic to pass for real and to look alike to it."""
        config, values = self.config, dict(found.pixels)
        total = self.weighed(found.pixels)
        with frozen(state.bare("d")):
            if config.adversarial_weight:
                values["loss_g"] = self.passing(state, found)
                total = total + config.adversarial_weight * values["loss_g"]
            if config.feature_weight and config.adversarial_weight:
                values["features"] = feature_distance(state, found)
                total = total + config.feature_weight * values["features"]
            optimizer_step(state, total, "g")
        values["grad_g"] = gradient_norm(state.networks["g"])
        return {name: value.detach() for name, value in values.items()}

    def passing(self, state: TrainState, found: Restored) -> Tensor:
        """How far restored images are from passing for real."""
        d = state.bare("d")
        return over_made(LOSSES[self.config.loss].g(d(found.real).detach(), d(found.fake)), found.made)


def over_made(losses: Tensor, made: Tensor | None) -> Tensor:
    """The mean of the patches' losses [N, 1, h, h]; where given, of those alone that reach into `made` [N, 1, H, H]."""
    if made is None:
        return losses.mean()
    touched = nn.functional.adaptive_max_pool2d(made, losses.shape[2:])
    return (losses * touched).sum() / touched.sum().clamp(min=1)


def feature_distance(state: TrainState, found: Restored) -> Tensor:
    """Mean L1 distance in the critic's hidden levels (feature matching, Wang et al. 2018, equation 3).

    The critic's and not an extractor's: it was trained on just such images, at their size, and has a feature for each
    place, where the extractors here have one set for a whole image.
    """
    d = state.bare("d")
    pairs = zip(d.activations(found.real), d.activations(found.fake), strict=True)
    return torch.stack([(real.detach() - fake).abs().mean() for real, fake in pairs]).mean()
