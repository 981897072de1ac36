"""Network pairs by name. A new architecture is one file and one line here."""

from trainer.networks import dcgan, stylegan_lite
from trainer.networks.base import ARCHITECTURES, Architecture, Discriminator, Generator

__all__ = ["ARCHITECTURES", "Architecture", "Discriminator", "Generator", "dcgan", "stylegan_lite"]
