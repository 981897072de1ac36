"""Ways of learning by name. A new one is one file and one line here."""

from trainer.training.methods import gan, vae
from trainer.training.methods.base import METHODS, Method, method_for

__all__ = ["METHODS", "Method", "gan", "method_for", "vae"]
