"""Which networks there are: pairs that are trained here, and what only a checkpoint may hold, by name."""

import inspect
from typing import NamedTuple

from torch import nn

from trainer.networks.base import DirectGenerator, Discriminator, Generator
from trainer.networks.translator import PatchCritic, Translator
from trainer.util.errors import UserError
from trainer.util.registry import Registry


class Architecture(NamedTuple):
    """A pair of networks; both are built with resolution, channels and num_classes, and options of their own.

    Attributes:
        generator: z -> image, or image -> image; what a checkpoint holds.
        discriminator: what learns beside it, in a VAE the encoder.
        d_norm: how D is normalised unless the person says otherwise.
        method: the way of learning that trains it, a name of trainer/training/methods.
    """

    help: str
    generator: type[Generator] | type[Translator]
    discriminator: type[nn.Module]
    d_norm: str = "none"
    method: str = "gan"

    @property
    def arguments(self) -> set[str]:
        """Names of what may be chosen of either network."""
        networks = (self.generator, self.discriminator)
        return {name for network in networks for name in inspect.signature(network).parameters}

    @property
    def latent(self) -> bool:
        """Whether its images are made of latents; a translator's are made of images."""
        return issubclass(self.generator, Generator)

    @property
    def adversarial(self) -> bool:
        """Whether what learns beside it tells real from generated."""
        return issubclass(self.discriminator, Discriminator | PatchCritic)

    @property
    def style_based(self) -> bool:
        """Whether different layers may see different w."""
        return self.latent and not issubclass(self.generator, DirectGenerator)


ARCHITECTURES: Registry[Architecture] = Registry("architecture")
IMPORTED: Registry[type[Generator]] = Registry("architecture")
"""Generators by name that a checkpoint may hold, and that are not trained here."""
CRITICS: Registry[type[Discriminator]] = Registry("critic")
"""Discriminators by name, likewise, where they are not their architecture's own."""


def latent_architectures() -> list[str]:
    """The names of those whose images are made of latents."""
    return [name for name, architecture in ARCHITECTURES.items() if architecture.latent]


def is_translator(arch: str) -> bool:
    """Whether a checkpoint of that architecture makes an image of an image; False for a name that nobody knows."""
    return arch in ARCHITECTURES and not ARCHITECTURES[arch].latent


def generator_class(arch: str) -> type[Generator]:
    """What a checkpoint of that architecture holds. Raises UserError for a name that nobody knows, and for a
    translator.
    """
    found = IMPORTED[arch] if arch in IMPORTED else ARCHITECTURES[arch].generator
    if issubclass(found, Translator):
        raise UserError(f"{arch} makes an image of an image: open it in the tab Translate.")
    return found


def translator_class(arch: str) -> type[Translator]:
    """What a checkpoint of that architecture holds. Raises UserError for one that is no translator."""
    found = None if arch in IMPORTED else ARCHITECTURES[arch].generator
    if found is None or not issubclass(found, Translator):
        raise UserError(f"{arch} makes images of latents, not of images: open it in the tab Sample.")
    return found
