"""Network pairs by name. A new architecture is one file here and one name in the import below."""

from trainer.networks import (  # noqa: F401 - importing an architecture registers it
    bilinear_discriminator,
    bilinear_stylegan2,
    dcgan,
    mlp,
    onnx_graph,
    stylegan2_discriminator,
    stylegan_lite,
    vae,
)
from trainer.networks.base import (
    ARCHITECTURES,
    CRITICS,
    IMPORTED,
    Architecture,
    Discriminator,
    Generator,
    generator_class,
)

__all__ = ["ARCHITECTURES", "CRITICS", "IMPORTED", "Architecture", "Discriminator", "Generator", "generator_class"]
