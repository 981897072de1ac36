"""Ways of learning by name. A new one is one file here and one name in the import below."""

from trainer.training.methods import (  # noqa: F401 - importing a method registers it
    bicycle,
    cyclegan,
    gan,
    inpainting,
    pix2pix,
    srgan,
    vae,
)
from trainer.training.methods.base import METHODS, Method, method_for

__all__ = ["METHODS", "Method", "method_for"]
