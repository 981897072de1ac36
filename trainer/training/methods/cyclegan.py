"""CycleGAN (Zhu et al. 2017, arXiv 1703.10593): two collections without pairs. There and back must lead home.

A is the collection that is given (--data-a), B the one of --data: G translates A to B, and its way back B to A.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.metrics.training import gradient_norm
from trainer.networks import ARCHITECTURES
from trainer.training.batches import Batch
from trainer.training.losses import LOSSES
from trainer.training.methods.base import METHODS, DataShape, Method, frozen, new_network, optimizer_step
from trainer.training.methods.critics import critic_step
from trainer.training.state import TrainState

POOL = 50  # earlier images that a critic may be shown again (section 4)


class Pool(nn.Module):
    """Earlier translations, in buffers, so that they are saved and resumed like weights (Shrivastava et al. 2017)."""

    images: Tensor
    filled: Tensor

    def __init__(self, channels: int, resolution: int):
        super().__init__()
        self.register_buffer("images", torch.zeros(POOL, channels, resolution, resolution))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def exchange(self, made: Tensor, rng: torch.Generator) -> Tensor:
        """Images [N, C, R, R] -> as many for the critic: half of them earlier ones, whose places the new ones take.

        Args: rng: on the CPU.
        """
        shown, filled = made.clone(), int(self.filled)
        swap = torch.rand(len(made), generator=rng) < 0.5
        places = torch.randint(POOL, (len(made),), generator=rng)
        for row, image in enumerate(made):
            if filled < POOL:
                self.images[filled] = image
                filled += 1
            elif swap[row]:
                place = int(places[row])
                shown[row] = self.images[place]
                self.images[place] = image
        self.filled.fill_(filled)
        return shown


class Translations(NamedTuple):
    """What a step's images become: A as B and B as A, each back again, and each as what it is already."""

    b: Tensor
    a: Tensor
    a_again: Tensor
    b_again: Tensor
    same_b: Tensor | None
    same_a: Tensor | None


class CycleGan(Method):
    """A step of both generators together, and one of each critic on translations of now and of earlier."""

    help = "CycleGAN: two collections without pairs, two generators and two critics (Zhu et al. 2017)"
    takes = "collections"
    shown = ("loss_d", "loss_g", "cycle_a", "cycle_b")

    def networks(self, data: DataShape) -> dict[str, nn.Module]:
        """`g` both generators, `d` the critic of B, `d_a` that of A, and what each has been shown before."""
        architecture, config = ARCHITECTURES[self.config.arch], self.config
        given = data._replace(channels=data.given_channels or data.channels)
        return {
            "g": new_network(architecture.generator, config, data),
            "d": new_network(architecture.discriminator, config, data),
            "d_a": new_network(architecture.discriminator, config, given),
            "pool": Pool(data.channels, config.resolution),
            "pool_a": Pool(given.channels, config.resolution),
        }

    def optimizers(self, networks: Any) -> dict[str, Optimizer]:
        """Of all but the pools, which learn nothing."""
        return super().optimizers({name: networks[name] for name in ("g", "d", "d_a")})

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """Images of A, `batch.given`, and of B, `batch.real`, [N, C, H, W] -> scalars by name."""
        assert batch.given is not None
        with state.fabric.autocast():
            made = self.translations(state.bare("g"), batch.given, batch.real)
        values = self.step_g(state, batch, made)
        values |= self.step_d(state, "d", batch.real, state.bare("pool").exchange(made.b.detach(), batch.rng))
        on_a = self.step_d(state, "d_a", batch.given, state.bare("pool_a").exchange(made.a.detach(), batch.rng))
        return values | {f"{name}_a": value for name, value in on_a.items()}

    def translations(self, g: Any, a: Tensor, b: Tensor) -> Translations:
        """All that the losses look at, in as few passes as may be: instance norm mixes no images."""
        if not self.config.identity_weight:
            as_b, as_a = g.translate(a), g.back(b)
            return Translations(as_b, as_a, g.back(as_b), g.translate(as_a), None, None)
        as_b, same_b = g.translate(torch.cat([a, b])).split([len(a), len(b)])
        as_a, same_a = g.back(torch.cat([b, a])).split([len(b), len(a)])
        return Translations(as_b, as_a, g.back(as_b), g.translate(as_a), same_b, same_a)

    def step_g(self, state: TrainState, batch: Batch, made: Translations) -> dict[str, Tensor]:
        """Pass for the other collection (equation 1), lead home (equation 2), leave what is there (section 5.2)."""
        assert batch.given is not None
        config = self.config
        with frozen(state.bare("d")), frozen(state.bare("d_a")):
            values = {
                "loss_g": self.passing(state, "d", batch.real, made.b),
                "loss_g_a": self.passing(state, "d_a", batch.given, made.a),
                "cycle_a": (made.a_again - batch.given).abs().mean(),
                "cycle_b": (made.b_again - batch.real).abs().mean(),
            }
            total = values["loss_g"] + values["loss_g_a"]
            total = total + config.cycle_weight * (values["cycle_a"] + values["cycle_b"])
            if made.same_a is not None and made.same_b is not None:
                values["identity_a"] = (made.same_a - batch.given).abs().mean()
                values["identity_b"] = (made.same_b - batch.real).abs().mean()
                total = total + config.identity_weight * (values["identity_a"] + values["identity_b"])
            optimizer_step(state, total, "g")
        values["grad_g"] = gradient_norm(state.networks["g"])
        return {name: value.detach() for name, value in values.items()}

    def passing(self, state: TrainState, name: str, real: Tensor, fake: Tensor) -> Tensor:
        """How far translations are from passing; the table halves least squares (Mao et al.), the paper does not."""
        d = state.networks[name]
        loss = LOSSES[self.config.loss].g(d(real).detach(), d(fake)).mean()
        return 2 * loss if self.config.loss == "least-squares" else loss

    def step_d(self, state: TrainState, name: str, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """A critic learns to tell a collection from translations into it."""
        d = state.networks[name]
        return critic_step(state, name, self.config, (d(real), d(fake)))


METHODS["cyclegan"] = CycleGan
