"""What every method of finding directions has in common: fit on a generator, then axes and their scales."""

from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from trainer.networks import Generator
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.reading import is_inside
from trainer.util.registry import Registry
from trainer.util.tensors import read_numpy, save_tensors

N_AXES = 10
LEARNED = ("axes_", "scale_", "share_")
MAX_CACHE = 2**26  # bytes
MAX_AXES = 1000


class Directions(ABC):
    """Directions in w. The first line of a subclass's docstring is its help text in the page.

    Attributes:
        title: the method's name in a menu.
        share_of: what `share_` is a share of.
        version: raise it when the same weights give other axes, so that old caches are fitted anew.

    Attributes after `fit`:
        axes_: float32 (n, w_dim), unit length, the component of largest magnitude positive.
        scale_: float32 (n,), the step in w that a strength of 1 makes: the deviation of w along the axis.
        share_: float32 (n,), 0 to 1, how much of the whole the axis accounts for.
    """

    title: ClassVar[str]
    share_of: ClassVar[str] = "of the variance of w"
    version: ClassVar[int] = 1
    axes_: np.ndarray
    scale_: np.ndarray
    share_: np.ndarray

    @staticmethod
    def suits(generator: Generator) -> bool:
        """Whether the method has anything to find in this generator."""
        return True

    @abstractmethod
    def fit(self, generator: Generator) -> Self:
        """Learn the axes of this generator. Deterministic."""

    def learn(self, axes: np.ndarray, w: np.ndarray, share: np.ndarray) -> Self:
        """Set what `fit` learns from axes (n, w_dim) of any length, samples w (N, w_dim) and share (n,)."""
        self.axes_ = oriented(axes)
        self.scale_ = (w @ self.axes_.T).std(0, dtype=np.float64).astype(np.float32)
        self.share_ = np.nan_to_num(share).astype(np.float32)
        return self

    def note(self, axis: int) -> str:
        """A few words on an axis: `12 % of the variance of w`."""
        return f"{100 * self.share_[axis]:.2g} % {self.share_of}"

    def step(self, axis: str, strength: float) -> np.ndarray:
        """`strength` deviations along an axis given by its number, float32 (w_dim,). UserError for an unknown axis."""
        if not (axis.isascii() and axis.isdigit() and len(axis) < 4 and int(axis) < len(self.axes_)):
            raise UserError(f"There is no direction {axis!r:.40}; the method has numbers 0 to {len(self.axes_) - 1}.")
        step: np.ndarray = self.axes_[int(axis)] * self.scale_[int(axis)] * np.float32(strength)
        return step


DIRECTIONS: Registry[type[Directions]] = Registry("direction method")
KEPT = 200  # fits in memory, of less than 1 MB each
FITTED: dict[tuple[str, str], Directions] = {}


@torch.inference_mode()
def sample_ws(generator: Generator, n: int, seed: int = 0) -> Tensor:
    """ws of n random z, [n, num_ws, w_dim], not truncated; classes in turn where the model has classes."""
    z = torch.randn(n, generator.z_dim, generator=torch.Generator().manual_seed(seed))
    return generator.map(z, torch.arange(n) % max(generator.num_classes, 1))


def oriented(axes: np.ndarray) -> np.ndarray:
    """Rows of unit length whose component of largest magnitude is positive, float32 (n, w_dim).

    A zero row, which a collapsed model gives, becomes a coordinate axis.
    """
    length = np.linalg.norm(axes, axis=1, keepdims=True)
    axes = np.where(length > 0, axes / np.maximum(length, np.finfo(axes.dtype).tiny), np.eye(*axes.shape))
    peak = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], axis=1)
    signed: np.ndarray = axes * np.sign(peak)
    return signed.astype(np.float32)


def fitted(method: str, generator: Generator, weights: str, cache: Path) -> Directions:
    """The method fitted to a generator: from memory, else from the cache folder, else fitted and kept in both.

    Raises UserError where it finds nothing.

    Args: weights: hash of the generator's weights, so that a replaced checkpoint is fitted anew.
    """
    key = (method, weights)
    found = FITTED.get(key)
    if found is None:
        found = DIRECTIONS[method]()
        file = cache / f"directions-{method}-{found.version}-{weights[:16]}.safetensors"
        if not recall(found, file, generator.w_dim):
            keep(fit(found, generator), file)
        FITTED[key] = found
        while len(FITTED) > KEPT:
            FITTED.pop(next(iter(FITTED)), None)
    return found


def fit(directions: Directions, generator: Generator) -> Directions:
    """`directions.fit`, with a UserError for weights in which nothing can be found, such as those that overflow."""
    try:
        with np.errstate(all="ignore"):
            directions.fit(generator)
        if all(np.isfinite(getattr(directions, name)).all() for name in LEARNED):
            return directions
        reason = "they are not finite"
    except (ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        reason = " ".join(str(error).split())[:100]
    raise UserError(f"{directions.title} finds no directions in this model ({reason}). Choose another method.")


def recall(directions: Directions, file: Path, w_dim: int) -> bool:
    """Whether the cache held what `fit` would learn; if so it is set. What came with a checkpoint may hold anything."""
    try:
        saved, _ = read_numpy(file, MAX_CACHE)
        learned = [saved[name] for name in LEARNED]
    except (OSError, ValueError, KeyError):
        return False
    axes, shapes = learned[0], [array.shape for array in learned]
    if any(array.dtype != np.float32 or not np.isfinite(array).all() for array in learned):
        return False
    if axes.ndim != 2 or shapes != [(len(axes), w_dim), (len(axes),), (len(axes),)] or len(axes) > MAX_AXES:
        return False
    vars(directions).update(zip(LEARNED, learned, strict=True))
    return True


def keep(directions: Directions, file: Path) -> None:
    """Save beside the checkpoint; a folder that cannot be written, or leads elsewhere, only costs the fit next time."""
    if not is_inside(file.parent, file.parent.parent):
        return
    with suppress(UserError):
        write_atomically(file, lambda path: save_tensors(path, {name: getattr(directions, name) for name in LEARNED}))
