"""Network pairs by name. A new architecture is one file here and one name in the import below."""

from trainer.networks import (  # noqa: F401 - importing an architecture registers it
    bilinear_discriminator,
    bilinear_stylegan2,
    dcgan,
    inpainting,
    mlp,
    onnx_graph,
    resnet_pair,
    srresnet,
    stylegan2_discriminator,
    stylegan_lite,
    unet,
    vae,
)
from trainer.networks.architecture import (
    ARCHITECTURES,
    CRITICS,
    IMPORTED,
    Architecture,
    generator_class,
    is_translator,
    latent_architectures,
    translator_class,
)
from trainer.networks.base import Discriminator, Generator
from trainer.networks.translator import Translator

__all__ = [
    "ARCHITECTURES",
    "CRITICS",
    "IMPORTED",
    "Architecture",
    "Discriminator",
    "Generator",
    "Translator",
    "generator_class",
    "is_translator",
    "latent_architectures",
    "translator_class",
]
