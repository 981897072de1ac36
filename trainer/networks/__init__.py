"""Network pairs by name. A new architecture is one file and one line here."""

from trainer.networks import dcgan, mlp, onnx_graph, stylegan_lite, vae
from trainer.networks.base import ARCHITECTURES, IMPORTED, Architecture, Discriminator, Generator, generator_class

__all__ = [
    "ARCHITECTURES", "IMPORTED", "Architecture", "Discriminator", "Generator", "dcgan", "generator_class", "mlp",
    "onnx_graph", "stylegan_lite", "vae",
]  # fmt: skip
