"""Curated parts of DiceBear's styles: few, clearly different values, drawn independently of each other."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np

from trainer.data.base import Attribute, LabelledImage, Request, Source
from trainer.data.styles import SUPERSAMPLING, avatar, licence_of, rasterized, versions_of

COUNT = 20_000  # drawn unless a limit says otherwise
HELD_OUT_START = 10**6  # index of the first image that no training sees
HELD_OUT_COUNT = 10_000


class Trait(NamedTuple):
    """One free choice: its name, the DiceBear option it sets, and label -> DiceBear's value (None = leave it out)."""

    name: str
    option: str
    values: Mapping[str, str | None]
    odds: tuple[int, ...] | None = None  # relative frequency a value; None = all alike

    @property
    def probabilities(self) -> np.ndarray:
        """Of each value, (values,)."""
        odds = np.array(self.odds or [1] * len(self.values), dtype=float)
        result: np.ndarray = odds / odds.sum()
        return result


@dataclass(frozen=True)
class Curated:
    """The faces that some traits of a style make; callable, so that it travels to another process.

    Attributes:
        fixed: DiceBear options that are the same in all images.
        follows: options that take the value of another option.
        hides: trait and value -> the trait that an image with this value does not show.
        view: SVG viewBox of the style, and the one in its place; empty = the style's own.
    """

    style: str
    traits: tuple[Trait, ...]
    fixed: Mapping[str, object]
    follows: Mapping[str, str] = field(default_factory=dict)
    hides: Mapping[tuple[str, str], str] = field(default_factory=dict)
    view: tuple[str, str] | tuple[()] = ()

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """What is known about each image."""
        return tuple(Attribute(trait.name, tuple(trait.values)) for trait in self.traits)

    def __call__(self, index: int, resolution: int) -> LabelledImage:
        """The face of number `index`."""
        labels = self.picked(index)
        return LabelledImage(rasterized(self.svg(index, labels), resolution), self.visible(labels))

    @property
    def selection(self) -> list[object]:
        """What of it names packed images: not `follows` and `hides`, which the names of earlier ones do not have."""
        return [*self.view[1:], self.traits, self.fixed]

    def picked(self, index: int) -> tuple[int, ...]:
        """The traits of face number `index`, one value each; independent of each other, so no two are entangled."""
        rng = np.random.default_rng(index)
        return tuple(int(rng.choice(len(t.values), p=t.probabilities)) for t in self.traits)

    def svg(self, index: int, labels: tuple[int, ...]) -> str:
        """A face of these traits as SVG."""
        svg: str = avatar(self.style, {"seed": f"avatar-{index}", **self.options(labels)}).to_string()
        return svg.replace(*self.view, 1) if self.view else svg

    def options(self, labels: tuple[int, ...]) -> dict[str, object]:
        """The DiceBear options that leave it no choice of its own."""
        options = dict(self.fixed)
        for trait, label in zip(self.traits, labels, strict=True):
            value = list(trait.values.values())[label]
            if value is None or None in trait.values.values():
                options[trait.option.replace("Variant", "Probability")] = 0 if value is None else 100
            if value is not None:
                options[trait.option] = value
        return options | {follower: options[option] for follower, option in self.follows.items()}

    def visible(self, labels: tuple[int, ...]) -> tuple[int, ...]:
        """Call unknown what the image does not show, such as eyes behind sunglasses."""
        values = {(t.name, list(t.values)[label]) for t, label in zip(self.traits, labels, strict=True)}
        hidden = {trait for shown, trait in self.hides.items() if shown in values}
        return tuple(-1 if t.name in hidden else label for t, label in zip(self.traits, labels, strict=True))


class Drawer(Protocol):
    """Draws images of a style by number, with labels."""

    @property
    def style(self) -> str: ...
    @property
    def attributes(self) -> tuple[Attribute, ...]: ...
    @property
    def selection(self) -> list[object] | None: ...
    def __call__(self, index: int, resolution: int) -> LabelledImage: ...


def drawn(request: Request, name: str, drawer: Drawer) -> Source:
    """A data set of what `drawer` draws."""
    licence, credit = licence_of(drawer.style)
    held_out = [HELD_OUT_START] if request.held_out else []
    return Source(
        name=name,
        count=request.limit or (HELD_OUT_COUNT if request.held_out else COUNT),
        channels=3,
        attributes=drawer.attributes,
        licence=licence,
        credit=credit,
        key=json.dumps([drawer.style, versions_of(drawer.style), SUPERSAMPLING, drawer.selection, *held_out]),
        draw=partial(draw_held_out, drawer) if request.held_out else drawer,
        parallel=True,
    )


def draw_held_out(draw: Callable[[int, int], LabelledImage], index: int, resolution: int) -> LabelledImage:
    """An image with a number beyond those that are trained on."""
    return draw(HELD_OUT_START + index, resolution)
