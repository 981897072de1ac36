"""The variational autoencoder (Kingma and Welling 2014, arXiv 1312.6114), which the texts compare GANs with.

Its decoder is DCGAN's generator, so that only the objective differs; its encoder stands where D stands otherwise.
"""

from itertools import pairwise

from torch import Tensor, nn

from trainer.networks.architecture import ARCHITECTURES, Architecture
from trainer.networks.dcgan import DcganGenerator, base_and_levels


class VaeDecoder(DcganGenerator):
    """DCGAN's generator, its batch norm included."""

    def __init__(self, resolution: int, channels: int, z_dim: int = 16, width: int = 32, num_classes: int = 0):
        super().__init__(resolution, channels, z_dim, width, num_classes)


class VaeEncoder(nn.Module):
    """Images [N, C, H, W] -> mean and logarithm of the variance of z, each [N, z_dim]."""

    def __init__(self, resolution: int, channels: int, z_dim: int = 16, width: int = 32, num_classes: int = 0):
        super().__init__()
        base, levels = base_and_levels(resolution)
        widths = [width << k for k in range(levels)]
        self.embed = nn.Embedding(num_classes, widths[-1] * base * base) if num_classes else None
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for c_in, c_out in pairwise(widths):
            layers += [nn.Conv2d(c_in, c_out, 4, 2, 1, bias=False), nn.BatchNorm2d(c_out), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(widths[-1] * base * base, 2 * z_dim)

    def forward(self, images: Tensor, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Images [N, C, H, W] -> mean and log variance of the latent's distribution, [N, z_dim] each."""
        h = self.layers(images)
        if self.embed is not None:
            h = h + self.embed(label)
        mean, log_variance = self.head(h).chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 12)


ARCHITECTURES["vae"] = Architecture(
    "variational autoencoder with DCGAN's decoder, 16 to 128 pixels (Kingma and Welling 2014)",
    VaeDecoder,
    VaeEncoder,
    method="vae",
)
