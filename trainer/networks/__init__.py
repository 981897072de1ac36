"""Network pairs by name. A new architecture is one file and one line here."""

from trainer.networks import dcgan, mlp, stylegan_lite, vae
from trainer.networks.base import ARCHITECTURES, Architecture, Discriminator, Generator

__all__ = ["ARCHITECTURES", "Architecture", "Discriminator", "Generator", "dcgan", "mlp", "stylegan_lite", "vae"]
