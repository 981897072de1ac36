"""examples.safetensors: what a translator is given and what should come of it, so that it can be tried at once.

Images that no training has seen, where the data set has any.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save

from trainer.networks import Translator
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, is_own_file, place, reason
from trainer.util.tensors import read_numpy

FILE = "examples.safetensors"
COUNT = 32
MAX_BYTES = 2**28


class Examples(NamedTuple):
    """Pairs, one a row.

    Attributes:
        given: uint8 (N, h, w, inputs), a mask included.
        truth: uint8 (N, H, H, C); None for a translator between two collections, where nobody knows it.
    """

    given: np.ndarray
    truth: np.ndarray | None

    @property
    def size(self) -> int:
        """Bytes of one."""
        return int(self.given[0].nbytes + (0 if self.truth is None else self.truth[0].nbytes))

    def first(self, count: int) -> "Examples":
        """So many of them, or all."""
        return Examples(self.given[:count], None if self.truth is None else self.truth[:count])

    def packed(self) -> bytes:
        """The file."""
        rows = {"given": self.given} | ({} if self.truth is None else {"truth": self.truth})
        data: bytes = save({name: np.ascontiguousarray(images) for name, images in rows.items()})
        return data


def examples_of(translator: Translator, images: np.ndarray, given: np.ndarray | None, paired: bool) -> Examples:
    """The first of a data set.

    Args: images: uint8 (N, H, H, C). given: what belongs to them, or images of another collection; None where the
        translator makes its input of the images themselves.
    """
    if given is None:
        truth = np.array(images[:COUNT])
        return Examples(translator.given_of(truth, np.random.default_rng(0)), truth)
    return Examples(np.array(given[:COUNT]), np.array(images[:COUNT]) if paired else None)


def read_examples(folder: Path, translator: Translator) -> Examples | None:
    """Those of a checkpoint; None if it has none. Raises UserError for a file that is damaged or of another model."""
    path = folder / FILE
    if not is_own_file(path):
        return None
    try:
        found, _ = read_numpy(path, MAX_BYTES)
        given, truth = found["given"], found.get("truth")
        check(given, translator.given_resolution, translator.inputs)
        if truth is not None:
            check(truth, translator.resolution, translator.channels)
            if len(truth) != len(given):
                raise Unfit(f"{len(given)} images and {len(truth)} truths")
    except (OSError, ValueError, LookupError) as error:
        raise UserError(f"{place(path)} cannot be read ({reason(error)}). Publish the checkpoint again.") from error
    return Examples(given, truth)


def check(images: np.ndarray, side: int, channels: int) -> None:
    """Raise Unfit unless these are images of that shape."""
    if images.dtype != np.uint8 or images.shape[1:] != (side, side, channels):
        raise Unfit(f"images of {images.dtype} and shape {images.shape}")
