"""Extractors by name: pictures in, features out. Another one is one new file here and one name in the import below."""

# isort: off
from trainer.features import autoencoder, avatars, inception, mnist  # noqa: F401 - importing one registers it

# isort: on
from trainer.features.base import EXTRACTORS, Extractor, Kind, Tell, extractor_for

__all__ = ["EXTRACTORS", "Extractor", "Kind", "Tell", "extractor_for"]
