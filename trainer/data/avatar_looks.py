"""The cartoon faces of `avatars` in another look: a collection of its own, with the same labels and no pairs.

Its faces have other numbers than those that `avatars` draws to train on; held out, both draw the same ones, so that
a translation can be held against the truth.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from trainer.data.avatars import FACES, avatars
from trainer.data.base import DATASETS, LabelledImage, Request, Source
from trainer.data.curated import HELD_OUT_START
from trainer.data.styles import rasterized
from trainer.util.errors import UserError

VERSION = 1  # of how the looks are drawn
START = HELD_OUT_START // 2  # number of the first face; `avatars` begins at 0
EYES = re.compile(r'<g id="eyes-.*?(?=<g id="|<clipPath)', re.DOTALL)
DARK = re.compile(r'fill="(?:black|#000)"(?: fill-opacity="[^"]*")?')


class Look(NamedTuple):
    """Colours that take the places of others: trait -> the new ones in the order of its values; and of the eyes."""

    colours: Mapping[str, tuple[str, ...]]
    eyes: str


LOOKS: Mapping[str, Look] = {
    "zombies": Look(
        {
            "skin": ("b9d88a", "8fbf6b", "6a9a5b", "47704a"),
            "hair colour": ("1f2f33", "4a3566", "c7c49a", "7a2f5c", "8a97a8", "b05fd0"),
            "background": ("1f2a4d", "3a1f45", "163a3a", "2b2440"),
        },
        eyes="e02030",
    ),
}


@DATASETS.add("avatar-looks")
def avatar_looks(request: Request) -> Source:
    """Cartoon faces in another look, to translate from: avatar-looks:zombies, green, by night."""
    name = request.argument or next(iter(LOOKS))
    if name not in LOOKS:
        raise UserError(
            f"There is no look {name!r:.40} of avatars. Choose avatar-looks:{' or avatar-looks:'.join(LOOKS)}."
        )
    faces = avatars(request._replace(argument=""))
    start = HELD_OUT_START if request.held_out else START
    return replace(
        faces,
        name=f"avatar-looks:{name}",
        key=f"{faces.key} {name} {LOOKS[name]} {start} {VERSION}",
        draw=partial(draw_look, name, start),
    )


def draw_look(name: str, start: int, index: int, resolution: int) -> LabelledImage:
    """The face of number start + `index` in that look."""
    number = start + index
    labels = FACES.picked(number)
    return LabelledImage(rasterized(dressed(FACES.svg(number, labels), LOOKS[name]), resolution), FACES.visible(labels))


def dressed(svg: str, look: Look) -> str:
    """A drawing with the colours of a look."""
    new: dict[str | None, str] = {}
    for trait in FACES.traits:
        new |= dict(zip(trait.values.values(), look.colours.get(trait.name, ()), strict=False))
    svg = re.sub(r"#([0-9a-fA-F]{6})\b", lambda found: f"#{new.get(found[1].lower(), found[1])}", svg)
    return EYES.sub(lambda group: DARK.sub(f'fill="#{look.eyes}"', group[0]), svg, count=1)
