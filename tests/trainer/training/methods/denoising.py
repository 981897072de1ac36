"""A way of learning that only the tests know: a denoising autoencoder (Vincent et al. 2008), whose decoder is kept."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trainer.data import Dataset
from trainer.networks import ARCHITECTURES, Architecture
from trainer.networks.base import DirectGenerator
from trainer.training.batches import Batch
from trainer.training.methods.base import METHODS, DataShape, Method, new_network, optimizer_step
from trainer.training.state import TrainState
from trainer.util.images import to_float


class Decoder(DirectGenerator):
    def __init__(self, resolution: int, channels: int, z_dim: int = 8, num_classes: int = 0):
        super().__init__(resolution, channels, z_dim, num_classes, prior="normal", codes=(0, 0))
        self.layer = nn.Linear(self.w_dim, channels * resolution**2)

    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        return self.layer(ws[:, 0]).tanh().unflatten(1, (self.channels, self.resolution, self.resolution))

    def style_matrices(self) -> list[Tensor]:
        return [self.layer.weight]


class Encoder(nn.Sequential):
    def __init__(self, resolution: int, channels: int, z_dim: int = 8, num_classes: int = 0):
        super().__init__(nn.Flatten(), nn.Linear(channels * resolution**2, z_dim))


class Denoising(Method):
    help = "restore images from noisy ones"
    checkpoint = "decoder"
    shown = ("error",)

    def networks(self, data: DataShape) -> dict[str, nn.Module]:
        kinds = {"encoder": Encoder, "decoder": Decoder}
        return {name: new_network(kind, self.config, data) for name, kind in kinds.items()}

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        noisy = batch.real + 0.5 * batch.normal(*batch.real.shape[1:])
        restored = state.networks["decoder"](state.networks["encoder"](noisy), batch.label)
        error = (restored - batch.real).square().mean()
        optimizer_step(state, error, "encoder", "decoder")
        return {"error": error.detach()}

    @torch.inference_mode()
    def sheet(self, state: TrainState, dataset: Dataset) -> Tensor:
        real = to_float(torch.tensor(dataset.images[:8])).to(state.fabric.device)
        return torch.cat([real, state.ema.module(state.bare("encoder")(real))])


def register() -> None:
    METHODS["denoising"] = Denoising
    ARCHITECTURES["denoising"] = Architecture("two linear layers", Decoder, Encoder, method="denoising")
