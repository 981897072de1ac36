"""What every method of finding directions has in common: fit on a generator, then axes, their names and scales."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from explorer.core.directions.attributes import AttributeReader
from explorer.core.directions.effects import Effects
from explorer.core.wording import listing
from trainer.networks import Generator
from trainer.util.errors import UserError
from trainer.util.registry import Registry

N_AXES = 10


class Subject(NamedTuple):
    """What directions are found in: a generator, and who reads attributes off its images, where somebody can."""

    generator: Generator
    reader: AttributeReader | None = None


class Directions(ABC):
    """Directions in w. The first line of a subclass's docstring is its help text in the page.

    Attributes:
        title: the method's name in a menu.
        share_of: what `share_` is a share of.
        version: raise it when the same weights give other axes, so that old caches are fitted anew.
        slow: whether a fit takes so long that a person has to ask for it.

    Attributes after `fit`:
        names_: of the axes, as a recipe spells them behind the method: "0", "1", ... unless the method knows better.
        axes_: float32 (n, w_dim), or (n, num_ws * w_dim) where each layer moves by itself; unit length, the component
            of largest magnitude positive unless the method gives the sign a meaning.
        scale_: float32 (n,), the step in w that a strength of 1 makes: the deviation of w along the axis.
        w_dim: how many numbers of an axis belong to one layer, where each moves by itself; else 0.
        share_: float32 (n,), 0 to 1, how much of the whole the axis accounts for.
        layers_: for each axis the first and the last layer that it is meant for; None: to the finest.
        effects: what the axes change, once it has been measured.
    """

    title: ClassVar[str]
    share_of: ClassVar[str] = "of the variance of w"
    version: ClassVar[int] = 1
    slow: ClassVar[bool] = False
    w_dim: int = 0
    names_: tuple[str, ...]
    axes_: np.ndarray
    scale_: np.ndarray
    share_: np.ndarray
    layers_: tuple[tuple[int, int | None], ...]
    effects: Effects | None = None

    @staticmethod
    def suits(subject: Subject) -> bool:
        """Whether the method has anything to find here."""
        return True

    @abstractmethod
    def fit(self, subject: Subject) -> Self:
        """Learn the axes of this generator. Deterministic."""

    def fitting(self, subject: Subject) -> Iterator[str]:
        """`fit` in pieces of seconds: yields what comes next, and may be left there."""
        self.fit(subject)
        yield from ()

    def learn(self, axes: np.ndarray, w: np.ndarray, share: np.ndarray) -> Self:
        """Set what `fit` learns from axes (n, w_dim) of any length, samples w (N, w_dim) and share (n,)."""
        self.axes_ = oriented(axes)
        self.scale_ = (w @ self.axes_.T).std(0, dtype=np.float64).astype(np.float32)
        self.share_ = np.nan_to_num(share).astype(np.float32)
        return self.named()

    def named(self, names: Sequence[str] | None = None, layers: Sequence[tuple[int, int | None]] | None = None) -> Self:
        """Set what the axes are called, numbers unless said otherwise, and their layers, all unless said otherwise."""
        count = len(self.axes_)
        self.names_ = tuple(map(str, range(count))) if names is None else tuple(names)
        self.layers_ = ((0, None),) * count if layers is None else tuple(layers)
        return self

    def title_of(self, axis: int) -> str:
        """How a person reads an axis by itself: its number, from 1 on, unless the method knows better."""
        return str(axis + 1)

    def note(self, axis: int) -> str:
        """A few words on an axis: `12 % of the variance of w`."""
        percent = 100 * float(self.share_[axis])
        return f"{percent:.0f} % {self.share_of}" if percent >= 10 else f"{percent:.2g} % {self.share_of}"

    def index(self, axis: str) -> int:
        """The number of an axis by its name. Raises UserError for an unknown one."""
        if axis not in self.names_:
            raise UserError(f"There is no direction {axis!r:.40}; the method has {self.known()}.")
        return self.names_.index(axis)

    def known(self) -> str:
        """Its names, in words."""
        return f"{self.names_[0]} to {self.names_[-1]}" if len(self.names_) > 8 else listing(self.names_)

    def step(self, axis: str, strength: float) -> np.ndarray:
        """`strength` scales along an axis: float32 (w_dim,) or (num_ws, w_dim). UserError for an unknown one."""
        i = self.index(axis)
        step: np.ndarray = self.axes_[i] * self.scale_[i] * np.float32(strength)
        return step.reshape(-1, self.w_dim) if self.w_dim else step


DIRECTIONS: Registry[type[Directions]] = Registry("direction method")


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
