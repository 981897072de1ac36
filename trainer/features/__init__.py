"""Extractors by name: images in, features out. Another one is one new file here and one name in the import below."""

# isort: off
from trainer.features import (  # noqa: F401 - importing one registers it
    autoencoder,
    avatars,
    inception,
    mnist,
    onnx_network,
    pixel_faces,
    plane,
    stacked_mnist,
    thumbs,
)

# isort: on
from trainer.features.base import EXTRACTORS, Extractor, ExtractorSpec, Tell, caveats, extractor_for, file_part, shown

__all__ = ["EXTRACTORS", "Extractor", "ExtractorSpec", "Tell", "caveats", "extractor_for", "file_part", "shown"]
