"""Where what is learned of a checkpoint lies: in its `.cache`, or beside its weights, where it came with them."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.reading import is_inside
from trainer.util.tensors import save_tensors


class Place(NamedTuple):
    """Of one checkpoint: its folder, and the hash of its weights, so that of a replaced one all is learned anew."""

    folder: Path
    weights: str

    def cached(self, what: str, version: object) -> Path:
        """The file in the cache of something learned; its name holds the version and the weights."""
        return self.folder / ".cache" / f"{what}-{version}-{self.weights[:16]}.safetensors"

    def owns(self, file: Path) -> bool:
        """Whether a file of the cache lies inside of the checkpoint's folder: a cache may be a link elsewhere."""
        return is_inside(file.parent, self.folder)

    def keep(self, file: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
        """Write a file of the cache; one that cannot be written, or leads elsewhere, only costs the work next time."""
        if self.owns(file):
            with suppress(UserError):
                self.save(file, tensors, metadata)

    def save(self, file: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
        """Write a file, the hash of the weights with it. Raises UserError where it cannot be written."""
        record = {"weights": self.weights, **metadata}
        write_atomically(file, lambda temporary: save_tensors(temporary, tensors, record))
